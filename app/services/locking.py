"""Rows about to be changed by whoever opened them at a version."""

from typing import Any, TypeVar

from sqlalchemy import Select

_S = TypeVar("_S", bound=Select[Any])


def for_change(statement: _S, *, lets_refer: bool = False) -> _S:
    """The statement locking its rows, read afresh: who waited for the lock sees the winner's version.

    With `lets_refer` rows that refer to them can be written meanwhile. SQLite has one writer at a time and needs no
    lock.
    """
    return statement.with_for_update(key_share=lets_refer).execution_options(populate_existing=True)
