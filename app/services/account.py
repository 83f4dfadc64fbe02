"""What people do with their own account: details, password, sessions, and reading what they may do and have done."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, literal_column, select
from sqlalchemy.orm import selectinload

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.errors import NotFound, RuleBroken
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import AuditEvent, User, UserSession
from app.services import audit, links, locks, mail, passwords, second_step, sessions
from app.services.second_factors import check_proved

WRONG_PASSWORD = "That is not your current password."  # noqa: S105 - a sentence
WAIT = "There were too many wrong tries. Wait half an hour at most, then try again."


def own_user() -> User:
    """The actor's own row."""
    return db.session.get_one(User, current_actor().user_pk)


@needs(Permission.ACCOUNT_OWN)
def change_own_details(values: Mapping[str, str]) -> User:
    """Change one's own name and e-mail address; links go to the address, so that takes a person who is proved."""
    user = own_user()
    changes = {name: values[name].strip() for name in ("name", "email")}
    before, after = audit.changed_fields(user, changes)
    if not after:
        return user
    check_proved()
    user.name, user.email = changes["name"], changes["email"]
    user.version += 1
    if "email" in after:
        links.move(user, before["email"])
    audit.record("user:change_own", user, before=before, after=after)
    return user


@needs(Permission.ACCOUNT_OWN)
def change_own_password(old: str, new: str) -> None:
    """Choose a new password; every other session of the person ends, and every link mailed to them."""
    actor = current_actor()
    user = _check_password(old, field="old_password")
    if old == new:
        raise RuleBroken("Choose a password that differs from the current one.", field="new_password")
    passwords.check_new(new, user_id=user.user_id, words=links.own_words(user))
    user.password_hash = passwords.make_hash(new)
    user.must_change_password = False
    sessions.revoke_sessions(user.id, spare=actor.session_pk)
    sessions.end_links(user.id)
    audit.record("password:change", user)
    mail.post(MailKind.PASSWORD_CHANGED, to=user, at=clock.now())


def _check_password(password: str, *, field: str) -> User:
    """One's own row; RuleBroken when the password is wrong. Whoever sits at a session left open cannot try for long."""
    subject = _take(field)
    user = own_user()
    if not passwords.is_right(user.password_hash, password):
        raise RuleBroken(WRONG_PASSWORD, field=field)
    locks.forget(subject)
    return user


def _take(field: str) -> locks.Subject:
    """Count a try, in a transaction of its own: so before this one begins, for SQLite has one writer."""
    subject = locks.of_factor(current_actor().user_id, "own session")
    if locks.take(subject) is None:
        raise RuleBroken(WAIT, field=field)
    return subject


@needs(Permission.ACCOUNT_OWN)
def prove(way: str, answer: str) -> None:
    """Show again who one is, by password, app, recovery code or passkey: good for ten minutes."""
    actor = current_actor()
    if way == "password":
        _check_password(answer, field="password")
    else:
        subject = _take("code")
        refusal = second_step.refusal_of(actor.session_pk or 0, actor.user_pk or 0, way, answer)
        if refusal is not None:
            raise RuleBroken(refusal, field="code")
        locks.forget(subject)
    db.session.get_one(UserSession, actor.session_pk).proved_at = clock.now()
    audit.record("session:prove", own_user())


def list_own_sessions(*, idle: timedelta, longest: timedelta) -> list[UserSession]:
    """One's own sessions that are open, the one seen last first."""
    actor, now = current_actor(), clock.now()
    wanted = select(UserSession).where(
        UserSession.user_id == actor.user_pk,
        UserSession.revoked_at.is_(None),
        ~UserSession.is_pending,
        UserSession.created_at > now - longest,
        UserSession.last_seen_at > now - sessions.idle_of(actor, idle),
    )
    return list(db.session.scalars(wanted.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())))


@needs(Permission.ACCOUNT_OWN)
def end_own_session(pk: int) -> None:
    """End one of one's own sessions, and not this one; NotFound when it is none of them or has ended."""
    actor = current_actor()
    session = db.session.get(UserSession, pk)
    is_own = session is not None and session.user_id == actor.user_pk and session.revoked_at is None
    if session is None or not is_own:
        raise NotFound("There is no such session.")
    if session.id == actor.session_pk:
        raise RuleBroken("This is the session you are using. Sign out to end it.")
    session.revoked_at = clock.now()
    audit.record("session:end", own_user(), after={"sessions": 1})


@needs(Permission.ACCOUNT_OWN)
def end_other_sessions() -> int:
    """End every session of one's own but this one; how many there were."""
    actor = current_actor()
    count = sessions.revoke_sessions(actor.user_pk or 0, spare=actor.session_pk)
    if count:
        audit.record("session:end", own_user(), after={"sessions": count})
    return count


def own_holdings() -> User:
    """One's own row with the services and roles given to one, those that have ended or not begun included."""
    wanted = select(User).where(User.id == current_actor().user_pk)
    return db.session.scalars(wanted.options(selectinload(User.grants), selectinload(User.services))).one()


def select_own_activity() -> Select[Any]:
    """What one has done oneself, contacts left out, and what others have done to one's account, not ordered."""
    pk = current_actor().user_pk
    about_me = (AuditEvent.object_type == "user") & (AuditEvent.object_id == pk)
    # Written out, or the databases do not see that their index is meant.
    by_me = (AuditEvent.actor_id == pk) & (AuditEvent.object_type != literal_column("'contact'"))
    return select(AuditEvent).where(by_me | about_me)
