"""Signing in and out, and one's own password."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.access.actor import current_actor
from app.config import Config
from app.domain.errors import DomainError, RuleBroken
from app.extensions import db
from app.services import sessions
from app.views.addresses import safe_return
from app.views.forms import add_error
from app.views.request_scope import SignedIn

blueprint = Blueprint("session", __name__)


class SignInForm(FlaskForm):
    """User ID and password."""

    user_id = StringField(
        "User ID",
        [InputRequired("Enter your user ID.")],
        description="Capital or small letters make no difference.",
        render_kw={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"},
    )
    password = PasswordField(
        "Password", [InputRequired("Enter your password.")], render_kw={"autocomplete": "current-password"}
    )


class PasswordForm(FlaskForm):
    """The current password and a new one."""

    old_password = PasswordField(
        "Current password",
        [InputRequired("Enter your current password.")],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        "New password",
        [InputRequired("Enter a new password.")],
        description="At least 12 characters. Three or four unrelated words do well.",
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "New password again",
        [InputRequired("Enter the new password again.")],
        render_kw={"autocomplete": "new-password"},
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """Open a session."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index_view"))
    form = SignInForm()
    if form.validate_on_submit():
        try:
            token = sessions.sign_in(
                form.user_id.data or "",
                form.password.data or "",
                address=request.remote_addr or "",
                browser=request.user_agent.string,
            )
        except RuleBroken as refusal:
            add_error(form, refusal)
        else:
            _open(token)
            return redirect(safe_return(request.args.get("next"), url_for("home.index_view")))
    return render_template("pages/session/sign_in.html", form=form, title="Sign in"), 200


def _open(token: str) -> None:
    """Start a fresh browser session: nothing of an earlier one, its CSRF secret included, lives on."""
    config: Config = current_app.config["CMS"]
    actor = sessions.resume(
        token, idle=timedelta(minutes=config.session_idle_minutes), longest=timedelta(hours=config.session_hours)
    )
    assert actor is not None
    session.clear()
    login_user(SignedIn(token, actor))


@blueprint.route("/sign-out", methods=["POST"])
def sign_out() -> Response:
    """End the session here and in the database."""
    sessions.sign_out()
    db.session.commit()
    logout_user()
    session.clear()
    flash("You are signed out.", "success")
    return redirect(url_for("session.sign_in"))


@blueprint.route("/account/password", methods=["GET", "POST"])
def password() -> Any:
    """Choose a new password."""
    form, actor = PasswordForm(), current_actor()
    if form.validate_on_submit():
        try:
            if form.new_password.data != form.again.data:
                raise RuleBroken("The two new passwords differ. Type them again.", field="again")
            sessions.change_own_password(form.old_password.data or "", form.new_password.data or "")
            db.session.commit()
        except DomainError as refusal:
            db.session.rollback()
            add_error(form, refusal)
        else:
            flash("Your password was changed. Your other sessions have ended.", "success")
            return redirect(url_for("home.index_view"))
    title = "Choose a new password" if actor.must_change_password else "Change password"
    return render_template("pages/session/password.html", form=form, title=title, actor=actor)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(blueprint)
