"""One contact and the moves it allows."""

from flask import abort, flash, redirect
from flask_admin import expose
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.domain.errors import Conflict, DomainError, NotFound
from app.domain.identifiers import parse_reference
from app.domain.lifecycle import Action, Status, step
from app.extensions import db
from app.models import Contact
from app.services import contact_list, contacts
from app.views import contact_page
from app.views.contact_list import ContactListPage
from app.views.forms import MoveForm


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
