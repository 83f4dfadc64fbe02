"""Who runs an organisation's access today, to be told of what happens to it."""

from sqlalchemy import select

from app.domain import clock
from app.domain.roles import Role
from app.extensions import db
from app.models import Grant, User
from app.services.in_force import counts_on


def list_keepers(organisation_id: int) -> list[User]:
    """The LSOs of an organisation within reach who may sign in, by name."""
    wanted = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == organisation_id,
            User.is_active,
            Grant.role == Role.LSO.value,
            counts_on(clock.today()),
        )
    )
    return list(db.session.scalars(wanted.order_by(User.name, User.id)))
