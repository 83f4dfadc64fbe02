"""Second factors: authenticator apps and recovery codes; passkeys are in a module of their own.

The person's own acts are verbs. What is asked while signing in, before there is an actor, is part of
services.second_step and names the person.
"""

import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyotp
from sqlalchemy import exists, func, select

from app.access.actor import current_actor, needs
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.errors import NotFound, NotProved, RuleBroken
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import RecoveryCode, SecondFactor, User
from app.services import audit, mail, sealing

ISSUER = "Contact Management Service"
STEP_SECONDS = 30
# Codes of the step before and after are taken too, for clocks that go a little wrong.
DRIFT = (0, -1, 1)
MOST_FACTORS = 10
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
WRONG_CODE = "That code is not right. Codes change every 30 seconds: wait for the next one and type that."
USED_CODE = "That code was used already. Wait for the next one and type that."

_is_demanded = False
HAS_ANY = exists().where(SecondFactor.user_id == User.id, SecondFactor.confirmed_at.is_not(None)).correlate(User)


class Answer(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"


def configure(*, is_demanded: bool) -> None:
    """Set whether those who are closely guarded must have a second factor; called once at start-up."""
    global _is_demanded
    _is_demanded = is_demanded


def is_demanded() -> bool:
    """Whether those who are closely guarded must have a second factor."""
    return _is_demanded


def has_any(user_pk: int) -> bool:
    """Whether a person is asked for a second factor."""
    wanted = select(SecondFactor.id).where(SecondFactor.user_id == user_pk, SecondFactor.confirmed_at.is_not(None))
    return db.session.scalar(wanted.limit(1)) is not None


def list_of(user_pk: int) -> list[SecondFactor]:
    """A person's second factors, oldest first."""
    wanted = select(SecondFactor).where(SecondFactor.user_id == user_pk, SecondFactor.confirmed_at.is_not(None))
    return list(db.session.scalars(wanted.order_by(SecondFactor.id)))


def count_recovery_codes(user_pk: int) -> int:
    """How many recovery codes a person has left."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_pk, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def check_proved() -> None:
    """NotProved unless the person has just shown who they are; the first factor is added right after signing in."""
    actor = current_actor()
    if not actor.is_proved:
        raise NotProved("Show first that it is you.")


@needs(Permission.ACCOUNT_OWN)
def begin_app() -> SecondFactor:
    """Make a new authenticator app's seed; it counts for nothing until a code of it was typed."""
    check_proved()
    actor = current_actor()
    check_room(actor.user_pk or 0)
    unfinished = select(SecondFactor).where(SecondFactor.user_id == actor.user_pk, SecondFactor.confirmed_at.is_(None))
    for left in db.session.scalars(unfinished):
        db.session.delete(left)
    factor = SecondFactor(
        user_id=actor.user_pk,
        organisation_id=actor.organisation_id,
        kind="totp",
        name="Authenticator app",
        made_at=clock.now(),
        sealed_seed=sealing.seal(pyotp.random_base32()),
    )
    db.session.add(factor)
    db.session.flush()
    return factor


def check_room(user_pk: int) -> None:
    """RuleBroken when a person has as many second factors as anybody needs."""
    if len(list_of(user_pk)) >= MOST_FACTORS:
        raise RuleBroken(f"You have {MOST_FACTORS} second factors, which is the most. Remove one first.")


def find_unfinished() -> SecondFactor | None:
    """The actor's own app that waits for its first code, or None."""
    wanted = select(SecondFactor).where(
        SecondFactor.user_id == current_actor().user_pk,
        SecondFactor.kind == "totp",
        SecondFactor.confirmed_at.is_(None),
    )
    return db.session.scalar(wanted.order_by(SecondFactor.id.desc()).limit(1))


def seed_of(factor: SecondFactor) -> str:
    """An app's seed; RuleBroken when it was sealed by another key."""
    seed = sealing.unseal(factor.sealed_seed or "")
    if seed is None:
        raise RuleBroken("This app can no longer be read here. Remove it and add it again.")
    return seed


def address_of(seed: str, user_id: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(seed).provisioning_uri(name=user_id, issuer_name=ISSUER)


@needs(Permission.ACCOUNT_OWN)
def confirm_app(code: str, name: str) -> list[str]:
    """Take an app into use by its first code; with the first factor come recovery codes, which are returned."""
    check_proved()
    factor = find_unfinished()
    if factor is None:
        raise NotFound("There is no app to be added.")
    step = _matching_step(seed_of(factor), code)
    if step is None:
        raise RuleBroken(WRONG_CODE, field="code")
    factor.last_step, factor.confirmed_at, factor.name = step, clock.now(), name.strip()[:60] or factor.name
    return tell_of_new(factor)


def tell_of_new(factor: SecondFactor) -> list[str]:
    """Write down that a factor was added, tell its owner, and make recovery codes beside the first one; part of it."""
    user = db.session.get_one(User, factor.user_id)
    audit.record("second_factor:add", user, after={"kind": factor.kind, "name": factor.name})
    mail.post(MailKind.SECOND_FACTOR_CHANGED, to=user, at=clock.now())
    return _make_recovery_codes(user) if len(list_of(user.id)) == 1 else []


def get_own(pk: int) -> SecondFactor:
    """One of the actor's own second factors; NotFound otherwise."""
    factor = db.session.get(SecondFactor, pk)
    if factor is None or factor.user_id != current_actor().user_pk or factor.confirmed_at is None:
        raise NotFound("There is no such second factor.")
    return factor


@needs(Permission.ACCOUNT_OWN)
def remove(pk: int) -> str:
    """Remove one of one's own second factors; its name."""
    check_proved()
    factor = get_own(pk)
    user = db.session.get_one(User, factor.user_id)
    name = factor.name
    db.session.delete(factor)
    db.session.flush()
    if not has_any(user.id):
        _drop_recovery_codes(user.id)
    audit.record("second_factor:remove", user, before={"name": name})
    mail.post(MailKind.SECOND_FACTOR_CHANGED, to=user, at=clock.now())
    return name


def drop_all(user_pk: int) -> list[str]:
    """Remove a person's second factors and recovery codes; their names. Part of verbs that say whether they may."""
    factors = list_of(user_pk)
    for factor in factors:
        db.session.delete(factor)
    _drop_recovery_codes(user_pk)
    return [factor.name for factor in factors]


@needs(Permission.USER_CHANGE)
def forget_all(user: User, *, reason: str = "") -> bool:
    """Take away a person's second factors and recovery codes, for they have lost them; False when there were none."""
    names = drop_all(user.id)
    if not names:
        return False
    audit.record("second_factor:forget", user, before={"names": names}, reason=reason)
    mail.post(MailKind.SECOND_FACTOR_CHANGED, to=user, at=clock.now())
    return True


@needs(Permission.ACCOUNT_OWN)
def make_recovery_codes() -> list[str]:
    """New recovery codes in place of all earlier ones; shown only now."""
    check_proved()
    user = db.session.get_one(User, current_actor().user_pk)
    if not has_any(user.id):
        raise RuleBroken("Add a second factor first. Recovery codes stand in for it.")
    codes = _make_recovery_codes(user)
    audit.record("recovery_code:make", user)
    return codes


def _make_recovery_codes(user: User) -> list[str]:
    _drop_recovery_codes(user.id)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        db.session.add(
            RecoveryCode(
                user_id=user.id,
                organisation_id=user.organisation_id,
                code_hash=sealing.keyed_hash(code),
                made_at=clock.now(),
            )
        )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _drop_recovery_codes(user_pk: int) -> None:
    for code in db.session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user_pk)):
        db.session.delete(code)
    db.session.flush()


