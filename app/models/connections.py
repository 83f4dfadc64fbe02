"""What every new database connection is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import InvalidatePoolError

# How a server isolates transactions that write: each statement sees what others had committed when it began.
WRITING: IsolationLevel = "READ COMMITTED"
# A transaction that reads and then writes fails at once on SQLite when another writer is ahead of it,
# whatever the timeout; so everything that may write takes the write lock first and waits its turn.
_level: ContextVar[IsolationLevel] = ContextVar("level", default=WRITING)
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


# For how long after its last use a connection is taken to be alive.
TRUSTED_SECONDS = 1.0
# How many transactions write at a time. More than two gain nothing: one process makes the rows of all.
WRITERS = {"sqlite": 1, "postgresql": 2}


@contextmanager
def reading(*, one_moment: bool = False) -> Iterator[None]:
    """Transactions begun inside take no write lock, and on PostgreSQL cannot write.

    There each statement is a transaction by itself, which saves the two questions that begin and end one. With
    `one_moment` they are one, and see what was there when it began; only so can rows be fetched in parts.
    """
    token = _level.set("REPEATABLE READ" if one_moment else "AUTOCOMMIT")
    try:
        yield
    finally:
        _level.reset(token)


def is_reading() -> bool:
    """Whether what is asked now is only read."""
    return _level.get() != WRITING


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
        event.listen(engine, "begin", _begin_on_a_server)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_ask_idle, engine))


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A connection keeps its level, which cannot change within a transaction.
    level = "NORMAL" if _is_hurried.get() else "FULL"
    if connection.info.get("synchronous", "FULL") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level
    connection.exec_driver_sql("BEGIN" if is_reading() else "BEGIN IMMEDIATE")


def _begin_on_a_server(connection: Connection) -> None:
    level = _level.get()
    if connection.info.get("level") != level:
        # The driver's own settings: they go with the next statement. What does not say that it writes cannot
        # (config.engine_options), so neither can a statement that stands alone.
        driver: Any = connection.connection.dbapi_connection
        connection.dialect.set_isolation_level(driver, level)
        driver.read_only = level != WRITING
        connection.info["level"] = level
    if _is_hurried.get() and level == WRITING:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _note_use(_connection: object, record: Any) -> None:
    record.info["used_at"] = monotonic()


def _ask_idle(engine: Engine, connection: Any, record: Any, _proxy: object) -> None:
    """Whether a server is still there is asked of connections that were idle, and not twice in every request.

    The pool's own question (pool_pre_ping) costs a page a twentieth of its time.
    """
    if monotonic() - record.info.get("used_at", 0) < TRUSTED_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        # The others were opened to the same server and are as dead: the pool begins anew and tries once more.
        raise InvalidatePoolError from error


def has_wal_reset_bug() -> bool:
    """SQLite before 3.51.3 can damage a WAL database when two processes write and checkpoint at once."""
    return sqlite3.sqlite_version_info < (3, 51, 3)
