"""Changes of access that wait for a second pair of eyes, and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.models.base import AccessOwned, Id, Json, Model, UtcDateTime
from app.models.organisation import Organisation


class Approval(AccessOwned, Model):
    """A change of people's access that somebody asked for and somebody else decides about.

    `arguments` holds whose access ("people": id and name of each) and, where a role is given, "role", "starts_on" and
    "ends_on". Names are kept for the history; the ids of who asked and decided are no foreign keys, for both may be of
    another organisation.
    """

    __tablename__ = "approval"
    __table_args__ = (Index(None, "organisation_id", "state", "id"), Index(None, "state", "id"))
    act: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(String(200))
    arguments: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(String(400))
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_by_id: Mapped[int] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="asked")
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_by_id: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(String(400), default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    # For lists that begin with what waits.
    is_open: Mapped[bool] = column_property(state == "asked")

    @property
    def people(self) -> dict[int, str]:
        """Whose access it is about: names by key."""
        return {one["id"]: one["name"] for one in self.arguments["people"]}

    def __str__(self) -> str:
        return self.summary