def check_code(user_pk: int, code: str) -> Answer:
    """Whether this is a fresh code of one of a person's apps; a right code is used up by that, for all processes."""
    answer = Answer.WRONG
    for factor in list_of(user_pk):
        seed = sealing.unseal(factor.sealed_seed or "") if factor.kind == "totp" else None
        step = _matching_step(seed, code) if seed else None
        if step is None:
            continue
        # A clock that was put back shows old steps again: those were used.
        is_newer = factor.last_step is None or step > factor.last_step
        if is_newer and compare_and_set(
            factor, {"last_step": factor.last_step}, {"last_step": step, "last_used_at": clock.now()}
        ):
            return Answer.RIGHT
        answer = Answer.USED
    return answer


def _matching_step(seed: str, code: str) -> int | None:
    """The time step whose code this is; each step is compared, so that the time taken tells nothing."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    now, generator = int(clock.now().timestamp()) // STEP_SECONDS, pyotp.HOTP(seed)
    matching = [now + drift for drift in DRIFT if hmac.compare_digest(generator.at(now + drift), digits)]
    return max(matching, default=None)


def use_recovery_code(user_pk: int, code: str) -> bool:
    """Whether this is one of a person's recovery codes that was not used yet; it is used up by that."""
    plain = re.sub(r"[\s\-]", "", code).lower()
    if not re.fullmatch(r"[a-z0-9]{10}", plain):
        return False
    wanted = select(RecoveryCode).where(
        RecoveryCode.user_id == user_pk, RecoveryCode.code_hash == sealing.keyed_hash(plain)
    )
    found: Any = db.session.scalar(wanted)
    now: datetime = clock.now()
    return found is not None and compare_and_set(found, {"used_at": None}, {"used_at": now})
