"""Whose access an actor looks after: their own organisation's, its members', or the one they act for.

All of it is read in the statement that each request begins with, so what ends has ended on the next request.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal_column, select
from sqlalchemy.orm import aliased

from app.access.actor import Actor
from app.domain.roles import ON_BEHALF, Permission, Power, Role, permissions_of_deputy
from app.models import ActingSession, Deputy, Grant, Organisation, User, UserSession
from app.services.in_force import is_in_date

_member = aliased(Organisation)
# As text, for a separator that is a parameter is spelt out anew each time the statement is sent.
_SPACE: Any = literal_column("' '", String)
# The ids of the organisations that have the actor's as their group.
MEMBERS: ColumnElement[Any] = (
    select(func.aggregate_strings(cast(_member.id, String), _SPACE))
    .where(_member.parent_id == Organisation.id)
    .correlate(Organisation)
    .scalar_subquery()
)
_acted = aliased(Organisation)
# What a browser's session is acting for; none of it where it acts for nobody.
ACTING: tuple[Any, ...] = (
    _acted.id,
    _acted.name,
    ActingSession.reason,
    ActingSession.ends_at,
    ActingSession.id,
)


def join_acting(statement: Any, now: datetime) -> Any:
    """The statement over sessions with what each acts for now."""
    is_acting = (ActingSession.user_session_id == UserSession.id) & ActingSession.ended_at.is_(None)
    # What begins later is of a clock that was put back, and would last for too long.
    in_time = (ActingSession.began_at <= now) & (ActingSession.ends_at > now)
    statement = statement.outerjoin(ActingSession, is_acting & in_time)
    return statement.outerjoin(_acted, _acted.id == ActingSession.organisation_id)


def deputy_on(day: date) -> ColumnElement[Any]:
    """What a `User` may do as a deputy on that day, and for whom: the two texts of their row as one, or None.

    It counts from its first to its last day, unless it was ended, and while the LSO who gave it is one: may sign in,
    and holds the role on that day.
    """
    return select(_GIVEN).where(_counts(day)).correlate(User).limit(1).scalar_subquery()


_MARK = "|"
# In one, for a part of the statement that each request begins with is planned as often as it stands there.
_GIVEN = Deputy.powers + _MARK + Deputy.for_organisations
_lso = aliased(User)
_role = aliased(Grant)


def _counts(day: date) -> ColumnElement[bool]:
    in_days = (Deputy.starts_on <= day) & (Deputy.ends_on >= day)
    return (Deputy.user_id == User.id) & Deputy.ended_at.is_(None) & in_days & delegator_counts(day)


def delegator_counts(day: date) -> ColumnElement[bool]:
    """Whether the LSO of a `Deputy` is one on that day."""
    lso = select(_lso.id).join(_role, _role.user_id == _lso.id)
    lso = lso.where(_lso.id == Deputy.delegator_id, _lso.is_active, _role.role == Role.LSO.value)
    return lso.where(is_in_date(_role, day)).exists()


def widen(actor: Actor, members: str | None, given: str | None) -> Actor:
    """The actor with the organisations whose access they look after, as an LSO or an LSO's deputy.

    `given` (of `deputy_on`) is None unless they are a deputy. Of a deputy's organisations those count that the LSO
    looks after today.
    """
    own = actor.organisation_ids
    group = own.union(map(int, (members or "").split()))
    managed = group if actor.may(Permission.USER_CHANGE) else frozenset()
    if given is not None:
        words, _, ids = given.partition(_MARK)
        powers, named = frozenset(map(Power, words.split())), frozenset(map(int, ids.split()))
        managed |= (group & named) if named else group
        roles, permissions = actor.roles | {Role.DEPUTY}, actor.permissions | permissions_of_deputy(powers)
        actor = replace(actor, roles=roles, permissions=permissions)
    return replace(actor, access_ids=own | managed, managed_ids=managed)


def act(
    actor: Actor, organisation_id: int, name: str, reason: str, until: datetime, acting_pk: int | None = None
) -> Actor:
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
        acting_pk=acting_pk,
        themselves=actor,
    )
