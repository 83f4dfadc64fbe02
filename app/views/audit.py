"""The audit list: read-only."""

from typing import Any

from sqlalchemy import Select, or_

from app.access.actor import current_actor
from app.domain.events import EVENTS
from app.domain.roles import Permission
from app.models import AuditEvent
from app.services.sorting import Sort
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.words import show_instant

SUBJECTS = (
    ("contact", "Contacts"),
    ("contact_type", "Contact types"),
    ("data_item", "Data items"),
    ("deputy", "Deputies"),
    ("acting_session", "Xoserve acting for an organisation"),
    ("organisation", "Organisations"),
    ("support_request", "Support requests"),
    ("upload", "Uploads"),
    ("user", "People and sessions"),
)


def _changes(view: Any, context: Any, event: AuditEvent, name: str) -> str:
    lines = []
    for key in sorted({*event.before, *event.after}):
        after = _plain(event.after.get(key))
        lines.append(f"{key}: {_plain(event.before[key])} → {after}" if key in event.before else f"{key}: {after}")
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return "" if value is None else str(value)


class AuditPage(ListPage):
    """Every act within reach, newest first."""

    permission = Permission.AUDIT_READ
    noun, icon = "event", "history"
    key = "a"
    sorts = {"newest": Sort("Newest first", AuditEvent.id, True), "oldest": Sort("Oldest first", AuditEvent.id)}
    heading_sorts = {"at": ("newest", "oldest")}
    filters = (
        ListFilter(
            "about",
            "About",
            lambda: SUBJECTS,
            lambda statement, value: statement.where(AuditEvent.object_type == value),
        ),
    )
    column_list = ("at", "actor_name", "actor_organisation", "action", "object_label", "changes")
    column_details_list = (
        "at",
        "actor_name",
        "actor_organisation",
        "action",
        "object_type",
        "object_label",
        "changes",
        "request_id",
    )
    column_labels = {
        "at": "When",
        "actor_name": "Who",
        "actor_organisation": "Of",
        "action": "Did",
        "object_type": "About",
        "object_label": "To",
        "changes": "Changes",
        "request_id": "Request",
    }
    column_formatters = {
        "at": lambda view, context, event, name: show_instant(event.at),
        "action": lambda view, context, event, name: EVENTS.get(event.action, event.action),
        "changes": _changes,
    }

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return self._visible(super().select_rows(parameters, sort))

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        return self._visible(statement)

    def _visible(self, statement: Select[Any]) -> Select[Any]:
        """Events of a contact that its timeline hides from customers are hidden here too."""
        if current_actor().reaches_all:
            return statement
        return statement.where(or_(AuditEvent.object_type != "contact", AuditEvent.is_visible_to_customer))

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement

    def title_of(self, row: AuditEvent) -> str:
        return f"Event {self.address_id(row)}"
