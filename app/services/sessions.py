"""Signing in and out: rows in the database, so that a session ends everywhere at once."""

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, update

from app.access.actor import SYSTEM, Actor, acting_as, current_actor, needs
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.lifecycle import Status
from app.domain.preferences import Preferences
from app.domain.roles import Permission, Role, permissions_of
from app.extensions import db
from app.models import Contact, Grant, Notification, Organisation, User, UserSession
from app.models.connections import reading
from app.models.organisation import XOSERVE_KIND
from app.services import audit, passwords, reach
from app.services.in_force import counts_on
from app.services.locking import for_change

WRONG = "That user ID and password do not match. Check both and try again."
TOUCH_AFTER = timedelta(minutes=1)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(user_id: str, password: str, *, address: str, browser: str) -> str:
    """Open a session and return its token; RuleBroken, with one message for every cause, when refused."""
    with acting_as(SYSTEM), reading():
        found = db.session.execute(
            select(User.id, User.password_hash).where(User.user_id == user_id.replace("\0", "").strip().upper()[:32])
        ).first()
    pk, stored = found or (None, None)
    is_right = passwords.is_right(stored, password)
    with acting_as(SYSTEM):
        user = db.session.scalar(for_change(select(User).where(User.id == pk))) if pk is not None else None
        # All is looked at only now, for it may have changed while the hash was computed. Who suspends the organisation
        # waits for this transaction, or this one for theirs: no session is opened behind the back of a suspension.
        if user is None:
            raise RuleBroken(WRONG)
        is_right = is_right and user.password_hash == stored
        if not (is_right and user.is_active and _is_active(user.organisation_id)):
            _record_own("session:refuse", user)
            db.session.commit()
            raise RuleBroken(WRONG)
        token, now = secrets.token_urlsafe(32), clock.now()
        if passwords.needs_rehash(user.password_hash):
            user.password_hash = passwords.make_hash(password)
        user.last_signed_in_at = now
        db.session.add(
            UserSession(
                user_id=user.id,
                organisation_id=user.organisation_id,
                token_hash=_hash(token),
                created_at=now,
                last_seen_at=now,
                address=address[:45],
                browser=browser[:200],
            )
        )
        _record_own("session:open", user)
        db.session.commit()
        return token


def _is_active(organisation_id: int) -> bool:
    """Whether an organisation is not suspended, which it cannot be before this transaction ends."""
    wanted = select(Organisation.is_active).where(Organisation.id == organisation_id)
    return db.session.scalar(wanted.with_for_update(read=True)) is True


def _record_own(action: str, user: User) -> None:
    """An event by the person themselves, who is no actor yet."""
    event = audit.record(action, user)
    event.actor_id, event.actor_name = user.id, user.name
    event.actor_organisation = db.session.get_one(Organisation, user.organisation_id).name


def resume(token: str, *, idle: timedelta, longest: timedelta) -> Actor | None:
    """The actor of an open session as that person is now, or None; one statement, and one write a minute."""
    now = clock.now()
    with acting_as(SYSTEM), reading():
        wanted = (
            select(
                UserSession.id,
                UserSession.created_at,
                UserSession.last_seen_at,
                UserSession.revoked_at,
                User.is_active,
                Organisation.is_active,
                User.preferences,
                _UNREAD,
                _WAITING,
                reach.MEMBERS,
                *reach.deputies_on(clock.today()),
                *reach.ACTING,
                *_ACTOR_COLUMNS,
                Grant.role,
            )
            .join(User, User.id == UserSession.user_id)
            .join(Organisation, Organisation.id == User.organisation_id)
            .outerjoin(Grant, (Grant.user_id == User.id) & counts_on(clock.today()))
            .where(UserSession.token_hash == _hash(token))
        )
        wanted = reach.join_acting(wanted, now)
        rows = db.session.execute(wanted).all()
    if not rows:
        return None
    first: tuple[Any, ...] = tuple(rows[0])
    session_pk, created_at, last_seen_at, revoked_at, is_active, is_organisation_active = first[:6]
    chosen, unread_count, waiting_count = first[6:9]
    looks_after, acting, person = first[9:12], first[12:16], list(first[16:-1])
    if (
        revoked_at
        or not is_active
        or not is_organisation_active
        or now - last_seen_at > idle
        or now - created_at > longest
    ):
        return None
    if now - last_seen_at > TOUCH_AFTER:
        with acting_as(SYSTEM):
            db.session.execute(update(UserSession).where(UserSession.id == session_pk).values(last_seen_at=now))
            db.session.commit()
    roles = frozenset(Role(row.role) for row in rows if row.role)
    actor = reach.widen(_actor(person, roles, session_pk), *looks_after)
    actor = replace(actor, preferences=Preferences.read(chosen), unread_count=unread_count, waiting_count=waiting_count)
    return reach.act(actor, *acting) if acting[0] and actor.may(Permission.ACCESS_ACT) else actor


