"""Many rows into the database at the speed of its driver; demonstration data is written as the service itself.

Rows are lists of what SQLAlchemy would bind: instants and days in the database's own form, JSON as text.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import JSON, Connection, Date, func, select
from sqlalchemy.dialects import postgresql

from app.extensions import db
from app.models import AuditEvent, Model
from app.models.base import UtcDateTime

Values = Mapping[str, Any]
Change = Callable[[Any], Any]
# Values in the order of the table's columns.
Row = list[Any]


class Table:
    """One table being filled: which columns, and how their values are written in this database."""

    def __init__(self, model: type[Model], connection: Connection) -> None:
        self.name = model.__table__.name
        self.columns = [column.name for column in model.__table__.columns]
        changes = CHANGES[connection.dialect.name]
        self._changes: list[tuple[int, Change]] = [
            (place, change)
            for place, column in enumerate(model.__table__.columns)
            for kind, change in changes.items()
            if isinstance(column.type, kind)
        ]
        self._in_order = itemgetter(*self.columns)
        self._connection = connection
        self._insert: Insert = INSERTS[connection.dialect.name]

    def insert(self, rows: Sequence[Row]) -> None:
        """Add prepared rows."""
        self._insert(self._connection, self.name, self.columns, rows)

    def prepare(self, row: Values) -> Row:
        """A row that names every column, as it is sent."""
        values: Row = list(self._in_order(row))
        for place, change in self._changes:
            value = values[place]
            if value is not None:
                values[place] = change(value)
        return values


class Insert(Protocol):
    """Sends prepared rows to one kind of database."""

    def __call__(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
    ) -> None: ...


def _insert_many(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    cursor = connection.connection.cursor()
    cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608 - names of our tables
    cursor.close()


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=2000)
def _day_text(day: date) -> str:
    return day.isoformat()


def _instant_text(instant: datetime) -> str:
    # As SQLAlchemy writes it: UTC without its zone, always six decimals.
    return instant.replace(tzinfo=None).isoformat(" ", "microseconds")


_NOTHING = "{}"
_to_json = json.JSONEncoder().encode


def _json_text(value: Any) -> str:
    return _to_json(value) if value else _NOTHING


CHANGES: dict[str, dict[type[Any], Change]] = {
    "sqlite": {UtcDateTime: _instant_text, Date: _day_text, JSON: _json_text},
    "postgresql": {JSON: _json_text},
}
INSERTS: dict[str, Insert] = {"sqlite": _insert_many, "postgresql": _copy}


def reserve_event_ids(connection: Connection, count: int) -> Iterable[int]:
    """`count` ids for audit events, in order: messages name their events, so ids must be known before."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence("audit_event", "id").cast(postgresql.REGCLASS)
        many = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return list(connection.execute(many).scalars())
    # The write lock is ours, so nobody else can take the numbers after the last one.
    last = db.session.execute(select(func.max(AuditEvent.id))).scalar() or 0
    return range(last + 1, last + count + 1)
