"""Every address, every kind of person, every state of the row it names: tests/routes.py says each answer."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain import clock, identifiers
from app.domain.errors import DomainError
from app.domain.lifecycle import Action
from app.domain.spans import Span
from app.extensions import db
from app.models import Grant, ServiceGrant, User
from app.services import contacts, deputies, people, second_factors, sessions
from app.views import public_ids
from tests.cast import PASSWORD, PEOPLE
from tests.conftest import Browser, open_browser
from tests.route import STAFF, Route
from tests.routes import ROUTES
from tests.services.access import find
from tests.worlds import MPRNS, Owned, raise_one

WHY = "The matrix needs it"
# People in a state of their own, and whose answers they get.
STATES = {
    "disabled, with a session": "nobody",
    "signed out, with the cookie": "nobody",
    "a deputy no longer": "rae",
    "locked, with a session": "sue",
    "with a first password": "ann",
    "owing a second factor": "lena",
    "acting for alder": "xena",
}
# Who of them is new.
NEW_PEOPLE = (
    ("disabled", "member"), ("leaver", "member"), ("standin",), ("locked", "supervisor"),
    ("first", "member"), ("owing", "lso"),
)  # fmt: skip
# What is open before the password is one's own, and before a second factor is there; everything else leads to these.
WITH_A_FIRST_PASSWORD = frozenset({"session.password", "session.sign_out", "static", "theme.choose"})
OWING_A_FACTOR = WITH_A_FIRST_PASSWORD | {
    f"account.{name}"
    for name in (
        "app", "begin_app", "confirm", "confirm_options", "factors", "passkey", "passkey_options",
    )
}  # fmt: skip
UNREADY = {
    "with a first password": (WITH_A_FIRST_PASSWORD, "/account/password"),
    "owing a second factor": (OWING_A_FACTOR, "/account/sign-in"),
}
NEVER = 9_999_999
FEWEST_CELLS = {"sqlite": 5_000, "postgresql": 2_500}
# Whose rows are asked for on the other database, where the same rules ask other SQL.
ON_POSTGRESQL = ("own", "birch's")


def mirrored(route: Route) -> Route:
    """The same for birch's row: bob there is who ann is at alder, bea is who lena is."""
    own = {theirs for theirs, ours in (("bob", "ann"), ("bea", "lena")) if ours in route.reach}
    return replace(route, reach=frozenset(own | (route.reach & (STAFF | {"xena"}))))


def expected(route: Route, endpoint: str, actor: str, row: str) -> int:
    """What the table says."""
    if actor == "acting for alder":
        return _expected_acting(route, row)
    if is_led_away(actor, endpoint):
        return 302
    name = STATES.get(actor, actor)
    if name == "nobody" and route in (ROUTES["session.sign_in", "GET"], ROUTES["session.sign_in", "POST"]):
        return 200
    if row == "birch's":
        route = mirrored(route)
    if name in route.lookers and (row == "never was" or name not in route.reach):
        return 404
    answer = route.expected(name)
    if row == "never was" and answer == route.ok and name != "nobody":
        return 404
    if row == "deleted" and answer == route.ok and name != "nobody":
        return route.deleted
    return answer


def is_led_away(actor: str, endpoint: str) -> bool:
    """Whether this person is shown what they owe instead."""
    return actor in UNREADY and endpoint not in UNREADY[actor][0] and not endpoint.startswith("about.")


