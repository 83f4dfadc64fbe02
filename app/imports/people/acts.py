"""Doing what the rows of a file ask for: each by the verb that does it on screen, so that every rule holds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.approvals import MANY, Act
from app.domain.errors import DomainError, NotFound, RuleBroken
from app.domain.people_sheet import (
    DELETE,
    DISABLE,
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
from app.domain.service import KEEPER_ROLES
from app.domain.spans import Span
from app.extensions import db
from app.models import User
from app.services import access_rules, approvals, grants, people, people_bulk
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


DISABLE_FIRST = (
    "Deleting several people who can sign in needs what disabling them needs. Disable them first, by this file or on "
    "their pages; once that is approved, delete them."
)


class Outcome(NamedTuple):
    """What became of a row: refused, asked for approval of, or done; and what is worth knowing of it."""

    refusal: DomainError | None = None
    is_asked: bool = False
    warning: str = ""


def _among(user_ids: Iterable[str], organisation_id: int) -> Any:
    """The keys of these people of an organisation, deleted ones left out."""
    wanted = select(User.id).where(User.user_id.in_(list(user_ids)))
    return wanted.where(User.organisation_id == organisation_id, User.deleted_at.is_(None))


def _create(row: Asked) -> Any:
    values = {"user_id": row.answers[USER_ID], "name": row.answers[NAME], "email": row.answers[EMAIL]}
    user = people.create_user(values, organisation_id=row.organisation_id)
    made: list[Any] = [user]
    for service in row.all_of(SERVICE):
        made.append(grants.grant_service(user.id, service, row.span, reason=row.reason))
    for role in row.all_of(ROLE):
        made.append(grants.grant_role(user.id, role, row.span, reason=row.reason))
    return next((one for one in made if not isinstance(one, User)), user)


def _change(row: Asked) -> User:
    user = row.person()
    values = {"name": row.answers.get(NAME, user.name), "email": row.answers.get(EMAIL, user.email)}
    return people.change_profile(user.id, values, version=user.version)


_VERBS: dict[str, Callable[[Asked], Any]] = {
    "create": _create,
    "change": _change,
    "give-service": lambda row: grants.grant_service(
        row.person().id, row.answers[SERVICE], row.span, reason=row.reason
    ),
    "withdraw-service": lambda row: grants.withdraw_service(row.person().id, row.answers[SERVICE], reason=row.reason),
    "give-role": lambda row: grants.grant_role(row.person().id, row.answers[ROLE], row.span, reason=row.reason),
    "withdraw-role": lambda row: grants.withdraw_role(row.person().id, row.answers[ROLE], reason=row.reason),
    "enable": lambda row: people.enable_user(row.person().id, reason=row.reason),
    "delete": lambda row: people.delete_user(row.person().id, successor_id=row.successor_id(), reason=row.reason),
}


def do_rows(drafts: Sequence[Draft], organisation_id: int) -> list[Outcome]:
    """Do the rows in this transaction, one after the other, and last those that disable people, as one act.

    A row that is refused leaves nothing behind. All who are meant are locked before the first row, in the order in
    which everybody locks people.
    """
    meant = [draft.answers[code] for draft in drafts for code in (USER_ID, SUCCESSOR) if code in draft.answers]
    access_rules.lock_people(db.session.scalars(_among(meant, organisation_id)).all())
    rows = [(draft.type_code, Asked(draft.answers, organisation_id)) for draft in drafts]
    kept_back = _kept_back({place: row for place, (act, row) in enumerate(rows) if act == DELETE})
    outcomes = {
        place: Outcome(RuleBroken(DISABLE_FIRST, field="user_id")) if place in kept_back else _do(act, row)
        for place, (act, row) in enumerate(rows)
        if act != DISABLE
    }
    outcomes |= _disable({place: row for place, (act, row) in enumerate(rows) if act == DISABLE})
    return [outcomes[place] for place in range(len(rows))]


def _kept_back(rows: Mapping[int, Asked]) -> set[int]:
    """Which of those who are to be deleted have to be disabled first, for deleting goes further than that."""
    if len(rows) < MANY:
        return set()
    organisation_id = next(iter(rows.values())).organisation_id
    if not approvals.is_needed(Act.BULK_DISABLE, organisation_id, None, ()):
        return set()
    active = select(User.user_id).where(User.organisation_id == organisation_id, User.is_active)
    meant = {row.answers[USER_ID]: place for place, row in rows.items()}
    found = db.session.scalars(active.where(User.user_id.in_(meant))).all()
    return {meant[user_id] for user_id in found} if len(found) >= MANY else set()


def _do(act: str, row: Asked) -> Outcome:
    try:
        with db.session.begin_nested():
            warning = _warn(row) if act == DELETE else ""
            made = _VERBS[act](row)
    except DomainError as refusal:
        return Outcome(refusal)
    # A verb that may not do it at once gives back the request it made instead of the person.
    return Outcome(None, not isinstance(made, User), warning)


def _disable(rows: Mapping[int, Asked]) -> dict[int, Outcome]:
    """Disable people by the verb for several, so that what needs approval of several needs it here; by place."""
    outcomes: dict[int, Outcome] = {}
    found: dict[int, tuple[User, str]] = {}
    for place, row in rows.items():
        try:
            found[place] = (row.person(), _warn(row))
        except DomainError as refusal:
            outcomes[place] = Outcome(refusal)
    if not found:
        return outcomes
    versions = {user.id: user.version for user, _ in found.values()}
    reason = rows[next(iter(found))].reason
    try:
        with db.session.begin_nested():
            done = people_bulk.change_many(versions, DISABLE, people_bulk.Asked("", None, reason))
    except DomainError as refusal:
        return outcomes | dict.fromkeys(found, Outcome(refusal))
    left = {name: RuleBroken(why) for name, why in done.left}
    for place, (user, warning) in found.items():
        refusal_of_one = left.get(str(user))
        outcomes[place] = Outcome(refusal_of_one, refusal_of_one is None and user.is_active, warning)
    return outcomes


def _warn(row: Asked) -> str:
    """What the screen warns of before an organisation is left with a single keeper."""
    user = row.person()
    if not any(grant.role in KEEPER_ROLES for grant in user.grants):
        return ""
    return access_rules.check_manage(current_actor(), user, access_rules.SHUTS_OUT)
