"""What a person is told the next time they look."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import AccessOwned, Model, UtcDateTime


class Notification(AccessOwned, Model):
    """One sentence for one person; it belongs to that person's organisation.

    `url` is a path of this site with ids as they are here: the page makes addresses of them (views.notifications).
    """

    __tablename__ = "notification"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        Index(None, "user_id", "read_at"),
        Index(None, "organisation_id", "id"),
    )
    user_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(200))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def access_rows(cls) -> ColumnElement[bool]:
        """People are told what became of their access by whoever looks after it, who reads nobody's notifications."""
        return false()

    def __str__(self) -> str:
        return self.text
