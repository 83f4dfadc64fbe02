"""Choosing a password by a mailed link, and asking for one."""

import logging
from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from wtforms import StringField
from wtforms.validators import InputRequired

from app.domain.errors import RuleBroken
from app.services import links
from app.services.links import Purpose
from app.views.form_bases import BaseForm
from app.views.forms import add_error
from app.views.session import NewPasswordForm, leave_browser

blueprint = Blueprint("links", __name__)
logger = logging.getLogger(__name__)
_KEPT = "link"
TITLES = {Purpose.INVITATION: "Choose your first password", Purpose.PASSWORD_RESET: "Choose a new password"}


class AskForm(BaseForm):
    """A user ID, and nothing that would tell whose it is."""

    user_id = StringField(
        "User ID",
        [InputRequired("Enter your user ID.")],
        description="Capital or small letters make no difference.",
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 40},
    )


@blueprint.route("/forgotten", methods=["GET", "POST"])
def forgotten() -> Any:
    """Ask for a link. The answer is there before anybody has looked whether there is such a person."""
    form = AskForm()
    if not form.validate_on_submit():
        return render_template("pages/session/forgotten.html", form=form, title="Forgotten password")
    user_id = form.user_id.data or ""
    answer = make_response(render_template("pages/session/asked.html", title="Look at your mail", links=links))
    if links.may_ask(user_id, request.remote_addr or ""):
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        answer.call_on_close(lambda: _send(app, user_id))
    return answer


def _send(app: Flask, user_id: str) -> None:
    """After the answer has gone out, so that how long it took tells nothing."""
    with app.app_context():
        try:
            links.send_to_whoever_asked(user_id)
        except Exception:
            logger.exception("a link was not sent")


@blueprint.route("/link/<token>", methods=["GET"])
def arrive(token: str) -> Any:
    """Take the link out of the address bar and go on to the form; nothing is used up by looking."""
    try:
        links.look_up(token)
    except RuleBroken as refusal:
        return _refuse(refusal)
    session[_KEPT] = token
    return redirect(url_for(".choose"))


@blueprint.route("/choose-password", methods=["GET", "POST"])
def choose() -> Any:
    """Choose the password that the link is for."""
    token = str(session.get(_KEPT, ""))
    try:
        opened = links.look_up(token)
    except RuleBroken as refusal:
        session.pop(_KEPT, None)
        return _refuse(refusal)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            links.use(token, form.chosen())
        except RuleBroken as refusal:
            add_error(form, refusal)
        else:
            leave_browser()
            flash("Your password was set. Sign in with it now.", "success")
            return redirect(url_for("session.sign_in"))
    return render_template("pages/session/choose.html", form=form, opened=opened, title=TITLES[opened.purpose])


def _refuse(refusal: RuleBroken) -> tuple[str, int]:
    return render_template(
        "pages/session/link_refused.html", title="This link cannot be used", why=refusal.message
    ), 410


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(blueprint)
