"""Contacts that are raised already: found by what repeats share, within the actor's own organisation."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, literal, select

from app.access.actor import current_actor
from app.extensions import db
from app.models import Contact
from app.services import drafts

LOOK_UP_SIZE = 2_000
SENTENCE = "Contact {} of this type is already open for the same meter point."


def find_open(identities: Iterable[str]) -> dict[str, str]:
    """Reference of an open contact of the actor's organisation for each identity that has one."""
    wanted = set(identities)
    mprns = [identity.partition(" ")[2] for identity in wanted if " " in identity]
    found = {
        drafts.point_identity(row.type_code, row.mprn): row.reference
        for row in _find_open(Contact.mprn, mprns, Contact.type_code)
    }
    others = [identity for identity in wanted if " " not in identity]
    found.update({row.fingerprint: row.reference for row in _find_open(Contact.fingerprint, others)})
    return {identity: reference for identity, reference in found.items() if identity in wanted}


def _find_open(column: Any, values: list[str], *more: Any) -> Iterator[Any]:
    """The open contacts of the actor's organisation with one of these values: it, the reference, and `more`."""
    for start in range(0, len(values), LOOK_UP_SIZE):
        yield from db.session.execute(
            select(column, Contact.reference, *more).where(
                Contact.organisation_id == current_actor().organisation_id,
                _among(column, values[start : start + LOOK_UP_SIZE]),
                Contact.is_open,
            )
        )


def _among(column: Any, values: list[str]) -> ColumnElement[bool]:
    """IN, as one array where the database has arrays: two thousand parameters take longer to send than to look up."""
    if db.session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(values, ARRAY(String)))
    return column.in_(values)
