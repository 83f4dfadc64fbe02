"""The list of contacts, and exports of what it shows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import Select, select

from app.access.actor import allowed, current_actor
from app.domain import clock
from app.domain.item import show_date
from app.domain.roles import Permission
from app.exports import contacts as contact_export
from app.models import Contact, Organisation
from app.services import contact_bulk, contact_list, contact_types, contacts
from app.views.list_export import ExportingListPage
from app.views.listing import Asked, ListFilter
from app.views.lookups import organisation_filter
from app.views.words import due_words, holder_words, status_tag


def _due(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return due_words(contact)


def _summary(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return Markup(f'<span class="cms-summary-cell">{escape(contact.summary)}</span>')  # noqa: S704 - escaped


def _name(text: str) -> Markup:
    """Three lines at most: a list is for finding, the contact's own page has the whole name."""
    return Markup(f'<span class="cms-name-cell">{escape(text)}</span>')  # noqa: S704 - escaped


def _organisation(view: Any, context: Any, contact: Any, name: str) -> str:
    return _name(contact.organisation_name or "")


def _person(view: Any, context: Any, contact: Contact, name: str) -> str:
    person = getattr(contact, name)
    return _name(person) if person else ""


def _day(view: Any, context: Any, contact: Contact, name: str) -> str:
    instant = getattr(contact, name)
    return show_date(instant.astimezone(clock.LONDON).date()) if instant else ""


# What a row is made of, whichever columns are shown; the organisation's name comes to those who see several.
_ROWS: Any = select(
    Contact.id,
    Contact.reference,
    Contact.type_code,
    Contact.mprn,
    Contact.summary,
    Contact.status,
    Contact.is_open,
    Contact.assignee_name,
    Contact.due_on,
    Contact.raised_at,
    Contact.own_reference,
    Contact.raised_by_name,
    Contact.closed_at,
)


class ContactListPage(ExportingListPage):
    """Every contact within reach."""

    permission = Permission.CONTACT_READ
    noun = "contact"
    icon = "messages"
    menu_counts = {Permission.CONTACT_CLAIM: "not assigned", Permission.CONTACT_ANSWER: "waiting for your answer"}
    key = "c"
    file_name = "contacts"
    list_template = "pages/contacts/list.html"
    search_hint = "Reference, MPRN or words"
    empty_hint = "Contacts are listed here as soon as they are raised."
    unmatched_hint = "No contact matches. Remove a filter, or check the reference or MPRN you searched for."
    sorts = contact_list.SORTS
    heading_sorts = {"due_on": ("due", "due-last"), "raised_at": ("newest", "oldest")}
    optional_columns = frozenset({"own_reference", "raised_by_name", "closed_at"})
    filters = (
        ListFilter("status", "Status", lambda: contact_list.STATUS_FILTERS),
        ListFilter(
            "type", "Contact type", lambda: [(code, f"{code} {name}") for code, name in contact_types.list_names()]
        ),
        organisation_filter(),
        ListFilter("due", "Due", lambda: contact_list.DUE_FILTERS),
        ListFilter("assignee", "Assignee", lambda: contact_list.HOLDER_FILTERS),
        ListFilter("raised", "Raised by", lambda: contact_list.RAISED_FILTERS),
    )
    column_list = (
        "reference",
        "type_code",
        "mprn",
        "summary",
        "organisation",
        "status",
        "holder",
        "assignee_name",
        "due_on",
        "raised_at",
        "own_reference",
        "raised_by_name",
        "closed_at",
    )
    column_labels = {
        "reference": "Reference",
        "type_code": "Type",
        "mprn": "MPRN",
        "summary": "Summary",
        "organisation": "Organisation",
        "status": "Status",
        "holder": "With",
        "assignee_name": "Assignee",
        "due_on": "Due",
        "raised_at": "Raised",
        "own_reference": "Own reference",
        "raised_by_name": "Raised by",
        "closed_at": "Closed",
    }
    column_formatters = {
        "summary": _summary,
        "organisation": _organisation,
        "status": lambda view, context, contact, name: status_tag(contact.status),
        "holder": lambda view, context, contact, name: holder_words(contact.status),
        "assignee_name": _person,
        "raised_by_name": _person,
        "due_on": _due,
        "raised_at": _day,
        "closed_at": _day,
    }

    def visible_columns(self) -> list[tuple[Any, str]]:
        hidden = frozenset() if self.actor_sees_all() else contact_list.STAFF_COLUMNS
        return [(name, label) for name, label in self._list_columns if name not in hidden]

    def is_first_shown(self, name: str) -> bool:
        """Staff need not be told whose turn it is."""
        return super().is_first_shown(name) and not (name == "holder" and self.actor_sees_all())

    def visible_filters(self) -> list[ListFilter]:
        needed = {
            "organisation": Permission.ALL_ORGANISATIONS,
            "assignee": Permission.CONTACT_CLAIM,
            "raised": Permission.CONTACT_RAISE,
        }
        may = current_actor().may
        return [choice for choice in self.filters if choice.name not in needed or may(needed[choice.name])]

    def interpret(self, asked: Asked) -> Asked:
        """Sorted by due date a list is of open contacts, and says so, unless a status was chosen."""
        if asked.sort not in contact_list.DUE_SORTS or asked.filters.get("status") or asked.filters.get("due"):
            return asked
        return replace(asked, filters={**asked.filters, "status": "open"})

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        """Columns and no entities: made into a `Contact` each, the rows would cost a page a tenth more."""
        return contact_list.select_contacts(parameters, sort, _ROWS)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        if not self.actor_sees_all():
            return statement
        return statement.outerjoin(Contact.organisation).add_columns(Organisation.name.label("organisation_name"))

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        """The whole contact, not the columns of a row."""
        return statement

    def row_url(self, row: Contact) -> str:
        return f"{self.base_url}{row.reference}/"

    def pick_id(self, row: Contact) -> str:
        return row.reference

    def bulk_choices(self) -> list[tuple[str, str]]:
        return [(move.action.value, move.label) for move in contact_bulk.list_moves()]

    def bulk_url(self) -> str:
        return url_for("moving.index_view")

    def may_export(self) -> bool:
        return allowed(contact_export.record_export)

    def record_export(self, asked: Asked, file_format: str, picked: list[str] | None) -> None:
        if picked is not None:
            contact_bulk.find_contacts(picked)
        contact_export.record_export(asked.filters, asked.sort, file_format, references=picked)

    def stream_export(
        self, asked: Asked, file_format: str, picked: list[str] | None, headings: Mapping[str, str]
    ) -> Iterator[bytes]:
        return contact_export.stream(
            current_actor(), asked.filters, asked.sort, file_format, columns=headings, references=picked
        )

    def raise_url(self) -> str | None:
        """Where this person raises a contact, if they may."""
        return url_for("raising.index_view") if allowed(contacts.raise_contacts) else None
