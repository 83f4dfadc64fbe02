"""The audit list: read-only."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import g, request
from sqlalchemy import Select

from app.access.actor import allowed, current_actor
from app.domain.change_words import change_words, shorten_hashes
from app.domain.errors import NotFound
from app.domain.events import EVENTS
from app.domain.roles import Permission
from app.exports import events as event_export
from app.extensions import db
from app.models import AuditEvent, User
from app.services import audit_list
from app.views.list_export import ExportingListPage
from app.views.listing import Asked, ListFilter
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant

SUBJECTS = (
    ("approval", "Approvals"),
    ("contact", "Contacts"),
    ("contact_type", "Contact types"),
    ("data_item", "Data items"),
    ("deputy", "Deputies"),
    ("acting_session", "Xoserve acting for an organisation"),
    ("organisation", "Organisations"),
    ("review", "Access reviews"),
    ("support_request", "Support requests"),
    ("upload", "Uploads"),
    ("people_upload", "Uploads of people"),
    ("user", "People and sessions"),
)


def _request_words(request_id: str) -> str:
    """A request as it is; an upload, whose number counts everybody's, by its address."""
    name, _, number = request_id.partition(" ")
    return f"Upload {encode_id(int(number))}" if name == "upload" and number.isdecimal() else request_id


def _acts() -> list[tuple[str, str]]:
    return sorted(((action, words.capitalize()) for action, words in EVENTS.items()), key=lambda act: act[1])


def _people() -> list[tuple[str, str]]:
    """Oneself, who acted lately, and whoever the address names; asked once a request."""
    if "audit_people" not in g:
        found = {encode_id(pk): name for pk, name in audit_list.list_actors()}
        code = request.args.get("who", "")
        pk = decode_id(code) if code and code not in found else None
        user = None if pk is None else db.session.get(User, pk)
        g.audit_people = [(audit_list.ME, "Me"), *found.items(), *([(code, user.name)] if user else [])]
    return list(g.audit_people)


def _meant(filters: Mapping[str, str]) -> dict[str, str]:
    """The filters with the person as the number behind the address."""
    meant = dict(filters)
    if (who := meant.get("who")) and who != audit_list.ME:
        meant["who"] = str(decode_id(who) or "")
    return meant


class AuditPage(ExportingListPage):
    """Every act within reach, newest first."""

    permission = Permission.AUDIT_READ
    noun, icon = "event", "history"
    key = "a"
    file_name = "activity"
    list_template = "pages/activity.html"
    search_hint = "Name, user ID, reference or reason"
    empty_hint = "Whatever is done is listed here."
    unmatched_hint = "Nothing was done that matches. Remove a filter to see more."
    sorts = audit_list.SORTS
    heading_sorts = {"at": ("newest", "oldest")}
    optional_columns = frozenset({"on_behalf_of", "reason"})
    filters = (
        ListFilter("about", "About", lambda: SUBJECTS),
        ListFilter("action", "Act", _acts),
        ListFilter("who", "Person", _people),
        ListFilter("period", "Period", lambda: [(name, label) for name, (label, _) in audit_list.PERIODS.items()]),
    )
    column_list = (
        "at",
        "actor_name",
        "actor_organisation",
        "on_behalf_of",
        "action",
        "object_label",
        "changes",
        "reason",
    )
    column_details_list = (
        "at",
        "actor_name",
        "actor_organisation",
        "on_behalf_of",
        "action",
        "object_type",
        "object_label",
        "changes",
        "reason",
        "request_id",
    )
    column_labels = {
        "at": "When",
        "actor_name": "Who",
        "actor_organisation": "Organisation",
        "on_behalf_of": "On behalf of",
        "action": "Did",
        "object_type": "About",
        "object_label": "To",
        "changes": "Changes",
        "reason": "Why",
        "request_id": "Request",
    }
    column_formatters = {
        "at": lambda view, context, event, name: show_instant(event.at),
        "action": lambda view, context, event, name: audit_list.action_words(event.action),
        "changes": lambda view, context, event, name: shorten_hashes(change_words(event.before, event.after)),
    }
    column_formatters_detail = column_formatters | {
        "changes": lambda view, context, event, name: change_words(event.before, event.after),
    }

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return audit_list.select_events(_meant(parameters))

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        return audit_list.visible(statement)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement

    def title_of(self, row: AuditEvent) -> str:
        return f"Event {self.address_id(row)}"

    def may_export(self) -> bool:
        return allowed(event_export.record_events_export)

    def record_export(self, asked: Asked, file_format: str, picked: list[str] | None) -> None:
        if picked is not None:
            raise NotFound("Rows of this list are not chosen.")
        event_export.record_events_export(_meant(asked.filters), asked.sort, file_format)

    def stream_export(
        self, asked: Asked, file_format: str, picked: list[str] | None, headings: Mapping[str, str]
    ) -> Iterator[bytes]:
        return event_export.stream_events(current_actor(), _meant(asked.filters), asked.sort, file_format, headings)
