"""Puts a PostgreSQL database back to what it was by rewriting only what a test has changed.

A copy of a template costs fifty milliseconds in memory and hundreds on a disk, because hundreds of files are made for
it and removed, and whoever asks it has to learn the schema anew; a test changes a handful of rows. What changed is told
by PostgreSQL itself: each row carries the number of the transaction that wrote it, so a table whose count and newest
number are the same holds the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.databases import connect

# Where a schema is written down: whatever creates, changes or removes a part of it writes to one of these.
CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_trigger",
    "pg_proc",
    "pg_constraint",
    "pg_index",
    "pg_policy",
    "pg_namespace",
)
MARK = "SELECT {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
SEQUENCES = "SELECT sequencename::text, last_value FROM pg_sequences WHERE schemaname = 'public'"
# Whoever is in the midst of something; those who wait to be asked hold nothing.
SEND_AWAY = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS DISTINCT FROM 'idle'"""
# Rows that were removed stay in their files until they are cleaned away, and here nothing cleans.
REWINDS = 200

Marks = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Snapshot:
    """What a database held: the rows of each table as COPY writes them, and where each sequence was."""

    rows: Mapping[str, bytes]
    counts: Mapping[str, int]
    sequences: Mapping[str, int | None]


class Rewinder:
    """One database, from when it was copied until it is copied anew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._snapshots: dict[str, Snapshot] = {}
        self._catalog: Marks = {}
        self._marks: Marks = {}
        self._held: dict[str, bytes] = {}
        self._left = 0
        # Kept open, because a new one would have to learn the schema each time.
        self._kept: psycopg.Connection[Any] | None = None

    def remember(self, name: str) -> None:
        """Call what the database holds now by that name."""
        connection = self._connect()
        marks = self._read_marks(connection)
        rows = {table: _copy_out(connection, table) for table in marks}
        sequences = dict(connection.execute(SEQUENCES).fetchall())
        self._snapshots[name] = Snapshot(rows, {table: mark[0] for table, mark in marks.items()}, sequences)
        self.begin(name)

    def begin(self, name: str) -> None:
        """The database is a fresh copy of what is called that."""
        connection = self._connect()
        self._catalog = _read(connection, CATALOGS)
        self._marks = self._read_marks(connection)
        self._held = dict(self._snapshots[name].rows)
        self._left = REWINDS

    def rewind(self, name: str) -> bool:
        """Make the database what is called that; False where only a copy can: its schema was touched, or it is worn."""
        self._left -= 1
        if self._left < 0:
            return False
        try:
            return self._rewind(self._snapshots[name])
        except psycopg.OperationalError:  # whoever had the database has sent everybody away, us too
            return False

    def _rewind(self, snapshot: Snapshot) -> bool:
        connection = self._connect()
        with connection.transaction():
            connection.execute(SEND_AWAY)
            if _read(connection, CATALOGS) != self._catalog:
                return False
            self._rewrite(connection, snapshot)
        return True

    def let_go(self) -> None:
        """Be connected no longer: a database somebody is connected to cannot be copied."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connect(self) -> psycopg.Connection[Any]:
        if self._kept is None or self._kept.closed:
            self.let_go()
            self._kept = connect(self._url)
            # Neither triggers nor foreign keys: the rows go back as they were. Said once, for it throws plans away.
            self._kept.execute("SET session_replication_role = replica")
        return self._kept

    def _rewrite(self, connection: psycopg.Connection[Any], snapshot: Snapshot) -> None:
        row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        for table, mark in self._read_marks(connection).items():
            rows = snapshot.rows[table]
            if mark == self._marks[table] and rows == self._held[table]:
                continue
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            count = snapshot.counts[table]
            if count:
                with connection.cursor().copy(_copy(table, "FROM STDIN")) as copy:
                    copy.write(rows)
            self._held[table] = rows
            self._marks[table] = (count, row[0] if count else 0)
        moved = snapshot.sequences.items() - dict(connection.execute(SEQUENCES).fetchall()).items()
        for name, value in moved:
            # One that was never used has no last value.
            place = (sql.Literal(name), value or 1, value is not None)
            connection.execute(sql.SQL("SELECT setval({}, {}, {})").format(*place))

    def _read_marks(self, connection: psycopg.Connection[Any]) -> Marks:
        return _read(connection, [name for (name,) in connection.execute(TABLES)])


def _read(connection: psycopg.Connection[Any], tables: Any) -> Marks:
    """For each table how many rows it has and the newest transaction that wrote one of them."""
    marks = [sql.SQL(MARK).format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    return {name: (count, newest) for name, count, newest in connection.execute(sql.SQL(" UNION ALL ").join(marks))}


def _copy(table: str, way: str) -> sql.Composed:
    return sql.SQL("COPY {} {} (FORMAT binary)").format(sql.Identifier(table), sql.SQL(way))


def _copy_out(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(_copy(table, "TO STDOUT")) as copy:
        return b"".join(bytes(part) for part in copy)
