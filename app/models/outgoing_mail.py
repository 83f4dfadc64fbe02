"""Mail to be sent, written in the transaction that makes it necessary."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, OrganisationOwned, UtcDateTime


class OutgoingMail(OrganisationOwned, Model):
    """One mail for one person or address; `state` is waiting, sent or failed.

    It belongs to the organisation of the person it is for, else to Xoserve. `text` and `html` are what stands between
    the greeting and the foot of both parts; they may hold a link that opens something, so they are emptied once it is
    sent. Whoever raised `attempts` has it until `next_try_at`. `message_key` makes its Message-ID, the same each time.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("message_key"),
        Index(None, "organisation_id", "id"),
        Index(None, "state", "next_try_at"),
    )
    user_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(400))
    message_key: Mapped[str] = mapped_column(String(64))

    def __str__(self) -> str:
        return self.subject
