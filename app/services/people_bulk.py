"""The same done to many people: each by the verb that does it to one, so that every rule holds for each."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from app.access.actor import needs
from app.domain.approvals import MANY, Act, act_of
from app.domain.errors import DomainError, NotFound, RuleBroken
from app.domain.reasons import read_reason
from app.domain.roles import Permission, Role
from app.domain.spans import Span
from app.extensions import db
from app.models import Approval, User
from app.services import access_rules, approvals, grants, people

MOST_AT_ONCE = 200


class Outcome(NamedTuple):
    """How many were changed, who was left as they were, with the reason, and what waits for approval."""

    done: int
    left: list[tuple[str, str]]
    asked: Sequence[Approval] = ()


class Asked(NamedTuple):
    """What a change of many needs besides the people: a service or role, its days, and why."""

    access: str
    span: Span | None
    reason: str


def _span(asked: Asked) -> Span:
    if asked.span is None:
        raise RuleBroken("Enter the first day.", field="starts_on")
    return asked.span


CHANGES: dict[str, Callable[[int, int, Asked], User | Approval]] = {
    "disable": lambda pk, version, asked: people.disable_user(pk, reason=asked.reason, version=version),
    "enable": lambda pk, version, asked: people.enable_user(pk, reason=asked.reason, version=version),
    "withdraw-service": lambda pk, version, asked: grants.withdraw_service(
        pk, asked.access, reason=asked.reason, version=version
    ),
    "give-role": lambda pk, version, asked: grants.grant_role(
        pk, asked.access, _span(asked), reason=asked.reason, version=version
    ),
}


def find_people(pks: Sequence[int]) -> list[User]:
    """People within reach, by name; NotFound when one of them is unknown or another organisation's."""
    found = list(db.session.scalars(select(User).where(User.id.in_(pks)).order_by(User.name, User.id)))
    if len(found) != len(set(pks)):
        raise NotFound(access_rules.GONE)
    return found


@needs(Permission.USER_CHANGE)
def change_many(versions: Mapping[int, int], change: str, asked: Asked) -> Outcome:
    """Make one change to people as they were seen, version by key, in this transaction; or ask for approval of it.

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
    waiting, requests = _ask_first(found, versions, change, asked)
    for user in found:
        if user.id in waiting:
            continue
        name = str(user)
        try:
            made = CHANGES[change](user.id, versions[user.id], asked)
            if isinstance(made, Approval):
                requests.append(made)
            else:
                done += 1
        except DomainError as refusal:
            left.append((name, refusal.message))
    return Outcome(done, left, requests)


def _ask_first(
    found: list[User], versions: Mapping[int, int], change: str, asked: Asked
) -> tuple[set[int], list[Approval]]:
    """Ask for what needs approval, one request for each organisation; whom it is about, and the requests."""
    if change not in ("disable", "give-role") or approvals.is_exempt():
        return set(), []
    by_organisation: dict[tuple[int, Act], list[User]] = defaultdict(list)
    for user in found:
        act = _act_on(user, versions[user.id], change, asked)
        if act is not None and approvals.is_needed(act, user.organisation_id, None, [user.id]):
            by_organisation[user.organisation_id, act].append(user)
    if change == "disable" and sum(map(len, by_organisation.values())) < MANY:
        return set(), []
    role = Role(asked.access) if change == "give-role" and by_organisation else None
    span = asked.span if role is not None else None
    waiting, requests = set[int](), []
    for (organisation_id, act), users in sorted(by_organisation.items()):
        requests.append(approvals.ask(act, organisation_id, users, read_reason(asked.reason), role, span))
        waiting |= {user.id for user in users}
    return waiting, requests


def _act_on(user: User, version: int, change: str, asked: Asked) -> Act | None:
    """What may need approval of this change of a person; None also where it will be refused."""
    try:
        if change == "disable":
            people.check_disabling(user.id, version=version)
            return Act.BULK_DISABLE
        if asked.access not in set(Role) or act_of(Role(asked.access)) is None:
            return None
        checked, act = grants.check_role(user.id, asked.access, _span(asked), version=version)
        approvals.check_not_waiting(checked, Role(asked.access))
        return act
    except DomainError:
        return None
