"""What a person is told whose way into the service is closed, wholly or in part, and whom they can ask.

Said only to the person themselves and only after the right password, so a name or a date here helps no stranger.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.domain import clock
from app.domain.item import show_date
from app.domain.roles import Permission, Role, permissions_of
from app.domain.service import Service
from app.extensions import db
from app.models import AuditEvent, Grant, Organisation, ServiceGrant, User
from app.services.in_force import counts_on

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
    """What a person is told who has no access to contacts today, or None for whoever has: what happened to the service
    Contacts, or else to their roles within it."""
    today = clock.today()
    held = select(Grant).where(Grant.user_id == user.id)
    opening = _opening(db.session.scalars(held))
    if opening and _opening(db.session.scalars(held.where(counts_on(today)))):
        return None
    given = db.session.scalars(
        select(ServiceGrant).where(ServiceGrant.user_id == user.id, ServiceGrant.service == Service.CONTACTS.value)
    ).first()
    if given is None and (day := _withdrawn_on(user)):
        title, sentence = "Withdrawn", f"The service Contacts was withdrawn from you on {show_date(day)}."
    elif given is None:
        title, sentence = "None", "You have no access to contacts: you have not been given the service Contacts."
    else:
        title, sentence = _days_words([given], "Your access to the service Contacts", today) or (
            _days_words(opening, "Your role in the service Contacts", today)
            or ("None", "You have the service Contacts, but no role in it.")
        )
    return Words(title, sentence, tuple(name for name in officers_of(user.organisation_id) if name != user.name))


def _opening(grants: Iterable[Grant]) -> list[Grant]:
    return [grant for grant in grants if Permission.CONTACT_READ in permissions_of(frozenset({Role(grant.role)}))]


def _withdrawn_on(user: User) -> date | None:
    """The day on which the service Contacts was last withdrawn."""
    withdrawals = select(AuditEvent.at, AuditEvent.before).where(
        AuditEvent.object_type == "user", AuditEvent.object_id == user.id, AuditEvent.action == "service:withdraw"
    )
    for at, before in db.session.execute(withdrawals.order_by(AuditEvent.id.desc())):
        if before.get("service") == Service.CONTACTS:
            return at.astimezone(clock.LONDON).date()
    return None


def _days_words(grants: Sequence[Grant | ServiceGrant], what: str, today: date) -> tuple[str, str] | None:
    """That something has not begun or has ended; None where that is not why."""
    if any(grant.starts_on <= today and (grant.ends_on is None or today <= grant.ends_on) for grant in grants):
        return None
    if coming := sorted(grant.starts_on for grant in grants if grant.starts_on > today):
        return "Not yet", f"{what} begins on {show_date(coming[0])}."
    if past := sorted(grant.ends_on for grant in grants if grant.ends_on is not None):
        return "Ended", f"{what} ended on {show_date(past[-1])}."
    return None


def officers_of(organisation_id: int) -> tuple[str, ...]:
    """The people who run access for an organisation today, by name."""
    wanted = (
        select(User.name)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == organisation_id,
            User.is_active,
            Grant.role.in_([role.value for role in OFFICER_ROLES]),
            counts_on(clock.today()),
        )
        .distinct()
        .order_by(User.name)
    )
    return tuple(db.session.scalars(wanted.limit(MOST_NAMED)))
