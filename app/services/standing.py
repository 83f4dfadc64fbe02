"""What a person is told whose way into the service is closed, wholly or in part, and whom they can ask.

Said only to the person themselves and only after the right password, so a name or a date here helps no stranger.
"""

from typing import NamedTuple

from sqlalchemy import or_, select

from app.domain import clock
from app.domain.item import show_date
from app.domain.roles import Permission, Role, permissions_of
from app.extensions import db
from app.models import Grant, Organisation, User

OFFICER_ROLES = (Role.LSO, Role.XOSERVE_LSO)
# Named at most, or a large organisation's list would be longer than the page.
MOST_NAMED = 3


class Words(NamedTuple):
    """What happened, in short and in a sentence, and the names of those who can help."""

    title: str
    sentence: str
    ask: tuple[str, ...]


def why_shut_out(user: User) -> Words | None:
    """Why this person may not sign in, or None; part of signing in."""
    # Whoever suspends the organisation waits for this lock, or this transaction for theirs.
    wanted = select(Organisation).where(Organisation.id == user.organisation_id).with_for_update(read=True)
    organisation = db.session.scalars(wanted.execution_options(populate_existing=True)).one()
    if not organisation.is_active:
        return Words(
            "The organisation is suspended",
            f"{organisation.name} is suspended from this service, so none of its people can sign in. Your user ID and "
            "everything you raised are kept.",
            officers_of(user.organisation_id),
        )
    if not user.is_active:
        return Words(
            "The account is disabled",
            "Your account is disabled, so you cannot sign in. Everything you raised is kept.",
            officers_of(user.organisation_id),
        )
    return None


def access_words(user: User) -> Words | None:
    """What a person is told on the start page who has no access to contacts today, or None for whoever has."""
    today = clock.today()
    grants = db.session.scalars(select(Grant).where(Grant.user_id == user.id)).all()
    opening = [grant for grant in grants if Permission.CONTACT_READ in permissions_of(frozenset({Role(grant.role)}))]
    if any(grant.starts_on <= today and (grant.ends_on is None or today <= grant.ends_on) for grant in opening):
        return None
    coming = sorted(grant.starts_on for grant in opening if grant.starts_on > today)
    past = sorted(grant.ends_on for grant in opening if grant.ends_on is not None and grant.ends_on < today)
    if coming:
        title, sentence = "Not yet", f"Your access to contacts begins on {show_date(coming[0])}."
    elif past:
        title, sentence = "Ended", f"Your access to contacts ended on {show_date(past[-1])}."
    else:
        title, sentence = "None", "You have no access to contacts: it was not given to you, or it was withdrawn."
    return Words(title, sentence, officers_of(user.organisation_id))


def officers_of(organisation_id: int) -> tuple[str, ...]:
    """The people who run access for an organisation today, by name."""
    today = clock.today()
    wanted = (
        select(User.name)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == organisation_id,
            User.is_active,
            Grant.role.in_([role.value for role in OFFICER_ROLES]),
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
        )
        .distinct()
        .order_by(User.name)
    )
    return tuple(db.session.scalars(wanted.limit(MOST_NAMED)))
