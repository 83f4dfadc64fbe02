"""Rows about to be changed by whoever opened them at a version."""

from typing import Any, TypeVar

from sqlalchemy import Select

from app.models.connections import is_reading

_S = TypeVar("_S", bound=Select[Any])


def for_change(statement: _S) -> _S:
    """The statement locking its rows, read afresh: who waited for the lock sees the winner's version.

    SQLite has one writer at a time and needs no lock. The lock is the one an update takes: rows that refer to this one
    can still be written, or two who each wrote such a row would wait for each other. Who only looks takes none.
    """
    if is_reading():
        return statement
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)