def actor_of(user_id: str) -> Actor | None:
    """The person with this user ID as they are now, for the command line and tests; None when unknown or disabled."""
    return _find_actor(User.user_id == user_id.strip().upper())


def actor_of_pk(user_pk: int) -> Actor | None:
    """The same by key, for jobs."""
    return _find_actor(User.id == user_pk)


_ACTOR_COLUMNS = (
    User.id,
    User.user_id,
    User.name,
    User.must_change_password,
    Organisation.id,
    Organisation.name,
    Organisation.kind_code,
)
# What follows is part of the one statement each request begins with; more than this many are "99+".
MOST_COUNTED = 100


def _count_some(wanted: Select[Any]) -> Any:
    some = wanted.correlate(User, Organisation).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


_UNREAD = _count_some(select(Notification.id).where(Notification.user_id == User.id, Notification.read_at.is_(None)))
# Contacts that wait for this person's side: Xoserve claims what nobody has, customers answer what they are asked.
_WAITING = case(
    (
        Organisation.kind_code == XOSERVE_KIND,
        _count_some(select(Contact.id).where(Contact.is_open, Contact.assignee_id.is_(None))),
    ),
    else_=_count_some(
        select(Contact.id).where(
            Contact.organisation_id == Organisation.id, Contact.status == Status.AWAITING_INFORMATION.value
        )
    ),
)


def _find_actor(condition: Any) -> Actor | None:
    with acting_as(SYSTEM), reading():
        person = db.session.execute(
            select(*_ACTOR_COLUMNS, reach.MEMBERS, *reach.deputies_on(clock.today()))
            .join(Organisation, Organisation.id == User.organisation_id)
            .where(condition, User.is_active, Organisation.is_active)
        ).first()
        if person is None:
            return None
        held = db.session.scalars(select(Grant.role).where(Grant.user_id == person[0], counts_on(clock.today())))
        roles = frozenset(Role(role) for role in held)
    return reach.widen(_actor(list(person[:-3]), roles, None), *person[-3:])


def _actor(person: list[Any], roles: frozenset[Role], session_pk: int | None) -> Actor:
    user_pk, user_id, name, must_change_password, organisation_id, organisation_name, kind = person
    return Actor(
        user_pk=user_pk,
        user_id=user_id,
        name=name,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        organisation_kind=kind,
        organisation_ids=frozenset({organisation_id}),
        roles=roles,
        permissions=permissions_of(roles),
        session_pk=session_pk,
        must_change_password=must_change_password,
    )


@needs(Permission.ACCOUNT_OWN)
def sign_out() -> None:
    """End the current session."""
    session = db.session.get(UserSession, current_actor().session_pk)
    if session is not None and session.revoked_at is None:
        session.revoked_at = clock.now()
        audit.record("session:close", db.session.get(User, session.user_id))


@needs(Permission.ACCOUNT_OWN)
def change_own_password(old: str, new: str) -> None:
    """Choose a new password; every other session of the person ends."""
    actor = current_actor()
    user = db.session.get_one(User, actor.user_pk)
    if not passwords.is_right(user.password_hash, old):
        raise RuleBroken("That is not your current password.", field="old_password")
    if old == new:
        raise RuleBroken("Choose a password that differs from the current one.", field="new_password")
    passwords.check_new(new, user_id=user.user_id)
    user.password_hash = passwords.make_hash(new)
    user.must_change_password = False
    revoke_sessions(user.id, spare=actor.session_pk)
    audit.record("password:change", user)


def revoke_sessions(user_pk: int, *, spare: int | None = None) -> None:
    """End every open session of a person but `spare`; part of verbs that change what they may do."""
    _revoke(UserSession.user_id == user_pk, spare)


def revoke_sessions_of(organisation_id: int) -> None:
    """End every open session of an organisation's people, for good; part of the verb that suspends it."""
    _revoke(UserSession.organisation_id == organisation_id)


def _revoke(whose: ColumnElement[bool], spare: int | None = None) -> None:
    for session in db.session.scalars(select(UserSession).where(whose, UserSession.revoked_at.is_(None))):
        if session.id != spare:
            session.revoked_at = clock.now()
