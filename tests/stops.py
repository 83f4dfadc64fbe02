"""Every page there is to look at, taken from the table of addresses, and the states an address alone does not reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from app.access.actor import acting_as
from app.domain.roles import Role
from app.extensions import db
from app.imports import pipeline
from app.services import sessions
from app.views import public_ids
from tests.cast import PEOPLE
from tests.conftest import World, run_waiting_jobs
from tests.routes import ROUTES
from tests.worlds import MPRNS, Owned, answers, workbook

GOOD = [MPRNS["alder"], "SPELLING", "3 High Street", "B91 3QL", "The house number is wrong.", "ALD/3"]
WRONG = ["1234567890", "Ghosts", "", "B91", "", "ALD/4"]
TOO_LARGE = 300 * 1024


@dataclass(frozen=True)
class Places:
    """Where alder's rows are: those of the busy world, and an upload in each state."""

    owned: Owned
    uploads: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """One page a person is shown: an address, or a form sent to it."""

    name: str
    path: str
    data: dict[str, Any] | None = None
    status: int = 200


@dataclass(frozen=True)
class State:
    """A page of one person that no address of the table shows."""

    name: str
    person: str
    path: str | Callable[[Places], str]
    data: dict[str, Any] | None = None
    status: int = 200


def contact(places: Places, action: str = "") -> str:
    """The address of alder's contact, or of a move of it."""
    return f"/contacts/{places.owned.reference}/{action and action + '/'}"


def upload(state: str) -> Callable[[Places], str]:
    """The address of alder's upload in that state."""
    return lambda places: f"/uploads/{places.uploads[state]}/"


GOOD_ANSWERS = answers("3938424403", "High")
STATES = (
    State("sign-in-refused", "nobody", "/sign-in", {"user_id": "ALD-ANN", "password": "wrong"}),
    State("sign-in-empty", "nobody", "/sign-in", {}),
    State("not-found-signed-out", "nobody", "/nowhere", status=404),
    State("not-found", "ann", "/nowhere", status=404),
    State("not-allowed", "vic", "/raise/", status=403),
    State("wrong-method", "ann", "/sign-out", status=405),
    State("without-token", "ann", "/raise/ADD/", {"csrf_token": "none"}, 400),
    State("too-large", "ann", "/raise/ADD/", {"DESCRIPTION": "x" * TOO_LARGE}, 413),
    State("raise-with-errors", "ann", "/raise/ADD/", {"MPRN": "12"}),
    State("raise-check", "ann", "/raise/ADD/", GOOD_ANSWERS),
    State("raise-check-of-a-repeat", "ann", "/raise/ADD/", answers(MPRNS["alder"], "High")),
    State("raise-change", "ann", "/raise/ADD/", {**GOOD_ANSWERS, "change": "yes"}),
    State("upload-without-file", "ann", "/uploads/new/", {"type_code": "ADD"}, 422),
    State("upload-received", "ann", upload("received")),
    State("upload-refused", "ann", upload("refused")),
    State("upload-with-errors", "ann", upload("mixed")),
    State("upload-all-wrong", "ann", upload("wrong")),
    State("upload-all-good", "ann", upload("good")),
    State("upload-committing", "ann", upload("committing")),
    State("upload-with-errors-for-staff", "ada", upload("mixed")),
    State("contacts-filtered", "ann", "/contacts/?status=open&type=ADD&q=house&sort=due"),
    State("contacts-none", "ann", "/contacts/?q=nothing-is-called-this"),
    State("contacts-refused", "ann", "/contacts/?colour=red&status=lost&sort=size&after=old"),
    State("contacts-filtered-for-staff", "ada", "/contacts/?assignee=me&sort=due"),
    State("contacts-none-of-a-network", "ned", "/contacts/"),
    State("uploads-none-of-a-network", "ned", "/uploads/"),
    State("home-of-a-network", "ned", "/"),
    State("contact-lost-race", "ada", lambda p: contact(p, "release"), {"version": "1", "message": "Unsent"}, 409),
    State("contact-without-words", "ada", lambda p: contact(p, "ask"), {"version": "4"}, 422),
    State("contact-cannot-be-answered", "ann", lambda p: contact(p, "answer"), {"version": "4", "message": "x"}, 409),
    State("password-with-errors", "ann", "/account/password", {"old_password": "x", "new_password": "y", "again": "z"}),
    State("person-with-errors", "lena", "/people/new/", {"name": "", "user_id": "ALD-ANN", "email": "none"}),
    State(
        "person-changed-by-another",
        "lena",
        lambda p: f"/people/edit/?id={p.owned.user_code}",
        {"version": "0", "name": "Ann Other", "email": "ann@alder.example"},
    ),
    State("people-none", "lena", "/people/?q=nobody-is-called-this"),
    State("people-filtered", "root", "/people/?state=active&q=a&sort=user_id"),
    State("activity-filtered", "mo", "/activity/?about=user&sort=oldest"),
    State("organisation-with-errors", "root", "/organisations/new/", {"name": "", "short_code": "ALDER"}),
    State("type-with-errors", "root", "/contact-types/new/", {"code": "?", "targets": "soon"}),
    State("item-with-errors", "root", "/data-items/new/?type=ADD", {"code": "?", "kind": "choice"}),
    State("view-with-errors", "ann", "/views/new/?page=contacts&query=q%3Dx", {"name": ""}),
    State("move-of-all", "ann", "/move/?status=open", {"action": "withdraw", "which": "all"}),
    State("move-of-none", "ann", "/move/done/", {"action": "withdraw"}, 409),
    State(
        "contacts-all-columns",
        "ann",
        "/contacts/?columns=reference,type,mprn,summary,status,due,raised&density=compact",
    ),
    State("contacts-of-no-view", "ann", "/contacts/?view=4F7-K2M-9QX"),
)


