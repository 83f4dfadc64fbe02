"""One file on its way in: of contacts, or of what is to become of people's access."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.uploads import UploadKind
from app.models.base import AccessOwned, Id, Json, Model, UtcDateTime

# As the database reports it, which Alembic compares letter by letter.
_CONTACTS: ColumnElement[str] = literal_column("'contacts'")


class OfKind(AccessOwned):
    """Files of people are access work, and reached by whoever looks after the access; files of contacts are not."""

    kind: Mapped[str] = mapped_column(String(12), default=UploadKind.CONTACTS.value, server_default=_CONTACTS)

    @classmethod
    def access_rows(cls) -> ColumnElement[bool]:
        """Those of files of people."""
        return cls.kind == UploadKind.PEOPLE.value


class Upload(OfKind, Model):
    """A file and what became of it.

    `state` is received -> checked | refused | failed, then committing -> committed | stopped; `refusal` says why it
    is refused, failed (the check can be asked for again) or stopped (the rest can still be raised). `type_code` is
    None for a mixed file and for people. `organisation_id` is whose contacts or people the rows are about. `preview`
    holds what was understood and the grouped errors (imports.preview).
    """

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        Index(None, "organisation_id", "kind", "id"),
        Index(None, "organisation_id", "sha256"),
    )
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    uploaded_by_name: Mapped[str] = mapped_column(String(120))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    type_code: Mapped[str | None] = mapped_column(ForeignKey("contact_type.code"))
    state: Mapped[str] = mapped_column(String(12))
    refusal_code: Mapped[str | None] = mapped_column(String(8))
    refusal: Mapped[str | None] = mapped_column(String(1000))
    row_count: Mapped[int] = mapped_column(default=0)
    accepted_count: Mapped[int] = mapped_column(default=0)
    refused_count: Mapped[int] = mapped_column(default=0)
    raised_count: Mapped[int] = mapped_column(default=0)
    job_id: Mapped[int | None] = mapped_column(Id)
    preview: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, deferred=True)
    committed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_subject(self) -> str:
        """What events about it call it, so that access work is told apart there too."""
        return "upload" if self.kind == UploadKind.CONTACTS else f"{self.kind}_upload"

    def __str__(self) -> str:
        return self.file_name


class UploadFile(OfKind, Model):
    """The bytes as they came."""

    __tablename__ = "upload_file"
    __table_args__ = (
        ForeignKeyConstraint(["upload_id", "organisation_id"], ["upload.id", "upload.organisation_id"]),
        UniqueConstraint("upload_id"),
    )
    upload_id: Mapped[int] = mapped_column(Id)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class UploadChunk(OfKind, Model):
    """Some hundred checked rows: compressed JSON of the good ones and of the errors (imports.chunks).

    The commit works from these, so what was previewed is what is done; `is_raised` is written together with the
    contacts, or with what was done to people.
    """

    __tablename__ = "upload_chunk"
    __table_args__ = (
        ForeignKeyConstraint(["upload_id", "organisation_id"], ["upload.id", "upload.organisation_id"]),
        UniqueConstraint("upload_id", "number"),
    )
    upload_id: Mapped[int] = mapped_column(Id)
    number: Mapped[int]
    accepted_count: Mapped[int]
    error_count: Mapped[int]
    is_raised: Mapped[bool] = mapped_column(default=False, server_default=false())
    content: Mapped[bytes] = mapped_column(LargeBinary)
