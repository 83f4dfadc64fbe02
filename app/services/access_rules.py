"""Whether somebody may change a person's access: the one rule that every such change asks, whoever makes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.access.actor import SYSTEM, Actor
from app.domain import clock
from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.item import show_date
from app.domain.roles import XOSERVE_ROLES, Permission, Role, grantable_by
from app.domain.service import (
    GIVEN_SERVICES,
    KEEPER_ROLES,
    Service,
    grantable_services,
    holdable_roles,
    holdable_services,
    keeper_role,
)
from app.domain.spans import Span, first_day_short
from app.extensions import db
from app.models import Grant, Organisation, User
from app.models.organisation import XOSERVE_KIND
from app.services import approvals, sessions
from app.services.locking import for_change

ADVISED_KEEPERS = 2
GONE = "There is no such person."


@dataclass(frozen=True)
class Change:
    """What is about to become of a person's access.

    `gives` and `takes` are roles and services. `keeping` is when the person runs the organisation's access afterwards;
    None where the change leaves that as it is.
    """

    gives: frozenset[Role | Service] = frozenset()
    takes: frozenset[Role | Service] = frozenset()
    keeping: tuple[Span, ...] | None = None


NO_GRANTS = Change()
# Whoever may not sign in runs nothing.
SHUTS_OUT = Change(keeping=())


def giving(access: Role | Service, span: Span) -> Change:
    """The change of giving a role or a service, or of giving what is held other days."""
    return Change(gives=frozenset({access}), keeping=(span,) if access in KEEPER_ROLES else None)


def taking(access: Role | Service) -> Change:
    """The change of withdrawing a role or a service."""
    return Change(takes=frozenset({access}), keeping=() if access in KEEPER_ROLES else None)


def take(pk: int, *, version: int | None = None) -> User:
    """The person about to be changed, locked, with grants; NotFound out of reach, Conflict when they were changed.

    People are locked before organisations, several in the order of their ids.
    """
    wanted = select(User).where(User.id == pk, User.deleted_at.is_(None))
    user = db.session.scalar(for_change(wanted.options(selectinload(User.grants), selectinload(User.services))))
    if user is None:
        raise NotFound(GONE)
    if version is not None and user.version != version:
        raise Conflict("Somebody else changed this person while you had them open. Look at their change first.")
    return user


def lock_people(pks: Iterable[int]) -> None:
    """Lock several people who are about to be changed one after the other, before the first is."""
    db.session.scalars(for_change(select(User).where(User.id.in_(list(pks))).order_by(User.id))).all()


def lock_organisations(pks: Iterable[int]) -> None:
    """Lock several organisations, in the order of their ids, before a change that asks about more than one actor."""
    wanted = select(Organisation).where(Organisation.id.in_(list(pks))).order_by(Organisation.id)
    db.session.scalars(for_change(wanted)).all()


def check_manage(actor: Actor, target: User, change: Change) -> str:
    """Refuse, with a sentence, what the actor may not do to the target; else a warning, or "".

    `target` has its grants loaded; it may be a new person who is not in the database yet. The organisation stays locked
    until the transaction ends, so that two who act on each other at the same moment come one after the other.
    """
    if not actor.manages(target.organisation_id):
        raise NotFound(GONE)
    organisation = _lock(actor, target)
    if target.id is not None and target.id == actor.user_pk:
        raise NotAllowed("You cannot change your own access. Ask another LSO.")
    _check_still(actor)
    _check_realm(actor, target, organisation)
    _check_grants(actor, change, organisation)
    return _check_keepers(target, change, organisation)


def may_open_way_in(target: User) -> bool:
    """Whether the actor could be let into this person's account: by a new address, or without their second factors.

    Not into an LSO's, unless the actor needs nobody's approval: or they could ask as one LSO and approve as the other.
    """
    return approvals.is_exempt() or not any(grant.role == Role.LSO for grant in target.grants)


def check_way_in(target: User, *, field: str | None = None) -> None:
    """Refuse what would let the actor into an LSO's account."""
    if not may_open_way_in(target):
        raise NotAllowed(
            "Only Xoserve changes another LSO's e-mail address or removes their second factors.", field=field
        )


def may_manage(actor: Actor, target: User, change: Change) -> bool:
    """Whether the change would be carried out now; for buttons."""
    return not refusal_of(actor, target, change)


def refusal_of(actor: Actor, target: User, change: Change) -> str:
    """Why the change would be refused now, or ""."""
    try:
        check_manage(actor, target, change)
    except DomainError as refusal:
        return refusal.message
    return ""


