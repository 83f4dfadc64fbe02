"""Signing in and out, and one's own password."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.access.actor import Actor, current_actor
from app.config import Config
from app.domain.errors import DomainError, RuleBroken, ShutOut
from app.extensions import db
from app.services import account, sessions
from app.views import known_browsers
from app.views.addresses import safe_return
from app.views.form_bases import BaseForm
from app.views.forms import add_error
from app.views.request_scope import SignedIn

blueprint = Blueprint("session", __name__)


class SignInForm(BaseForm):
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


class NewPasswordForm(BaseForm):
    """A new password, twice."""

    new_password = PasswordField(
        "New password",
        [InputRequired("Enter a new password.")],
        description="12 to 128 characters. Three or four unrelated words do well; capitals, digits and signs are not "
        "asked for. You can paste it.",
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "New password again",
        [InputRequired("Enter the new password again.")],
        render_kw={"autocomplete": "new-password"},
    )

    def chosen(self) -> str:
        """The new password; RuleBroken when it was typed in two ways."""
        if self.new_password.data != self.again.data:
            raise RuleBroken("The two new passwords differ. Type them again.", field="again")
        return str(self.new_password.data)


class PasswordForm(NewPasswordForm):
    """The current password and a new one."""

    old_password = PasswordField(
        "Current password",
        [InputRequired("Enter your current password.")],
        render_kw={"autocomplete": "current-password"},
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """Open a session; where a second factor is asked for, that page comes next."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index_view"))
    form, shut_out = SignInForm(), None
    if form.validate_on_submit():
        user_id = form.user_id.data or ""
        try:
            token = sessions.sign_in(
                user_id,
                form.password.data or "",
                address=request.remote_addr or "",
                browser=request.user_agent.string,
                device=known_browsers.device_of(user_id),
            )
        except ShutOut as refusal:
            shut_out = refusal
        except RuleBroken as refusal:
            add_error(form, refusal)
        else:
            return open_session(token, request.args.get("next"))
    return render_template("pages/session/sign_in.html", form=form, shut_out=shut_out, title="Sign in"), 200


def open_session(token: str, next_address: str | None) -> Response:
    """Start a fresh browser session: nothing of an earlier one, its CSRF secret included, lives on."""
    config: Config = current_app.config["CMS"]
    actor = sessions.resume(
        token, idle=timedelta(minutes=config.session_idle_minutes), longest=timedelta(hours=config.session_hours)
    )
    assert actor is not None
    session.clear()
    login_user(SignedIn(token, actor))
    onward = safe_return(next_address, url_for("home.index_view"))
    return redirect(url_for("second_step.ask", next=onward)) if actor.is_pending else _welcome(actor, onward)


def _welcome(actor: Actor, onward: str) -> Response:
    answer = redirect(onward)
    known_browsers.remember(answer, actor.user_id)
    return answer


@blueprint.route("/sign-out", methods=["POST"])
def sign_out() -> Response:
    """End the session here and in the database."""
    sessions.sign_out()
    db.session.commit()
    leave_browser()
    flash("You are signed out.", "success")
    return redirect(url_for("session.sign_in"))


def leave_browser() -> None:
    """Forget in this browser who was signed in."""
    logout_user()
    session.clear()


@blueprint.route("/account/password", methods=["GET", "POST"])
def password() -> Any:
    """Choose a new password."""
    form, actor = PasswordForm(), current_actor()
    if form.validate_on_submit():
        try:
            account.change_own_password(form.old_password.data or "", form.chosen())
            db.session.commit()
        except DomainError as refusal:
            db.session.rollback()
            add_error(form, refusal)
        else:
            flash("Your password was changed. Your other sessions have ended.", "success")
            return redirect(url_for("home.index_view" if actor.must_change_password else "account.factors"))
    title = "Choose a new password" if actor.must_change_password else "Change password"
    return render_template("pages/session/password.html", form=form, title=title, actor=actor)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(blueprint)
