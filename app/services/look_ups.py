"""Finding one of many by a few letters: what a field with many choices asks, always within the actor's reach."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import or_, select

from app.domain.roles import Permission
from app.extensions import db
from app.models import ContactType, Organisation, User

MOST_FOUND = 20
LONGEST_TEXT = 100


class Found(NamedTuple):
    """What a field holds when this is chosen, and how it reads."""

    value: str
    text: str


class LookUp(NamedTuple):
    """What may be looked up, by whom."""

    permission: Permission
    find: Callable[[str], list[Found]]


def find_organisations(text: str) -> list[Found]:
    """Organisations by name or short code, by name; the value is the short code."""
    wanted = select(Organisation).where(
        or_(
            Organisation.name.icontains(text, autoescape=True),
            Organisation.short_code.istartswith(text, autoescape=True),
        )
    )
    found = db.session.scalars(wanted.order_by(Organisation.name, Organisation.id).limit(MOST_FOUND))
    return [Found(organisation.short_code, str(organisation)) for organisation in found]


def find_people(text: str) -> list[Found]:
    """People by name or user ID, by name; the value is the user ID."""
    wanted = select(User).where(
        or_(User.name.icontains(text, autoescape=True), User.user_id.istartswith(text, autoescape=True))
    )
    found = db.session.scalars(wanted.order_by(User.name, User.id).limit(MOST_FOUND))
    return [Found(user.user_id, str(user)) for user in found]


def find_by_user_id(user_id: str) -> int | None:
    """The person within reach with this user ID, whatever its case, or None."""
    return db.session.scalar(select(User.id).where(User.user_id == user_id.strip().upper()[:32]))


def find_contact_types(text: str) -> list[Found]:
    """Contact types by code or name, by code; the value is the code."""
    wanted = select(ContactType).where(
        or_(ContactType.name.icontains(text, autoescape=True), ContactType.code.istartswith(text, autoescape=True))
    )
    found = db.session.scalars(wanted.order_by(ContactType.code).limit(MOST_FOUND))
    return [Found(contact_type.code, str(contact_type)) for contact_type in found]


LOOK_UPS: dict[str, LookUp] = {
    "organisations": LookUp(Permission.ORGANISATION_READ, find_organisations),
    "people": LookUp(Permission.USER_READ, find_people),
    "contact-types": LookUp(Permission.CONTACT_TYPE_READ, find_contact_types),
}
