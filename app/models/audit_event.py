"""Who did what, when, for whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import AccessOwned, Id, Json, Model, UtcDateTime

# As the database reports it, which Alembic compares letter by letter.
_NOTHING: ColumnElement[str] = literal_column("''")
# What acts of access work are about.
ACCESS_SUBJECTS = (
    "user",
    "role_grant",
    "service_grant",
    "organisation",
    "acting_session",
    "deputy",
    "people_upload",
    "approval",
    "review",
    "review_answer",
)

_NO_CONTACT: ColumnElement[bool] = literal_column("object_type <> 'contact'")


class AuditEvent(AccessOwned, Model):
    """One act. It belongs to the organisation whose matter it was.

    `on_behalf_of` names the organisation that a person of another one acted for, and `reason` is why, in their words.

    Names are kept as text: the actor may be of an organisation whose people the reader cannot see.
    `before` and `after` hold the named fields that changed; never a password, token or file content.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index(None, "organisation_id", "id"),
        Index(None, "object_type", "object_id", "id"),
        # What somebody did. Acts on contacts stand in their timelines, and an import writes many of them.
        Index("ix_audit_event_own", "actor_id", "id", sqlite_where=_NO_CONTACT, postgresql_where=_NO_CONTACT),
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    object_type: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(Id)
    object_label: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[int | None] = mapped_column(Id)
    actor_name: Mapped[str] = mapped_column(String(120))
    actor_organisation: Mapped[str] = mapped_column(String(120))
    on_behalf_of: Mapped[str] = mapped_column(String(120), default="", server_default=_NOTHING)
    reason: Mapped[str] = mapped_column(String(400), default="", server_default=_NOTHING)
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    is_visible_to_customer: Mapped[bool] = mapped_column(default=False)
    request_id: Mapped[str] = mapped_column(String(32), default="")

    @classmethod
    def access_rows(cls) -> ColumnElement[bool]:
        """Acts on people and their access; not those on contacts, uploads and the like."""
        return cls.object_type.in_(ACCESS_SUBJECTS)

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
