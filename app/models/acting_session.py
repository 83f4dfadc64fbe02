"""When somebody of Xoserve acted for another organisation."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import AccessOwned, Model, UtcDateTime


class ActingSession(AccessOwned, Model):
    """One person's acting for one organisation, in one signed-in browser; it belongs to that organisation."""

    __tablename__ = "acting_session"
    __table_args__ = (Index(None, "user_session_id", "ended_at"), Index(None, "organisation_id", "id"))
    user_session_id: Mapped[int] = mapped_column(ForeignKey("user_session.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(400))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return f"Acting by {self.actor_name}"
