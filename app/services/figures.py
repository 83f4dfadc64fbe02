"""Figures of the contacts within reach: counted in the database by ORM selects, so each actor counts their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import case, func, select

from app.access.actor import current_actor
from app.domain import calendar, clock
from app.domain.lifecycle import OPEN, Status
from app.domain.table import Table
from app.extensions import db
from app.models import Contact
from app.services.calendar import closed_days

_T = TypeVar("_T")
KEPT_FOR = timedelta(seconds=60)
# Business days since a contact was raised; the last band has no end.
AGE_BANDS = ((0, 4), (5, 10), (11, 20), (21, None))
MOST_ASSIGNEES = 20


@dataclass(frozen=True)
class AsAt(Generic[_T]):
    """What was counted, and when."""

    value: _T
    at: datetime


class Kept(Generic[_T]):
    """A count that is made once a minute for all who reach every organisation, and afresh for everybody else.

    Whatever is kept was counted over all organisations of one database, so it is the same for each of its askers.
    """

    _all: list["Kept[Any]"] = []

    def __init__(self, count: Callable[[], _T]) -> None:
        self._count = count
        self._found: dict[Any, AsAt[_T]] = {}
        Kept._all.append(self)

    def __call__(self) -> AsAt[_T]:
        now = clock.now()
        if not current_actor().reaches_all:
            return AsAt(self._count(), now)
        database = db.session.get_bind()
        found = self._found.get(database)
        if found is None or not now - KEPT_FOR < found.at <= now:
            found = self._found[database] = AsAt(self._count(), now)
        return found

    @classmethod
    def forget(cls) -> None:
        """Count everything again when next asked."""
        for one in cls._all:
            one._found.clear()


forget = Kept.forget


@Kept
def open_by_status() -> Table:
    """Open contacts by status, in the order of the life cycle."""
    counts = _counts(Contact.status, Contact.status.in_([status.value for status in OPEN]))
    return Table(("Status", "Contacts"), [(status.label, counts.get(status.value, 0)) for status in OPEN])


@Kept
def open_by_age() -> Table:
    """Open contacts by the business days that have passed since they were raised."""
    today, closed = clock.today(), closed_days()
    ends = [end for _, end in AGE_BANDS if end is not None]
    since = [clock.midnight(calendar.first_day_within(end, today, closed)) for end in ends]
    band = case(*((Contact.raised_at >= instant, place) for place, instant in enumerate(since)), else_=len(since))
    counts = _counts(band, Contact.is_open)
    labels = [f"{start} to {end} days" if end is not None else f"Over {start - 1} days" for start, end in AGE_BANDS]
    return Table(("Age", "Contacts"), [(label, counts.get(place, 0)) for place, label in enumerate(labels)])


def _counts(key: Any, condition: Any) -> dict[Any, int]:
    """How many contacts there are of each value of `key`."""
    named = key.label("counted_by")
    found = db.session.execute(select(named, func.count(Contact.id)).where(condition).group_by(named))
    return {row[0]: row[1] for row in found}


@Kept
def work_by_assignee() -> Table:
    """Open contacts by the person they are assigned to, the most first."""
    is_waiting = Contact.status == Status.AWAITING_INFORMATION.value
    count = func.count(Contact.id)
    wanted = (
        select(
            Contact.assignee_name,
            count,
            func.sum(case(((Contact.due_on < clock.today()) & ~is_waiting, 1), else_=0)),
            func.sum(case((is_waiting, 1), else_=0)),
        )
        .where(Contact.is_open, Contact.assignee_id.is_not(None))
        .group_by(Contact.assignee_id, Contact.assignee_name)
        .order_by(count.desc(), Contact.assignee_name)
        .limit(MOST_ASSIGNEES)
    )
    rows = [tuple(row) for row in db.session.execute(wanted)]
    return Table(("Assigned to", "Open", "Overdue", "Waiting for an answer"), rows)
