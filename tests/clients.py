"""Browsers without a window: test clients that are signed in, know the CSRF token, and refuse unsafe pages."""

import re
import secrets
from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, select, update

from app.domain import clock
from app.extensions import db
from app.models import User, UserSession
from app.services import sessions
from tests.cast import PASSWORD, PEOPLE


class Browser:
    """A signed-in test client that finds the CSRF token by itself and refuses unsafe pages."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = ""

    def get(self, url: str, **kwargs: Any) -> Any:
        """A page."""
        answer = self.client.get(url, buffered=True, **kwargs)
        self._look(answer)
        return answer

    def post(self, url: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Send a form with a valid token."""
        if not self._token:
            self.get("/account/password")
        answer = self.client.post(url, data={**(data or {}), "csrf_token": self._token}, buffered=True, **kwargs)
        self._look(answer)
        return answer

    def _look(self, answer: Any) -> None:
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True)
            if found := re.search(r'name="csrf_token" value="([^"]+)"', text):
                self._token = found[1]
            assert "Traceback" not in text and "sqlalchemy" not in text.lower()


def open_browser(app: Flask, name: str, *, by_page: bool = False) -> Browser:
    """That person's browser, signed in; "nobody" is not signed in.

    Most tests are about what comes then: they are given the open session that signing in leaves, without the dozen
    statements, the events and the cookies of the page. It is the page `by_page`.
    """
    one = Browser(app.test_client())
    if name == "nobody":
        return one
    if not by_page:
        _open_session(app, one, PEOPLE[name].user_id)
        return one
    one.get("/sign-in")
    answer = one.post("/sign-in", {"user_id": PEOPLE[name].user_id, "password": PASSWORD})
    assert answer.status_code == 302, answer.get_data(as_text=True)[:2000]
    one._token = ""
    return one


def _open_session(app: Flask, one: Browser, user_id: str) -> None:
    token, now = secrets.token_urlsafe(32), clock.now()
    with app.test_request_context():
        with db.engine.begin() as connection:
            pk, organisation_id = connection.execute(
                select(User.id, User.organisation_id).where(User.user_id == user_id, User.is_active)
            ).one()
            opened = {"user_id": pk, "organisation_id": organisation_id, "token_hash": sessions._hash(token)}
            opened |= dict.fromkeys(("created_at", "last_seen_at", "proved_at"), now)
            connection.execute(insert(UserSession).values(**opened, address="127.0.0.1", browser="A test"))
            connection.execute(update(User).where(User.id == pk).values(last_signed_in_at=now))
        session.update({"_user_id": token, "_fresh": True})
        one._token = generate_csrf()
        kept = dict(session)
    with one.client.session_transaction() as begun:
        begun.update(kept)
