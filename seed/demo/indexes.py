"""Indexes and the word list put aside while a large table is filled, all inside one transaction.

Nothing is committed before everything is back, so a load that is killed leaves the database as it was.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_WORDS_TRIGGER = "contact_words_insert"
# What the trigger does for one row can be done for all at once, at a seventh of the time.
_ONE_ROW = re.compile(r"INSERT INTO contact_words\s*\(rowid, words\)\s*VALUES\s*\((.*)\);", re.DOTALL)

_SQLITE_INDEXES = """SELECT name, sql FROM sqlite_master
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('contact', 'audit_event') ORDER BY rowid"""
# An index that a constraint stands on cannot be dropped by itself.
_POSTGRESQL_INDEXES = """SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename IN ('contact', 'audit_event')
    AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname"""


@contextmanager
def put_aside(connection: Connection) -> Iterator[None]:
    """Drop the secondary indexes and build them again at the end; the caller commits, or rolls everything back."""
    is_sqlite = connection.dialect.name == "sqlite"
    found = connection.execute(text(_SQLITE_INDEXES if is_sqlite else _POSTGRESQL_INDEXES)).all()
    trigger = _find_words_trigger(connection) if is_sqlite else None
    last = connection.execute(text("SELECT coalesce(max(id), 0) FROM contact")).scalar_one()
    if trigger:
        connection.exec_driver_sql(f"DROP TRIGGER {_WORDS_TRIGGER}")
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for _, definition in found:
        connection.exec_driver_sql(definition)
    if trigger:
        definition, values = trigger
        connection.exec_driver_sql(
            f"INSERT INTO contact_words (rowid, words) SELECT {values} FROM contact WHERE id > {int(last)}"  # noqa: S608
        )
        connection.exec_driver_sql(definition)


def _find_words_trigger(connection: Connection) -> tuple[str, str] | None:
    """The trigger's definition and what it inserts; None when it does more than we know how to do at once."""
    wanted = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    definition = connection.execute(wanted, {"name": _WORDS_TRIGGER}).scalar_one_or_none()
    found = _ONE_ROW.search(definition or "")
    return (definition, found[1].replace("new.", "")) if definition and found else None
