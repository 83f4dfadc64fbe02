"""My account: who I am here, and what I have chosen for myself."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import BooleanField

from app.access.actor import current_actor
from app.extensions import db
from app.services import preferences

blueprint = Blueprint("account", __name__, url_prefix="/account")


class PreferencesForm(FlaskForm):
    """What a person may choose here; the theme has a form of its own, for it is the browser's."""

    has_shortcuts = BooleanField(
        "Keyboard shortcuts", description="Single keys such as / for search. Press ? on any page to see them all."
    )


@blueprint.route("/", methods=["GET", "POST"])
def profile() -> Any:
    """Show and keep preferences."""
    actor = current_actor()
    form = PreferencesForm(obj=actor.preferences if request.method == "GET" else None)
    if form.validate_on_submit():
        preferences.change_own_preferences(has_shortcuts=bool(form.has_shortcuts.data))
        db.session.commit()
        flash("Your preferences were kept.", "success")
        return redirect(url_for("account.profile"))
    return render_template("pages/account/profile.html", form=form, title="My account")


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(blueprint)
