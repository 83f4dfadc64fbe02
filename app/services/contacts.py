"""Raising contacts and moving them through their life cycle."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from app.access.actor import Actor, current_actor, needs
from app.access.tenancy import bulk_insert, compare_and_set, index_words, unscoped
from app.domain import calendar, clock, lifecycle
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.identifiers import make_reference
from app.domain.item import ItemError
from app.domain.lifecycle import MESSAGE_MISSING, OPEN, Action, Given, Status
from app.domain.roles import Permission
from app.extensions import db
from app.models import AuditEvent, Contact, Counter, Message, OutcomeCode
from app.models.counter import CONTACT_NUMBERS
from app.services import audit, drafts, notifications, repeats
from app.services.calendar import closed_days
from app.services.definition import Definition
from app.services.drafts import Draft

# Contact numbers in ascending order, and the key that spreads references.
Numbers = tuple[Sequence[int], int]

# What every contact begins as.
FRESH: Mapping[str, Any] = {"status": Status.LOGGED.value, "is_open": True, "version": 1}


@needs(Permission.CONTACT_RAISE)
def raise_contacts(
    new: Sequence[Draft],
    definitions: Mapping[str, Definition],
    *,
    channel: str,
    upload_id: int | None = None,
    reserved: Numbers | None = None,
) -> list[tuple[int, str]]:
    """Raise error-free drafts for the actor's own organisation, in order; (contact id, reference) of each.

    RuleBroken when one of them is refused. Bulk statements: one for the contacts, one for their events. Numbers may
    have been reserved, for as many or more.
    """
    actor = current_actor()
    _, refused = split_refused(new, definitions)
    if refused:
        raise RuleBroken(refused[0][1].message)
    now = clock.now()
    received, closed = clock.today(), closed_days()
    due_on = {
        days: calendar.add_business_days(received, days, closed)
        for days in {definition.due_days for definition in definitions.values()}
    }
    numbers, key = reserved or reserve_numbers(len(new))
    raised: list[tuple[int, str]] = []
    by_type: dict[str, list[tuple[int, str]]] = {}

    def rows() -> Iterator[dict[str, Any]]:
        for number, draft in zip(numbers[: len(new)], new, strict=True):
            definition, reference = definitions[draft.type_code], make_reference(number, key)
            raised.append((number, reference))
            by_type.setdefault(draft.type_code, []).append((number, reference))
            known = {"id": number, "reference": reference, "due_on": due_on[definition.due_days]}
            yield draft_values(definition, draft) | known

    shared = {
        "organisation_id": actor.organisation_id,
        "channel": channel,
        "raised_at": now,
        "raised_by_name": actor.name,
        "upload_id": upload_id,
    }
    bulk_insert(Contact, rows(), {**FRESH, **shared})
    if raised:
        index_words(raised[0][0], raised[-1][0])
    for code, some in by_type.items():
        audit.record_many(
            "contact:raise",
            "contact",
            some,
            organisation_id=actor.organisation_id,
            at=now,
            actor=actor,
            after={"type": code, "channel": channel},
            is_visible_to_customer=True,
        )
    return raised


def split_refused(
    new: Sequence[Draft], definitions: Mapping[str, Definition]
) -> tuple[list[Draft], list[tuple[Draft, ItemError]]]:
    """The drafts that may be raised now, and those that may not with the reason, both in order.

    Refused are drafts of a type that the actor's organisation cannot raise today, and repeats of an open contact of
    a type that takes one.
    """
    kind = current_actor().organisation_kind
    closed = {code: definitions[code].refusal(kind) for code in {draft.type_code for draft in new}}
    refused: dict[int, ItemError] = {}
    identities: dict[int, str] = {}
    for place, draft in enumerate(new):
        definition = definitions[draft.type_code]
        if refusal := closed[draft.type_code]:
            refused[place] = ItemError("IMP-415", refusal)
        elif definition.duplicate_rule == "refuse":
            identities[place] = drafts.identity(definition, draft.answers)
    if identities:
        lock_for_raising()
        is_open = repeats.find_open(identities.values())
        for place, identity in identities.items():
            if identity in is_open:
                refused[place] = ItemError("IMP-603", repeats.SENTENCE.format(is_open[identity]))
    return (
        [draft for place, draft in enumerate(new) if place not in refused],
        [(new[place], refused[place]) for place in sorted(refused)],
    )


def lock_for_raising() -> None:
    """One transaction of an organisation at a time looks for open repeats and raises; SQLite has one writer anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        unscoped(select(func.pg_advisory_xact_lock(current_actor().organisation_id)))


def draft_values(definition: Definition, draft: Draft) -> dict[str, Any]:
    """The columns of a contact that its draft tells."""
    mprn = drafts.mprn_of(definition, draft.answers)
    return {
        "type_code": definition.code,
        "mprn": mprn,
        "own_reference": draft.own_reference,
        "summary": drafts.summary(definition, draft.answers),
        "fingerprint": drafts.fingerprint(definition, draft.answers) if mprn is None else "",
        "answers": draft.answers,
        "words": drafts.words(definition, draft),
        "upload_row": draft.row,
    }


def contact_values(definition: Definition, draft: Draft, **known: Any) -> dict[str, Any]:
    """All columns of a freshly logged contact."""
    return {**FRESH, **draft_values(definition, draft), **known}


def reserve_numbers(count: int) -> Numbers:
    """`count` contact numbers nobody else will get; on PostgreSQL also when the transaction comes to nothing."""
    if db.session.get_bind().dialect.name == "postgresql":
        # In one array: thousands of rows of one number take longer to read than to count.
        many = select(func.array_agg(CONTACT_NUMBERS.next_value())).select_from(func.generate_series(1, count))
        key = unscoped(select(Counter.key).where(Counter.name == "contact")).scalar_one()
        return unscoped(many).scalar_one() or [], key
    block = update(Counter).where(Counter.name == "contact").values(value=Counter.value + count)
    last, key = unscoped(block.returning(Counter.value, Counter.key)).one()
    return range(last - count + 1, last + 1), key


