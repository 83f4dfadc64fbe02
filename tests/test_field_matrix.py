"""Every form, every column of what it writes, everybody who may send it: a field not on the form changes nothing."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import event
from sqlalchemy import inspect as look_at
from sqlalchemy.orm import Session

from app.domain import clock
from app.models import (
    ActingSession,
    ContactType,
    DataItem,
    Deputy,
    Grant,
    Organisation,
    SavedView,
    ServiceGrant,
    SupportRequest,
    User,
)
from tests.cast import PEOPLE
from tests.conftest import Browser, World
from tests.routes import ROUTES
from tests.test_matrix import nothing_kept

WHY = {"reason": "The field matrix needs it"}
HELP = {"email": "field@alder.example", "need": "Help with the fields."}
NEW_PERSON = {"user_id": "ALD-FIELD", "name": "Field", "email": "field@alder.example", "organisation_id": "ALD"}
# What each form writes, and what is typed into it besides what stands there already.
FORMS: dict[str, tuple[tuple[type[Any], ...], dict[str, str]]] = {
    "account.details": ((User, Grant, ServiceGrant), {"name": "Somebody else"}),
    "acting.index_view": ((ActingSession,), {"organisation": "ALD", **WHY}),
    "contact_types.edit_view": ((ContactType,), {"name": "Another name"}),
    "data_items.edit_view": ((DataItem,), {"label": "Another label"}),
    "deputies.create_view": ((Deputy, Grant), WHY),
    "organisations.create_view": ((Organisation,), {"short_code": "FLD", "name": "Field", "kind_code": "SHIPPER"}),
    "organisations.edit_view": ((Organisation,), {"name": "Another name"}),
    "people.act_view": ((User, Grant, ServiceGrant), WHY),
    "people.create_view": ((User, Grant, ServiceGrant, Deputy), NEW_PERSON),
    "people.edit_view": ((User, Grant, ServiceGrant, Deputy), {"name": "Another name"}),
    "saved_views.create_view": ((SavedView,), {"name": "Field"}),
    "saved_views.edit_view": ((SavedView,), {"name": "Another name"}),
    "about.ask": (
        (SupportRequest,),
        {"organisation_typed": "Field", "name": "Field", **HELP},
    ),
}
COLLEAGUES = {"lena": "ALD-VIC", "bea": "BIR-BOB", "eli": "ELD-NOBODY"}
HOSTILE = ("987654", "true", "", "2030-01-01", "administrator", "XOS-ROOT")
FEWEST_CELLS = 1_000

Writes = dict[tuple[str, str], list[str]]


@contextmanager
def watched(columns: set[tuple[str, str]]) -> Iterator[Writes]:
    """What is written to these columns meanwhile, in order."""
    writes: Writes = {}

    def note(session: Session, _context: object, _instances: object = None) -> None:
        for row in (*session.new, *session.dirty):
            for attribute in look_at(row).mapper.column_attrs:
                history = look_at(row).attrs[attribute.key].history
                if (type(row).__name__, attribute.key) in columns and history.added and history.has_changes():
                    writes.setdefault((type(row).__name__, attribute.key), []).append(str(history.added[0]))

    event.listen(Session, "before_flush", note)
    try:
        yield writes
    finally:
        event.remove(Session, "before_flush", note)


def filled(person: Browser, address: str, typed: dict[str, str]) -> tuple[dict[str, Any], set[str]]:
    """What a person would send, and the names of the form's fields."""
    soup = BeautifulSoup(person.get(address).get_data(as_text=True), "html.parser")
    found: dict[str, Any] = {}
    names: set[str] = set()
    for field in soup.select("main form :is(input, select, textarea)[name]"):
        names.add(name := str(field["name"]))
        if field.name == "select":
            found[name] = [str(one["value"]) for one in field.select("option[selected]")]
        elif field.name == "textarea":
            found[name] = field.get_text().strip("\n")
        elif field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
            found[name] = str(field.get("value", ""))
    found.pop("csrf_token", None)
    return {**found, **typed}, names | typed.keys()


def columns_of(models: tuple[type[Any], ...]) -> set[tuple[str, str]]:
    """Every column of these models by name."""
    return {(model.__name__, one.key) for model in models for one in look_at(model).column_attrs}


def send(person: Browser, address: str, data: dict[str, Any], columns: set[tuple[str, str]]) -> tuple[Writes, int]:
    """What a form wrote, and the answer."""
    with watched(columns) as writes:
        status = person.post(address, data).status_code
    return {key: values for key, values in writes.items() if not _is_of_the_moment(*key)}, status


def _is_of_the_moment(_model: str, column: str) -> bool:
    """Times and the like differ from one sending to the next."""
    return column.endswith("_at") or column == "reference"


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_field_that_is_not_on_the_form_changes_nothing(
    world: World, app: Flask, busy: dict[str, Any], browser: Callable[[str], Browser]
) -> None:
    counted, useful = Counter[str](), set()
    people = {name: browser(name) for name in PEOPLE}
    with nothing_kept():
        for endpoint, (models, typed) in FORMS.items():
            route, columns = ROUTES[endpoint, "POST"], columns_of(models)
            address = route.address(busy["alder"])
            for name in sorted(name for name in route.allowed if route.expected(name) == route.ok):
                data, fields = filled(people[name], address, typed)
                if endpoint == "deputies.create_view":
                    data |= {"user_id": COLLEAGUES[name], "ends_on": str(clock.today()), "powers": "grants"}
                due, _ = send(people[name], address, data, columns)
                useful |= {endpoint} if due else set()
                for column in sorted({column for _, column in columns} - fields):
                    extra = dict.fromkeys(
                        (column, f"user-{column}", f"{column}-0"), HOSTILE[len(column) % len(HOSTILE)]
                    )
                    given, status = send(people[name], address, {**data, **extra}, columns)
                    counted[endpoint] += 1
                    assert status < 500 and given in (due, {}), (endpoint, name, column, due, given)
    print(f"\n{counted.total()} cells: {dict(counted)}")
    assert set(FORMS) - useful == set(), "these forms write nothing, so they prove nothing"
    assert counted.total() >= FEWEST_CELLS
