"""The list of contacts, and exports of what it shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Flask, current_app, flash, redirect, request, url_for
from flask import Response as FileResponse
from flask_admin import expose
from markupsafe import Markup, escape
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.access.actor import allowed, current_actor
from app.domain import clock
from app.domain.errors import NotFound
from app.domain.item import show_date
from app.domain.roles import Permission
from app.exports import contacts as contact_export
from app.models import Contact, Organisation
from app.services import contact_bulk, contact_list, contact_types, contacts
from app.views.list_page import ListPage
from app.views.listing import Asked, ListFilter
from app.views.listing_columns import shown_columns
from app.views.listing_selection import read_picks
from app.views.lookups import organisation_filter
from app.views.words import HOLDER_WORDS, due_words, status_tag


def _due(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return due_words(contact)


def _summary(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return Markup(f'<span class="cms-summary-cell">{escape(contact.summary)}</span>')  # noqa: S704 - escaped


def _name(text: str) -> Markup:
    """Three lines at most: a list is for finding, the contact's own page has the whole name."""
    return Markup(f'<span class="cms-name-cell">{escape(text)}</span>')  # noqa: S704 - escaped


def _organisation(view: Any, context: Any, contact: Contact, name: str) -> str:
    organisation = contact.organisation
    return _name(organisation.name) if organisation is not None else ""


def _person(view: Any, context: Any, contact: Contact, name: str) -> str:
    person = getattr(contact, name)
    return _name(person) if person else ""


def _day(view: Any, context: Any, contact: Contact, name: str) -> str:
    instant = getattr(contact, name)
    return show_date(instant.astimezone(clock.LONDON).date()) if instant else ""


class ContactListPage(ListPage):
    """Every contact within reach."""

    permission = Permission.CONTACT_READ
    noun = "contact"
    icon = "messages"
    menu_counts = {Permission.CONTACT_CLAIM: "not assigned", Permission.CONTACT_ANSWER: "waiting for your answer"}
    key = "c"
    list_template = "pages/contacts/list.html"
    search_hint = "Reference, MPRN or words"
    empty_hint = "No contact matches. Remove a filter, or check the reference or MPRN you searched for."
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
        "holder": lambda view, context, contact, name: HOLDER_WORDS.get(contact.holder, contact.holder),
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
        return contact_list.select_contacts(parameters, sort)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        if not self.actor_sees_all():
            return statement
        return statement.options(joinedload(Contact.organisation).load_only(Organisation.name))

    def row_url(self, row: Contact) -> str:
        return f"{self.base_url}{row.reference}/"

    def pick_id(self, row: Contact) -> str:
        return row.reference

    def bulk_choices(self) -> list[tuple[str, str]]:
        return [(move.action.value, move.label) for move in contact_bulk.list_moves()]

    def bulk_url(self) -> str:
        return url_for("moving.index_view")

    @expose("/export/", methods=("POST",))
    def export_view(self) -> Response:
        """A file of exactly what the list shows; the parameters come in the address as they do for the list."""
        bar = self.bar()
        asked = self.read_asked(bar, [])
        if asked.refusals:
            raise NotFound("That list does not exist.")
        is_picked = "picked" in request.form
        file_format = request.form.get("picked" if is_picked else "format", "")
        if file_format not in contact_export.FORMATS:
            raise NotFound("There is no such export format.")
        references = read_picks(request.form) if is_picked else None
        if references is not None:
            if not references:
                flash("Choose at least one row to export.", "warning")
                return redirect(self.base_url + asked.address())
            contact_bulk.find_contacts(references)
        contact_export.record_export(asked.filters, asked.sort, file_format, references=references)
        columns = {column.name: column.label for column in shown_columns(asked.columns, bar.columns)}
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        pieces = contact_export.stream(
            current_actor(), asked.filters, asked.sort, file_format, columns=columns, references=references
        )
        name = f"contacts-{clock.now().astimezone(clock.LONDON):%Y-%m-%d-%H%M}.{file_format}"
        return FileResponse(
            in_scope(app, pieces),
            mimetype=contact_export.FORMATS[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def may_export(self) -> bool:
        """Whether to offer the export buttons."""
        return allowed(contact_export.record_export)

    def raise_url(self) -> str | None:
        """Where this person raises a contact, if they may."""
        return url_for("raising.index_view") if allowed(contacts.raise_contacts) else None


def in_scope(app: Flask, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Outlives the request, so it brings its own application context."""
    with app.app_context():
        yield from pieces
