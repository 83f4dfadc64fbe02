"""The page between the right password and the panel: asks for a second factor and opens nothing else."""

from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired

from app.access.actor import Actor
from app.domain.errors import RuleBroken
from app.services import passkeys, second_step
from app.views import known_browsers
from app.views.form_bases import BaseForm
from app.views.forms import PlainForm, add_error
from app.views.session import leave_browser, open_session

blueprint = Blueprint("second_step", __name__, url_prefix="/sign-in/second")


class CodeForm(BaseForm):
    """The code an authenticator app shows now."""

    way = HiddenField(default="app")
    code = StringField(
        "Code of your authenticator app",
        [InputRequired("Enter the code that your app shows now.")],
        description="Six digits. A new one every 30 seconds.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12, "required": True},
    )


class RecoveryForm(BaseForm):
    """One of the codes that were written down."""

    way = HiddenField(default="recovery")
    code = StringField(
        "Recovery code",
        [InputRequired("Enter one of your recovery codes.")],
        description="Such as abcde-23456. Each works once.",
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": 20, "required": True},
        id="recovery-code",
    )


FORMS: dict[str, type[BaseForm]] = {"app": CodeForm, "recovery": RecoveryForm, "passkey": PlainForm}


def read_way() -> tuple[str, BaseForm, str]:
    """Which way was taken, its form, and what was answered."""
    way = request.form.get("way", "")
    form = FORMS.get(way, PlainForm)()
    return way, form, (request.form.get("answer", "") if way == "passkey" else request.form.get("code", ""))


def forms_with(way: str = "", sent: BaseForm | None = None) -> dict[str, BaseForm]:
    """The forms of a page, the one that was sent with what is wrong with it; the others are empty."""
    return {name: sent if sent is not None and name == way else form(formdata=None) for name, form in FORMS.items()}


@blueprint.route("/", methods=["GET", "POST"])
def ask() -> Any:
    """Ask, and let in whoever answers."""
    if "pending" not in g:
        return redirect(url_for("home.index_view"))
    pending: Actor = g.pending
    way, form = "", None
    if request.method == "POST":
        way, form, answer = read_way()
        if form.validate_on_submit():
            try:
                token = second_step.complete(pending, way, answer, device=known_browsers.device_of(pending.user_id))
            except RuleBroken as refusal:
                add_error(form, refusal)
            else:
                return open_session(token, request.args.get("next"))
    return render_template(
        "pages/session/second_step.html",
        title="Show that it is you",
        forms=forms_with(way, form),
        sent=form,
        ways=second_step.ways_of(pending.user_pk or 0),
        pending=pending,
        passkey_origin=passkeys.origin(),
    )


@blueprint.route("/options", methods=["POST"])
def options() -> Response:
    """What the browser needs to use a passkey."""
    if "pending" not in g:
        return redirect(url_for("home.index_view"))
    return Response(second_step.offer_passkey(g.pending), mimetype="application/json")


@blueprint.route("/again", methods=["POST"])
def again() -> Response:
    """Begin again, as somebody else perhaps."""
    if "pending" not in g:
        return redirect(url_for("home.index_view"))
    second_step.give_up(g.pending)
    leave_browser()
    return redirect(url_for("session.sign_in"))


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(blueprint)
