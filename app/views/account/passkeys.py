"""Adding a passkey: the only page of the account that needs scripts, for browsers offer passkeys to nothing else."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from app.domain.errors import RuleBroken
from app.extensions import db
from app.services import passkeys, second_factors
from app.views.account.factors import show_codes
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.forms import add_error
from app.views.frames import frame

NO_SCRIPTS = "No passkey came with that. Your browser makes one only while scripts run and passkeys are switched on."


class PasskeyForm(BaseForm):
    """How the passkey is called."""

    name = StringField(
        "Name",
        [Length(max=60), no_control_characters],
        description="So that you know it again, such as Work laptop.",
        render_kw={"autocomplete": "off", "maxlength": 60},
    )


def passkey() -> Any:
    """Add one."""
    second_factors.check_proved()
    form = PasskeyForm()
    if form.validate_on_submit():
        answer = request.form.get("answer", "")
        try:
            if not answer:
                raise RuleBroken(NO_SCRIPTS)
            codes = passkeys.add(answer, form.name.data or "")
            db.session.commit()
        except RuleBroken as refusal:
            # The challenge is used up all the same.
            db.session.commit()
            add_error(form, refusal)
        else:
            flash("Your passkey was added.", "success")
            return show_codes(codes) if codes else redirect(url_for("account.factors"))
    return render_template(
        "pages/account/passkey.html",
        title="Add a passkey",
        frame=frame(),
        form=form,
        passkey_origin=passkeys.origin(),
        is_here=request.host_url.rstrip("/") == passkeys.origin(),
    )


def passkey_options() -> Response:
    """What the browser needs to make a passkey."""
    offered = passkeys.offer_new()
    db.session.commit()
    return Response(offered, mimetype="application/json")


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/sign-in/passkey/", view_func=passkey, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-in/passkey/options", view_func=passkey_options, methods=["POST"])
