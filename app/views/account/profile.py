"""Who I am here, and what I have chosen for myself."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import BooleanField, StringField
from wtforms.validators import Email, InputRequired, Length

from app.access.actor import current_actor
from app.domain.errors import RuleBroken
from app.extensions import db
from app.services import account, preferences
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.forms import add_error


class PreferencesForm(BaseForm):
    """What a person may choose here; the theme has a form of its own, for it is the browser's."""

    has_shortcuts = BooleanField(
        "Keyboard shortcuts", description="Single keys such as / for search. Press ? on any page to see them all."
    )


class DetailsForm(BaseForm):
    """What a person may change of who they are."""

    name = StringField(
        "Name",
        [InputRequired("Enter your name."), Length(max=120), no_control_characters],
        render_kw={"autocomplete": "name"},
    )
    email = StringField(
        "E-mail address",
        [
            InputRequired("Enter your e-mail address."),
            Length(max=254),
            Email("Write the e-mail address like name@example.com."),
        ],
        description="Links to choose a new password are sent there.",
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )


def profile() -> Any:
    """Show and keep preferences."""
    actor = current_actor()
    form = PreferencesForm(obj=actor.preferences if request.method == "GET" else None)
    if form.validate_on_submit():
        preferences.change_own_preferences(has_shortcuts=bool(form.has_shortcuts.data))
        db.session.commit()
        flash("Your preferences were kept.", "success")
        return redirect(url_for("account.profile"))
    return render_template("pages/account/profile.html", form=form, title="My account", user=account.own_user())


def details() -> Any:
    """Change one's name and e-mail address."""
    user = account.own_user()
    form = DetailsForm(obj=user)
    if form.validate_on_submit():
        try:
            account.change_own_details({"name": form.name.data or "", "email": form.email.data or ""})
            db.session.commit()
        except RuleBroken as refusal:
            db.session.rollback()
            add_error(form, refusal)
        else:
            flash("Your details were kept.", "success")
            return redirect(url_for("account.profile"))
    return render_template("pages/account/details.html", form=form, title="Change my details")


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/", view_func=profile, methods=["GET", "POST"])
    blueprint.add_url_rule("/details/", view_func=details, methods=["GET", "POST"])
