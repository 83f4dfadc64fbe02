"""Exports of contacts: exactly the rows and order of a list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from app.services.contact_list import STAFF_COLUMNS

FORMATS = {"csv": "text/csv", "xlsx": XLSX}
_WRITERS: dict[str, Callable[..., Iterator[bytes]]] = {"csv": write_csv, "xlsx": write_xlsx}
_FETCH_ROWS = 1000


@needs(Permission.CONTACT_EXPORT)
def record_export(
    filters: Mapping[str, str], sort: str, file_format: str, *, references: Sequence[str] | None = None
) -> None:
    """Write down who takes what away; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    contact_list.select_contacts(filters, sort)
    user = db.session.get_one(User, current_actor().user_pk)
    what: dict[str, Any] = {"filters": dict(filters), "sort": sort, "format": file_format}
    audit.record("contact:export", user, after=what if references is None else what | {"contacts": list(references)})


def stream(
    actor: Actor,
    filters: Mapping[str, str],
    sort: str,
    file_format: str,
    *,
    columns: Mapping[str, str] | None = None,
    references: Sequence[str] | None = None,
) -> Iterator[bytes]:
    """The file, piece by piece, in memory that does not grow with the rows; recorded beforehand by `record_export`.

    `columns` is name -> heading of what a list shows, else all there usually are; `references` leaves only those
    rows. Runs in a transaction of its own, so that count and rows are of one moment.
    """
    with acting_as(actor), reading():
        if db.session.get_bind().dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        chosen = contact_list.select_contacts(filters, sort)
        if references is not None:
            chosen = chosen.where(Contact.reference.in_(references))
        count = (
            db.session.scalar(select(func.count()).select_from(chosen.with_only_columns(Contact.id).subquery())) or 0
        )
        at = clock.now().astimezone(clock.LONDON)
        top = (f"Contacts as at {at.day} {at:%b %Y, %H:%M}, {count:,} row{'' if count == 1 else 's'}",)
        headings = _headings(actor, columns)
        sources = [_SOURCES[name] for name in headings]
        statement = contact_list.SORTS[sort].order(
            chosen.join(Organisation, Organisation.id == Contact.organisation_id).with_only_columns(
                *(source for source, _ in sources)
            )
        )
        found = db.session.execute(statement.execution_options(yield_per=_FETCH_ROWS))
        shown = [show for _, show in sources]
        rows = ([show(value) if show else value for show, value in zip(shown, row, strict=True)] for row in found)
        yield from _WRITERS[file_format](Table(list(headings.values()), rows), top)


def _headings(actor: Actor, columns: Mapping[str, str] | None) -> dict[str, str]:
    """Name -> heading of the columns written; what is for staff is for staff whoever asks."""
    wanted = _USUAL if columns is None else columns
    return {name: label for name, label in wanted.items() if actor.reaches_all or name not in STAFF_COLUMNS}


def _status(value: str) -> Value:
    return Status(value).label


def _holder(value: str) -> Value:
    return HOLDERS[Status(value)].value


_USUAL = {
    "reference": "Reference",
    "own_reference": "Your reference",
    "type_code": "Type",
    "mprn": "MPRN",
    "summary": "Summary",
    "status": "Status",
    "holder": "With",
    "due_on": "Due",
    "raised_at": "Raised",
    "raised_by_name": "Raised by",
    "closed_at": "Closed",
    "organisation": "Organisation",
    "assignee_name": "Assignee",
}
# What is read for a column, and how it is written.
_SOURCES: dict[str, tuple[Any, Callable[[Any], Value] | None]] = {
    **{name: (getattr(Contact, name), None) for name in _USUAL if name not in ("status", "holder", "organisation")},
    "status": (Contact.status, _status),
    "holder": (Contact.status.label("holder"), _holder),
    "organisation": (Organisation.name, None),
}