def _expected_acting(route: Route, row: str) -> int:
    """A Xoserve LSO who acts for alder does an LSO's work there, and reaches what the LSO of alder's group does."""
    if not ({"lena", "bea", "root"} <= route.allowed or route.allowed == {"xena"}):
        return 403
    is_reached = "eli" in route.reach and row not in ("birch's", "never was")
    if route.owned and not is_reached:
        return 404
    return route.deleted if row == "deleted" else route.ok


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Every request begins in the same world: what one writes is written, and never committed."""
    commit = Session.commit
    Session.commit = Session.flush  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Session.commit = commit  # type: ignore[method-assign]


@pytest.fixture
def rows(app: Flask, busy: dict[str, Owned], acting: Callable[..., Any]) -> dict[str, Owned]:
    """What stands in addresses: alder's rows as they are, closed, and deleted, birch's, and such as never were."""
    with acting("ann"):
        reference = raise_one(MPRNS["alder"], "Closed")
        contacts.perform(reference, Action.WITHDRAW, version=1, message="Over")
        db.session.commit()
    with acting("lena"):
        codes = []
        for number, end in enumerate((people.disable_user, people.delete_user)):
            values = {"user_id": f"ALD-GONE-{number}", "name": "Gone", "email": "gone@alder.example"}
            user = people.create_user(values)
            end(user.id, reason=WHY)
            codes.append(public_ids.encode_id(user.id))
        db.session.commit()
    with app.app_context():
        never = {one.name: public_ids.encode_id(NEVER) for one in fields(Owned) if one.name.endswith("_code")}
    own = busy["alder"]
    return {
        "own": own,
        "closed": replace(own, reference=reference, user_code=codes[0]),
        "deleted": replace(own, user_code=codes[1]),
        "birch's": busy["birch"],
        "never was": replace(own, reference=identifiers.make_reference(NEVER, 1), organisation_id=NEVER, **never),
    }


def _join(user_id: str, *roles: str) -> User:
    """Somebody new of alder with a password, behind the back of every rule."""
    lena = find("lena")
    user = User(
        user_id=user_id,
        name=user_id,
        email="new@alder.example",
        organisation_id=lena.organisation_id,
        password_hash=lena.password_hash,
        must_change_password=False,
        created_at=clock.now(),
    )
    given = {"organisation_id": lena.organisation_id, "starts_on": clock.today(), "granted_by": "The tests"}
    user.grants = [Grant(role=role, **given) for role in roles]
    user.services = [ServiceGrant(service="contacts", **given)]
    db.session.add(user)
    db.session.flush()
    return user


@pytest.fixture
def actors(app: Flask, rows: dict[str, Owned], acting: Callable[..., Any]) -> dict[str, Browser]:
    """A browser for each of the cast, and for those in a state of their own."""
    with acting("system"):
        pks = {name: _join(f"ALD-{name.upper()}", *roles).id for name, *roles in NEW_PEOPLE}
        db.session.commit()
    with acting("lena"):
        days = Span(clock.today(), clock.today())
        deputy = deputies.appoint_deputy("ALD-STANDIN", days, powers=["grants", "activity"], reason=WHY).id
        db.session.commit()
    browsers = {name: open_browser(app, name, by_page=True) for name in ("nobody", *PEOPLE)}
    for state, name in zip(STATES, [*pks, "xena"], strict=True):
        browsers[state] = open_browser(app, "nobody" if name in pks else name, by_page=True)
        if name in pks:
            browsers[state].get("/sign-in")
            typed = {"user_id": f"ALD-{name.upper()}", "password": PASSWORD}
            assert browsers[state].post("/sign-in", typed).status_code == 302
            browsers[state]._token = ""
    left = browsers["signed out, with the cookie"]
    left.get("/account/password")
    cookie = left.client.get_cookie("cms")
    assert left.post("/sign-out").status_code == 302
    left.client.set_cookie("cms", cookie.value)
    assert browsers["acting for alder"].post("/acting/", {"organisation": "ALD", "reason": WHY}).status_code == 302
    with acting("lena"):
        people.disable_user(pks["disabled"], reason=WHY)
        deputies.end_deputy(deputy, reason=WHY)
        db.session.commit()
    with acting("system"):
        db.session.get_one(User, pks["first"]).must_change_password = True
        db.session.commit()
    with app.app_context():
        for _ in range(6):
            with suppress(DomainError):
                sessions.sign_in("ALD-LOCKED", "not it", address="", browser="")
    for name in ("nobody", *STATES):
        browsers[name].get("/sign-in")
    return browsers


def test_every_cell_is_answered_as_the_table_says(world, app, rows, actors, monkeypatch) -> None:
    wrong, counted = [], Counter[str]()
    # A session is written to once a minute; after one, that would be each time, as what is written is not kept.
    monkeypatch.setattr(sessions, "TOUCH_AFTER", timedelta(hours=1))
    if world.kind == "postgresql":
        rows = {row: rows[row] for row in ON_POSTGRESQL}
    with nothing_kept():
        for actor, browser in actors.items():
            monkeypatch.setattr(second_factors, "is_demanded", lambda actor=actor: actor == "owing a second factor")
            # Leaving comes last.
            for (endpoint, method), route in sorted(ROUTES.items(), key=lambda one: one[0][0] == "session.sign_out"):
                seen: set[str] = set()
                for row, owned in rows.items():
                    address = route.address(owned)
                    if address in seen:
                        continue
                    seen.add(address)
                    due = expected(route, endpoint, actor, row)
                    answers = [browser.get(address) if method == "GET" else browser.post(address, route.data)]
                    # A view's answer to HEAD is Flask's affair, on one database as on the other.
                    if method == "GET" and row == "own" and world.kind == "sqlite":
                        answers.append(browser.client.head(address))
                    counted[row] += len(answers)
                    if (endpoint, method) == ("account.app", "POST") and due == 200:
                        due = 302  # what the request before began is not kept
                    given = {answer.status_code for answer in answers}
                    if is_led_away(actor, endpoint):
                        assert answers[0].location.startswith(UNREADY[actor][1]), (actor, address)
                    if due == 302 and STATES.get(actor, actor) == "nobody" and not route.is_open:
                        assert answers[0].location.startswith("/sign-in"), (actor, address)
                    if given != {due}:
                        wrong.append((actor, endpoint, method, row, given, due))
    print(f"\n{counted.total()} cells: {dict(counted)}")
    assert not wrong, f"{len(wrong)} wrong: {wrong[:40]}"
    assert counted.total() >= FEWEST_CELLS[world.kind]
