"""Exports of audit events: exactly the rows, order and columns of a list."""

from collections.abc import Iterator, Mapping

from app.access.actor import Actor, needs
from app.domain.change_words import change_words
from app.domain.roles import Permission
from app.exports.lists import FORMATS, ListExport, Source
from app.models import AuditEvent
from app.services import audit, audit_list


@needs(Permission.AUDIT_READ)
def record_events_export(filters: Mapping[str, str], sort: str, file_format: str) -> None:
    """Write down who takes what away; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    audit_list.select_events(filters)
    audit.record_export("audit:export", {"filters": dict(filters), "sort": sort, "format": file_format})


def stream_events(
    actor: Actor, filters: Mapping[str, str], sort: str, file_format: str, headings: Mapping[str, str]
) -> Iterator[bytes]:
    """The file, piece by piece; recorded beforehand by `record_events_export`."""
    order = audit_list.SORTS[sort].order
    return _EXPORT.stream(actor, lambda: audit_list.select_events(filters), order, headings, file_format)


_NAMES = ("at", "actor_name", "actor_organisation", "on_behalf_of", "object_label", "reason")
_EXPORT = ListExport(
    "Activity",
    {
        **{name: Source(getattr(AuditEvent, name)) for name in _NAMES},
        "action": Source(AuditEvent.action, show=audit_list.action_words),
        "changes": Source(AuditEvent.before, AuditEvent.after, show=change_words),
    },
)
