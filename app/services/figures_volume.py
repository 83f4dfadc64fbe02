"""How many contacts come and go, and how many are done in time."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, cast, func, select

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
    completed = select(func.count(Contact.id)).where(
        Contact.closed_at >= since, Contact.closed_at < until, Contact.status.in_(COMPLETED)
    )
    overdue = select(func.count(Contact.id)).where(Contact.is_open, late)
    counts = (overdue, completed, completed.where(_closed_on() <= Contact.due_on))
    found = db.session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    open_counts: list[Any] = [row[1] for row in open_by_status().value.rows]
    return Standing(sum(open_counts), *found)


def _closed_on() -> Any:
    """The day a contact was closed. SQLite knows no zones: a summer's day there begins an hour late."""
    if db.session.get_bind().dialect.name == "sqlite":
        return func.date(Contact.closed_at)
    return cast(func.timezone(clock.LONDON.key, Contact.closed_at), Date)
