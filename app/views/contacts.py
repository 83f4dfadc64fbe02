"""Contacts: the list, one contact and the moves it allows, and exports of what the list shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask import Response as FileResponse
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app.access.actor import Actor, allowed, current_actor
from app.domain import clock
from app.domain.errors import Conflict, DomainError, NotFound
from app.domain.identifiers import parse_reference
from app.domain.item import show_date
from app.domain.lifecycle import Action, Status, step
from app.domain.roles import Permission
from app.exports import contacts as contact_export
from app.extensions import db
from app.models import Contact, Organisation
from app.services import contact_list, contact_types, contacts
from app.views import contact_page
from app.views.base import ListPage
from app.views.forms import MoveForm
from app.views.listing import Asked, ListFilter, read_parameters
from app.views.words import HOLDER_WORDS, due_words, status_tag


def _due(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return due_words(contact)


def _summary(view: Any, context: Any, contact: Contact, name: str) -> Any:
    return Markup('<span class="cms-summary-cell">{}</span>').format(contact.summary)


def _organisation(view: Any, context: Any, contact: Contact, name: str) -> str:
    organisation = contact.organisation
    return organisation.name if organisation is not None else ""


class ContactPage(ListPage):
    """Every contact within reach, by reference."""

    permission = Permission.CONTACT_READ
    noun = "contact"
    icon = "messages"
    key = "c"
    list_template = "pages/contacts/list.html"
    details_template = "pages/contacts/contact.html"
    can_view_details = False  # a contact is found by its reference, below
    search_hint = "Reference, MPRN or words"
    empty_hint = "No contact matches. Remove a filter, or check the reference or MPRN you searched for."
    sorts = contact_list.SORTS
    filters = (
        ListFilter("status", "Status", lambda: contact_list.STATUS_FILTERS),
        ListFilter(
            "type", "Contact type", lambda: [(code, f"{code} {name}") for code, name in contact_types.list_names()]
        ),
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
    }
    column_formatters = {
        "summary": _summary,
        "organisation": _organisation,
        "status": lambda view, context, contact, name: status_tag(contact.status),
        "holder": lambda view, context, contact, name: HOLDER_WORDS.get(contact.holder, contact.holder),
        "due_on": _due,
        "raised_at": lambda view, context, contact, name: show_date(contact.raised_at.astimezone(clock.LONDON).date()),
    }

    def visible_columns(self) -> list[tuple[Any, str]]:
        """Customers need no organisation and no assignee on every row; staff need not be told whose turn it is."""
        hidden = {"holder"} if self.actor_sees_all() else {"organisation", "assignee_name"}
        return [(name, label) for name, label in self._list_columns if name not in hidden]

    def visible_filters(self) -> list[ListFilter]:
        needed = {"assignee": Permission.CONTACT_CLAIM, "raised": Permission.CONTACT_RAISE}
        may = current_actor().may
        return [choice for choice in self.filters if choice.name not in needed or may(needed[choice.name])]

    def interpret(self, asked: Asked) -> Asked:
        """Sorted by due date a list is of open contacts, and says so, unless a status was chosen."""
        if asked.sort != "due" or asked.filters.get("status") or asked.filters.get("due"):
            return asked
        return replace(asked, filters={**asked.filters, "status": "open"})

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return contact_list.select_contacts(parameters, sort)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        if not self.actor_sees_all():
            return statement
        return statement.options(selectinload(Contact.organisation).load_only(Organisation.name))

    def row_url(self, row: Contact) -> str:
        return f"{self.base_url}{row.reference}/"

    @expose("/<reference>/")
    def contact_view(self, reference: str) -> str | Response:
        contact = self._get(reference)
        if contact.reference != reference:
            return redirect(self.row_url(contact))
        return self._show(contact, {})

    def _get(self, reference: str) -> Contact:
        canonical = parse_reference(reference)
        if canonical is None:
            abort(404)
        return contacts.get_contact(canonical)

    def _show(self, contact: Contact, forms: dict[Action, MoveForm], conflict: str = "", unsent: str = "") -> str:
        contact = contact_page.load(contact.id)
        moves = contacts.options(contact, current_actor())
        for move in moves:
            forms.setdefault(move.action, contact_page.move_form(move, contact))
        return self.render(
            self.details_template,
            moves=moves,
            forms=forms,
            conflict=conflict,
            unsent=unsent,
            **contact_page.context(contact),
        )

    @expose("/<reference>/<action>/", methods=("POST",))
    def move(self, reference: str, action: str) -> str | Response | tuple[str, int]:
        contact = self._get(reference)
        if action not in {known.value for known in Action}:
            raise NotFound("There is no such action.")
        form = MoveForm()
        version = form.version.data if form.version.data is not None else -1
        try:
            contacts.perform(
                contact.reference,
                Action(action),
                version=version,
                message=form.message.data or "",
                outcome_code=form.outcome_code.data or "",
            )
        except Conflict as lost_race:
            db.session.rollback()
            return self._show(self._get(reference), {}, lost_race.message, form.message.data or ""), 409
        except DomainError as refusal:
            if refusal.field is None:
                raise
            move = step(Status(contact.status), Action(action))
            again = contact_page.move_form(move, contact)
            if again.message:
                again.message.data = form.message.data
            again[refusal.field].errors = [refusal.message]
            return self._show(contact, {Action(action): again}), 422
        flash(contact_list.DONE[Action(action)].format(contact.reference), "success")
        return redirect(self.row_url(contact))

    @expose("/export/", methods=("POST",))
    def export_view(self) -> Response:
        """A file of exactly what the list shows; the filters come in the address as they do for the list."""
        asked = read_parameters(request.args, self.visible_filters(), self.sorts)
        if asked.refusals:
            raise NotFound("That list does not exist.")
        file_format = request.form.get("format", "")
        if file_format not in contact_export.FORMATS:
            raise NotFound("There is no such export format.")
        contact_export.record_export(asked.filters, asked.sort, file_format)
        stream = self._stream(current_app._get_current_object(), current_actor(), asked, file_format)  # type: ignore[attr-defined]
        name = f"contacts-{clock.now().astimezone(clock.LONDON):%Y-%m-%d-%H%M}.{file_format}"
        return FileResponse(
            stream,
            mimetype=contact_export.FORMATS[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @staticmethod
    def _stream(app: Flask, actor: Actor, asked: Asked, file_format: str) -> Iterator[bytes]:
        """Outlives the request, so it brings its own application context."""
        with app.app_context():
            yield from contact_export.stream(actor, asked.filters, asked.sort, file_format)

    def may_export(self) -> bool:
        """Whether to offer the export buttons."""
        return allowed(contact_export.record_export)

    def raise_url(self) -> str | None:
        """Where this person raises a contact, if they may."""
        return url_for("raising.index_view") if allowed(contacts.raise_contacts) else None
