"""What counts on a day: the one condition that every query about roles, and about other dated rows, uses."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, case, literal_column, or_, select

from app.domain.roles import Role
from app.domain.service import GIVEN_TO_EVERYONE, SERVICE_OF
from app.models import Grant, ServiceGrant


def _word(one: StrEnum) -> ColumnElement[str]:
    """One of our own fixed words, in the text of a statement: a parameter is sent, and looked at, each time anew."""
    return literal_column(f"'{one.value}'", String)


_SERVICE = case(*((_word(role), _word(service)) for role, service in SERVICE_OF.items()), value=Grant.role)
_IS_ALWAYS_GIVEN = Grant.role.in_([_word(role) for role in SERVICE_OF if SERVICE_OF[role] is GIVEN_TO_EVERYONE])


def is_in_date(dated: Any, day: date) -> ColumnElement[bool]:
    """Whether a row, such as the grant of a role, holds on that day by its own first and last day."""
    return (dated.starts_on <= day) & or_(dated.ends_on.is_(None), dated.ends_on >= day)


def counts_on(day: date) -> ColumnElement[bool]:
    """Whether a `Grant` counts on that day: it is in date, and so is its service, which Access Control always is."""
    return is_in_date(Grant, day) & or_(_IS_ALWAYS_GIVEN, _is_given(_SERVICE, day))


def role_counts_on(role: Role, day: date) -> ColumnElement[bool]:
    """The same of grants of one role, whose service need not be looked up row by row."""
    is_held, service = (Grant.role == role.value) & is_in_date(Grant, day), SERVICE_OF[role]
    return is_held if service is GIVEN_TO_EVERYONE else is_held & _is_given(service.value, day)


def _is_given(service: Any, day: date) -> ColumnElement[bool]:
    given = select(ServiceGrant.id).where(
        ServiceGrant.user_id == Grant.user_id, ServiceGrant.service == service, is_in_date(ServiceGrant, day)
    )
    return given.exists()
