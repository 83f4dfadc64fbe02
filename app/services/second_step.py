"""The second step of signing in: a session that waits for its second factor, and that may do nothing else."""

import secrets
from typing import NamedTuple

from sqlalchemy import select

from app.access.actor import SYSTEM, Actor, acting_as
from app.domain import clock
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import User, UserSession
from app.models.connections import reading
from app.services import locks, passkeys, second_factors, sessions, standing
from app.services.locking import for_change
from app.services.second_factors import Answer

WAIT = "There were too many wrong codes. Wait half an hour at most, then sign in again."
WRONG_RECOVERY = "That is not one of your recovery codes, or it was used already. Each works once."
GONE = "This took too long. Sign in again."


class Ways(NamedTuple):
    """By what a person can show who they are, and how many recovery codes they have left."""

    has_app: bool
    has_passkey: bool
    recovery_codes: int


def ways_of(user_pk: int) -> Ways:
    """What may be asked of a person."""
    with acting_as(SYSTEM), reading():
        kinds = {factor.kind for factor in second_factors.list_of(user_pk)}
        return Ways("totp" in kinds, "passkey" in kinds, second_factors.count_recovery_codes(user_pk))


def offer_passkey(actor: Actor) -> str:
    """What the browser needs to use a passkey, as JSON."""
    with acting_as(SYSTEM):
        offered = passkeys.offer_use(actor.session_pk or 0, db.session.get_one(User, actor.user_pk))
        db.session.commit()
        return offered


def complete(actor: Actor, way: str, answer: str, *, device: str = "") -> str:
    """Make the pending session a full one by a code of an app, a recovery code or a passkey; its new token.

    RuleBroken, with a sentence, when the answer was wrong.
    """
    subject = locks.of_factor(actor.user_id, device)
    tried = locks.take(subject)
    if tried is None:
        raise RuleBroken(WAIT)
    with acting_as(SYSTEM):
        user = db.session.scalars(for_change(select(User).where(User.id == actor.user_pk))).one()
        session = db.session.scalars(for_change(select(UserSession).where(UserSession.id == actor.session_pk))).one()
        is_gone = session.revoked_at is not None or not session.is_pending
        if is_gone or standing.why_shut_out(user) is not None:
            raise RuleBroken(GONE)
        refusal = refusal_of(session.id, user.id, way, answer)
        if refusal is not None:
            sessions.record_own("session:lock" if tried.begins_wait else "second_factor:refuse", user)
            db.session.commit()
            raise RuleBroken(refusal, field="code" if way != "passkey" else None)
        locks.forget(subject)
        token = secrets.token_urlsafe(32)
        sessions.finish(session, user, token, after={"second_factor": way})
        db.session.commit()
        return token


def refusal_of(session_pk: int, user_pk: int, way: str, answer: str) -> str | None:
    """What is wrong with an answer, or None; a right one is used up. Part of signing in and of proving."""
    if way == "app":
        sentences = {Answer.WRONG: second_factors.WRONG_CODE, Answer.USED: second_factors.USED_CODE}
        return sentences.get(second_factors.check_code(user_pk, answer))
    if way == "recovery":
        return None if second_factors.use_recovery_code(user_pk, answer) else WRONG_RECOVERY
    if way == "passkey":
        return None if passkeys.is_answered(session_pk, user_pk, answer) else passkeys.NOT_ACCEPTED
    return "Choose one of the ways on this page."


def give_up(actor: Actor) -> None:
    """End a pending session, for the person wants to begin again."""
    with acting_as(SYSTEM):
        session = db.session.get(UserSession, actor.session_pk)
        if session is not None and session.is_pending and session.revoked_at is None:
            session.revoked_at = clock.now()
            db.session.commit()