def grantable_to(actor: Actor, kind: str) -> tuple[list[Service], list[Role]]:
    """The services and roles the actor may give to people of an organisation of this kind, in the tables' order."""
    roles, services = _grantable(actor)
    fitting_roles, fitting_services = roles & holdable_roles(kind), services & holdable_services(kind)
    return [one for one in Service if one in fitting_services], [role for role in Role if role in fitting_roles]


def grantable_anywhere(actor: Actor) -> tuple[list[Service], list[Role]]:
    """The services and roles the actor may give to people of one kind of organisation or another."""
    roles, services = _grantable(actor)
    return [one for one in Service if one in services], [role for role in Role if role in roles]


def _grantable(actor: Actor) -> tuple[frozenset[Role], frozenset[Service]]:
    if actor is SYSTEM:
        return frozenset(Role), frozenset(GIVEN_SERVICES)
    if not actor.may(Permission.ACCESS_GRANT):
        return frozenset(), frozenset()
    return grantable_by(actor.roles), grantable_services(actor.roles)


def _lock(actor: Actor, target: User) -> Organisation:
    """The target's organisation, and the actor's: nobody changes the actor's access meanwhile either."""
    both = (target.organisation_id, actor.organisation_id)
    wanted = select(Organisation).where(Organisation.id.in_(both)).order_by(Organisation.id)
    found = {organisation.id: organisation for organisation in db.session.scalars(for_change(wanted))}
    if target.organisation_id not in found:
        raise NotFound(GONE)
    return found[target.organisation_id]


def _check_still(actor: Actor) -> None:
    """Whoever waited for a lock may have been disabled, or have lost the role, by the one who held it."""
    if actor.user_pk is None:
        return
    now = sessions.actor_of_pk(actor.user_pk)
    if now is None or not actor.roles <= now.roles:
        raise Conflict("Your own access was changed a moment ago, so nothing was done.")


def _check_realm(actor: Actor, target: User, organisation: Organisation) -> None:
    """Xoserve's people are managed by whoever may give all of Xoserve's roles."""
    is_xoserves = organisation.kind_code == XOSERVE_KIND or any(grant.role in XOSERVE_ROLES for grant in target.grants)
    if is_xoserves and not _grantable(actor)[0] >= XOSERVE_ROLES:
        raise NotAllowed("This person is managed by Xoserve's administrators.")


def _check_grants(actor: Actor, change: Change, organisation: Organisation) -> None:
    roles, services = _grantable(actor)
    beyond = (change.gives | change.takes) - roles - services
    if beyond:
        raise NotAllowed(f"You cannot give or take this: {_labels(beyond)}.", field=_field(beyond))
    unfit = change.gives - holdable_roles(organisation.kind_code) - holdable_services(organisation.kind_code)
    if unfit:
        raise RuleBroken(f"People of {organisation.name} cannot hold this: {_labels(unfit)}.", field=_field(unfit))


def _labels(access: frozenset[Role | Service]) -> str:
    return ", ".join(sorted(one.label for one in access))


def _field(access: frozenset[Role | Service]) -> str:
    return "role" if any(isinstance(one, Role) for one in access) else "service"


def _check_keepers(target: User, change: Change, organisation: Organisation) -> str:
    """An organisation never loses the last who runs its access, neither now nor on a later day."""
    if change.keeping is None or not target.is_active:
        return ""
    today, role = clock.today(), keeper_role(organisation.kind_code)
    before = _list_keeping(organisation.id, role)
    others = [span for pk, span in before if pk != target.id]
    held, kept = [span for _, span in before], [*others, *change.keeping]
    if day := first_day_short(held, kept, fewest=1, since=today):
        raise RuleBroken(
            f"{organisation.name} would have no {role.label}{_from(day, today)}. "
            f"Somebody else must be {role.label} first, without a last day.",
        )
    if day := first_day_short(held, kept, fewest=ADVISED_KEEPERS, since=today):
        return (
            f"{organisation.name} will have only one {role.label}{_from(day, today)}. Two are advised: when the only "
            "one is away or locked out, nobody of the organisation can help."
        )
    return ""


def _from(day: date, today: date) -> str:
    return "" if day == today else f" from {show_date(day)}"


def _list_keeping(organisation_id: int, role: Role) -> list[tuple[int, Span]]:
    """Who runs an organisation's access, and from when to when."""
    wanted = (
        select(User.id, Grant.starts_on, Grant.ends_on)
        .join(Grant, Grant.user_id == User.id)
        .where(User.organisation_id == organisation_id, User.is_active, Grant.role == role.value)
    )
    return [(pk, Span(start, end)) for pk, start, end in db.session.execute(wanted)]
