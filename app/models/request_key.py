"""A form is carried out once, however often it is sent."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, OrganisationOwned, UtcDateTime


class RequestKey(OrganisationOwned, Model):
    """The hidden key of a form that was carried out, and where its answer is."""

    __tablename__ = "request_key"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)
    key: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    result: Mapped[str] = mapped_column(String(40))
