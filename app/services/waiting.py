"""What is counted for a signed-in person as part of the one statement each request begins with."""

from typing import Any

from sqlalchemy import Select, case, func, select

from app.domain.lifecycle import Status
from app.models import Contact, Notification, Organisation, User
from app.models.organisation import XOSERVE_KIND

# More than this many are "99+".
MOST_COUNTED = 100


def _count_some(wanted: Select[Any]) -> Any:
    some = wanted.correlate(User, Organisation).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


UNREAD = _count_some(select(Notification.id).where(Notification.user_id == User.id, Notification.read_at.is_(None)))
# Contacts that wait for this person's side: Xoserve claims what nobody has, customers answer what they are asked.
WAITING = case(
    (
        Organisation.kind_code == XOSERVE_KIND,
        _count_some(select(Contact.id).where(Contact.is_open, Contact.assignee_id.is_(None))),
    ),
    else_=_count_some(
        select(Contact.id).where(
            Contact.organisation_id == Organisation.id, Contact.status == Status.AWAITING_INFORMATION.value
        )
    ),
)
