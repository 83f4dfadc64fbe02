"""An organisation's people: their accounts, from the invitation to the end. What they may do is in services.grants."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.access.actor import SYSTEM, acting_as, current_actor, needs
from app.domain import clock
from app.domain.errors import NotFound, RuleBroken
from app.domain.mail import MailKind
from app.domain.reasons import read_reason
from app.domain.roles import Permission, Role
from app.extensions import db
from app.models import Approval, Grant, Organisation, User
from app.models.connections import reading
from app.services import access_rules, approvals, audit, links, locks, mail, notifications, open_work, second_factors
from app.services.in_force import counts_on
from app.services.sessions import end_links, revoke_sessions

USER_ID = re.compile(r"[A-Z0-9][A-Z0-9.\-]{2,31}")
TAKEN = "That user ID cannot be used. Choose another."
USER_ID_SHAPE = "3 to 32 letters, digits, dots and hyphens, beginning with a letter or digit"


def get_user(pk: int) -> User:
    """One person within reach, with services and roles; NotFound otherwise."""
    wanted = select(User).where(User.id == pk)
    user = db.session.scalar(wanted.options(selectinload(User.grants), selectinload(User.services)))
    if user is None:
        raise NotFound(access_rules.GONE)
    return user


def list_own_lsos() -> list[User]:
    """The people who run access for the actor's own organisation today, by name."""
    wanted = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == current_actor().organisation_id,
            User.is_active,
            Grant.role.in_((Role.LSO.value, Role.XOSERVE_LSO.value)),
            counts_on(clock.today()),
        )
        .order_by(User.name)
        .distinct()
    )
    return list(db.session.scalars(wanted))


@needs(Permission.USER_CHANGE)
def create_user(values: Mapping[str, Any], *, organisation_id: int | None = None) -> User:
    """Add a person to the actor's organisation (or, for those who reach more, to `organisation_id`), without grants.

    They choose their password by a link that is mailed to them.
    """
    actor = current_actor()
    organisation = db.session.get(
        Organisation, actor.meant_organisation_id if organisation_id is None else organisation_id
    )
    if organisation is None:
        raise RuleBroken("Choose an organisation from the list.", field="organisation")
    user_id = str(values["user_id"]).strip().upper()
    if not USER_ID.fullmatch(user_id):
        raise RuleBroken(f"A user ID is {USER_ID_SHAPE}.", field="user_id")
    user = User(
        user_id=user_id,
        name=values["name"],
        email=values["email"],
        organisation_id=organisation.id,
        is_active=True,
        password_hash="",
        must_change_password=True,
        created_at=clock.now(),
        disabled_reason="",
        version=1,
        grants=[],
        services=[],
    )
    # First the right, then the user ID: whoever could not add the person anyway learns nothing about user IDs.
    access_rules.check_manage(actor, user, access_rules.NO_GRANTS)
    if _is_taken(user_id):
        raise RuleBroken(TAKEN, field="user_id")
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as lost_race:
        raise RuleBroken(TAKEN, field="user_id") from lost_race
    audit.record("user:create", user, after={name: getattr(user, name) for name in ("user_id", "name", "email")})
    links.invite(user)
    return user


def _is_taken(user_id: str) -> bool:
    """User IDs are unique over all organisations, so the look-up is the service's own."""
    with acting_as(SYSTEM), reading():
        return db.session.scalar(select(User.id).where(User.user_id == user_id)) is not None


@needs(Permission.USER_CHANGE)
def change_profile(pk: int, values: Mapping[str, Any], *, version: int) -> User:
    """Change a person's name and e-mail address; never user ID or organisation.

    Links that were mailed are dead once the address is another, and the address it was is told.
    """
    user = access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    before, after = audit.changed_fields(user, {name: values[name] for name in ("name", "email")})
    if "email" in after:
        access_rules.check_way_in(user, field="email")
    user.name, user.email = values["name"], values["email"]
    user.version += 1
    audit.record("user:change", user, before=before, after=after)
    if after:
        notifications.tell_of_access(user, f"{current_actor().name} changed your {_fields(after)}.")
    if "email" in after:
        links.move(user, before["email"])
    return user


def _fields(names: Iterable[str]) -> str:
    return " and ".join({"name": "name", "email": "e-mail address"}[name] for name in names)


