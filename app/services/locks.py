"""Who has to wait before the next try: counted in the database, so that it holds for all processes together.

A try is counted before it is looked at and given back when it was right, so no number of tries at once gets past
a limit. A browser that a person has signed in with before has a counter of its own, and no address counts for it: who
guesses at passwords from elsewhere keeps nobody out who works at their usual place. Waits end by themselves. A user ID
that does not exist is counted like one that does.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, delete, func, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.access.actor import SYSTEM, acting_as, needs
from app.access.tenancy import unscoped
from app.domain import clock
from app.domain.roles import Permission
from app.extensions import db
from app.models import SignInLimit, User
from app.models.base import UtcDateTime
from app.models.connections import reading
from app.services import audit

# Without a try for so long, all is forgotten.
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Rule:
    """How many tries are free, and how long one waits after each of those that follow; the last wait is repeated."""

    free: int
    waits: tuple[timedelta, ...]


_GROWING = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480, 960, 1800))
PASSWORD_TRIES = Rule(5, _GROWING)
ADDRESS_TRIES = Rule(50, _GROWING)
LINKS_ASKED = Rule(3, (timedelta(hours=1),))
LINKS_ASKED_FROM_ADDRESS = Rule(20, (timedelta(hours=1),))


class Subject(NamedTuple):
    """What is counted; `about` is the hash of a user ID whose LSO is shown the wait, or empty."""

    key: str
    about: str
    rule: Rule


class Try(NamedTuple):
    """A counted try; `begins_wait` says whether the next one has to wait."""

    begins_wait: bool


class State(NamedTuple):
    """How things stand for a person: failed tries of late, and until when they have to wait, if so."""

    failures: int
    until: datetime | None


def _hash(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def of_person(user_id: str, device: str = "") -> Subject:
    """Passwords typed for a user ID: in a browser known as that person's (`device`), or in all others together."""
    words = ("browser", user_id, device) if device else ("person", user_id)
    return Subject(_hash(*words), _hash(user_id), PASSWORD_TRIES)


def of_factor(user_id: str, device: str = "") -> Subject:
    """Second factors and repeated passwords of somebody whose password was right, told apart as for passwords."""
    return Subject(_hash("factor", user_id, device), _hash(user_id), PASSWORD_TRIES)


def of_address(address: str, purpose: str = "password", rule: Rule = ADDRESS_TRIES) -> Subject:
    """Tries from a network address; of IPv6 its /64, which is one household's."""
    try:
        parsed = ip_address(address)
        address = str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
    except ValueError:
        pass  # whatever stands in for an address is counted as it is
    return Subject(_hash("address", purpose, address), "", rule)


def of_asking(user_id: str) -> Subject:
    """Links for a new password asked for a user ID."""
    return Subject(_hash("asking", user_id), "", LINKS_ASKED)


# Whether somebody has to wait. The statements below are put together once: every sign-in and every list of people asks
# them, and to make one costs more than to ask it.
_IS_BLOCKED: ColumnElement[bool] = SignInLimit.blocked_until.between(bindparam("first_end"), bindparam("last_end"))


def _ends_of_waits(now: datetime) -> dict[str, datetime]:
    """A wait that ends later than the longest wait would is of a clock that was put back, and is none."""
    return {"first_end": now + timedelta(milliseconds=1), "last_end": now + timedelta(hours=2)}


_WAITING = (
    select(SignInLimit.id).where(SignInLimit.subject.in_(bindparam("keys", expanding=True)), _IS_BLOCKED).limit(1)
)


def take(*subjects: Subject) -> Try | None:
    """Count one try for each subject and commit; None, and nothing counted, when one of them has to wait."""
    now = clock.now()
    ends = _ends_of_waits(now)
    with acting_as(SYSTEM), reading():
        keys = [subject.key for subject in subjects]
        if db.session.execute(_WAITING, {"keys": keys, **ends}).first() is not None:
            return None
    with acting_as(SYSTEM):
        dialect = db.session.get_bind().dialect.name
        counted = []
        for subject in sorted(subjects):
            told = {"key": subject.key, "of": subject.about, "now": now, "since": now - FORGOTTEN_AFTER}
            told |= ends | dict(
                zip(_wait_names(subject.rule), (now + wait for wait in subject.rule.waits), strict=True)
            )
            counted.append(db.session.execute(_counting(subject.rule, dialect), told).first())
        if None in counted:
            db.session.rollback()
            return None
        db.session.commit()
    return Try(any(row is not None and row.blocked_until is not None for row in counted))


