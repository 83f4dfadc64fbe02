"""Who runs an organisation's access today, to be told of what happens to it."""

from sqlalchemy import or_, select

from app.domain import clock
from app.domain.roles import Role
from app.extensions import db
from app.models import Grant, User


def list_keepers(organisation_id: int) -> list[User]:
    """The LSOs of an organisation within reach who may sign in, by name."""
    today = clock.today()
    wanted = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.organisation_id == organisation_id,
            User.is_active,
            Grant.role == Role.LSO.value,
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
        )
    )
    return list(db.session.scalars(wanted.order_by(User.name, User.id)))