@needs(Permission.USER_CHANGE)
def disable_user(pk: int, *, reason: str, version: int | None = None, approved: Approval | None = None) -> User:
    """Keep a person from signing in until they are enabled again; their sessions end at once.

    Several in one act are disabled by `people_bulk.change_many`, which may have to ask for approval; `approved` is the
    request that this carries out.
    """
    words, user = read_reason(reason), check_disabling(pk, version=version)
    user.is_active, user.disabled_reason = False, words
    user.disabled_at, user.disabled_by = clock.now(), current_actor().name
    user.version += 1
    revoke_sessions(user.id)
    after = {"is_active": False, **approvals.names_of(approved)}
    audit.record("user:disable", user, before={"is_active": True}, after=after, reason=words)
    mail.post(MailKind.DISABLED, to=user)
    return user


def check_disabling(pk: int, *, version: int | None = None) -> User:
    """The person, locked, once every rule allows disabling them."""
    user = access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.SHUTS_OUT)
    if not user.is_active:
        raise RuleBroken(f"{user.name} is disabled already.")
    return user


@needs(Permission.USER_CHANGE)
def enable_user(pk: int, *, reason: str, version: int | None = None) -> User:
    """Let a disabled person sign in again, with the services and roles they have."""
    words, user = read_reason(reason), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    if user.is_active:
        raise RuleBroken(f"{user.name} is not disabled.")
    user.is_active, user.disabled_reason = True, ""
    user.disabled_at, user.disabled_by = None, ""
    # From now on the account is in use again, whenever it was last signed in to (domain.dormancy).
    user.enabled_at, user.dormant_since, user.dormant_until = clock.now(), None, None
    user.version += 1
    audit.record("user:enable", user, before={"is_active": False}, after={"is_active": True}, reason=words)
    mail.post(MailKind.ENABLED, to=user)
    return user


@needs(Permission.USER_CHANGE)
def delete_user(pk: int, *, successor_id: int | None = None, reason: str, version: int | None = None) -> User:
    """End an account for good; the name stays in what the person did. Open work goes to the successor first."""
    words, user = read_reason(reason), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.SHUTS_OUT)
    before = {
        "email": user.email,
        "is_active": user.is_active,
        "services": sorted(grant.service for grant in user.services),
        "roles": sorted(grant.role for grant in user.grants),
    }
    after = open_work.pass_on(user, successor_id)
    revoke_sessions(user.id)
    end_links(user.id)
    second_factors.drop_all(user.id)
    for grant in (*user.grants, *user.services):
        db.session.delete(grant)
    user.grants, user.services = [], []
    if user.email:
        mail.post_to_address(MailKind.DELETED, user.email)
    user.is_active, user.deleted_at, user.disabled_reason = False, clock.now(), words
    user.disabled_at, user.disabled_by = user.deleted_at, current_actor().name
    user.email, user.password_hash, user.preferences = "", "", {}
    user.version += 1
    db.session.flush()
    audit.record("user:delete", user, before=before, after=after, reason=words)
    return user


@needs(Permission.USER_CHANGE)
def unlock_user(pk: int) -> User:
    """Let a person try again at once who typed too many wrong passwords; a disabled one stays disabled."""
    user = access_rules.take(pk)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    if not locks.unlock(user):
        raise RuleBroken(f"{user.name} is not locked.")
    mail.post(MailKind.UNLOCKED, to=user)
    return user


@needs(Permission.USER_CHANGE)
def send_link(pk: int) -> User:
    """Mail a person a link to choose a password, which nobody else learns: the first, or a new one."""
    user = access_rules.take(pk)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    if not user.is_active:
        raise RuleBroken(f"{user.name} is disabled. Enable them first.")
    if user.password_hash:
        links.offer_reset(user)
    else:
        links.invite(user)
    return user


@needs(Permission.USER_CHANGE)
def forget_factors(pk: int, *, reason: str) -> User:
    """Take away a person's second factors, for they have lost them."""
    words, user = read_reason(reason), access_rules.take(pk)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    access_rules.check_way_in(user)
    if not second_factors.forget_all(user, reason=words):
        raise RuleBroken(f"{user.name} has no second factor.")
    return user
