"""Reviews of who has access: the question, and a line for each person asked about."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, String, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from app.domain.item import show_date
from app.models.base import AccessOwned, Id, Json, Model, UtcDateTime

_IS_OPEN: ColumnElement[bool] = literal_column("closed_at IS NULL")


class Review(AccessOwned, Model):
    """A review of an organisation's people, up to its last day; one at a time for each organisation.

    It is closed by the last answer. `reminder_count` is how many of the reminders were sent (domain.reviews).
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        Index(None, "organisation_id", "id"),
        Index("uq_review_open", "organisation_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(120))
    started_by_id: Mapped[int | None] = mapped_column(Id)
    due_on: Mapped[date]
    people_count: Mapped[int]
    reminder_count: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # What lists show of it; filled by services.reviews.
    answered_count: Mapped[int | None] = query_expression()
    organisation_name: Mapped[str | None] = query_expression()

    def __str__(self) -> str:
        return f"Access review to {show_date(self.due_on)}"


class ReviewAnswer(AccessOwned, Model):
    """One person's line in a review, with what they held when it began; `answer` is of domain.reviews.

    Without an answer by the last day the person is told, and disabled from `disabled_on`; `kept_because` says why they
    cannot be. Names are kept for the history.
    """

    __tablename__ = "review_answer"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "organisation_id"], ["review.id", "review.organisation_id"]),
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("review_id", "user_id"),
        Index(None, "review_id", "answer", "name"),
        Index(None, "organisation_id", "id"),
    )
    review_id: Mapped[int]
    user_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    sign_in_name: Mapped[str] = mapped_column(String(32))
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    answer: Mapped[str] = mapped_column(String(12), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(400), default="")
    disabled_on: Mapped[date | None]
    kept_because: Mapped[str] = mapped_column(String(400), default="")

    def __str__(self) -> str:
        return f"{self.name} ({self.sign_in_name})"
