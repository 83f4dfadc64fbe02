"""Many rows into one table at the speed of the database's driver.

Rows are lists of what SQLAlchemy would bind: instants and days in the database's own form, JSON as text. Nothing here
checks whose rows they are: access.tenancy.bulk_insert does, and is the way in.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

import orjson
from sqlalchemy import JSON, Column, Connection, Date
from sqlalchemy.exc import DBAPIError

from app.models.base import Model, UtcDateTime

Values = Mapping[str, Any]
Change = Callable[[Any], Any]
# Values in the order of the table's columns.
Row = list[Any]


class Table:
    """One table being filled: which columns, and how their values are written in this database."""

    def __init__(self, model: type[Model], connection: Connection, *, has_ids: bool = True) -> None:
        """Without ids the database gives them."""
        self.name = model.__table__.name
        columns = [column for column in model.__table__.columns if has_ids or column.name != "id"]
        self.columns = [column.name for column in columns]
        # What a row that does not name a column holds there.
        self.defaults = {column.name: _default(column) for column in columns}
        changes = CHANGES[connection.dialect.name]
        self._changes: list[tuple[int, Change]] = [
            (place, change)
            for place, column in enumerate(columns)
            for kind, change in changes.items()
            if isinstance(column.type, kind)
        ]
        self._in_order = itemgetter(*self.columns)
        self._connection = connection
        self._insert: Insert = INSERTS[connection.dialect.name]

    def insert(self, rows: Iterable[Row]) -> None:
        """Add prepared rows as they come: a server works on the first while the last are being made."""
        self._insert(self._connection, self.name, self.columns, rows)

    def prepare_all(self, names: Sequence[str], rows: Iterable[Values], shared: Values) -> Iterator[Row]:
        """Rows that all name these columns; what is `shared` by them is written once."""
        first = self.prepare({**self.defaults, **shared, **dict.fromkeys(names)})
        changes = {self.columns[place]: change for place, change in self._changes}
        places = [(self.columns.index(name), name, changes.get(name)) for name in names]
        for row in rows:
            values = first.copy()
            for place, name, change in places:
                value = row[name]
                values[place] = value if change is None or value is None else change(value)
            yield values

    def prepare(self, row: Values) -> Row:
        """A row that names every column, as it is sent."""
        values: Row = list(self._in_order(row))
        for place, change in self._changes:
            value = values[place]
            if value is not None:
                values[place] = change(value)
        return values


@contextmanager
def many_rows() -> Iterator[None]:
    """For the time of making many rows: they refer to nothing that refers back, so no cycles are looked for."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Insert(Protocol):
    """Sends prepared rows to one kind of database."""

    def __call__(self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None: ...


def _insert_many(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our tables
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    cursor: Any = connection.connection.cursor()
    driver: Any = connection.dialect.dbapi
    try:
        with cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # As SQLAlchemy would report it, without the values that the driver's own words hold.
        raise DBAPIError.instance("COPY", None, error, driver.Error, hide_parameters=True) from None


@lru_cache(maxsize=2000)
def _day_text(day: date) -> str:
    return day.isoformat()


@lru_cache(maxsize=2000)
def _instant_text(instant: datetime) -> str:
    # As SQLAlchemy writes it: UTC without its zone, always six decimals.
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _default(column: Column[Any]) -> Any:
    """What SQLAlchemy would put where a row names nothing."""
    if column.default is None:
        return None
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


CHANGES: dict[str, dict[type[Any], Change]] = {
    "sqlite": {UtcDateTime: _instant_text, Date: _day_text, JSON: _json_text},
    "postgresql": {JSON: _json_text},
}
INSERTS: dict[str, Insert] = {"sqlite": _insert_many, "postgresql": _copy}
