"""Signing in and out: rows in the database, so that a session ends everywhere at once."""

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, bindparam, select, update

from app.access.actor import SYSTEM, Actor, acting_as, current_actor, needs
from app.access.tenancy import ask_who
from app.domain import clock
from app.domain.errors import RuleBroken, ShutOut
from app.domain.preferences import Preferences
from app.domain.roles import EVERYONE, Permission, Role, is_closely_guarded, permissions_of
from app.extensions import db
from app.models import ActingSession, Grant, Organisation, SignInLink, User, UserSession
from app.models.base import UtcDateTime
from app.services import audit, glance, locks, passwords, reach, second_factors, standing
from app.services.in_force import counts_on
from app.services.locking import for_change

# One answer for every cause, known before the password was right or not.
WRONG = (
    "That user ID and password do not match. Check both and try again. After five wrong tries you have to wait before "
    "the next one counts: half a minute at first, half an hour at most."
)
TOUCH_AFTER = timedelta(minutes=1)
# For whoever is closely guarded (domain.roles) an unused session ends sooner.
GUARDED_IDLE = timedelta(minutes=15)
# How long the page that asks for a second factor is good for, and how long somebody has shown who they are.
PENDING_FOR = PROVED_FOR = timedelta(minutes=10)


# What is held against a password that was typed.
_STORED = select(User.id, User.password_hash).where(User.user_id == bindparam("typed"))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def clean_user_id(typed: str) -> str:
    """A user ID as it is kept, of whatever was typed."""
    return typed.replace("\0", "").strip().upper()[:32]


def sign_in(user_id: str, password: str, *, address: str, browser: str, device: str = "") -> str:
    """Open a session and return its token; it is pending where a second factor is still asked for.

    `device` names a browser that this person has signed in with before. RuleBroken, with one message for every cause,
    when refused; ShutOut, which says why, when only the password was right.
    """
    user_id = clean_user_id(user_id)
    counted = [locks.of_person(user_id, device)]
    if not device and address:
        counted.append(locks.of_address(address))
    tried = locks.take(*counted)
    if tried is None:
        raise RuleBroken(WRONG)
    found = ask_who(_STORED, {"typed": user_id})
    pk, stored = found[0] if found else (None, None)
    is_right = passwords.is_right(stored, password)
    with acting_as(SYSTEM):
        user = db.session.scalar(for_change(select(User).where(User.id == pk))) if pk is not None else None
        # All is looked at only now, for it may have changed while the hash was computed. Who suspends the organisation
        # waits for this transaction, or this one for theirs: no session is opened behind the back of a suspension.
        if user is None:
            raise RuleBroken(WRONG)
        if not (is_right and user.password_hash == stored):
            record_own("session:lock" if tried.begins_wait else "session:refuse", user)
            db.session.commit()
            raise RuleBroken(WRONG)
        locks.forget(*counted)
        shut_out = standing.why_shut_out(user)
        if shut_out is not None:
            record_own("session:refuse", user, after={"why": shut_out.title})
            db.session.commit()
            raise ShutOut(shut_out.sentence, shut_out.ask)
        if passwords.needs_rehash(user.password_hash):
            user.password_hash = passwords.make_hash(password)
        token, now, is_pending = secrets.token_urlsafe(32), clock.now(), second_factors.has_any(user.id)
        session = UserSession(
            user_id=user.id,
            organisation_id=user.organisation_id,
            token_hash=_hash(token),
            created_at=now,
            last_seen_at=now,
            address=address[:45],
            browser=browser[:200],
            is_pending=True,
        )
        db.session.add(session)
        if is_pending:
            record_own("session:begin", user)
        else:
            finish(session, user, token)
        db.session.commit()
        return token


def finish(session: UserSession, user: User, token: str, **details: Any) -> None:
    """Make a session that waited for a second factor, or needs none, a full one by a new token; part of signing in."""
    now = clock.now()
    session.token_hash, session.is_pending, session.challenge = _hash(token), False, None
    session.created_at = session.last_seen_at = session.proved_at = user.last_signed_in_at = now
    end_links(user.id)
    record_own("session:open", user, **details)


def record_own(action: str, user: User, **details: Any) -> None:
    """An event by the person themselves, who is no actor yet."""
    of = db.session.get_one(Organisation, user.organisation_id)
    person = [user.id, user.user_id, user.name, user.must_change_password, of.id, of.name, of.kind_code]
    audit.record(action, user, actor=_actor(person, frozenset(), None), **details)


