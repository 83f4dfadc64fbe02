"""People who were disabled or deleted: when, by whom, why, and what they still have in hand."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import with_expression

from app.domain.errors import RuleBroken
from app.models import Organisation, User
from app.services import open_work
from app.services.people_list import called, of_organisation
from app.services.sorting import Sort

STATE_FILTERS = (("disabled", "Disabled"), ("deleted", "Deleted"), ("work", "With open work"))
SORTS: dict[str, Sort] = {
    "latest": Sort("Left last first", User.disabled_at, True),
    "earliest": Sort("Left first first", User.disabled_at),
    "name": Sort("By name", User.name),
    "name-last": Sort("By name, last first", User.name, True),
}


def select_leavers(wanted: Mapping[str, str]) -> Select[Any]:
    """Leavers within reach who meet the filters, not yet ordered: state, organisation (short code), q.

    RuleBroken, naming the filter in `field`, for a value that means nothing.
    """
    statement = select(User).where(User.is_active.is_(False), User.disabled_at.is_not(None))
    for name, value in wanted.items():
        if value:
            statement = statement.where(_FILTERS[name](value))
    return statement


def with_work(statement: Select[Any]) -> Select[Any]:
    """The same with each one's organisation and open work."""
    organisation = select(Organisation.name).where(Organisation.id == User.organisation_id)
    return statement.options(
        with_expression(User.organisation_name, organisation.correlate(User).scalar_subquery()),
        with_expression(User.open_contacts, open_work.CONTACTS),
        with_expression(User.open_jobs, open_work.JOBS),
    )


def state_words(is_deleted: Any) -> str:
    """How somebody left."""
    return "Deleted" if is_deleted else "Disabled"


def work_words(contacts: int | None, jobs: int | None) -> str:
    """What somebody still has in hand, or ""."""
    counted = ((contacts or 0, "open contact"), (jobs or 0, "unfinished job"))
    return ", ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in counted if count)


def _state(value: str) -> ColumnElement[bool]:
    meanings: dict[str, ColumnElement[bool]] = {
        "disabled": User.deleted_at.is_(None),
        "deleted": User.deleted_at.is_not(None),
        "work": or_(open_work.CONTACTS > 0, open_work.JOBS > 0),
    }
    if value not in meanings:
        raise RuleBroken(f"There is no state “{value[:40]}”.", field="state")
    return meanings[value]


_FILTERS = {"state": _state, "organisation": of_organisation, "q": called}