def get_contact(reference: str) -> Contact:
    """One contact within the actor's reach; NotFound for another's just as for an unknown one."""
    contact = db.session.scalar(select(Contact).where(Contact.reference == reference))
    if contact is None:
        raise NotFound("There is no contact with that reference.")
    return contact


def options(contact: Contact, actor: Actor) -> list[lifecycle.Transition]:
    """The moves this actor may make now, most likely first."""
    return lifecycle.options(Status(contact.status), actor.permissions)


def perform(reference: str, action: Action, *, version: int, message: str = "", outcome_code: str = "") -> Contact:
    """Make one move of the life cycle; the only writer of a status.

    NotAllowed without the move's permission, RuleBroken when the status or what was given does not fit,
    Conflict when somebody else moved the contact first.
    """
    actor, contact = current_actor(), get_contact(reference)
    if not any(move.action is action and actor.may(move.needs) for move in lifecycle.LIFECYCLE):
        raise NotAllowed("Your roles do not allow this.")
    if contact.version != version:
        raise Conflict(_who_was_first(contact))
    move = lifecycle.step(Status(contact.status), action)
    message, outcome_code = check_given(move, message, outcome_code)
    now = clock.now()
    changes: dict[str, Any] = {
        "status": move.target.value,
        "is_open": move.target in OPEN,
        "version": contact.version + 1,
    } | _consequences(contact, move, actor, now, outcome_code)
    before = {"status": contact.status}
    if not compare_and_set(contact, {"status": contact.status, "version": version}, changes):
        db.session.refresh(contact)
        raise Conflict(_who_was_first(contact))
    event = audit.record(
        f"contact:{action}",
        contact,
        before=before,
        at=now,
        is_visible_to_customer=move.visible_to_customer,
        after={"status": contact.status} | ({"outcome": outcome_code} if outcome_code else {}),
    )
    if message:
        db.session.flush()
        db.session.add(
            Message(contact_id=contact.id, organisation_id=contact.organisation_id, event_id=event.id, text=message)
        )
    notifications.tell_of_move(contact, action)
    return contact


def check_given(move: lifecycle.Transition, message: str, outcome_code: str) -> tuple[str, str]:
    """The message and code that belong to the move; what it does not ask for is dropped."""
    if move.must_give is Given.NOTHING:
        return "", ""
    message = message.strip()
    if move.must_give is Given.MESSAGE and not message:
        raise RuleBroken(MESSAGE_MISSING[move.action], field="message")
    if len(message) > 4000:
        raise RuleBroken("Write 4,000 characters at most.", field="message")
    if move.must_give in (Given.RESOLUTION_CODE, Given.REJECTION_CODE):
        known = {code.code for code in list_outcome_codes(move.must_give)}
        if outcome_code not in known:
            raise RuleBroken(f"Choose a {move.must_give.value} code from the list.", field="outcome_code")
        return message, outcome_code
    return message, ""


def _consequences(
    contact: Contact, move: lifecycle.Transition, actor: Actor, now: datetime, outcome_code: str
) -> dict[str, Any]:
    """What else a move writes. While the originator has the contact our clock stops."""
    changes: dict[str, Any] = {}
    if move.action is Action.CLAIM:
        changes = {"assignee_id": actor.user_pk, "assignee_name": actor.name}
    elif move.action is Action.RELEASE:
        changes = {"assignee_id": None, "assignee_name": None}
    elif move.action is Action.ASK:
        changes = {"asked_on": clock.today()}
    elif move.action is Action.ANSWER and contact.asked_on:
        closed = closed_days()
        waited = calendar.business_days_between(contact.asked_on, clock.today(), closed)
        changes = {"asked_on": None, "due_on": calendar.add_business_days(contact.due_on, waited, closed)}
    if move.target not in OPEN:
        changes |= {"closed_at": now, "outcome_code": outcome_code or None}
    return changes


def _who_was_first(contact: Contact) -> str:
    who = f" to {contact.assignee_name}" if contact.status == Status.ASSIGNED and contact.assignee_name else ""
    return f"This contact has changed since you opened it: it is now {contact.status_label.lower()}{who}."


def list_outcome_codes(given: Given) -> list[OutcomeCode]:
    """The resolution or rejection codes in force today, by code."""
    today = clock.today()
    wanted = select(OutcomeCode).where(OutcomeCode.kind == given.value).order_by(OutcomeCode.code)
    return [
        code
        for code in db.session.scalars(wanted)
        if code.starts_on <= today and (code.ends_on is None or today <= code.ends_on)
    ]


def outcome_texts() -> dict[str, str]:
    """The words of every resolution and rejection code, retired ones included."""
    return {code.code: code.text for code in db.session.scalars(select(OutcomeCode))}


def list_timeline(contact: Contact) -> list[tuple[AuditEvent, str]]:
    """(event, message or "") of a contact, newest first: what customers see, or all for those who reach all."""
    wanted = (
        select(AuditEvent, Message.text)
        .outerjoin(Message, (Message.event_id == AuditEvent.id) & (Message.contact_id == contact.id))
        .where(AuditEvent.object_type == "contact", AuditEvent.object_id == contact.id)
        .order_by(AuditEvent.id.desc())
    )
    if not current_actor().reaches_all:
        wanted = wanted.where(AuditEvent.is_visible_to_customer)
    return [(event, text or "") for event, text in db.session.execute(wanted)]
