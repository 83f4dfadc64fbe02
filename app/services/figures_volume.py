"""How many contacts come and go, and how many are done in time."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, case, cast, func, select

from app.domain import clock
from app.domain.lifecycle import Status
from app.domain.table import Table
from app.extensions import db
from app.models import Contact
from app.services.figures import Kept, open_by_status

WEEKS = 26
RECENT_WEEKS = 4
ONE_WEEK = timedelta(weeks=1)
# What counts against the target: a contact its originator withdrew was not completed.
COMPLETED = (Status.RESOLVED.value, Status.REJECTED.value)


class Standing(NamedTuple):
    """What is open now, and what was completed in the last four full weeks."""

    open_count: int
    overdue_count: int
    completed_count: int
    in_time_count: int


def this_week() -> date:
    """The Monday of this week."""
    today = clock.today()
    return today - timedelta(days=today.weekday())


@Kept
def by_week() -> Table:
    """Contacts raised and closed in each of 26 weeks, the oldest first; the last is this week so far."""
    monday = this_week()
    mondays = [monday - ONE_WEEK * back for back in reversed(range(WEEKS))]
    edges = [clock.midnight(day) for day in (*mondays, monday + ONE_WEEK)]
    spans = list(zip(edges, edges[1:], strict=False))
    counts = [_count(column, *span) for column in (Contact.raised_at, Contact.closed_at) for span in spans]
    found = db.session.execute(select(*counts)).one()
    rows = list(zip(mondays, found[:WEEKS], found[WEEKS:], strict=True))
    return Table(("Week beginning", "Raised", "Closed"), rows)


def _count(column: Any, start: datetime, end: datetime) -> Any:
    return select(func.count(Contact.id)).where(column >= start, column < end).scalar_subquery()


@Kept
def standing() -> Standing:
    """How the work stands."""
    late = (Contact.due_on < clock.today()) & (Contact.status != Status.AWAITING_INFORMATION.value)
    monday = this_week()
    since, until = clock.midnight(monday - ONE_WEEK * RECENT_WEEKS), clock.midnight(monday)
    is_completed = Contact.status.in_(COMPLETED)
    # All that were closed in these weeks are read off their index; the other conditions would lead to a poorer one.
    closed = select(
        func.count(case((is_completed, 1))), func.count(case((is_completed & (_closed_on() <= Contact.due_on), 1)))
    ).where(Contact.closed_at >= since, Contact.closed_at < until)
    completed_count, in_time_count = db.session.execute(closed).one()
    overdue_count = db.session.scalar(select(func.count(Contact.id)).where(Contact.is_open, late)) or 0
    open_counts: list[Any] = [row[1] for row in open_by_status().value.rows]
    return Standing(sum(open_counts), overdue_count, completed_count, in_time_count)


def _closed_on() -> Any:
    """The day a contact was closed. SQLite knows no zones: a summer's day there begins an hour late."""
    if db.session.get_bind().dialect.name == "sqlite":
        return func.date(Contact.closed_at)
    return cast(func.timezone(clock.LONDON.key, Contact.closed_at), Date)
