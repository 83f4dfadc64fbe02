"""What pages show at a glance, read as part of the one statement each request begins with.

A statement of its own costs a page about a tenth of its time, far more than the database takes to answer it.
"""

from typing import Any

from sqlalchemy import Select, case, func, select

from app.access.actor import Glance
from app.domain.lifecycle import Status
from app.models import Contact, Notification, Organisation, User
from app.models.organisation import XOSERVE_KIND
from app.services import contact_types, saved_views

# More than this many are "99+".
MOST_COUNTED = 100


def _count_some(wanted: Select[Any]) -> Any:
    some = wanted.correlate(User, Organisation).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


_UNREAD = _count_some(select(Notification.id).where(Notification.user_id == User.id, Notification.read_at.is_(None)))
# Contacts that wait for this person's side: Xoserve claims what nobody has, customers answer what they are asked.
_WAITING = case(
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
# Of a statement over `User` and `Organisation`: what `Glance` is made of, in its order.
COLUMNS: tuple[Any, ...] = (
    _UNREAD,
    _WAITING,
    saved_views.has_views(User),
    contact_types.NAMES,
)


def read(values: tuple[Any, ...]) -> Glance:
    """The values of `COLUMNS`."""
    unread_count, waiting_count, has_saved_views, names = values
    return Glance(unread_count, waiting_count, has_saved_views, contact_types.split_names(names))
