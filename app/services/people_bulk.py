"""The same done to many people: each by the verb that does it to one, so that every rule holds for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from app.access.actor import needs
from app.domain.errors import DomainError, NotFound, RuleBroken
from app.domain.reasons import read_reason
from app.domain.roles import Permission
from app.domain.spans import Span
from app.extensions import db
from app.models import User
from app.services import access_rules, grants, people

MOST_AT_ONCE = 200


class Outcome(NamedTuple):
    """How many were changed, and who was left as they were, with the reason."""

    done: int
    left: list[tuple[str, str]]


class Asked(NamedTuple):
    """What a change of many needs besides the people: a service or role, its days, and why."""

    access: str
    span: Span | None
    reason: str


def _give_role(pk: int, version: int, asked: Asked) -> User:
    if asked.span is None:
        raise RuleBroken("Enter the first day.", field="starts_on")
    return grants.grant_role(pk, asked.access, asked.span, reason=asked.reason, version=version)


CHANGES: dict[str, Callable[[int, int, Asked], User]] = {
    "disable": lambda pk, version, asked: people.disable_user(pk, reason=asked.reason, version=version),
    "enable": lambda pk, version, asked: people.enable_user(pk, reason=asked.reason, version=version),
    "withdraw-service": lambda pk, version, asked: grants.withdraw_service(
        pk, asked.access, reason=asked.reason, version=version
    ),
    "give-role": _give_role,
}


def find_people(pks: Sequence[int]) -> list[User]:
    """People within reach, by name; NotFound when one of them is unknown or another organisation's."""
    found = list(db.session.scalars(select(User).where(User.id.in_(pks)).order_by(User.name, User.id)))
    if len(found) != len(set(pks)):
        raise NotFound(access_rules.GONE)
    return found


@needs(Permission.USER_CHANGE)
def change_many(versions: Mapping[int, int], change: str, asked: Asked) -> Outcome:
    """Make one change to people as they were seen, version by key, in this transaction.

    All are within reach, or NotFound and none is changed. Whoever may not be changed, or was meanwhile, stays.
    """
    if change not in CHANGES:
        raise NotFound("There is no such action for several people.")
    if len(versions) > MOST_AT_ONCE:
        raise RuleBroken(f"Choose {MOST_AT_ONCE} people at most.")
    read_reason(asked.reason)
    found = find_people(list(versions))
    access_rules.lock_people(versions)
    done, left = 0, []
    for user in found:
        name = str(user)
        try:
            CHANGES[change](user.id, versions[user.id], asked)
            done += 1
        except DomainError as refusal:
            left.append((name, refusal.message))
    return Outcome(done, left)
