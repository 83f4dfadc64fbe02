"""Indexes put aside while a large table is filled, all inside one transaction.

Nothing is committed before everything is back, so a load that is killed leaves the database as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

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
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for _, definition in found:
        connection.exec_driver_sql(definition)