def different_people() -> list[str]:
    """One of the cast for each set of roles, and "nobody"."""
    found: dict[frozenset[Role], str] = {}
    for name, person in PEOPLE.items():
        found.setdefault(frozenset(person.roles), name)
    return ["nobody", *found.values()]


def roles_in_the_cast() -> set[Role]:
    """Every role that somebody of the cast holds."""
    return {role for person in PEOPLE.values() for role in person.roles} | {Role.DEPUTY}


def is_shown(endpoint: str, name: str) -> bool:
    """Whether this address is a page for this person (or "nobody"), as the table says."""
    if endpoint == "static":
        return False
    if endpoint == "session.sign_in":
        return name == "nobody"
    return (endpoint, "GET") in ROUTES and ROUTES[endpoint, "GET"].expected(name) == 200


def stops_of(name: str, places: Places) -> list[Stop]:
    """Every page of the table that this person is allowed, then every state that is theirs."""
    stops = [
        Stop(endpoint.replace(".", "-"), route.address(places.owned))
        for (endpoint, method), route in ROUTES.items()
        if method == "GET" and is_shown(endpoint, name)
    ]
    for state in STATES:
        if state.person == name:
            path = state.path if isinstance(state.path, str) else state.path(places)
            stops.append(Stop(state.name, path, state.data, state.status))
    return stops


def put_places(world: World) -> Places:
    """The busy world, fresh, with an upload of alder's in each state."""
    return world.put("places", lambda: _upload(world.app, world.busy()["alder"]))


def _upload(app: Flask, owned: Owned) -> Places:
    """Give alder an upload in each state, beside what the busy world holds."""
    files = {
        "mixed": workbook([GOOD, WRONG]),
        "wrong": workbook([WRONG]),
        "good": workbook([[*GOOD[:4], "Another", "ALD/5"]]),
        "committing": workbook([[*GOOD[:4], "A third", "ALD/6"]]),
        "refused": workbook([]),
        "received": workbook([[*GOOD[:4], "A fourth", "ALD/7"]]),
    }
    ids: dict[str, int] = {}
    with app.app_context():
        actor = sessions.actor_of(PEOPLE["ann"].user_id)
        assert actor is not None
        for state, content in files.items():
            if state == "received":
                run_waiting_jobs(app)
            with acting_as(actor):
                ids[state] = pipeline.receive_and_check_later(f"{state} rows.xlsx", content, "ADD").id
                db.session.commit()
        with acting_as(actor):
            pipeline.start_commit(ids["committing"])
            db.session.commit()
        return Places(owned, {state: public_ids.encode_id(pk) for state, pk in ids.items()})
