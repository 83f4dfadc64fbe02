"""Doing what the rows of a file ask for: each by the verb that does it on screen, so that every rule holds."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import DomainError, NotFound, RuleBroken
from app.domain.service import KEEPER_ROLES
from app.domain.spans import Span
from app.extensions import db
from app.imports.people.columns import (
    EMAIL,
    FIRST_DAY,
    LAST_DAY,
    NAME,
    REASON,
    ROLE,
    SEPARATOR,
    SERVICE,
    SUCCESSOR,
    USER_ID,
)
from app.models import User
from app.services import access_rules, grants, people
from app.services.drafts import Draft


class Asked(NamedTuple):
    """One row: its answers by column, and whose person it is about."""

    answers: dict[str, str]
    organisation_id: int

    @property
    def reason(self) -> str:
        """Why; verbs refuse it where there is none."""
        return self.answers.get(REASON, "")

    @property
    def span(self) -> Span:
        """From when to when; without a first day from the day it is done."""
        first, last = self.answers.get(FIRST_DAY), self.answers.get(LAST_DAY)
        return Span(date.fromisoformat(first) if first else clock.today(), date.fromisoformat(last) if last else None)

    def all_of(self, code: str) -> list[str]:
        """Every choice of a column that may hold several."""
        return [one for one in self.answers.get(code, "").split(SEPARATOR) if one]

    def person(self) -> User:
        """Who is meant, locked; the same NotFound for nobody and for somebody of another organisation."""
        wanted = _among([self.answers[USER_ID]], self.organisation_id)
        pk = db.session.scalar(wanted)
        if pk is None:
            raise NotFound(access_rules.GONE, field="user_id")
        return access_rules.take(pk)

    def successor_id(self) -> int | None:
        """Who takes over, if somebody is named."""
        if SUCCESSOR not in self.answers:
            return None
        pk = db.session.scalar(_among([self.answers[SUCCESSOR]], self.organisation_id))
        if pk is None:
            raise RuleBroken("Choose somebody of the same organisation who can sign in.", field="successor")
        return pk


class Outcome(NamedTuple):
    """What became of a row: refused, or done, with what is worth knowing of it."""

    refusal: DomainError | None = None
    warning: str = ""


def _among(user_ids: Iterable[str], organisation_id: int) -> Any:
    """The keys of these people of an organisation, deleted ones left out."""
    wanted = select(User.id).where(User.user_id.in_([one.strip().upper() for one in user_ids]))
    return wanted.where(User.organisation_id == organisation_id, User.deleted_at.is_(None))


def _create(row: Asked) -> None:
    values = {"user_id": row.answers[USER_ID], "name": row.answers[NAME], "email": row.answers[EMAIL]}
    user = people.create_user(values, organisation_id=row.organisation_id)
    for service in row.all_of(SERVICE):
        grants.grant_service(user.id, service, row.span, reason=row.reason)
    for role in row.all_of(ROLE):
        grants.grant_role(user.id, role, row.span, reason=row.reason)


def _change(row: Asked) -> None:
    user = row.person()
    values = {"name": row.answers.get(NAME, user.name), "email": row.answers.get(EMAIL, user.email)}
    people.change_profile(user.id, values, version=user.version)


_VERBS: dict[str, Callable[[Asked], Any]] = {
    "create": _create,
    "change": _change,
    "give-service": lambda row: grants.grant_service(
        row.person().id, row.answers[SERVICE], row.span, reason=row.reason
    ),
    "withdraw-service": lambda row: grants.withdraw_service(row.person().id, row.answers[SERVICE], reason=row.reason),
    "give-role": lambda row: grants.grant_role(row.person().id, row.answers[ROLE], row.span, reason=row.reason),
    "withdraw-role": lambda row: grants.withdraw_role(row.person().id, row.answers[ROLE], reason=row.reason),
    "disable": lambda row: people.disable_user(row.person().id, reason=row.reason),
    "enable": lambda row: people.enable_user(row.person().id, reason=row.reason),
    "delete": lambda row: people.delete_user(row.person().id, successor_id=row.successor_id(), reason=row.reason),
}
_SHUTS_OUT = ("disable", "delete")


def do_rows(drafts: Sequence[Draft], organisation_id: int) -> list[Outcome]:
    """Do the rows one after the other in this transaction; one that is refused leaves nothing behind.

    All who are meant are locked before the first row, in the order in which everybody locks people.
    """
    meant = [draft.answers[code] for draft in drafts for code in (USER_ID, SUCCESSOR) if code in draft.answers]
    access_rules.lock_people(db.session.scalars(_among(meant, organisation_id)).all())
    return [_do(draft.type_code, Asked(draft.answers, organisation_id)) for draft in drafts]


def _do(act: str, row: Asked) -> Outcome:
    try:
        with db.session.begin_nested():
            warning = _warn(row) if act in _SHUTS_OUT else ""
            _VERBS[act](row)
    except DomainError as refusal:
        return Outcome(refusal)
    return Outcome(warning=warning)


def _warn(row: Asked) -> str:
    """What the screen warns of before an organisation is left with a single keeper."""
    user = row.person()
    if not any(grant.role in KEEPER_ROLES for grant in user.grants):
        return ""
    return access_rules.check_manage(current_actor(), user, access_rules.SHUTS_OUT)
