"""Everybody asks every address; planted secrets are looked for in every page, log, mail, notification and event of it.

Everything is asked with GET first, after which the database holds what it held before; then with POST, and again.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import exc, text

from app.extensions import db
from app.models.connections import reading
from app.services import contact_list, people_list
from tests.cast import PASSWORD, PEOPLE
from tests.conftest import Browser
from tests.routes import ROUTES
from tests.signing_in import WRONG, give_app
from tests.test_isolation import snapshot
from tests.worlds import Owned

INSIDE = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|SELECT |INSERT |UPDATE |\.py\b")
# Their mail is how the person learns of the link in it.
LINK_MAIL = ("invitation", "password_reset")
TYPED = "hunter2-typed-in-the-wrong-field"


@dataclass
class Looked:
    """What was found, and how much was looked through."""

    secrets: dict[str, str]
    count: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)

    def look(self, where: str, body: str) -> None:
        """Look through one text."""
        self.count += 1
        self.found += [(name, where) for name, secret in self.secrets.items() if secret in body]


def sign_in_again(person: Browser, user_id: str) -> None:
    """Type a wrong password, and a password in place of a user ID."""
    for typed in ({"user_id": user_id, "password": WRONG}, {"user_id": TYPED, "password": ""}):
        person.get("/sign-in")
        person.post("/sign-in", typed)


def read_rows(app: Flask, words: str) -> list[str]:
    """Rows as text."""
    with app.app_context(), reading(), db.engine.connect() as connection:
        return [str(tuple(row)) for row in connection.execute(text(words))]


@pytest.fixture
def people(busy: dict[str, Owned], browser: Callable[..., Browser]) -> dict[str, Browser]:
    """Everybody's browser."""
    return {name: browser(name, by_page=True) for name in ("nobody", *PEOPLE)}


@pytest.fixture
def secrets(app: Flask, people: dict[str, Browser], world: Any) -> dict[str, str]:
    """What nobody may read anywhere, by name."""
    seed = give_app(app, "sue")
    token = read_rows(app, "SELECT text FROM outgoing_mail WHERE kind = 'invitation'")[0]
    stored = read_rows(app, "SELECT password_hash FROM \"user\" WHERE user_id = 'ALD-ANN'")[0]
    return {
        "a password": PASSWORD,
        "a wrong password": WRONG,
        "the seed of an app": seed,
        "a link's token": re.findall(r"/link/([\w-]+)", token)[0],
        "a password's hash": stored.strip("(',)"),
        "the secret key": world.config.secret_key,
        "the database's address": world.config.database_url,
    }


def break_(monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]) -> None:
    """Let two lists fail as a database does, with all it knows in the words of the fault."""

    def fail(*_: Any, **__: Any) -> Any:
        raise exc.ProgrammingError("SELECT nothing", secrets, Exception("no such table"), hide_parameters=True)

    for module, name in ((contact_list, "select_contacts"), (people_list, "select_people")):
        monkeypatch.setattr(module, name, fail)


def ask_everything(people: dict[str, Browser], method: str, owned: Owned, looked: Looked) -> None:
    """Everybody asks every address of this method, and every answer is looked through."""
    for name, person in people.items():
        for (endpoint, known), route in ROUTES.items():
            if known != method or endpoint == "session.sign_out":
                continue
            data = {"password": WRONG, "new_password": WRONG, "old_password": WRONG, **route.data}
            address = route.address(owned)
            answer = person.get(address) if method == "GET" else person.post(address, data)
            body = answer.get_data().decode("utf-8", "replace")
            looked.look(f"{name} {method} {endpoint} {answer.status_code}", body + str(answer.headers.get("Location")))
            assert answer.mimetype != "text/html" or not INSIDE.search(body), (name, endpoint)


def test_no_get_leaves_changes_and_no_secret_is_in_any_page_log_line_mail_or_event(
    app: Flask,
    busy: dict[str, Owned],
    people: dict[str, Browser],
    secrets: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    for name, person in people.items():
        assert person.get("/").status_code == (302 if name == "nobody" else 200), name
        if cookie := person.client.get_cookie("cms"):
            with person.client.session_transaction() as kept:
                secrets[f"the session of {name}"] = kept.get("_user_id") or cookie.value
    looked, before = Looked(secrets), snapshot(app)
    ask_everything(people, "GET", busy["alder"], looked)
    assert snapshot(app) == before, "a GET left changes"
    ask_everything(people, "POST", busy["alder"], looked)
    # Pages that show what was just sent.
    ask_everything(people, "GET", busy["alder"], looked)
    sign_in_again(people["nobody"], "ALD-ANN")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for address in ("/contacts/", "/people/", "/nowhere", "/contacts/000-000-000/"):
        with monkeypatch.context() as broken:
            break_(broken, secrets)
            answer = people["root"].client.get(address)
        looked.look(f"broken {address}", body := answer.get_data(as_text=True))
        assert not INSIDE.search(body) and answer.status_code == (404 if "0" in address or "no" in address else 500)
    looked.look("the log", caplog.text)
    assert "no such table" in caplog.text and TYPED not in caplog.text
    for row in read_rows(app, "SELECT before, after, reason, object_label, action FROM audit_event"):
        looked.look("the audit trail", row)
        assert TYPED not in row
    for row in read_rows(app, "SELECT text, url FROM notification"):
        looked.look("a notification", row)
    kinds = ", ".join(f"'{kind}'" for kind in LINK_MAIL)
    for row in read_rows(app, f"SELECT subject, text, html FROM outgoing_mail WHERE kind NOT IN ({kinds})"):
        looked.look("a mail", row)
    print(f"\n{looked.count} texts looked through for {len(secrets)} secrets")
    assert not looked.found
    assert looked.count > 1_500
