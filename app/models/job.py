"""Work to be done later; the row is the truth about progress, outcome and retries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Json, Model, OrganisationOwned, UtcDateTime


class Job(OrganisationOwned, Model):
    """A named verb run as the user who asked. `state` is ready, running, done or failed.

    Whoever holds `owner` before `lease_until` runs it; anyone may take it over afterwards.
    """

    __tablename__ = "job"
    __table_args__ = (Index(None, "organisation_id", "id"), Index(None, "state", "run_after"))
    kind: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(Json)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default="ready")
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(400))

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
