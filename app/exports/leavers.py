"""Exports of leavers: exactly the rows, order and columns of a list."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Select

from app.access.actor import Actor, needs
from app.domain.roles import Permission
from app.exports.lists import FORMATS, ListExport, Source
from app.models import Organisation, User
from app.services import audit, leavers, open_work


@needs(Permission.USER_READ)
def record_leavers_export(filters: Mapping[str, str], sort: str, file_format: str) -> None:
    """Write down who takes away what; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    leavers.select_leavers(filters)
    audit.record_export("leaver:export", {"filters": dict(filters), "sort": sort, "format": file_format})


def stream_leavers(
    actor: Actor, filters: Mapping[str, str], sort: str, file_format: str, headings: Mapping[str, str]
) -> Iterator[bytes]:
    """The file, piece by piece; recorded beforehand by `record_leavers_export`."""
    order = leavers.SORTS[sort].order
    return _EXPORT.stream(actor, lambda: leavers.select_leavers(filters), order, headings, file_format)


def _with_organisation(statement: Select[Any]) -> Select[Any]:
    return statement.join(Organisation, Organisation.id == User.organisation_id)


_EXPORT = ListExport(
    "Leavers",
    {
        **{name: Source(getattr(User, name)) for name in ("name", "user_id", "disabled_at", "disabled_by")},
        "organisation_id": Source(Organisation.name),
        "state": Source(User.deleted_at, show=leavers.state_words),
        "disabled_reason": Source(User.disabled_reason),
        "last_signed_in_at": Source(User.last_signed_in_at),
        "work": Source(open_work.CONTACTS, open_work.JOBS, show=leavers.work_words),
    },
    _with_organisation,
)
