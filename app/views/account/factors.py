"""How one signs in: the password, second factors and recovery codes."""

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.access.actor import current_actor
from app.domain.errors import NotFound, RuleBroken
from app.domain.roles import is_closely_guarded
from app.extensions import db
from app.services import passkeys, second_factors
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.forms import PlainForm, add_error
from app.views.frames import PLAIN, frame
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant

KINDS = {"totp": "Authenticator app", "passkey": "Passkey"}


class AppForm(BaseForm):
    """The first code of a new app."""

    code = StringField(
        "Code that the app shows now",
        [InputRequired("Enter the code that the app shows now.")],
        description="Six digits. It shows that the app works, before you need it.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )
    name = StringField(
        "Name",
        [Length(max=60), no_control_characters],
        description="So that you know it again, such as Work phone.",
        render_kw={"autocomplete": "off", "maxlength": 60},
    )


def factors() -> str:
    """What there is, and what can be added."""
    actor = current_actor()
    return render_template(
        "pages/account/factors.html",
        title="Signing in",
        frame=frame(),
        factors=second_factors.list_of(actor.user_pk or 0),
        codes_left=second_factors.count_recovery_codes(actor.user_pk or 0),
        is_demanded=second_factors.is_demanded(),
        is_guarded=is_closely_guarded(actor.roles, actor.permissions),
        passkey_origin=passkeys.origin(),
        kinds=KINDS,
        code_of=encode_id,
        show_instant=show_instant,
        form=PlainForm(formdata=None),
    )


def begin_app() -> Response:
    """Make a seed and go on to the page that shows it."""
    second_factors.begin_app()
    db.session.commit()
    return redirect(url_for("account.app"))


def app() -> Any:
    """Show the QR code and the key, and take the first code."""
    second_factors.check_proved()
    factor = second_factors.find_unfinished()
    if factor is None:
        return redirect(url_for("account.factors"))
    seed, form = second_factors.seed_of(factor), AppForm()
    if form.validate_on_submit():
        try:
            codes = second_factors.confirm_app(form.code.data or "", form.name.data or "")
            db.session.commit()
        except RuleBroken as refusal:
            db.session.rollback()
            add_error(form, refusal)
        else:
            flash("Your authenticator app was added.", "success")
            return show_codes(codes) if codes else redirect(url_for("account.factors"))
    return render_template(
        "pages/account/app.html",
        title="Add an authenticator app",
        frame=frame(),
        form=form,
        picture=_draw(second_factors.address_of(seed, current_actor().user_id)),
        key=" ".join(seed[start : start + 4] for start in range(0, len(seed), 4)),
    )


def _draw(text: str) -> Markup:
    """A QR code as part of the page: no file that a browser would keep, and no styles."""
    # Made of numbers and path commands only, whatever the text is.
    drawn = segno.make(text, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    named = drawn.replace("<svg", '<svg role="img" aria-label="QR code that holds the key below"', 1)
    return Markup(named)  # noqa: S704


def show_codes(codes: list[str]) -> str:
    """Recovery codes, this once."""
    return render_template("pages/account/codes.html", title="Your recovery codes", frame=PLAIN, codes=codes)


def new_codes() -> str:
    """Make recovery codes anew and show them."""
    codes = second_factors.make_recovery_codes()
    db.session.commit()
    return show_codes(codes)


def remove(code: str) -> Any:
    """Ask, then remove a second factor."""
    second_factors.check_proved()
    pk = decode_id(code)
    if pk is None:
        raise NotFound("There is no such second factor.")
    factor, form = second_factors.get_own(pk), PlainForm()
    if form.validate_on_submit():
        name = second_factors.remove(pk)
        db.session.commit()
        flash(f"{name} was removed.", "success")
        return redirect(url_for("account.factors"))
    is_last = len(second_factors.list_of(factor.user_id)) == 1
    return render_template(
        "pages/account/remove.html", title=f"Remove {factor.name}", factor=factor, form=form, is_last=is_last
    )


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/sign-in/", view_func=factors)
    blueprint.add_url_rule("/sign-in/app/new/", view_func=begin_app, methods=["POST"])
    blueprint.add_url_rule("/sign-in/app/", view_func=app, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-in/codes/", view_func=new_codes, methods=["POST"])
    blueprint.add_url_rule("/sign-in/<code>/remove/", view_func=remove, methods=["GET", "POST"])
