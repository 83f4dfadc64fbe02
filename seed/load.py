"""Bring the reference data into a database: organisation kinds, contact types, outcome codes, calendar, Xoserve.

Only what is missing is added, by code: whatever an administrator changed or retired stays as it is.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actor import SYSTEM, acting_as
from app.extensions import db
from app.models import (
    CalendarEntry,
    ContactType,
    ContactTypeRaiser,
    DataItem,
    Model,
    Organisation,
    OrganisationKind,
    OutcomeCode,
    Target,
)
from app.models.connections import reading
from app.models.organisation import XOSERVE_KIND

FOLDER = Path(__file__).parent / "reference"
XOSERVE_CODE = "XOS"
XOSERVE = {"short_code": XOSERVE_CODE, "numeric_id": 1000, "name": "Xoserve", "kind_code": XOSERVE_KIND}
# Any number will do, as long as nothing else in this database locks on it.
_LOCK = 2_026_001

_MODELS: dict[str, type[Model]] = {
    "kind": OrganisationKind,
    "organisation": Organisation,
    "outcome": OutcomeCode,
    "calendar": CalendarEntry,
}
# What a row is known by: the name of its table and its code or codes.
Key = tuple[str, str]


def load_reference() -> None:
    """Add what is missing and commit; one query when nothing is."""
    wanted = read_reference()
    with acting_as(SYSTEM):
        with reading():
            is_complete = wanted.keys() <= _find_present()
            db.session.rollback()
        if is_complete:
            return
        if db.session.get_bind().dialect.name == "postgresql":
            # Two processes may start at once; SQLite has one writer anyway.
            db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _add_missing(wanted)
        db.session.commit()


def read_reference() -> dict[Key, dict[str, Any]]:
    """Every row of the reference files by its key, in an order in which they can be inserted."""
    rows: dict[Key, dict[str, Any]] = {}
    for kind in _read("organisation_kinds.json"):
        rows["kind", kind["code"]] = kind
    rows["organisation", XOSERVE_CODE] = XOSERVE
    for outcome in _read("outcome_codes.json"):
        rows["outcome", outcome["code"]] = _columns(outcome, "code", "kind", "text") | _dates(outcome)
    for entry in _read("calendar.json"):
        day = date.fromisoformat(entry["day"])
        columns = _columns(entry, "calendar", "kind", "reason", "is_business_day")
        rows["calendar", f"{entry['calendar']} {day.isoformat()}"] = columns | {"day": day}
    items = _read("data_items.json")
    for path in sorted((FOLDER / "contact_types").glob("*.json")):
        contact_type = json.loads(path.read_text(encoding="utf-8"))
        rows["type", contact_type["code"]] = contact_type
        for position, (code, changes) in enumerate(contact_type["items"].items(), start=1):
            item = {"code": code, "position": position * 10, **items[code], **changes, **_dates(contact_type)}
            # An item ends by being retired itself; it does not end with its type.
            rows["item", f"{contact_type['code']} {code}"] = item | {"ends_on": None}
    return rows


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def _columns(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The named columns only: files also hold where a fact comes from."""
    return {name: row[name] for name in names}


def _dates(row: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: date.fromisoformat(row[name]) if row[name] else None for name in ("starts_on", "ends_on")}


def _find_present() -> set[Key]:
    def keys(name: str, column: InstrumentedAttribute[str]) -> Any:
        return select(literal(name), column, literal(""))

    days = select(literal("calendar"), CalendarEntry.calendar, cast(CalendarEntry.day, String))
    items = select(literal("item"), ContactType.code, DataItem.code).join(DataItem.contact_type)
    every = union_all(
        keys("kind", OrganisationKind.code),
        keys("organisation", Organisation.short_code),
        keys("type", ContactType.code),
        keys("outcome", OutcomeCode.code),
        items,
        days,
    )
    return {(name, f"{first} {second}".strip()) for name, first, second in db.session.execute(every)}


def _add_missing(wanted: Mapping[Key, dict[str, Any]]) -> None:
    present = _find_present()
    for (name, code), row in wanted.items():
        if (name, code) in present:
            continue
        if name == "type":
            db.session.add(_new_type(row))
        elif name == "item":
            type_code = code.split()[0]
            owner = select(ContactType.id).where(ContactType.code == type_code)
            db.session.add(DataItem(**row, contact_type_id=db.session.execute(owner).scalar_one()))
        else:
            db.session.add(_MODELS[name](**row))
        # Organisations and raisers refer to kinds by code, which the unit of work cannot put in order itself.
        db.session.flush()


def _new_type(row: Mapping[str, Any]) -> ContactType:
    contact_type = ContactType(
        **_columns(row, "code", "name", "family", "first_worker", "guidance", "duplicate_rule", "closure_days"),
        **_dates(row),
    )
    contact_type.raisers = [ContactTypeRaiser(kind_code=kind) for kind in row["raisers"]]
    contact_type.targets = [Target(days=days, percentage=percentage) for days, percentage in row["targets"]]
    return contact_type
