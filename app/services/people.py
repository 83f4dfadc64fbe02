"""An organisation's people: accounts and the roles given to them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.access.actor import SYSTEM, acting_as, current_actor, needs
from app.domain import clock
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.roles import CUSTOMER_ROLES, XOSERVE_ROLES, Permission, Role, grantable_by
from app.extensions import db
from app.models import Grant, Organisation, User
from app.models.connections import reading
from app.models.organisation import XOSERVE_KIND
from app.services import audit, passwords
from app.services.locking import for_change
from app.services.sessions import revoke_sessions

USER_ID = re.compile(r"[A-Z0-9][A-Z0-9.\-]{2,31}")
TAKEN = "That user ID cannot be used. Choose another."
USER_ID_SHAPE = "3 to 32 letters, digits, dots and hyphens, beginning with a letter or digit"


def grantable_roles(organisation_kind: str) -> list[Role]:
    """The roles the actor may give to people of an organisation of this kind, in the table's order."""
    fitting = XOSERVE_ROLES if organisation_kind == XOSERVE_KIND else CUSTOMER_ROLES
    return [role for role in Role if role in fitting & grantable_by(current_actor().roles)]


def get_user(pk: int) -> User:
    """One person within reach, with grants; NotFound otherwise."""
    user = db.session.scalar(_with_grants(pk))
    if user is None:
        raise NotFound("There is no such person.")
    return user


def list_own_lsos() -> list[User]:
    """The people who run access for the actor's own organisation today, by name."""
    today = clock.today()
    wanted = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == current_actor().organisation_id,
            User.is_active,
            Grant.role.in_((Role.LSO.value, Role.XOSERVE_LSO.value)),
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
        )
        .order_by(User.name)
        .distinct()
    )
    return list(db.session.scalars(wanted))


def _with_grants(pk: int) -> Select[Any]:
    return select(User).where(User.id == pk).options(selectinload(User.grants))


@needs(Permission.USER_CHANGE)
def create_user(
    values: Mapping[str, Any], roles: Iterable[str], *, organisation_id: int | None = None
) -> tuple[User, str]:
    """Add a person to the actor's organisation (or, for those who reach all, to `organisation_id`).

    Returns the user and a first password to hand over, which must be changed at the first sign-in.
    """
    actor = current_actor()
    organisation = db.session.get(
        Organisation, actor.meant_organisation_id if organisation_id is None else organisation_id
    )
    if organisation is None:
        raise RuleBroken("Choose an organisation from the list.", field="organisation_id")
    user_id = str(values["user_id"]).strip().upper()
    if not USER_ID.fullmatch(user_id):
        raise RuleBroken(f"A user ID is {USER_ID_SHAPE}.", field="user_id")
    # Roles first: whoever could not add the person anyway learns nothing about user IDs.
    wanted = _read_roles(roles)
    _check_grantable(wanted, organisation.kind_code)
    if _is_taken(user_id):
        raise RuleBroken(TAKEN, field="user_id")
    first_password = passwords.make_first()
    user = User(
        user_id=user_id,
        name=values["name"],
        email=values["email"],
        organisation_id=organisation.id,
        is_active=True,
        password_hash=passwords.make_hash(first_password),
        must_change_password=True,
        created_at=clock.now(),
    )
    user.grants = []
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as lost_race:
        raise RuleBroken(TAKEN, field="user_id") from lost_race
    _set_roles(user, organisation.kind_code, wanted)
    audit.record("user:create", user, after={"user_id": user_id, "roles": sorted(grant.role for grant in user.grants)})
    return user, first_password


def _is_taken(user_id: str) -> bool:
    """User IDs are unique over all organisations, so the look-up is the service's own."""
    with acting_as(SYSTEM), reading():
        return db.session.scalar(select(User.id).where(User.user_id == user_id)) is not None


@needs(Permission.USER_CHANGE)
def change_user(pk: int, values: Mapping[str, Any], roles: Iterable[str], *, version: int) -> User:
    """Change a person's name, e-mail address, roles or whether they may sign in; never user ID or organisation.

    What the person may do changes on their next request; disabling ends their sessions.
    """
    user = db.session.scalar(for_change(_with_grants(pk)))
    if user is None:
        raise NotFound("There is no such person.")
    if user.version != version:
        raise Conflict("Somebody else changed this person while you had them open. Look at their change first.")
    organisation = db.session.get_one(Organisation, user.organisation_id)
    actor = current_actor()
    wanted, held = _read_roles(roles), frozenset(Role(grant.role) for grant in user.grants)
    if user.id == actor.user_pk and (wanted != held or not values["is_active"]):
        raise NotAllowed("You cannot change your own roles or disable yourself. Ask another LSO.")
    _check_manageable(user)
    before, after = audit.changed_fields(user, dict(values))
    for name in ("name", "email", "is_active"):
        setattr(user, name, values[name])
    if wanted != held:
        _set_roles(user, organisation.kind_code, wanted)
        before["roles"], after["roles"] = sorted(held), sorted(wanted)
    user.version += 1
    if "is_active" in after or wanted != held:
        revoke_sessions(user.id, spare=actor.session_pk)
    audit.record("user:change", user, before=before, after=after)
    return user


def _check_manageable(user: User) -> None:
    """A person with a Xoserve role is changed only by somebody who may give all of those roles."""
    actor = current_actor()
    held = {Role(grant.role) for grant in user.grants} & XOSERVE_ROLES
    if user.id != actor.user_pk and not held <= grantable_by(actor.roles):
        raise NotAllowed("This person is managed by Xoserve's administrators.")


def _read_roles(roles: Iterable[str]) -> frozenset[Role]:
    named = set(roles)
    if unknown := named - set(Role):
        raise RuleBroken(f"There is no role “{min(unknown)[:40]}”.", field="roles")
    return frozenset(Role(role) for role in named)


def _check_grantable(changed: Iterable[Role], organisation_kind: str) -> None:
    beyond = set(changed) - set(grantable_roles(organisation_kind))
    if beyond:
        names = ", ".join(sorted(role.label for role in beyond))
        raise NotAllowed(f"You cannot give or take this role: {names}.", field="roles")


def _set_roles(user: User, organisation_kind: str, wanted: frozenset[Role]) -> None:
    actor = current_actor()
    held = {Role(grant.role): grant for grant in user.grants}
    _check_grantable(wanted ^ held.keys(), organisation_kind)
    for role in wanted - held.keys():
        user.grants.append(
            Grant(
                user_id=user.id,
                organisation_id=user.organisation_id,
                role=role.value,
                starts_on=clock.today(),
                granted_by=actor.name,
            )
        )
    for role in held.keys() - wanted:
        user.grants.remove(held[role])
        db.session.delete(held[role])
    db.session.flush()
