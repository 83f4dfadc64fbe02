"""Where one is signed in, and ending that."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.config import Config
from app.domain.errors import NotFound
from app.extensions import db
from app.services import account
from app.views.browsers import browser_words
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant


def sessions() -> str:
    """The list, this one included."""
    config: Config = current_app.config["CMS"]
    rows = account.list_own_sessions(
        idle=timedelta(minutes=config.session_idle_minutes), longest=timedelta(hours=config.session_hours)
    )
    return render_template(
        "pages/account/sessions.html",
        title="My sessions",
        rows=rows,
        current=current_actor().session_pk,
        browser_words=browser_words,
        code_of=encode_id,
        show_instant=show_instant,
    )


def end_session(code: str) -> Response:
    """End one."""
    pk = decode_id(code)
    if pk is None:
        raise NotFound("There is no such session.")
    account.end_own_session(pk)
    db.session.commit()
    flash("That session has ended.", "success")
    return redirect(url_for("account.sessions"))


def end_others() -> Response:
    """End all but this one."""
    count = account.end_other_sessions()
    db.session.commit()
    flash(f"{count:,} other session{'' if count == 1 else 's'} ended." if count else "There were no others.", "success")
    return redirect(url_for("account.sessions"))


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/sessions/", view_func=sessions)
    blueprint.add_url_rule("/sessions/<code>/end/", view_func=end_session, methods=["POST"])
    blueprint.add_url_rule("/sessions/end-others/", view_func=end_others, methods=["POST"])
