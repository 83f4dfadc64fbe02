"""Fill an empty SQLite file with a world: our migrations and reference data, then the driver."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask_migrate
from sqlalchemy import select

from app import create_app
from app.access.actor import SYSTEM, acting_as
from app.access.tenancy import index_words
from app.config import Config
from app.domain.lifecycle import Status
from app.extensions import db
from app.models import Contact, Counter, Grant, Organisation, OutcomeCode, ServiceGrant, User
from app.services.contact_types import list_definitions
from app.services.definition import Definition
from bench.worlds.contacts import TYPES, contact_rows
from bench.worlds.people import grant_rows, organisation_rows, service_rows, user_rows
from bench.worlds.world import World
from seed.load import load_reference

# Contacts raised long ago have their first event too, so that new ones go into a table as large as it would be.
_WORDS_CHUNK = 1000  # as many as an upload raises at a time
_EVENTS = """INSERT INTO audit_event (at, action, object_type, object_id, object_label, actor_id, actor_name,
    actor_organisation, "before", "after", is_visible_to_customer, request_id, organisation_id)
    SELECT raised_at, 'contact:raise', 'contact', id, reference, NULL, raised_by_name, '', '{}',
    '{"channel": "screen"}', 1, '', organisation_id FROM contact ORDER BY id"""


def make_sqlite(world: World, path: Path) -> None:
    """Build a world in a new file."""
    config = Config(secret_key="bench-only-" * 4, database_url=f"sqlite:///{path}")
    app = create_app(config)
    with app.app_context():
        flask_migrate.upgrade()
        load_reference()
        with acting_as(SYSTEM):
            definitions = {found.code: found for found in list_definitions() if found.code in TYPES}
            key = db.session.scalars(select(Counter.key).where(Counter.name == "contact")).one()
            xoserve = db.session.scalars(select(Organisation.id).where(Organisation.kind_code == "CDSP")).one()
            outcomes = {status: _an_outcome(kind) for status, kind in _OUTCOME_KINDS.items()}
        db.engine.dispose()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-400000")
    _fill(connection, world, definitions, key, xoserve, outcomes)
    with app.app_context(), acting_as(SYSTEM):
        for first in range(1, world.contacts + 1, _WORDS_CHUNK):
            index_words(first, first + _WORDS_CHUNK - 1)
        db.session.commit()
        db.engine.dispose()
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


_OUTCOME_KINDS = {Status.RESOLVED: "resolution", Status.REJECTED: "rejection"}


def _an_outcome(kind: str) -> str:
    return db.session.scalars(select(OutcomeCode.code).where(OutcomeCode.kind == kind).limit(1)).one()


def _fill(
    connection: sqlite3.Connection,
    world: World,
    definitions: dict[str, Definition],
    key: int,
    xoserve: int,
    outcomes: dict[Status, str],
) -> None:
    first = xoserve + 1
    users = user_rows(world, xoserve, first)
    grants = grant_rows(users, xoserve)
    staff = [(user["id"], user["name"]) for user in users if user["organisation_id"] == xoserve]
    contacts = contact_rows(
        world.contacts, first_organisation=first, key=key, definitions=definitions, staff=staff, outcomes=outcomes
    )
    connection.execute("BEGIN")
    for model, rows in (
        (Organisation, organisation_rows(first)),
        (User, users),
        (Grant, grants),
        (ServiceGrant, service_rows(grants)),
    ):
        _insert(connection, model, rows)
    # Indexes built at the end take a quarter of the time.
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
        "AND tbl_name IN ('contact', 'audit_event')"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    _insert(connection, Contact, contacts)
    connection.execute("INSERT INTO contact_words (rowid, owner, words) SELECT id, organisation_id, words FROM contact")
    connection.execute(_EVENTS)
    for _, definition in indexes:
        connection.execute(definition)
    connection.execute("UPDATE counter SET value = ? WHERE name = 'contact'", (world.contacts,))
    connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, model: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    names = [column.name for column in model.__table__.columns]
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    connection.executemany(
        f'INSERT INTO "{model.__tablename__}" ({columns}) VALUES ({marks})',
        ([plain(row.get(name)) for name in names] for row in rows),
    )


def plain(value: Any) -> Any:
    """A value as SQLAlchemy stores it in SQLite."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict | list) else value
