"""From a cookie to an actor, for the length of one request; the only user of flask_login besides session.py."""

import secrets
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from flask import Flask, abort, g, redirect, request, url_for
from flask_login import UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.access.actor import Actor, acting_as
from app.config import Config
from app.extensions import login_manager
from app.models.connections import reading
from app.services import audit, sessions
from app.views.base import SAFE_METHODS

# Everything else needs a signed-in person.
ABOUT_ENDPOINTS = frozenset(
    {
        "about.contact_types",
        "about.contact_type",
        "about.security_officers",
        "about.ask",
        "about.accessibility",
        "about.status",
    }
)
OPEN_ENDPOINTS = ABOUT_ENDPOINTS | {
    "links.arrive",
    "links.choose",
    "links.forgotten",
    "second_step.again",
    "second_step.ask",
    "second_step.options",
    "session.sign_in",
    "static",
    "status.healthz",
    "theme.choose",
}
# Shown also when the database does not answer, to whoever asks as to somebody who is not signed in.
STATUS_ENDPOINT = "about.status"
UPLOAD_ENDPOINTS = frozenset({"uploads.new_view", "people_uploads.new_view"})
FORM_BYTES = 256 * 1024
# Pages of one's own account are one's own, also while acting for an organisation.
OWN_BLUEPRINTS = frozenset({"account", "session", "second_step"})
# What a person with a first password may do before changing it.
FIRST_PASSWORD_ENDPOINTS = ABOUT_ENDPOINTS | {"session.password", "session.sign_out", "static", "theme.choose"}
# The same for a person who must have a second factor and has none.
FIRST_FACTOR_ENDPOINTS = ABOUT_ENDPOINTS | {
    "account.app",
    "account.begin_app",
    "account.confirm",
    "account.confirm_options",
    "account.factors",
    "account.passkey",
    "account.passkey_options",
    "session.sign_out",
    "static",
    "theme.choose",
}


class SignedIn(UserMixin):
    """A signed-in person as Flask-Login sees one; its id is the session's token."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.token = token
        self.actor = actor

    def get_id(self) -> str:
        return self.token


def limit_bodies(app: Flask) -> None:
    """Only uploads may be long: anything else is refused before a form is read. Registered before everything."""

    @app.before_request
    def limit() -> None:
        if request.endpoint not in UPLOAD_ENDPOINTS:
            request.max_content_length = FORM_BYTES


def recognise() -> None:
    """Remember who asks, for an error page of a request that was refused before it was entered."""
    signed_in: Any = current_user
    with suppress(SQLAlchemyError):
        if "actor" not in g and signed_in.is_authenticated and not signed_in.actor.is_pending:
            g.actor = signed_in.actor


def enter_pending(actor: Actor) -> Response | None:
    """Whoever still owes a second factor is nobody on every page but the one that asks for it."""
    if request.endpoint in OPEN_ENDPOINTS or (request.endpoint is None and request.routing_exception is not None):
        g.pending = actor
        return None
    onward = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for("second_step.ask", next=onward))


def register(app: Flask, config: Config) -> None:
    """Put each request inside its actor's scope."""
    idle, longest = timedelta(minutes=config.session_idle_minutes), timedelta(hours=config.session_hours)

    @login_manager.user_loader
    def load(token: str) -> SignedIn | None:
        actor = sessions.resume(token, idle=idle, longest=longest)
        return None if actor is None else SignedIn(token, actor)

    @app.before_request
    def enter() -> Response | None:
        if request.endpoint == "static":
            return None
        g.scope = ExitStack()
        audit.request_id.set(secrets.token_hex(8))
        signed_in: Any = current_user
        try:
            is_known = signed_in.is_authenticated
        except SQLAlchemyError:
            if request.endpoint != STATUS_ENDPOINT:
                raise
            return None
        if not is_known:
            if request.endpoint is None and request.routing_exception is not None:
                return None
            if request.endpoint in OPEN_ENDPOINTS:
                return None
            if "HX-Request" in request.headers:
                # A part of a page: the whole page is asked for again, and leads to signing in.
                return Response(status=204, headers={"HX-Refresh": "true"})
            if request.method not in SAFE_METHODS:
                return redirect(url_for("session.sign_in"))
            return redirect(url_for("session.sign_in", next=request.full_path.rstrip("?")))
        if signed_in.actor.is_pending:
            return enter_pending(signed_in.actor)
        if request.method in SAFE_METHODS:
            g.scope.enter_context(reading())
        actor: Actor = signed_in.actor
        if actor.on_behalf_of:
            g.acting = actor
        if request.blueprint in OWN_BLUEPRINTS:
            actor = actor.themselves or actor
        g.actor = g.scope.enter_context(acting_as(actor))
        if g.actor.must_change_password and request.endpoint not in FIRST_PASSWORD_ENDPOINTS:
            return redirect(url_for("session.password"))
        if g.actor.must_add_factor and request.endpoint not in FIRST_FACTOR_ENDPOINTS | FIRST_PASSWORD_ENDPOINTS:
            return redirect(url_for("account.factors"))
        if request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(400)
        if any("\0" in text for name in request.form for text in (name, *request.form.getlist(name))):
            abort(400)  # typed by nobody, and PostgreSQL takes no such text
        return None

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        scope = g.pop("scope", None)
        if scope is not None:
            scope.close()
