"""Who looks after access in an LSO's place."""

from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import AccessOwned, Model, UtcDateTime


class Deputy(AccessOwned, Model):
    """An LSO's powers given to somebody of their organisation, from one day to another (both included; London days).

    `powers` are words and `for_organisations` ids (none: all that the LSO looks after), with spaces between.
    It counts only while the LSO is one, whatever its days say (services.reach); names are kept for the history.
    """

    __tablename__ = "deputy"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        ForeignKeyConstraint(["delegator_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        Index(None, "user_id", "ended_at"),
        Index(None, "organisation_id", "id"),
        Index(None, "ended_at", "ends_on"),
    )
    user_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    delegator_id: Mapped[int]
    delegator_name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    powers: Mapped[str] = mapped_column(String(80), default="")
    for_organisations: Mapped[str] = mapped_column(String(800), default="")
    reason: Mapped[str] = mapped_column(String(400))
    appointed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str] = mapped_column(String(120), default="")
    ended_because: Mapped[str] = mapped_column(String(400), default="")

    def __str__(self) -> str:
        return f"{self.name} as deputy of {self.delegator_name}"
