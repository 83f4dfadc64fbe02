"""What anybody may read about the service, signed in or not.

Asked by the service itself, for there may be no actor, and of tables that belong to no organisation; of anything
else only a yes or no leaves this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError

from app.access.actor import SYSTEM, acting_as
from app.access.tenancy import unscoped
from app.domain import clock
from app.domain.errors import NotFound
from app.domain.item import Item
from app.extensions import db
from app.models import ContactType, Job, OrganisationKind
from app.models.connections import reading
from app.models.contact_type import FIRST_WORKERS
from app.services.contact_types import WHOLE_TYPES, with_code
from app.services.definition import define

# A job is begun within seconds; one that nobody has begun for so long says that no worker is there.
LONGEST_WAIT = timedelta(minutes=2)


class AskedItem(NamedTuple):
    """A data item of a contact type, and whether it is no longer asked for."""

    item: Item
    is_retired: bool


@dataclass(frozen=True)
class TypeFacts:
    """A contact type as anybody may read it: `raisers` by the names of their kinds, `targets` as (days, percentage)."""

    code: str
    name: str
    family: str
    guidance: str
    first_worker: str
    raisers: tuple[str, ...]
    targets: tuple[tuple[int, int], ...]
    due_days: int
    starts_on: date
    ends_on: date | None
    is_current: bool
    items: tuple[AskedItem, ...]


class Health(NamedTuple):
    """Which parts of the service answer; None where it cannot be told."""

    has_database: bool
    has_worker: bool | None


@contextmanager
def _as_the_service() -> Iterator[None]:
    with acting_as(SYSTEM), reading():
        yield


def list_types() -> list[TypeFacts]:
    """Every contact type, retired ones included, by code."""
    return _list_facts(WHOLE_TYPES)


def _list_facts(wanted: Select[Any]) -> list[TypeFacts]:
    with _as_the_service():
        kinds = {kind.code: kind.name for kind in unscoped(select(OrganisationKind)).scalars()}
        return [_facts(contact_type, kinds) for contact_type in unscoped(wanted).scalars()]


def get_type(code: str) -> TypeFacts:
    """One type by its code, whatever its case; NotFound when there is none."""
    found = _list_facts(with_code(code))
    if not found:
        raise NotFound("There is no such contact type.")
    return found[0]


def _facts(contact_type: ContactType, kinds: dict[str, str]) -> TypeFacts:
    today = clock.today()
    definition = define(contact_type, today)
    return TypeFacts(
        code=definition.code,
        name=definition.name,
        family=definition.family,
        guidance=definition.guidance,
        first_worker=dict(FIRST_WORKERS).get(contact_type.first_worker, contact_type.first_worker),
        raisers=tuple(sorted(kinds.get(kind, kind) for kind in definition.raisers)),
        targets=tuple((target.days, target.percentage) for target in contact_type.targets),
        due_days=definition.due_days,
        starts_on=contact_type.starts_on,
        ends_on=contact_type.ends_on,
        is_current=definition.is_current,
        items=tuple(
            AskedItem(item.as_item(), is_retired=not item.is_asked_on(today))
            for item in contact_type.items
            if item.starts_on <= today
        ),
    )


def look_at_health() -> Health:
    """Whether the database answers, and whether jobs are being begun."""
    now = clock.now()
    stuck = or_(
        (Job.state == "ready") & (Job.run_after < now - LONGEST_WAIT),
        (Job.state == "running") & (Job.lease_until < now - LONGEST_WAIT),
    )
    try:
        with _as_the_service():
            is_stuck = db.session.scalar(select(Job.id).where(stuck).limit(1)) is not None
    except SQLAlchemyError:
        return Health(has_database=False, has_worker=None)
    return Health(has_database=True, has_worker=not is_stuck)
