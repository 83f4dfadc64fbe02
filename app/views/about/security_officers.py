"""Who is my LSO? And a request to Xoserve for those who find nobody."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from wtforms import EmailField, HiddenField, StringField, TextAreaField
from wtforms.validators import Email, InputRequired, Length

from app.domain.errors import RuleBroken
from app.services import account, people, support
from app.services.request_keys import new_key
from app.views.base import SAFE_METHODS
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.forms import add_error
from app.views.frames import frame

# Said whatever was typed: it tells nothing about which organisations and people there are.
SENT = "Your request was sent to Xoserve. Somebody answers by e-mail, and may telephone your organisation first."


class SupportForm(BaseForm):
    """What Xoserve must know to help; nothing of it is looked up."""

    request_key = HiddenField()
    organisation_typed = StringField(
        "Organisation",
        [InputRequired("Enter your organisation's name or short code."), Length(max=120), no_control_characters],
        description="Its name, or its three-letter short code.",
        render_kw={"autocomplete": "organization"},
    )
    name = StringField(
        "Your name",
        [InputRequired("Enter your name."), Length(max=120), no_control_characters],
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(
        "Your e-mail address at work",
        [
            InputRequired("Enter your e-mail address."),
            Length(max=254),
            Email("Write the e-mail address like name@example.com."),
        ],
        render_kw={"autocomplete": "email"},
    )
    need = TextAreaField(
        "What you need",
        [InputRequired("Say what you need."), Length(max=2000), no_control_characters],
        description="For example: our LSO has left, and I cannot sign in. Never write a password here.",
        render_kw={"rows": 5, "maxlength": 2000},
    )


def security_officers() -> str:
    """What an LSO is and how to reach one; names only to people of their own organisation."""
    return render_template(
        "pages/about/security_officers.html",
        title="Who is my LSO?",
        frame=frame(),
        officers=people.list_own_lsos() if g.get("actor") else [],
    )


def ask() -> Any:
    """Take a request for Xoserve, from anybody."""
    # What is known is read for the empty page only: the request itself is written by the service, in a transaction of
    # its own that would wait for this one.
    form, status = SupportForm(data=_known() if request.method in SAFE_METHODS else None), 200
    if form.validate_on_submit():
        values = {name: form[name].data for name in ("organisation_typed", "name", "email", "need")}
        try:
            support.ask_for_support(values, key=form.request_key.data or "", address=request.remote_addr or "")
        except RuleBroken as refusal:
            add_error(form, refusal)
            status = 429 if isinstance(refusal, support.TooMany) else 200
        else:
            flash(SENT, "success")
            return redirect(url_for("about.security_officers"))
    form.request_key.data = form.request_key.data or new_key()
    return render_template("pages/about/support.html", title="Ask Xoserve", frame=frame(), form=form), status


def _known() -> dict[str, str]:
    """What need not be typed by somebody who is signed in; while they act for an organisation, they ask for it."""
    if not g.get("actor") or g.actor.on_behalf_of:
        return {}
    user = account.own_user()
    return {"organisation_typed": g.actor.organisation_name, "name": user.name, "email": user.email}


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/lso/", view_func=security_officers)
    blueprint.add_url_rule("/lso/ask/", view_func=ask, methods=["GET", "POST"])
