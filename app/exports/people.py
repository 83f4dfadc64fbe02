"""Exports of who has what: a line for each service and each role of the people a list shows."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from app.access.actor import Actor, acting_as, needs
from app.domain import clock
from app.domain.roles import Permission, Role
from app.domain.service import Service
from app.domain.spans import Span
from app.domain.table import Table, Value
from app.exports.lists import FORMATS
from app.exports.writer import write_csv, write_xlsx
from app.extensions import db
from app.models import Grant, Organisation, ServiceGrant, User
from app.models.connections import reading
from app.services import audit, people_list

_FETCH_ROWS = 1000
HEADINGS = (
    "Organisation", "User ID", "Name", "E-mail address", "State", "Last signed in", "Service or role", "Is called",
    "First day", "Last day", "In date today", "Given by", "Given at", "Reason",
)  # fmt: skip
_NAMES = {one.value: one.label for one in (*Service, *Role)}


@needs(Permission.USER_READ)
def record_people_export(filters: Mapping[str, str], sort: str, file_format: str) -> None:
    """Write down who takes away what of whom; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    people_list.select_people(filters)
    audit.record_export("user:export", {"filters": dict(filters), "sort": sort, "format": file_format})


def stream_people(actor: Actor, filters: Mapping[str, str], sort: str, file_format: str) -> Iterator[bytes]:
    """The file, piece by piece; recorded beforehand by `record_people_export`. Who holds nothing has a line as well."""
    with acting_as(actor), reading(one_moment=True):
        at = clock.now().astimezone(clock.LONDON)
        found = db.session.execute(_select(filters, sort).execution_options(yield_per=_FETCH_ROWS))
        top = (f"Who has what, as at {at.day} {at:%b %Y, %H:%M}",)
        table = Table(HEADINGS, (_line(row) for row in found))
        yield from write_csv(table, top) if file_format == "csv" else write_xlsx(table, top, "People")


def _select(filters: Mapping[str, str], sort: str) -> Select[Any]:
    shared = ("user_id", "starts_on", "ends_on", "granted_by", "granted_at", "reason")
    services = select(*(getattr(ServiceGrant, name) for name in shared), ServiceGrant.service.label("access"),
                      literal("Service").label("what"))  # fmt: skip
    roles = select(
        *(getattr(Grant, name) for name in shared), Grant.role.label("access"), literal("Role").label("what")
    )
    held = union_all(services, roles).subquery()
    statement = people_list.SORTS[sort].order(people_list.select_people(filters))
    statement = statement.join(Organisation, Organisation.id == User.organisation_id)
    return (
        statement.outerjoin(held, held.c.user_id == User.id)
        .order_by(held.c.what.desc(), held.c.access)
        .with_only_columns(
            Organisation.name.label("organisation"), User.user_id, User.name, User.email, User.is_active,
            User.deleted_at, User.last_signed_in_at, held.c.what, held.c.access, held.c.starts_on, held.c.ends_on,
            held.c.granted_by, held.c.granted_at, held.c.reason,
        )
    )  # fmt: skip


def _line(row: Any) -> list[Value]:
    state = "Deleted" if row.deleted_at else "Active" if row.is_active else "Disabled"
    person: list[Value] = [row.organisation, row.user_id, row.name, row.email, state, row.last_signed_in_at]
    if row.what is None:
        return [*person, "Nothing", "", None, None, "", "", None, ""]
    in_date = "Yes" if Span(row.starts_on, row.ends_on).holds(clock.today()) else "No"
    return [
        *person, row.what, _NAMES.get(row.access, row.access), row.starts_on, row.ends_on, in_date, row.granted_by,
        row.granted_at, row.reason,
    ]  # fmt: skip
