"""Showing again who one is, before anything about signing in is changed."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from app.access.actor import current_actor
from app.domain.errors import RuleBroken
from app.extensions import db
from app.services import account, passkeys, second_step
from app.views.addresses import safe_return
from app.views.form_bases import BaseForm
from app.views.forms import add_error
from app.views.frames import frame
from app.views.second_step import forms_with, read_way


class OwnPasswordForm(BaseForm):
    """One's own password."""

    way = HiddenField(default="password")
    password = PasswordField(
        "Password", [InputRequired("Enter your password.")], render_kw={"autocomplete": "current-password"}
    )


def confirm() -> Any:
    """Ask for the password or a second factor."""
    actor = current_actor()
    password_form: BaseForm = OwnPasswordForm(formdata=None)
    way, form = "", None
    if request.method == "POST":
        way, form, answer = read_way()
        if way == "password":
            form = password_form = OwnPasswordForm()
            answer = request.form.get("password", "")
        if form.validate_on_submit():
            try:
                account.prove(way, answer)
                db.session.commit()
            except RuleBroken as refusal:
                # What a passkey was to sign is used up all the same, and nothing else was changed.
                db.session.commit()
                add_error(form, refusal)
            else:
                return redirect(safe_return(request.args.get("next"), url_for("account.factors")))
    return render_template(
        "pages/account/confirm.html",
        title="Show that it is you",
        frame=frame(),
        password_form=password_form,
        forms=forms_with(way, form),
        sent=form,
        ways=second_step.ways_of(actor.user_pk or 0),
        passkey_origin=passkeys.origin(),
    )


def confirm_options() -> Response:
    """What the browser needs to use a passkey here."""
    actor = current_actor()
    offered = passkeys.offer_use(actor.session_pk or 0, account.own_user())
    db.session.commit()
    return Response(offered, mimetype="application/json")


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/confirm/", view_func=confirm, methods=["GET", "POST"])
    blueprint.add_url_rule("/confirm/options", view_func=confirm_options, methods=["POST"])
