"""What the page of one contact shows."""

from typing import Any, NamedTuple

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import selectinload, undefer

from app.access.actor import current_actor
from app.domain.answers import show_answer
from app.domain.events import EVENTS
from app.domain.lifecycle import Transition
from app.domain.roles import Permission
from app.extensions import db
from app.models import AuditEvent, Contact
from app.services import contact_list, contact_types, contacts, due_dates
from app.views.forms import MoveForm, shape_move_form
from app.views.words import CHANNELS, due_words, holder_words, show_instant, status_tag

TIMELINE_FILTERS = {"all": "All", "messages": "Messages", "status": "Status changes"}


class Step(NamedTuple):
    """One line of the timeline."""

    event: AuditEvent
    message: str
    is_move: bool


def load(contact_id: int) -> Contact:
    """The contact afresh, with everything its page shows."""
    wanted = (
        select(Contact)
        .where(Contact.id == contact_id)
        .options(undefer(Contact.answers), selectinload(Contact.organisation), selectinload(Contact.contact_type))
    )
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def context(contact: Contact) -> dict[str, Any]:
    """What the template is given, forms left out."""
    items = {item.code: item for item in contact_types.list_items(contact.type_code)}
    shown = request.args.get("show", "all")
    others = contact_list.list_others_on_meter_point(contact)
    return {
        "contact": contact,
        "title": contact.reference,
        "answers": [
            (item.label, show_answer(contact.answers[code], item))
            for code, item in items.items()
            if code in contact.answers
        ],
        "timeline": _timeline(contact, shown),
        "timeline_filters": TIMELINE_FILTERS,
        "shown": shown if shown in TIMELINE_FILTERS else "all",
        "unknown_filter": "" if shown in TIMELINE_FILTERS else shown[:40],
        "due": due_words(contact),
        "why": due_dates.explain(contact),
        "others": others[: contact_list.MOST_OTHERS],
        "has_more_others": len(others) > contact_list.MOST_OTHERS,
        "show_instant": show_instant,
        "status": status_tag(contact.status),
        "status_tag": status_tag,
        "events": EVENTS,
        "channels": CHANNELS,
        "outcomes": contacts.outcome_texts(),
        "holder_words": holder_words,
        "can_see_uploads": current_actor().may(Permission.UPLOAD_READ),
    }


def _timeline(contact: Contact, shown: str) -> list[Step]:
    """Newest first: all, only what was written, or only what changed the status."""
    steps = [
        Step(event, message, event.before.get("status") != event.after.get("status") or event.action == "contact:raise")
        for event, message in contacts.list_timeline(contact)
    ]
    if shown == "messages":
        return [step for step in steps if step.message]
    return [step for step in steps if step.is_move] if shown == "status" else steps


def move_form(move: Transition, contact: Contact) -> MoveForm:
    """The form of one move, with the fields it asks for."""
    form = MoveForm(formdata=None, version=contact.version)
    for field in form:
        field.id = f"{move.action}-{field.name}"  # several moves share the page
    shape_move_form(form, move.must_give)
    return form
