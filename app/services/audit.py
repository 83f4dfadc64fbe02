"""Audit events: one for every act, in the transaction of the act."""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from app.access.actor import Actor, current_actor
from app.access.tenancy import bulk_insert
from app.domain import clock
from app.domain.events import EVENTS
from app.extensions import db
from app.models import AuditEvent, Organisation, User

request_id: ContextVar[str] = ContextVar("request_id", default="")

LONGEST_LABEL = 120
LONGEST_REASON = 400
_NEVER = re.compile("password|token|secret", re.IGNORECASE)


def event_values(
    action: str,
    object_type: str,
    object_id: int,
    object_label: str,
    *,
    organisation_id: int,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    is_visible_to_customer: bool = False,
    at: datetime | None = None,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """The columns of one event by the current actor; `action` is `subject:act`.

    Without a reason of its own the act has the one for which the actor acts on another organisation's behalf.
    """
    actor = actor or current_actor()
    on_behalf_of = actor.on_behalf_of
    if not on_behalf_of and organisation_id in actor.managed_ids - actor.organisation_ids:
        on_behalf_of = db.session.get_one(Organisation, organisation_id).name  # a member of the actor's group
    if action not in EVENTS:
        raise ValueError(f"{action} is not in the list of events")
    if any(_NEVER.search(name) for name in (*(before or ()), *(after or ()))):
        raise ValueError("secrets have no place in the audit trail")
    return {
        "at": at or clock.now(),
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "object_label": object_label[:LONGEST_LABEL],
        "organisation_id": organisation_id,
        "actor_id": actor.user_pk,
        "actor_name": actor.name,
        "actor_organisation": actor.organisation_name,
        "on_behalf_of": on_behalf_of[:LONGEST_LABEL],
        "reason": (reason or actor.reason)[:LONGEST_REASON],
        "before": before or {},
        "after": after or {},
        "is_visible_to_customer": is_visible_to_customer,
        "request_id": request_id.get(),
    }


def record(action: str, row: Any, *, organisation_id: int | None = None, **details: Any) -> AuditEvent:
    """Add one event about `row`, which has been flushed, to the current transaction."""
    event = AuditEvent(
        **event_values(
            action,
            getattr(row, "audit_subject", type(row).__tablename__),
            row.id,
            str(row),
            organisation_id=row.organisation_id if organisation_id is None else organisation_id,
            **details,
        )
    )
    db.session.add(event)
    return event


def record_export(action: str, after: dict[str, Any]) -> None:
    """Add the event of taking a list away: of the person's own, or of the organisation for which they act."""
    actor = current_actor()
    of = actor.meant_organisation_id
    row: Any = db.session.get_one(Organisation, of) if actor.on_behalf_of else db.session.get_one(User, actor.user_pk)
    record(action, row, organisation_id=of, after=after)


def record_many(
    action: str, object_type: str, objects: Sequence[tuple[int, str]], *, organisation_id: int, **details: Any
) -> None:
    """Add the same event about many objects, (id, label) each, that belong to one organisation."""
    shared = event_values(action, object_type, 0, "", organisation_id=organisation_id, **details)
    rows = [{"object_id": object_id, "object_label": label[:LONGEST_LABEL]} for object_id, label in objects]
    bulk_insert(AuditEvent, rows, shared)


def changed_fields(row: Any, changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of the fields that `changes` really alters, fit for JSON."""
    altered = {name: value for name, value in changes.items() if getattr(row, name) != value}
    return {name: _plain(getattr(row, name)) for name in altered}, {
        name: _plain(value) for name, value in altered.items()
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | list | dict | None) else str(value)
