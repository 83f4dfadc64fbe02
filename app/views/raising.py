"""Raising one contact on screen: choose a type, answer its items, check, get a reference."""

from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.domain.errors import NotFound
from app.domain.identifiers import parse_reference
from app.domain.roles import Permission
from app.models.contact_type import FAMILIES
from app.services import contact_types, contacts, drafts, repeats
from app.services.definition import Definition
from app.services.request_keys import new_key, once
from app.views.base import Page
from app.views.fields import item_form, show_errors


class RaisePage(Page):
    """The three steps; nothing is kept on the way, the answers travel with the form."""

    permission = Permission.CONTACT_RAISE
    icon = "plus"
    key = "r"

    @expose("/")
    def index_view(self) -> str:
        definitions = contact_types.list_raisable()
        families = [(label, [d for d in definitions if d.family == family]) for family, label in FAMILIES]
        return self.render(
            "pages/raise/choose.html",
            title="Raise a contact",
            families=[(label, some) for label, some in families if some],
        )

    @expose("/<code>/", methods=("GET", "POST"))
    def fill_view(self, code: str) -> str | Response:
        definition = self._definition(code)
        form = item_form(definition)()
        title = f"Raise {definition.code} {definition.name}"
        if request.method == "GET" or "change" in request.form:
            form.process(request.form if request.method == "POST" else None)
            return self._form(definition, form, title)
        draft, errors = drafts.check(definition, request.form.get)
        if errors:
            show_errors(form, errors)
            return self._form(definition, form, title)
        if "confirmed" not in request.form:
            return self._check(definition, draft, title)
        reference = once(
            request.form.get("request_key", ""),
            lambda: contacts.raise_contacts([draft], {definition.code: definition}, channel="screen")[0][1],
        )
        return redirect(url_for(".done_view", code=definition.code, reference=reference))

    def _definition(self, code: str) -> Definition:
        definition = contact_types.get_definition(code)
        if definition.refusal(current_actor().organisation_kind):
            raise NotFound("There is no such contact type to raise.")
        return definition

    def _form(self, definition: Definition, form: Any, title: str) -> str:
        return self.render("pages/raise/fill.html", title=title, definition=definition, form=form)

    def _check(self, definition: Definition, draft: drafts.Draft, title: str) -> str:
        answers = [
            (item.code, item.label, shown, stored) for item, stored, shown in drafts.list_answers(definition, draft)
        ]
        repeat = None
        if definition.duplicate_rule != "ignore":
            identity = drafts.identity(definition, draft.answers)
            repeat = repeats.find_open([identity]).get(identity)
        return self.render(
            "pages/raise/check.html",
            title=title,
            definition=definition,
            answers=answers,
            repeat=repeat,
            is_refused=repeat is not None and definition.duplicate_rule == "refuse",
            request_key=new_key(),
        )

    @expose("/<code>/done/<reference>/")
    def done_view(self, code: str, reference: str) -> str:
        definition = contact_types.get_definition(code)
        canonical = parse_reference(reference)
        if canonical is None:
            raise NotFound("There is no contact with that reference.")
        contact = contacts.get_contact(canonical)
        return self.render("pages/raise/done.html", title="Contact raised", definition=definition, contact=contact)
