"""The chain over the audit events."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Id, Json, Model, UtcDateTime


class AuditSeal(Model):
    """One link: the events with ids from `first_id` to `last_id` that were there at `sealed_at`.

    Ids are given before commits, so some may be missing then: `gaps` are the [first, last] of ids that were not there.
    An event that comes late fills a gap and gets a link of its own, with `is_late`. Links are numbered 1, 2, 3 ...
    """

    __tablename__ = "audit_seal"
    first_id: Mapped[int] = mapped_column(Id)
    last_id: Mapped[int] = mapped_column(Id)
    count: Mapped[int]
    gaps: Mapped[list[list[int]]] = mapped_column(Json)
    is_late: Mapped[bool]
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hash: Mapped[str] = mapped_column(String(64))

    def __str__(self) -> str:
        return f"Seal {self.id}"
