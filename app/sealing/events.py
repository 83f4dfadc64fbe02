"""Audit events as they are hashed, on every database the same."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Text, cast, select

from app.extensions import db
from app.models import AuditEvent

_JSON = ("before", "after")
# What is empty is left out, so a column that is added later changes no hash of earlier events.
COLUMNS = (
    "id",
    "at",
    "organisation_id",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "actor_id",
    "actor_name",
    "actor_organisation",
    "on_behalf_of",
    "reason",
    "request_id",
    "is_visible_to_customer",
    *_JSON,
)
_PLAIN = COLUMNS[: -len(_JSON)]
_TABLE = AuditEvent.__table__
_READ = [_TABLE.c[name] for name in _PLAIN] + [cast(_TABLE.c[name], Text) for name in _JSON]
_AT_ONCE = 2000


class Event(NamedTuple):
    """One event: its id, its time, and the line that stands for it in the chain."""

    id: int
    at: datetime
    line: bytes


def read_events(*conditions: ColumnElement[bool], most: int | None = None) -> Iterator[Event]:
    """Events in order of id, a few at a time."""
    statement = select(*_READ).where(*conditions).order_by(_TABLE.c.id).limit(most)
    with db.session.execute(statement.execution_options(yield_per=_AT_ONCE)) as found:
        for row in found:
            yield _event(tuple(row))


def _event(row: Sequence[Any]) -> Event:
    values = {name: value for name, value in zip(_PLAIN, row, strict=False) if value}
    for name, text in zip(_JSON, row[-2:], strict=True):
        if text != "{}":
            values[name] = orjson.loads(text)
    return Event(row[0], row[1], orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z))


class Digest:
    """SHA-256 of the hash before, the events' lines, and what the link says of itself."""

    def __init__(self, previous: str) -> None:
        self._hash = hashlib.sha256(previous.encode() + b"\n")
        self.count = 0

    def add(self, event: Event) -> None:
        """Take the next event in."""
        self._hash.update(event.line + b"\n")
        self.count += 1

    def close(self, **facts: Any) -> str:
        """The hash of the link."""
        self._hash.update(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z))
        return self._hash.hexdigest()