@cache
def _session() -> Select[Any]:
    """The statement that each request begins with, made once: to make it costs more than to ask it."""
    today: Any = bindparam("today", type_=Date())
    wanted = (
        select(
            UserSession.id,
            UserSession.created_at,
            UserSession.last_seen_at,
            UserSession.revoked_at,
            UserSession.is_pending,
            UserSession.proved_at,
            User.is_active,
            Organisation.is_active,
            second_factors.HAS_ANY,
            User.preferences,
            *glance.COLUMNS,
            reach.MEMBERS,
            reach.deputy_on(today),
            *reach.ACTING,
            *_ACTOR_COLUMNS,
            Grant.role,
        )
        .join(User, User.id == UserSession.user_id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .outerjoin(Grant, (Grant.user_id == User.id) & counts_on(today))
        .where(UserSession.token_hash == bindparam("token"))
    )
    now: Any = bindparam("now", type_=UtcDateTime())
    return reach.join_acting(wanted, now)


def resume(token: str, *, idle: timedelta, longest: timedelta) -> Actor | None:
    """The actor of an open session as that person is now, or None; one statement, and one write a minute."""
    now = clock.now()
    rows = ask_who(_session(), {"token": _hash(token), "now": now, "today": clock.today()})
    if not rows:
        return None
    first: tuple[Any, ...] = tuple(rows[0])
    session_pk, created_at, last_seen_at, revoked_at, is_pending, proved_at = first[:6]
    is_active, is_organisation_active, has_factor, chosen = first[6:10]
    seen, looks_after, acting, person = first[10:14], first[14:16], first[16:21], list(first[21:-1])
    if revoked_at or not is_active or not is_organisation_active:
        return None
    roles = frozenset(Role(row.role) for row in rows if row.role)
    actor = reach.widen(_actor(person, roles, session_pk), *looks_after)
    if now - last_seen_at > idle_of(actor, idle):
        return None
    if now - created_at > (PENDING_FOR if is_pending else longest):
        return None
    if now - last_seen_at > TOUCH_AFTER:
        with acting_as(SYSTEM):
            db.session.execute(update(UserSession).where(UserSession.id == session_pk).values(last_seen_at=now))
            db.session.commit()
    if is_pending:
        return replace(actor, is_pending=True, roles=frozenset(), permissions=frozenset())
    must_add_factor = (
        second_factors.is_demanded() and not has_factor and is_closely_guarded(actor.roles, actor.permissions)
    )
    actor = replace(
        actor,
        permissions=EVERYONE if must_add_factor else actor.permissions,
        must_add_factor=must_add_factor,
        is_proved=proved_at is not None and timedelta() <= now - proved_at <= PROVED_FOR,
        preferences=Preferences.read(chosen),
        glance=glance.read(seen),
    )
    return reach.act(actor, *acting) if acting[0] and actor.may(Permission.ACCESS_ACT) else actor


def idle_of(actor: Actor, idle: timedelta) -> timedelta:
    """For how long a session of this person may be unused."""
    return min(idle, GUARDED_IDLE) if is_closely_guarded(actor.roles, actor.permissions) else idle


def actor_of(user_id: str) -> Actor | None:
    """The person with this user ID as they are now, for the command line and tests; None when unknown or disabled."""
    return _find_actor(User.user_id, user_id.strip().upper())


def actor_of_pk(user_pk: int, acting_pk: int | None = None) -> Actor | None:
    """The same by key, for jobs; what was asked for while acting for an organisation is done while that lasts."""
    actor = _find_actor(User.id, user_pk)
    if actor is None or acting_pk is None:
        return actor
    wanted = reach.join_acting(select(*reach.ACTING).select_from(UserSession), clock.now())
    wanted = wanted.where(UserSession.user_id == user_pk, UserSession.revoked_at.is_(None))
    acting = ask_who(wanted.where(ActingSession.id == acting_pk))
    return reach.act(actor, *acting[0]) if acting and actor.may(Permission.ACCESS_ACT) else None


_ACTOR_COLUMNS = (
    User.id,
    User.user_id,
    User.name,
    User.must_change_password,
    Organisation.id,
    Organisation.name,
    Organisation.kind_code,
)


@cache
def _person(by: Any) -> Select[Any]:
    """The statement that finds a person by this column, made once."""
    today: Any = bindparam("today", type_=Date())
    return (
        select(*_ACTOR_COLUMNS, reach.MEMBERS, reach.deputy_on(today), Grant.role)
        .join(Organisation, Organisation.id == User.organisation_id)
        .outerjoin(Grant, (Grant.user_id == User.id) & counts_on(today))
        .where(by == bindparam("who"), User.is_active, Organisation.is_active)
    )


def _find_actor(by: Any, who: int | str) -> Actor | None:
    rows = ask_who(_person(by), {"who": who, "today": clock.today()})
    if not rows:
        return None
    roles = frozenset(Role(row.role) for row in rows if row.role)
    *person, members, given, _ = rows[0]
    return reach.widen(_actor(person, roles, None), members, given)


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


def revoke_sessions(user_pk: int, *, spare: int | None = None) -> int:
    """End every open session of a person but `spare`; part of verbs that change what they may do."""
    return _revoke(UserSession.user_id == user_pk, spare)


def revoke_sessions_of(organisation_id: int) -> None:
    """End every open session of an organisation's people, for good; part of the verb that suspends it."""
    _revoke(UserSession.organisation_id == organisation_id)


def _revoke(whose: ColumnElement[bool], spare: int | None = None) -> int:
    """How many sessions were ended, those left out that had only begun."""
    count = 0
    for session in db.session.scalars(select(UserSession).where(whose, UserSession.revoked_at.is_(None))):
        if session.id != spare:
            session.revoked_at = clock.now()
            count += not session.is_pending
    return count


def end_links(user_pk: int) -> None:
    """Make a person's mailed links worthless; part of every sign-in, every new password and every newer link."""
    open_links = select(SignInLink).where(
        SignInLink.user_id == user_pk, SignInLink.used_at.is_(None), SignInLink.ended_at.is_(None)
    )
    for link in db.session.scalars(open_links):
        link.ended_at = clock.now()
