"""Whose access an actor looks after: their own organisation's, its members', or the one they act for.

All of it is read in the statement that each request begins with, so what ends has ended on the next request.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import aliased

from app.access.actor import Actor
from app.domain.roles import ON_BEHALF, Permission
from app.models import ActingSession, Organisation, UserSession

_member = aliased(Organisation)
# The ids of the organisations that have the actor's as their group.
MEMBERS: ColumnElement[Any] = (
    select(func.aggregate_strings(cast(_member.id, String), " "))
    .where(_member.parent_id == Organisation.id)
    .correlate(Organisation)
    .scalar_subquery()
)
_acted = aliased(Organisation)
# What a browser's session is acting for; none of it where it acts for nobody.
ACTING: tuple[Any, ...] = (_acted.id, _acted.name, ActingSession.reason, ActingSession.ends_at)


def join_acting(statement: Any, now: datetime) -> Any:
    """The statement over sessions with what each acts for now."""
    is_acting = (ActingSession.user_session_id == UserSession.id) & ActingSession.ended_at.is_(None)
    statement = statement.outerjoin(ActingSession, is_acting & (ActingSession.ends_at > now))
    return statement.outerjoin(_acted, _acted.id == ActingSession.organisation_id)


def widen(actor: Actor, members: str | None) -> Actor:
    """The actor with the organisations whose access they look after."""
    own = actor.organisation_ids
    if not actor.may(Permission.USER_CHANGE):
        return replace(actor, access_ids=own)
    group = own.union(map(int, (members or "").split()))
    return replace(actor, access_ids=group, managed_ids=group)


def act(actor: Actor, organisation_id: int, name: str, reason: str, until: datetime) -> Actor:
    """The actor while they act for another organisation: its access within reach, of nobody else's anything."""
    only = frozenset({organisation_id})
    return replace(
        actor,
        access_ids=only,
        managed_ids=only,
        permissions=ON_BEHALF,
        on_behalf_of=name,
        reason=reason,
        acts_until=until,
        themselves=actor,
    )
