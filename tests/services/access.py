"""What the tests of people's access share."""

from datetime import timedelta

from sqlalchemy import select

from app.domain import clock
from app.domain.spans import Span
from app.extensions import db
from app.models import AuditEvent, Grant, Organisation, User
from app.services import people
from tests.cast import PEOPLE

WHY = "Asked for by their manager"


def pk_of(name: str) -> int:
    """The key of a member of the cast, whoever asks: look it up as the service."""
    return db.session.scalars(select(User.id).where(User.user_id == PEOPLE[name].user_id)).one()


def find(name: str) -> User:
    """A member of the cast as the actor sees them."""
    return people.get_user(pk_of(name))


def span(first: int = 0, last: int | None = None) -> Span:
    """From so many days after today to so many, or without an end."""
    today = clock.today()
    return Span(today + timedelta(days=first), None if last is None else today + timedelta(days=last))


def add_role(name: str, role: str, days: Span | None = None) -> None:
    """Give a role behind the back of every rule; the caller commits."""
    user = find(name)
    start, end = days or span()
    db.session.add(
        Grant(
            user_id=user.id,
            organisation_id=user.organisation_id,
            role=role,
            starts_on=start,
            ends_on=end,
            granted_by="The tests",
        )
    )
    db.session.flush()


def begin_today(name: str) -> None:
    """Let the first role of a member of the cast begin today and no sooner; the caller commits."""
    find(name).grants[0].starts_on = clock.today()


def let_alone(name: str) -> None:
    """Let nothing need approval in the organisation of a member of the cast; the caller commits."""
    db.session.get_one(Organisation, find(name).organisation_id).approval_acts = ""


def last_event(action: str) -> AuditEvent:
    """The newest event of that name; there must be one."""
    wanted = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id.desc())
    return db.session.scalars(wanted.limit(1)).one()
