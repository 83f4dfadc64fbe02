"""Exports of contacts: exactly the rows and order of a list."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from app.access.actor import Actor, current_actor, needs
from app.domain.lifecycle import HOLDERS, Status
from app.domain.roles import Permission
from app.domain.table import Value
from app.exports.lists import FORMATS, ListExport, Source
from app.extensions import db
from app.models import Contact, Organisation, User
from app.services import audit, contact_list
from app.services.contact_list import STAFF_COLUMNS


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
    """The file, piece by piece; recorded beforehand by `record_export`.

    `columns` is name -> heading of what a list shows, else all there usually are; `references` leaves only those rows.
    """

    def choose() -> Select[Any]:
        chosen = contact_list.select_contacts(filters, sort)
        return chosen if references is None else chosen.where(Contact.reference.in_(references))

    return _EXPORT.stream(actor, choose, contact_list.SORTS[sort].order, _headings(actor, columns), file_format)


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
_SHOWN = {
    "status": Source(Contact.status, show=_status),
    "holder": Source(Contact.status.label("holder"), show=_holder),
    "organisation": Source(Organisation.name),
}
_EXPORT = ListExport(
    "Contacts",
    {name: _SHOWN.get(name) or Source(getattr(Contact, name)) for name in _USUAL},
    join=lambda chosen: chosen.join(Organisation, Organisation.id == Contact.organisation_id),
)
