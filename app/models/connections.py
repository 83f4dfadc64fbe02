"""What every new database connection is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

# A transaction that reads and then writes fails at once on SQLite when another writer is ahead of it,
# whatever the timeout; so everything that may write takes the write lock first and waits its turn.
_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)
_is_hurried: ContextVar[bool] = ContextVar("is_hurried", default=False)

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-65536",
    "mmap_size=1073741824",
    # Pages: the log may grow to 40 MB before it is copied back, or an import copies the same pages again and again.
    "wal_autocheckpoint=10000",
)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside take no write lock."""
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


@contextmanager
def hurried() -> Iterator[None]:
    """Commits of transactions begun inside do not wait for the disk.

    For steps towards something that is only told when a last commit outside has waited for all of them: a power cut
    before that takes the newest steps away, whole and in order, and never one from between others.
    """
    token = _is_hurried.set(True)
    try:
        yield
    finally:
        _is_hurried.reset(token)


def install(engine: Engine) -> None:
    """Prepare this engine's connections."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "begin", _hurry)


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A connection keeps its level, which cannot change within a transaction.
    level = "NORMAL" if _is_hurried.get() else "FULL"
    if connection.info.get("synchronous", "FULL") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level
    connection.exec_driver_sql("BEGIN" if _is_reading.get() else "BEGIN IMMEDIATE")


def _hurry(connection: Connection) -> None:
    if _is_hurried.get():
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def has_wal_reset_bug() -> bool:
    """SQLite before 3.51.3 can damage a WAL database when two processes write and checkpoint at once."""
    return sqlite3.sqlite_version_info < (3, 51, 3)
