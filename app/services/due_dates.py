"""Why a contact is due when it is, line by line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app.domain import calendar, clock
from app.domain.item import show_date
from app.domain.lifecycle import Action, Status
from app.extensions import db
from app.models import AuditEvent, Contact
from app.services.calendar import name_closed_days
from app.services.contact_types import get_definition


class Line(NamedTuple):
    """One step of the count: a day and what it has to do with the due date."""

    day: date
    text: str


class Pause(NamedTuple):
    """Days on which our clock stood: from the question to the answer, or to no answer yet."""

    asked_on: date
    answered_on: date | None


def explain(contact: Contact) -> list[Line]:
    """How the due date came about; the last line is always the due date itself."""
    return write_lines(
        received=_london(contact.raised_at),
        days=get_definition(contact.type_code).due_days,
        pauses=_pauses(contact),
        closed=name_closed_days(),
        due_on=contact.due_on,
        type_code=contact.type_code,
    )


def write_lines(
    *, received: date, days: int, pauses: Sequence[Pause], closed: Mapping[date, str], due_on: date, type_code: str
) -> list[Line]:
    """The same from its facts. Counted as `contacts.raise_contacts` and `contacts.perform` count."""
    first = calendar.add_business_days(received, 0, closed)
    lines = [Line(received, "We received the contact.")]
    if first != received:
        lines.append(Line(first, "The first business day after it: counting starts here."))
    target = calendar.add_business_days(received, days, closed)
    lines += _not_counted(received, target, closed)
    lines.append(Line(target, f"D+{days}, the target of {type_code}: {_business_days(days)} after {show_date(first)}."))
    due = target
    for asked_on, answered_on in pauses:
        if answered_on is None:
            lines.append(Line(asked_on, "We asked a question. Our clock stands until it is answered."))
            continue
        waited = calendar.business_days_between(asked_on, answered_on, closed)
        moved = calendar.add_business_days(due, waited, closed)
        lines.append(
            Line(
                answered_on,
                f"A question of {show_date(asked_on)} was answered: our clock stood {_business_days(waited)}.",
            )
        )
        lines += _not_counted(due, moved, closed)
        due = moved
    if due != due_on:
        lines.append(
            Line(due, "Counted by today's target and calendar. One of them has changed since the date was set.")
        )
    return [*lines, Line(due_on, "The contact is due.")]


def _not_counted(start: date, end: date, closed: Mapping[date, str]) -> Iterator[Line]:
    """Named closed days after `start` and before `end`, and how many days of weekends."""
    weekend_days, day = 0, start
    named = []
    while day <= end:
        if day.weekday() >= 5:
            weekend_days += 1
        elif day in closed:
            named.append(Line(day, f"{closed[day]}: not counted."))
        day += calendar.ONE_DAY
    if weekend_days:
        yield Line(
            start,
            f"From here {weekend_days} days of weekends are not counted."
            if weekend_days > 1
            else "From here one day of a weekend is not counted.",
        )
    yield from named


def _business_days(count: int) -> str:
    return f"{count} business day{'' if count == 1 else 's'}"


def _pauses(contact: Contact) -> list[Pause]:
    """Questions and their answers, oldest first."""
    acts = {f"contact:{Action.ASK}": True, f"contact:{Action.ANSWER}": False}
    wanted = (
        select(AuditEvent.action, AuditEvent.at)
        .where(AuditEvent.object_type == "contact", AuditEvent.object_id == contact.id, AuditEvent.action.in_(acts))
        .order_by(AuditEvent.id)
    )
    pauses: list[Pause] = []
    asked_on: date | None = None
    for action, at in db.session.execute(wanted):
        if acts[action]:
            asked_on = _london(at)
        elif asked_on is not None:
            pauses.append(Pause(asked_on, _london(at)))
            asked_on = None
    if asked_on is not None and contact.status == Status.AWAITING_INFORMATION:
        pauses.append(Pause(asked_on, None))
    return pauses


def _london(instant: datetime) -> date:
    return instant.astimezone(clock.LONDON).date()
