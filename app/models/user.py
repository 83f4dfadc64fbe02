"""People who sign in, the roles given to them, and their open sessions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import AccessOwned, Json, Model, UtcDateTime


class User(AccessOwned, Model):
    """A person; `user_id` is the sign-in name and never changes."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        UniqueConstraint("user_id"),
        Index(None, "organisation_id", "id"),
    )
    user_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    preferences: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}", deferred=True)
    grants: Mapped[list["Grant"]] = relationship(lazy="raise", order_by="Grant.role", overlaps="organisation_id")

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class Grant(AccessOwned, Model):
    """A role given to a user, from one day to another (both included; London days)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("user_id", "role"),
    )
    user_id: Mapped[int]
    role: Mapped[str] = mapped_column(String(32))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[str] = mapped_column(String(120))


class UserSession(AccessOwned, Model):
    """One signed-in browser; only the hash of its token is kept."""

    __tablename__ = "user_session"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("token_hash"),
        Index(None, "user_id"),
    )
    user_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200))
