"""Links that are mailed to people and work once: to choose a first password, or a new one."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as, needs
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, SignInLink, User
from app.models.connections import reading
from app.services import audit, locks, mail, passwords, sessions
from app.services.locking import for_change


class Purpose(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - what a link is for


RESET_MINUTES = 30
UNKNOWN = "This link is not one of ours, or not all of it was copied. Open it from the mail again."
USED = "This link was used already. If that was you, sign in with the password you chose; if not, ask your LSO."
EXPIRED = "This link is too old. Ask for a new one."
REPLACED = "This link is worth nothing any more: a newer one was sent, or you signed in or chose a password since."
CLOSED = "Your account is closed at the moment. Your LSO can tell you why."
_invitation_days = 7


def configure(*, invitation_days: int) -> None:
    """Set for how long an invitation is good; called once at start-up."""
    global _invitation_days
    _invitation_days = invitation_days


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@needs(Permission.USER_CHANGE)
def invite(user: User) -> None:
    """Mail a person a link to choose their first password; part of a verb that has checked whom it may be for."""
    _send(user, Purpose.INVITATION)
    audit.record("password:invite", user)


@needs(Permission.USER_CHANGE)
def offer_reset(user: User) -> None:
    """Mail a person a link to choose a new password, which nobody else learns; part of a verb as above."""
    _send(user, Purpose.PASSWORD_RESET)
    audit.record("password:offer", user)


def move(user: User, old_address: str) -> None:
    """What was mailed to somebody's old address is worth nothing any more, and it is told why; part of a verb.

    Whoever was invited there, has not come yet and still may is invited to the new one.
    """
    sessions.end_links(user.id)
    if old_address:
        mail.post_to_address(MailKind.ADDRESS_CHANGED, old_address, at=clock.now())
    if user.is_active and not user.password_hash:
        invite(user)


def _send(user: User, purpose: Purpose) -> None:
    token, now = secrets.token_urlsafe(32), clock.now()
    lasts = timedelta(days=_invitation_days) if purpose is Purpose.INVITATION else timedelta(minutes=RESET_MINUTES)
    sessions.end_links(user.id)
    db.session.add(
        SignInLink(
            user_id=user.id,
            organisation_id=user.organisation_id,
            purpose=purpose,
            token_hash=_hash(token),
            made_at=now,
            expires_at=now + lasts,
        )
    )
    path = f"/link/{token}"
    if purpose is Purpose.INVITATION:
        mail.post(MailKind.INVITATION, to=user, link=path, hours=_invitation_days * 24)
    else:
        mail.post(MailKind.PASSWORD_RESET, to=user, link=path, minutes=RESET_MINUTES)


def may_ask(user_id: str, address: str) -> bool:
    """Count that somebody asks for a link for this user ID; False when that was asked too often.

    All that is done before the answer: it is the same whether or not there is such a person.
    """
    subjects = [locks.of_asking(sessions.clean_user_id(user_id))]
    if address:
        subjects.append(locks.of_address(address, "asking", locks.LINKS_ASKED_FROM_ADDRESS))
    return locks.take(*subjects) is not None


def send_to_whoever_asked(user_id: str) -> None:
    """Mail a link to the person of this user ID, if there is one who may sign in; done after the answer."""
    with acting_as(SYSTEM):
        wanted = (
            select(User)
            .join(Organisation, Organisation.id == User.organisation_id)
            .where(User.user_id == sessions.clean_user_id(user_id), User.is_active, Organisation.is_active)
        )
        user = db.session.scalar(wanted)
        if user is None or not user.email:
            return
        _send(user, Purpose.PASSWORD_RESET)
        sessions.record_own("password:ask", user)
        db.session.commit()


class Opened:
    """What stands on the page a link leads to."""

    def __init__(self, link: SignInLink, user: User) -> None:
        self.purpose, self.user_id, self.name = Purpose(link.purpose), user.user_id, user.name


def look_up(token: str) -> Opened:
    """Whom a link is for; RuleBroken, with a sentence, when it is worth nothing. Looking uses nothing up."""
    with acting_as(SYSTEM), reading():
        return Opened(*_find(token, clock.now()))


def _find(token: str, now: datetime, *, is_locked: bool = False) -> tuple[SignInLink, User]:
    wanted = select(SignInLink).where(SignInLink.token_hash == _hash(token))
    link = db.session.scalar(for_change(wanted) if is_locked else wanted)
    if link is None:
        raise RuleBroken(UNKNOWN)
    if link.used_at is not None:
        raise RuleBroken(USED)
    if link.ended_at is not None:
        raise RuleBroken(REPLACED)
    # A link from the future is of a clock that was put back: it would live for too long.
    if not link.made_at <= now <= link.expires_at:
        raise RuleBroken(EXPIRED)
    user = db.session.get_one(User, link.user_id)
    if not user.is_active or not db.session.get_one(Organisation, user.organisation_id).is_active:
        raise RuleBroken(CLOSED)
    return link, user


def use(token: str, password: str) -> None:
    """Choose a password by a link, which works once; every session of the person ends."""
    with acting_as(SYSTEM), reading():
        _, user = _find(token, clock.now())
        passwords.check_new(password, user_id=user.user_id, words=own_words(user))
    stored = passwords.make_hash(password)
    with acting_as(SYSTEM):
        try:
            link, user = _find(token, clock.now(), is_locked=True)
        except RuleBroken:
            _record_replay(token)
            raise
        now = clock.now()
        link.used_at = now
        user = db.session.scalars(for_change(select(User).where(User.id == user.id))).one()
        user.password_hash, user.must_change_password = stored, False
        sessions.revoke_sessions(user.id)
        sessions.end_links(user.id)
        sessions.record_own("password:reset", user, after={"by": link.purpose})
        if link.purpose == Purpose.PASSWORD_RESET:
            mail.post(MailKind.PASSWORD_CHANGED, to=user, at=now)
        db.session.commit()


def record_replay(token: str) -> None:
    """Write down that a link of somebody's was opened that is worth nothing any more."""
    with acting_as(SYSTEM):
        _record_replay(token)


def _record_replay(token: str) -> None:
    wanted = select(User).join(SignInLink, SignInLink.user_id == User.id).where(SignInLink.token_hash == _hash(token))
    user = db.session.scalar(wanted)
    if user is not None:
        sessions.record_own("password:replay", user)
        db.session.commit()


def own_words(user: User) -> list[str]:
    """What a password is easily guessed from: the person's own names, and their organisation's."""
    organisation = db.session.get_one(Organisation, user.organisation_id)
    return [user.name, user.email, organisation.name, organisation.short_code]
