"""What a person holds, as their page shows it: a line for each service and each role."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain import clock
from app.domain.roles import Role
from app.domain.service import GIVEN_TO_EVERYONE, SERVICE_OF, Service
from app.domain.spans import Span
from app.models import Grant, ServiceGrant, User
from app.services.grants import find_service

IN_FORCE = "In force"


@dataclass(frozen=True)
class Holding:
    """A service or a role with its days, and how it stands today; `note` says more, and `colour` is of the word."""

    value: str
    label: str
    starts_on: date
    ends_on: date | None
    granted_by: str
    reason: str
    state: str
    colour: str
    note: str
    may_change: bool


def list_holdings(
    user: User, held: Iterable[Grant | ServiceGrant], changeable: set[Service] | set[Role]
) -> list[Holding]:
    """A line for each grant, in the order of the tables."""
    lines = [_holding(user, grant, changeable) for grant in held]
    order = [*map(str, Service), *map(str, Role)]
    return sorted(lines, key=lambda line: order.index(line.value))


def _holding(user: User, grant: Grant | ServiceGrant, changeable: set[Service] | set[Role]) -> Holding:
    access = Service(grant.service) if isinstance(grant, ServiceGrant) else Role(grant.role)
    state, colour = _state(grant)
    note = ""
    if isinstance(access, Role) and SERVICE_OF[access] is not GIVEN_TO_EVERYONE:
        service = find_service(user, SERVICE_OF[access])
        note = f"Within {SERVICE_OF[access].label}"
        if state == IN_FORCE and (service is None or _state(service)[0] != IN_FORCE):
            state, colour = "Not in force", " cms-tag-warn"
            note = f"{SERVICE_OF[access].label} is not given today"
    return Holding(
        access.value, access.label, grant.starts_on, grant.ends_on, grant.granted_by, grant.reason, state, colour,
        note, access in changeable,
    )  # fmt: skip


def _state(grant: Grant | ServiceGrant) -> tuple[str, str]:
    today = clock.today()
    if Span(grant.starts_on, grant.ends_on).holds(today):
        return IN_FORCE, " cms-tag-good"
    return ("To come", "") if grant.starts_on > today else ("Ended", "")
