"""One contact and the moves it allows."""

from flask import abort, flash, redirect
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import selectinload, undefer
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.domain.answers import show_answer
from app.domain.errors import Conflict, DomainError, NotFound
from app.domain.events import EVENTS
from app.domain.identifiers import parse_reference
from app.domain.item import show_date
from app.domain.lifecycle import Action, Given, Status, step
from app.domain.roles import Permission
from app.extensions import db
from app.models import Contact
from app.services import contact_list, contact_types, contacts
from app.views.contact_list import ContactListPage
from app.views.forms import MoveForm, shape_move_form
from app.views.words import CHANNELS, HOLDER_WORDS, due_words, show_instant, status_tag


class ContactPage(ContactListPage):
    """The page of one contact, found by its reference."""

    details_template = "pages/contacts/contact.html"
    can_view_details = False  # a contact is found by its reference, below

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
        wanted = (
            select(Contact)
            .where(Contact.id == contact.id)
            .options(undefer(Contact.answers), selectinload(Contact.organisation), selectinload(Contact.contact_type))
        )
        contact = db.session.scalars(wanted.execution_options(populate_existing=True)).one()
        items = {item.code: item for item in contact_types.list_items(contact.type_code)}
        answers = [
            (item.label, show_answer(contact.answers[code], item))
            for code, item in items.items()
            if code in contact.answers
        ]
        moves = contacts.options(contact, current_actor())
        for move in moves:
            forms.setdefault(move.action, self._move_form(move.action, move.must_give, contact))
        return self.render(
            self.details_template,
            contact=contact,
            answers=answers,
            moves=moves,
            forms=forms,
            conflict=conflict,
            unsent=unsent,
            timeline=contacts.list_timeline(contact),
            title=contact.reference,
            due=due_words(contact),
            show_instant=show_instant,
            show_date=show_date,
            status=status_tag(contact.status),
            events=EVENTS,
            channels=CHANNELS,
            holder_words=HOLDER_WORDS,
            outcomes=contacts.outcome_texts(),
            can_see_uploads=current_actor().may(Permission.UPLOAD_READ),
        )

    def _move_form(self, action: Action, must_give: Given, contact: Contact) -> MoveForm:
        form = MoveForm(formdata=None, version=contact.version)
        for field in form:
            field.id = f"{action}-{field.name}"  # several moves share the page
        shape_move_form(form, must_give)
        return form

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
            again = self._move_form(move.action, move.must_give, contact)
            if again.message:
                again.message.data = form.message.data
            again[refusal.field].errors = [refusal.message]
            return self._show(contact, {Action(action): again}), 422
        flash(contact_list.DONE[Action(action)].format(contact.reference), "success")
        return redirect(self.row_url(contact))
