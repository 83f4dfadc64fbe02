"""One file of contacts on its way in."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Id, Json, Model, OrganisationOwned, UtcDateTime


class Upload(OrganisationOwned, Model):
    """A file and what became of it.

    `state` is received -> checked | refused | failed, then committing -> committed | stopped; `refusal` says why it
    is refused, failed (the check can be asked for again) or stopped (the rest can still be raised). `type_code` is
    None for a mixed file. `preview` holds what was understood and the grouped errors (imports.preview).
    """

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        Index(None, "organisation_id", "id"),
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

    def __str__(self) -> str:
        return self.file_name


class UploadFile(OrganisationOwned, Model):
    """The bytes as they came."""

    __tablename__ = "upload_file"
    __table_args__ = (
        ForeignKeyConstraint(["upload_id", "organisation_id"], ["upload.id", "upload.organisation_id"]),
        UniqueConstraint("upload_id"),
    )
    upload_id: Mapped[int] = mapped_column(Id)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class UploadChunk(OrganisationOwned, Model):
    """Some hundred checked rows: compressed JSON of the good ones and of the errors (imports.chunks).

    The commit works from these, so what was previewed is what is raised; `is_raised` is written together with the
    contacts.
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
