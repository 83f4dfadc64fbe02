"""Contacts and what is said in them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.domain.lifecycle import HOLDERS, OPEN, Status
from app.models.base import Id, Json, Model, OrganisationOwned, UtcDateTime
from app.models.contact_type import ContactType
from app.models.organisation import Organisation

# Written as each database writes the condition: a partial index serves only a query that says the same.
_IS_OPEN, _IS_OPEN_SQLITE, _IS_CLOSED = text("is_open"), text("is_open = 1"), text("closed_at IS NOT NULL")
HAS_FINGERPRINT = text("fingerprint <> ''")
# By the status as it is stored: a list asks it of each row.
_HOLDERS = {status.value: party.value for status, party in HOLDERS.items()}


class Contact(OrganisationOwned, Model):
    """One query or case. What it is searched by is a column; its answers are JSON, item code -> stored text.

    `words` is everything in it that is found by word; `fingerprint` tells repeats of contacts without an MPRN, and the
    type and MPRN those of the others (see services.drafts).
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("upload_id", "upload_row"),
        ForeignKeyConstraint(["upload_id", "organisation_id"], ["upload.id", "upload.organisation_id"]),
        Index(None, "organisation_id", "id"),
        Index(None, "organisation_id", "status", "due_on", "id"),
        Index(None, "status", "due_on", "id"),
        Index(None, "type_code", "id"),
        Index(None, "mprn", "organisation_id"),
        Index("ix_contact_fingerprint", "fingerprint", "organisation_id",
              sqlite_where=HAS_FINGERPRINT, postgresql_where=HAS_FINGERPRINT),
        Index(None, "own_reference"),
        Index(None, "raised_at"),
        Index("ix_contact_closed", "closed_at", "status", "due_on",
              sqlite_where=_IS_CLOSED, postgresql_where=_IS_CLOSED),
        Index("ix_contact_open_organisation_due", "organisation_id", "due_on", "id",
              sqlite_where=_IS_OPEN_SQLITE, postgresql_where=_IS_OPEN),
        Index("ix_contact_open_due", "due_on", "id", sqlite_where=_IS_OPEN_SQLITE, postgresql_where=_IS_OPEN),
        Index("ix_contact_open_assignee", "assignee_id", "due_on", "id",
              sqlite_where=_IS_OPEN_SQLITE, postgresql_where=_IS_OPEN),
    )  # fmt: skip
    reference: Mapped[str] = mapped_column(String(12))
    type_code: Mapped[str] = mapped_column(ForeignKey("contact_type.code"))
    status: Mapped[str] = mapped_column(String(24))
    is_open: Mapped[bool] = mapped_column(default=True)
    channel: Mapped[str] = mapped_column(String(12))
    mprn: Mapped[str | None] = mapped_column(String(10))
    own_reference: Mapped[str | None] = mapped_column(String(30))
    summary: Mapped[str] = mapped_column(String(120), default="")
    fingerprint: Mapped[str] = mapped_column(String(32), default="")
    answers: Mapped[dict[str, str]] = deferred(mapped_column(Json, default=dict))
    words: Mapped[str] = deferred(mapped_column(Text, default=""))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_by_name: Mapped[str] = mapped_column(String(120))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    assignee_name: Mapped[str | None] = mapped_column(String(120))
    due_on: Mapped[date]
    asked_on: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome_code: Mapped[str | None] = mapped_column(ForeignKey("outcome_code.code"))
    upload_id: Mapped[int | None] = mapped_column(Id)
    upload_row: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    contact_type: Mapped[ContactType] = relationship(lazy="raise", viewonly=True)

    @property
    def status_label(self) -> str:
        """The status as people say it."""
        return Status(self.status).label

    @property
    def holder(self) -> str:
        """The party whose turn it is."""
        return _HOLDERS[self.status]

    def __str__(self) -> str:
        return self.reference


class Message(OrganisationOwned, Model):
    """What somebody wrote with an event of a contact."""

    __tablename__ = "message"
    __table_args__ = (
        ForeignKeyConstraint(["contact_id", "organisation_id"], ["contact.id", "contact.organisation_id"]),
        Index(None, "contact_id"),
    )
    contact_id: Mapped[int] = mapped_column(Id)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.id"))
    text: Mapped[str] = mapped_column(Text)


OPEN_STATUSES = frozenset(status.value for status in OPEN)
