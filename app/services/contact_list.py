"""Which contacts a list or an export holds: the same statement for both."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, column, func, literal_column, or_, select, table, union
from sqlalchemy.dialects.postgresql import TSQUERY

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.identifiers import SHORT_CODE, parse_mprn, parse_reference
from app.domain.lifecycle import Action, Status
from app.extensions import db
from app.models import AuditEvent, Contact, Organisation
from app.services.drafts import split_words
from app.services.sorting import Sort

LONGEST_SEARCH = 100
# A word that more contacts than this hold is found in the newest of them only.
MOST_MATCHES = 10_000
# How many other contacts of its meter point a contact's page shows.
MOST_OTHERS = 5
OWNER_MARK = "zzorg"
# Fewer letters begin too many words.
SHORTEST_BEGINNING = 3

# PostgreSQL's word index is on exactly this expression (migrations/versions/0004), so it is written out.
INDEXED_WORDS: ColumnElement[Any] = literal_column(
    f"array_to_tsvector(string_to_array(rtrim(lower('{OWNER_MARK}' || contact.organisation_id::text || ' ' || "
    "contact.words)), ' '))"
)
# SQLite's is this table, filled by tenancy.index_words.
contact_words = table("contact_words", column("rowid"), column("words"))

STATUS_FILTERS = (("open", "All open"), ("closed", "All closed"), *((status.value, status.label) for status in Status))
DUE_FILTERS = (("overdue", "Overdue"), ("today", "Due today"), ("week", "Due in 7 days"))
HOLDER_FILTERS = (("me", "Assigned to me"), ("nobody", "Not assigned"))
RAISED_FILTERS = (("me", "Me, and still open"),)


SORTS: dict[str, Sort] = {
    "newest": Sort("Newest first", Contact.id, True),
    "oldest": Sort("Oldest first", Contact.id, False),
    "due": Sort("Due first", Contact.due_on, False),
    "due-last": Sort("Due last", Contact.due_on, True),
}
OLDEST = "oldest"
# Orders that speak of open contacts unless a status or due date is asked for.
DUE_SORTS = frozenset({"due", "due-last"})
# Columns of a list or an export that only those who work on contacts of several organisations are shown.
STAFF_COLUMNS = frozenset({"organisation", "assignee_name"})
_CONTACTS = select(Contact)

# What a move tells the person who made it.
DONE = {
    Action.CLAIM: "You claimed {}.",
    Action.RELEASE: "You released {}.",
    Action.ASK: "Your question about {} was sent.",
    Action.ANSWER: "Your answer about {} was sent.",
    Action.RESOLVE: "{} is resolved.",
    Action.REJECT: "{} is rejected.",
    Action.WITHDRAW: "{} is withdrawn.",
}


def select_contacts(wanted: Mapping[str, str], sort: str, contacts: Select[Any] = _CONTACTS) -> Select[Any]:
    """Contacts within reach that meet the filters, not yet ordered: whole, or the columns that `contacts` selects.

    Filters: status, type, due, assignee, raised, organisation (short code), q (search). RuleBroken, naming the filter
    in `field`, for a value that means nothing. Sorting by due date speaks of open contacts unless a status
    is asked for: a finished contact is due no more.
    """
    statement = contacts
    for name, value in wanted.items():
        if value:
            statement = statement.where(_FILTERS[name](value))
    if sort in DUE_SORTS and not wanted.get("status") and not wanted.get("due"):
        statement = statement.where(Contact.is_open)
    return statement


def list_others_on_meter_point(contact: Contact) -> list[Contact]:
    """The newest other contacts within reach about the same meter point; one more than are shown, if there is one."""
    if contact.mprn is None:
        return []
    wanted = select(Contact).where(Contact.mprn == contact.mprn, Contact.id != contact.id)
    return list(db.session.scalars(wanted.order_by(Contact.id.desc()).limit(MOST_OTHERS + 1)))


def _status(value: str) -> ColumnElement[bool]:
    if value == "open":
        return and_(Contact.is_open)
    if value == "closed":
        return ~Contact.is_open
    if value not in {status.value for status in Status}:
        raise RuleBroken(f"There is no status “{value[:40]}”.", field="status")
    return Contact.status == value


def _type(value: str) -> ColumnElement[bool]:
    if not re.fullmatch(r"[A-Z0-9]{1,4}", value):
        raise RuleBroken(f"There is no contact type “{value[:40]}”.", field="type")
    return Contact.type_code == value


def _due(value: str) -> ColumnElement[bool]:
    today: date = clock.today()
    meanings: dict[str, ColumnElement[bool]] = {
        "overdue": Contact.due_on < today,
        "today": Contact.due_on == today,
        "week": Contact.due_on.between(today, today + timedelta(days=7)),
    }
    if value not in meanings:
        raise RuleBroken(f"“{value[:40]}” is not a due date filter.", field="due")
    # Nothing is late while it waits for its originator.
    return meanings[value] & Contact.is_open & (Contact.status != Status.AWAITING_INFORMATION.value)


def _assignee(value: str) -> ColumnElement[bool]:
    if value == "me":
        return (Contact.assignee_id == current_actor().user_pk) & Contact.is_open
    if value == "nobody":
        return Contact.assignee_id.is_(None) & Contact.is_open
    raise RuleBroken(f"“{value[:40]}” is not an assignee filter.", field="assignee")


def _raised(value: str) -> ColumnElement[bool]:
    if value != "me":
        raise RuleBroken(f"“{value[:40]}” is not a filter of who raised it.", field="raised")
    raising = select(AuditEvent.id).where(
        AuditEvent.object_type == "contact",
        AuditEvent.object_id == Contact.id,
        AuditEvent.action == "contact:raise",
        AuditEvent.actor_id == current_actor().user_pk,
    )
    return Contact.is_open & raising.exists()


def _organisation(value: str) -> ColumnElement[bool]:
    if not SHORT_CODE.fullmatch(value.upper()):
        raise RuleBroken(f"There is no organisation “{value[:40]}”.", field="organisation")
    wanted = select(Organisation.id).where(Organisation.short_code == value.upper())
    return Contact.organisation_id == wanted.scalar_subquery()


def _search(value: str) -> ColumnElement[bool]:
    """References, MPRNs and own references by shape; anything else by word."""
    if len(value) > LONGEST_SEARCH:
        raise RuleBroken(f"Search for {LONGEST_SEARCH} characters at most.", field="q")
    reference = parse_reference(value)
    if reference is not None and not value.replace(" ", "").isdigit():
        return Contact.reference == reference
    by_own_reference = select(Contact.id).where(Contact.own_reference.in_({value, value.upper(), value.lower()}))
    by_word = _ids_by_word(value).subquery()
    # Words are for what no own reference answers: NOV-2 is also the words "nov" and "2".
    exact = [by_own_reference]
    with suppress(ValueError):
        exact.append(select(Contact.id).where(Contact.mprn == parse_mprn(value)))
    if reference is not None:  # of nothing but digits, which is rare
        exact.append(select(Contact.id).where(Contact.reference == reference))
    else_by_word = select(by_word.c[0]).where(~or_(*(statement.exists() for statement in exact)))
    return Contact.id.in_(union(*exact, else_by_word))


def _ids_by_word(value: str) -> Select[Any]:
    """Ids of the newest contacts that hold every word; a last word of three letters or more may be unfinished."""
    found = split_words(value)
    if not found:
        raise RuleBroken("Search for letters or digits: a reference, an MPRN, your own reference or words.", field="q")
    is_unfinished = len(found[-1]) >= SHORTEST_BEGINNING
    actor = current_actor()
    owners = [] if actor.reaches_all else sorted(actor.organisation_ids)
    if db.session.get_bind().dialect.name == "sqlite":
        terms = [f'"{word}"' for word in found]
        terms[-1] += "*" if is_unfinished else ""
        # The owner has a column of its own: no text anybody writes can pass for it.
        wanted = f"words : ({' AND '.join(terms)})"
        if owners:
            wanted = f"owner : ({' OR '.join(map(str, owners))}) AND {wanted}"
        match = literal_column("contact_words").op("MATCH")(wanted)
        return select(contact_words.c.rowid).where(match).order_by(contact_words.c.rowid.desc()).limit(MOST_MATCHES)
    terms = [f"'{word}'" for word in found]  # words hold letters and digits only
    terms[-1] += ":*" if is_unfinished else ""
    if owners:
        terms.insert(0, "(" + " | ".join(f"{OWNER_MARK}{pk}" for pk in owners) + ")")
    match = INDEXED_WORDS.op("@@")(cast(func.lower(" & ".join(terms)), TSQUERY))
    inner = select(Contact.id).where(match).order_by(Contact.id.desc()).limit(MOST_MATCHES)
    return select(inner.cte("found").prefix_with("MATERIALIZED").c.id)


_FILTERS = {
    "status": _status,
    "type": _type,
    "due": _due,
    "assignee": _assignee,
    "raised": _raised,
    "organisation": _organisation,
    "q": _search,
}
