"""Which events a list or an export holds: the same statement for both; and how an event reads."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.events import EVENTS
from app.domain.identifiers import parse_reference
from app.extensions import db
from app.models import AuditEvent, AuditSeal, Contact
from app.services.sorting import Sort

SORTS = {"newest": Sort("Newest first", AuditEvent.id, True), "oldest": Sort("Oldest first", AuditEvent.id)}
PERIODS = {
    "today": ("Today", 0),
    "week": ("Last 7 days", 6),
    "month": ("Last 30 days", 29),
    "quarter": ("Last 90 days", 89),
}
# Who acted is offered from the newest events only.
NEWEST_EVENTS, MOST_PEOPLE = 2_000, 100
ME = "me"


def select_events(wanted: Mapping[str, str]) -> Select[Any]:
    """Events within reach that meet the filters, not yet ordered.

    Filters: about (what kind of thing), action, who (a person's number, or "me"), period, q (words).
    """
    statement = visible(select(AuditEvent))
    for name, value in wanted.items():
        if value:
            statement = statement.where(*_FILTERS[name](value))
    return statement


def visible(statement: Select[Any]) -> Select[Any]:
    """Events of a contact that its timeline hides from customers are hidden here too."""
    if current_actor().reaches_all:
        return statement
    return statement.where(or_(AuditEvent.object_type != "contact", AuditEvent.is_visible_to_customer))


def list_actors() -> list[tuple[int, str]]:
    """(number, name) of the people who acted lately, by name."""
    newest = select_events({}).order_by(AuditEvent.id.desc()).limit(NEWEST_EVENTS)
    some = newest.with_only_columns(AuditEvent.actor_id, AuditEvent.actor_name).subquery()
    people = select(some.c.actor_id, func.max(some.c.actor_name)).where(some.c.actor_id.is_not(None))
    found = db.session.execute(people.group_by(some.c.actor_id).limit(MOST_PEOPLE)).all()
    return sorted(((pk, name) for pk, name in found), key=lambda person: (person[1].casefold(), person[0]))


def _about(value: str) -> list[ColumnElement[bool]]:
    return [AuditEvent.object_type == value]


def _action(value: str) -> list[ColumnElement[bool]]:
    if value not in EVENTS:
        raise RuleBroken(f"There is no act “{value[:40]}”.", field="action")
    return [AuditEvent.action == value]


def _who(value: str) -> list[ColumnElement[bool]]:
    if value != ME and not (value.isascii() and value.isdigit() and len(value) < 19):
        raise RuleBroken("There is no such person.", field="who")
    return [AuditEvent.actor_id == (current_actor().user_pk if value == ME else int(value))]


def _period(value: str) -> list[ColumnElement[bool]]:
    if value not in PERIODS:
        raise RuleBroken(f"There is no period “{value[:40]}”.", field="period")
    begins = clock.midnight(clock.today() - timedelta(days=PERIODS[value][1]))
    return [AuditEvent.at >= begins, AuditEvent.id > _last_sealed_before(begins)]


def _last_sealed_before(begins: datetime) -> Any:
    """Times have no index, but what was sealed before then is older: so no row of it is looked at."""
    sealed = select(func.coalesce(func.max(AuditSeal.last_id), 0)).where(
        AuditSeal.sealed_at < begins, ~AuditSeal.is_late
    )
    return sealed.scalar_subquery()


def _words(value: str) -> list[ColumnElement[bool]]:
    """A contact's reference by its index; anything else is looked for in every event within reach."""
    reference = parse_reference(value)
    if reference is not None and not value.replace(" ", "").isdigit():
        contact = select(Contact.id).where(Contact.reference == reference).scalar_subquery()
        return [AuditEvent.object_type == "contact", AuditEvent.object_id == contact]
    places = (AuditEvent.object_label, AuditEvent.actor_name, AuditEvent.reason, AuditEvent.on_behalf_of)
    return [or_(*(place.icontains(value, autoescape=True) for place in places))]


_FILTERS = {"about": _about, "action": _action, "who": _who, "period": _period, "q": _words}


def action_words(action: str) -> str:
    """What was done, as people say it."""
    return EVENTS.get(action, action)
