"""Who runs an organisation's access today, and telling them what happens to it."""

from sqlalchemy import select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.service import KEEPER_ROLES
from app.extensions import db
from app.models import Grant, Notification, Organisation, User
from app.models.organisation import XOSERVE_KIND
from app.services import notifications
from app.services.in_force import counts_on


def list_keepers(organisation_id: int) -> list[User]:
    """Those who run the access of an organisation within reach and may sign in, by name."""
    wanted = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == organisation_id,
            User.is_active,
            Grant.role.in_([role.value for role in KEEPER_ROLES]),
            counts_on(clock.today()),
        )
    )
    return list(db.session.scalars(wanted.order_by(User.name, User.id)))


def tell(organisation_id: int, sentence: str, url: str) -> None:
    """Tell them all, but whoever does it and whoever has the same sentence unread already; part of a verb."""
    told, shown = list_keepers(organisation_id), notifications.shorten(sentence)
    unread = select(Notification.user_id).where(
        Notification.user_id.in_([keeper.id for keeper in told]),
        Notification.read_at.is_(None),
        Notification.text == shown,
    )
    spared = {current_actor().user_pk, *db.session.scalars(unread)}
    for keeper in told:
        if keeper.id not in spared:
            notifications.tell_of_access(keeper, sentence, url)


def tell_xoserve(sentence: str, url: str) -> None:
    """Tell those who run Xoserve's own access, for they help where an organisation cannot; part of a verb."""
    wanted = select(Organisation.id).where(Organisation.kind_code == XOSERVE_KIND)
    for pk in db.session.scalars(wanted):
        tell(pk, sentence, url)