def _wait_names(rule: Rule) -> list[str]:
    """What the statement calls the ends of a rule's waits, in their order."""
    return [f"wait_{number}" for number in range(len(rule.waits))]


@cache
def _counting(rule: Rule, dialect: str) -> Any:
    """The statement that counts a try, unless there is a wait; whoever comes at the same moment is counted after it."""
    insert = {"postgresql": postgresql, "sqlite": sqlite}[dialect].insert
    now: Any = bindparam("now", type_=UtcDateTime())
    first = {"subject": bindparam("key"), "about": bindparam("of"), "failures": 1, "last_at": now}
    count = case((SignInLimit.last_at < bindparam("since"), 1), else_=SignInLimit.failures + 1)
    ends: list[Any] = [bindparam(name, type_=UtcDateTime()) for name in _wait_names(rule)]
    waits = [(count == rule.free + number, end) for number, end in enumerate(ends)]
    until = case((count < rule.free, null()), *waits, else_=ends[-1])
    return (
        # The table and not the model, for which parameters would be the columns of rows.
        insert(SignInLimit.__table__)
        .values(**first)
        .on_conflict_do_update(
            index_elements=[SignInLimit.subject],
            set_={"failures": count, "last_at": now, "blocked_until": until},
            where=~func.coalesce(_IS_BLOCKED, False),
        )
        .returning(SignInLimit.blocked_until)
    )


def forget(*subjects: Subject) -> None:
    """Begin anew, for the try was right; in the caller's transaction. Of an address only this one try is given back.

    Rows are taken in the order in which tries take them, so that nobody waits in a circle.
    """
    for subject in sorted(subjects):
        row = SignInLimit.subject == subject.key
        if subject.about:
            unscoped(delete(SignInLimit).where(row))
        else:
            fewer = {"failures": SignInLimit.failures - 1, "blocked_until": null()}
            unscoped(update(SignInLimit).where(row, SignInLimit.failures > 0).values(**fewer))
    _sweep()


def _sweep() -> None:
    """Drop what is long past, and leave to others what they hold."""
    past = select(SignInLimit.id).where(SignInLimit.last_at < clock.now() - FORGOTTEN_AFTER)
    unscoped(delete(SignInLimit).where(SignInLimit.id.in_(past.with_for_update(skip_locked=True))))


_STATES = (
    select(
        SignInLimit.about,
        func.sum(SignInLimit.failures),
        func.max(case((_IS_BLOCKED, SignInLimit.blocked_until), else_=null())),
    )
    .where(SignInLimit.about.in_(bindparam("abouts", expanding=True)), SignInLimit.last_at >= bindparam("since"))
    .group_by(SignInLimit.about)
)


def state_of(users: Iterable[User]) -> dict[int, State]:
    """How things stand for each of these people, by id, with one query; those without a failed try are left out."""
    now = clock.now()
    people = {_hash(user.user_id): user.id for user in users}
    asked = {"abouts": [*people], "since": now - FORGOTTEN_AFTER, **_ends_of_waits(now)}
    return {people[about]: State(int(failures), end) for about, failures, end in db.session.execute(_STATES, asked)}


def find_locked() -> list[int]:
    """Ids of the people within reach who have to wait now; there are few, whoever guesses."""
    blocked = select(SignInLimit.about).where(_IS_BLOCKED, SignInLimit.about != "")
    abouts = set(unscoped(blocked, _ends_of_waits(clock.now())).scalars())
    if not abouts:
        return []
    return [pk for pk, user_id in db.session.execute(select(User.id, User.user_id)) if _hash(user_id) in abouts]


@needs(Permission.USER_CHANGE)
def unlock(user: User) -> bool:
    """End a person's wait in every browser; False when there was nothing to end. Whether they are enabled stays."""
    found = unscoped(delete(SignInLimit).where(SignInLimit.about == _hash(user.user_id)))
    if not found.rowcount:
        return False
    audit.record("session:unlock", user)
    return True
