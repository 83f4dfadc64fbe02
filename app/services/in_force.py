"""Which roles count on a day: the one condition that every query about roles uses."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select

from app.domain.service import GIVEN_TO_EVERYONE, SERVICE_OF
from app.models import Grant, ServiceGrant

_SERVICE = case({role.value: service.value for role, service in SERVICE_OF.items()}, value=Grant.role)


def is_in_date(grant: Any, day: date) -> ColumnElement[bool]:
    """Whether a grant of a role or of a service holds on that day by its own dates."""
    return (grant.starts_on <= day) & or_(grant.ends_on.is_(None), grant.ends_on >= day)


def counts_on(day: date) -> ColumnElement[bool]:
    """Whether a `Grant` counts on that day: it is in date, and so is its service, which Access Control always is."""
    given = select(ServiceGrant.id).where(
        ServiceGrant.user_id == Grant.user_id, ServiceGrant.service == _SERVICE, is_in_date(ServiceGrant, day)
    )
    always = [role.value for role, service in SERVICE_OF.items() if service is GIVEN_TO_EVERYONE]
    return is_in_date(Grant, day) & or_(Grant.role.in_(always), given.exists())
