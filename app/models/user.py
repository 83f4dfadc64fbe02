"""People who sign in, the services and roles given to them, and their open sessions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, String, UniqueConstraint, false, literal_column
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from app.models.base import AccessOwned, Id, Json, Model, UtcDateTime
from app.models.organisation import Organisation

# Written as an expression: SQLite's catalogue says '' where a default of "" would be looked for.
_NOTHING: ColumnElement[str] = literal_column("''")


class User(AccessOwned, Model):
    """A person; `user_id` is the sign-in name. It and the organisation never change (triggers see to it).

    A deleted person keeps the row for the sake of history, disabled for good and without e-mail address and password.
    `disabled_at` and `disabled_by` are of the disabling or the deletion. `dormant_since` is the last sign of life about
    which a dormant person was told, and `dormant_until` the day they are disabled; None where they cannot be.
    """

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        UniqueConstraint("user_id"),
        Index(None, "organisation_id", "id"),
        Index(None, "organisation_id", "name", "id"),
        Index(None, "organisation_id", "user_id"),
        Index(None, "name", "id"),
        Index(None, "organisation_id", "disabled_at", "id"),
        Index(None, "disabled_at", "id"),
    )
    user_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str] = mapped_column(String(400), default="", server_default=_NOTHING)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_by: Mapped[str] = mapped_column(String(120), default="", server_default=_NOTHING)
    enabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dormant_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dormant_until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    preferences: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}", deferred=True)
    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    grants: Mapped[list["Grant"]] = relationship(lazy="raise", order_by="Grant.role", overlaps="organisation_id")
    services: Mapped[list["ServiceGrant"]] = relationship(
        lazy="raise", order_by="ServiceGrant.service", overlaps="organisation_id,grants"
    )

    # What lists show of what a person may do today; filled by services.people_list.
    services_today: Mapped[str | None] = query_expression()
    roles_today: Mapped[str | None] = query_expression()
    first_end: Mapped[date | None] = query_expression()
    organisation_name: Mapped[str | None] = query_expression()
    # What a leaver has in hand; filled by services.leavers.
    open_contacts: Mapped[int | None] = query_expression()
    open_jobs: Mapped[int | None] = query_expression()

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class Given:
    """What grants have in common: from one day to another (both included; London days), by whom and why."""

    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(400), default="", server_default=_NOTHING)
    granted_by: Mapped[str] = mapped_column(String(120))
    # Not a foreign key: who gave it may be of another organisation.
    granted_by_id: Mapped[int | None] = mapped_column(Id)
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Grant(Given, AccessOwned, Model):
    """A role given to a user; it counts while its service is given as well (domain.service)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("user_id", "role"),
        Index(None, "organisation_id", "role", "user_id"),
        Index(None, "role", "user_id"),
    )
    user_id: Mapped[int]
    role: Mapped[str] = mapped_column(String(32))


class ServiceGrant(Given, AccessOwned, Model):
    """A service given to a user; Access Control, which everyone has, is never among them."""

    __tablename__ = "service_grant"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("user_id", "service"),
        Index(None, "organisation_id", "service", "user_id"),
        Index(None, "service", "user_id"),
    )
    user_id: Mapped[int]
    service: Mapped[str] = mapped_column(String(16))


class UserSession(AccessOwned, Model):
    """One signed-in browser; only the hash of its token is kept.

    While `is_pending` the password was right and the second factor is still asked for. `proved_at` is when the person
    last showed who they are. `challenge` is what a passkey is to sign next; it is good for one answer.
    """

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
    is_pending: Mapped[bool] = mapped_column(default=False, server_default=false())
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    challenge: Mapped[str | None] = mapped_column(String(120))
