"""Several pieces of work at a time, each in a thread, a session and a transaction of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

from app.access.actor import acting_as, current_actor
from app.extensions import db
from app.models.connections import WRITERS

_T = TypeVar("_T")
_R = TypeVar("_R")


def do_all(work: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
    """What `work` makes of each item, in order; as many at a time as the database has writers.

    Items are made one after the other by the caller's thread, and with one writer all is. When one fails, those under
    way come to their end, no other is begun, and the failure is raised.
    """
    hands = WRITERS[db.session.get_bind().dialect.name]
    if hands == 1:
        return [work(item) for item in items]
    begun: list[Future[_R]] = []
    busy: set[Future[_R]] = set()
    with ThreadPoolExecutor(max_workers=hands) as pool:
        for item in items:
            # What was read for the item needs no transaction any more.
            db.session.rollback()
            if len(busy) == hands:
                busy = _wait_for_one(busy)
            # Who acts, and how transactions begin, is known by context.
            begun.append(pool.submit(copy_context().run, _apart, work, item))
            busy.add(begun[-1])
        while busy:
            busy = _wait_for_one(busy)
    return [one.result() for one in begun]


def _wait_for_one(busy: set[Future[_R]]) -> set[Future[_R]]:
    """Those still busy when at least one is done; raises what one of the others raised."""
    done, rest = wait(busy, return_when=FIRST_COMPLETED)
    for one in done:
        one.result()
    return rest


def _apart(work: Callable[[_T], _R], item: _T) -> _R:
    with acting_as(current_actor()):
        return work(item)
