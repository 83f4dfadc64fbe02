"""Contacts that are raised already: found by what repeats share, within the actor's own organisation."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ARRAY, String, and_, any_, func, literal, select

from app.access.actor import current_actor
from app.extensions import db
from app.models import Contact
from app.models.contact import HAS_FINGERPRINT
from app.services import drafts

LOOK_UP_SIZE = 2_000
SENTENCE = "Contact {} of this type is already open for the same meter point."


def find_open(identities: Iterable[str]) -> dict[str, str]:
    """Reference of an open contact of the actor's organisation for each identity that has one."""
    wanted = set(identities)
    mprns = [identity.partition(" ")[2] for identity in wanted if " " in identity]
    found = {drafts.point_identity(row.type_code, row.mprn): row.reference for row in _find_open(Contact.mprn, mprns)}
    others = [identity for identity in wanted if " " not in identity]
    # The index is of contacts with a fingerprint only, and serves a question only that says so.
    found.update({row.fingerprint: row.reference for row in _find_open(Contact.fingerprint, others, HAS_FINGERPRINT)})
    return {identity: reference for identity, reference in found.items() if identity in wanted}


def _find_open(column: Any, values: list[str], *conditions: Any) -> Iterator[Any]:
    """Type, MPRN, fingerprint and reference of the actor's organisation's open contacts with one of these values."""
    for start in range(0, len(values), LOOK_UP_SIZE):
        some, own = values[start : start + LOOK_UP_SIZE], Contact.organisation_id == current_actor().organisation_id
        wanted = select(Contact.type_code, Contact.mprn, Contact.fingerprint, Contact.reference)
        if db.session.get_bind().dialect.name == "postgresql":
            # One array: two thousand parameters take longer to send than to look up.
            is_one = column == any_(literal(some, ARRAY(String)))
            found = db.session.execute(wanted.where(own, is_one, Contact.is_open, *conditions))
        else:
            # Value by value: SQLite would take the organisation for rarer than any list and read all its contacts.
            each = func.json_each(json.dumps(some)).table_valued("value")
            is_one = and_(column == each.c.value, own, Contact.is_open, *conditions)
            found = db.session.execute(wanted.select_from(each).outerjoin(Contact, is_one))
        yield from (row for row in found if row.reference is not None)
