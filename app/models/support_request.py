"""What people ask Xoserve who cannot sign in, or do not know whom else to ask."""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, OrganisationOwned, UtcDateTime


class SupportRequest(OrganisationOwned, Model):
    """One request. It belongs to Xoserve: `organisation_typed` is only what somebody typed.

    `state` is open, taken or closed; who took it is of Xoserve.
    """

    __tablename__ = "support_request"
    __table_args__ = (
        ForeignKeyConstraint(["taken_by_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("request_key"),
        Index(None, "address", "asked_at"),
        Index(None, "state", "id"),
    )
    request_key: Mapped[str] = mapped_column(String(64))
    organisation_typed: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    need: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(45))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default="open")
    taken_by_id: Mapped[int | None]
    taken_by: Mapped[str] = mapped_column(String(120), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_because: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[int] = mapped_column(default=1)

    @property
    def reference(self) -> str:
        """What it is called in mail; it does not count requests."""
        return "SR-" + hashlib.blake2b(self.request_key.encode(), digest_size=4).hexdigest().upper()

    def __str__(self) -> str:
        return f"Support request {self.reference}"
