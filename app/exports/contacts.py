"""Exports of contacts: exactly the rows and order of a list."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from app.access.actor import Actor, acting_as, current_actor, needs
from app.domain import clock
from app.domain.lifecycle import HOLDERS, Status
from app.domain.roles import Permission
from app.domain.table import Table, Value
from app.exports.writer import XLSX, write_csv, write_xlsx
from app.extensions import db
from app.models import Contact, Organisation, User
from app.models.connections import reading
from app.services import audit, contact_list

FORMATS = {"csv": "text/csv", "xlsx": XLSX}
_WRITERS: dict[str, Callable[..., Iterator[bytes]]] = {"csv": write_csv, "xlsx": write_xlsx}
_FETCH_ROWS = 1000


@needs(Permission.CONTACT_EXPORT)
def record_export(filters: Mapping[str, str], sort: str, file_format: str) -> None:
    """Write down who takes what away; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    contact_list.select_contacts(filters, sort)
    user = db.session.get_one(User, current_actor().user_pk)
    audit.record("contact:export", user, after={"filters": dict(filters), "sort": sort, "format": file_format})


def stream(actor: Actor, filters: Mapping[str, str], sort: str, file_format: str) -> Iterator[bytes]:
    """The file, piece by piece, in memory that does not grow with the rows; recorded beforehand by `record_export`.

    Runs in a transaction of its own, so that count and rows are of one moment.
    """
    with acting_as(actor), reading():
        if db.session.get_bind().dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        chosen = contact_list.select_contacts(filters, sort)
        count = (
            db.session.scalar(select(func.count()).select_from(chosen.with_only_columns(Contact.id).subquery())) or 0
        )
        at = clock.now().astimezone(clock.LONDON)
        top = (f"Contacts as at {at.day} {at:%b %Y, %H:%M}, {count:,} row{'' if count == 1 else 's'}",)
        columns = [*_COLUMNS, *(_STAFF_COLUMNS if actor.reaches_all else ())]
        statement = contact_list.SORTS[sort].order(
            chosen.join(Organisation, Organisation.id == Contact.organisation_id).with_only_columns(
                *(source for _, source, _ in columns)
            )
        )
        found = db.session.execute(statement.execution_options(yield_per=_FETCH_ROWS))
        shown = [show for _, _, show in columns]
        rows = ([show(value) if show else value for show, value in zip(shown, row, strict=True)] for row in found)
        yield from _WRITERS[file_format](Table([heading for heading, _, _ in columns], rows), top)


def _status(value: str) -> Value:
    return Status(value).label


def _holder(value: str) -> Value:
    return HOLDERS[Status(value)].value


_COLUMNS: tuple[tuple[str, Any, Callable[[Any], Value] | None], ...] = (
    ("Reference", Contact.reference, None),
    ("Your reference", Contact.own_reference, None),
    ("Type", Contact.type_code, None),
    ("MPRN", Contact.mprn, None),
    ("Summary", Contact.summary, None),
    ("Status", Contact.status, _status),
    ("With", Contact.status.label("holder"), _holder),
    ("Due", Contact.due_on, None),
    ("Raised", Contact.raised_at, None),
    ("Raised by", Contact.raised_by_name, None),
    ("Closed", Contact.closed_at, None),
)
_STAFF_COLUMNS: tuple[tuple[str, Any, Callable[[Any], Value] | None], ...] = (
    ("Organisation", Organisation.name, None),
    ("Assignee", Contact.assignee_name, None),
)
