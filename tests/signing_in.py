"""What tests of signing in share: trying, links out of mail, authenticator apps."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pyotp
from flask import Flask
from sqlalchemy import select

from app.access.actor import SYSTEM, Actor, acting_as
from app.domain import clock
from app.domain.errors import RuleBroken, ShutOut
from app.extensions import db
from app.models import AuditEvent, OutgoingMail, RecoveryCode, SecondFactor, User, UserSession
from app.services import passwords, sealing, sessions
from tests.cast import PASSWORD, PEOPLE

Acting = Callable[[str], AbstractContextManager[Actor]]
WRONG = "wrong-horse-battery"
NEW = "several-unrelated-words"


def attempt(
    app: Flask, user_id: str = "ALD-ANN", password: str = WRONG, *, address: str = "203.0.113.9", device: str = ""
) -> str:
    """Try to sign in: "in", "refused" or "shut out"."""
    with app.app_context():
        try:
            sessions.sign_in(user_id, password, address=address, browser="A browser", device=device)
        except RuleBroken as refusal:
            assert refusal.message == sessions.WRONG
            return "refused"
        except ShutOut:
            return "shut out"
        return "in"


class Counter:
    """Counts how often a password is checked against a hash."""

    def __init__(self, monkeypatch: Any) -> None:
        self.count = 0
        passwords.is_right(None, "warm")  # nobody's hash is made when first needed
        hasher, outer = passwords._hasher, self

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(hasher, name)

            def verify(self, stored: str, password: str) -> bool:
                outer.count += 1
                return hasher.verify(stored, password)

        monkeypatch.setattr(passwords, "_hasher", Counting())


def find(name: str) -> User:
    """A person of the cast within reach."""
    return db.session.scalars(select(User).where(User.user_id == PEOPLE[name].user_id)).one()


def last_link(app: Flask) -> str:
    """The token of the link mailed last."""
    with app.app_context(), acting_as(SYSTEM):
        texts = db.session.scalars(select(OutgoingMail.text).order_by(OutgoingMail.id.desc())).all()
    found = [match[1] for text in texts if (match := re.search(r"/link/(\S+)", text))]
    return found[0]


def mails(app: Flask) -> list[str]:
    """The kinds of mail that were written, in order."""
    with app.app_context(), acting_as(SYSTEM):
        return list(db.session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.id)))


def events(app: Flask, *, of: str = "") -> list[str]:
    """The acts that were written down, in order; of one subject or of all."""
    with app.app_context(), acting_as(SYSTEM):
        actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    return [action for action in actions if action.startswith(of)]


def give_app(app: Flask, name: str = "ann") -> str:
    """Give a person an authenticator app and the recovery code aaaaa-22222; the app's seed."""
    seed = pyotp.random_base32()
    with app.app_context(), acting_as(SYSTEM):
        user, now = find(name), clock.now()
        own = {"user_id": user.id, "organisation_id": user.organisation_id, "made_at": now}
        db.session.add(SecondFactor(kind="totp", name="Phone", confirmed_at=now, sealed_seed=sealing.seal(seed), **own))
        db.session.add(RecoveryCode(code_hash=sealing.keyed_hash("aaaaa22222"), **own))
        db.session.commit()
    return seed


def code(seed: str, *, steps: int = 0, at: datetime | None = None) -> str:
    """What an app shows, some steps from now."""
    return pyotp.HOTP(seed).at(int((at or clock.now()).timestamp()) // 30 + steps)


def begin(app: Flask, name: str = "ann", password: str = PASSWORD) -> Actor:
    """A session that has begun with the right password."""
    with app.app_context():
        return resumed(app, sessions.sign_in(PEOPLE[name].user_id, password, address="", browser="A browser"))


def resumed(app: Flask, token: str) -> Any:
    """Whoever a token is of, or None."""
    with app.app_context():
        return sessions.resume(token, idle=timedelta(minutes=30), longest=timedelta(hours=9))


def open_sessions(app: Flask, name: str = "ann") -> int:
    """How many sessions of a person are open."""
    with app.app_context(), acting_as(SYSTEM):
        wanted = select(UserSession.id).join(User, User.id == UserSession.user_id)
        return len(
            db.session.scalars(
                wanted.where(User.user_id == PEOPLE[name].user_id, UserSession.revoked_at.is_(None))
            ).all()
        )
