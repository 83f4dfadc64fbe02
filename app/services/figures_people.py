"""People within reach who need attention, and how many hold each role."""

from collections import Counter
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.roles import GRANTS, Permission, Role
from app.domain.table import Table
from app.extensions import db
from app.models import Grant, Organisation, User
from app.services.in_force import counts_on

ENDING_WITHIN = timedelta(days=14)


class Why(StrEnum):
    """Why somebody needs attention."""

    ENDING = "ending"
    NEVER_SIGNED_IN = "never signed in"
    DISABLED = "disabled"


class Attention(NamedTuple):
    """One person and why; `role` and `ends_on` are of the grant that ends."""

    user_pk: int
    name: str
    user_id: str
    organisation: str
    why: Why
    added_at: datetime
    role: Role | None = None
    ends_on: date | None = None


def list_attention(limit: int) -> list[Attention]:
    """People whose grants end within two weeks (the first to end first), who never signed in, who are disabled.

    At most `limit` of each sort; the newest people first.
    """
    today = clock.today()
    ending = (
        _people(Grant.role, Grant.ends_on)
        .join(Grant, Grant.user_id == User.id)
        .where(User.is_active, Grant.ends_on.between(today, today + ENDING_WITHIN))
        .order_by(Grant.ends_on, User.id)
    )
    newest = _people().order_by(User.id.desc())
    never = newest.where(User.is_active, User.last_signed_in_at.is_(None))
    disabled = newest.where(~User.is_active)
    found = [_attention(row, Why.ENDING, Role(row[5]), row[6]) for row in db.session.execute(ending.limit(limit))]
    for why, wanted in ((Why.NEVER_SIGNED_IN, never), (Why.DISABLED, disabled)):
        found += [_attention(row, why) for row in db.session.execute(wanted.limit(limit))]
    return found


def _people(*more: Any) -> Select[Any]:
    wanted = select(User.id, User.name, User.user_id, Organisation.name, User.created_at, *more)
    return wanted.join(Organisation, Organisation.id == User.organisation_id)


def _attention(row: Any, why: Why, role: Role | None = None, ends_on: date | None = None) -> Attention:
    user_pk, name, user_id, organisation, added_at = row[:5]
    return Attention(user_pk, name, user_id, organisation, why, added_at, role, ends_on)


def people_by_role() -> Table:
    """How many people who may sign in hold each role today, in the order of the roles; roles nobody holds are left out.

    The last line is of people without a role.
    """
    in_force = counts_on(clock.today())
    wanted = select(Grant.role, func.count(Grant.id)).join(User, User.id == Grant.user_id)
    counts = Counter({row[0]: row[1] for row in db.session.execute(
        wanted.where(User.is_active, in_force).group_by(Grant.role)
    )})  # fmt: skip
    held = select(Grant.id).where(Grant.user_id == User.id, in_force).exists()
    without = db.session.scalar(select(func.count(User.id)).where(User.is_active, ~held)) or 0
    rows = [(role.label, counts[role.value]) for role in Role if counts[role.value]]
    return Table(("Role", "People"), [*rows, *([("No role", without)] if without else [])])


def list_officers() -> list[str]:
    """Names of those who can change what people of the actor's own organisation may do, in alphabetical order."""
    roles = [role.value for role, held in GRANTS.items() if Permission.USER_CHANGE in held]
    wanted = (
        select(User.name)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == current_actor().organisation_id,
            User.is_active,
            Grant.role.in_(roles),
            counts_on(clock.today()),
        )
    )
    return sorted(set(db.session.scalars(wanted)))
