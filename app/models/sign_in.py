"""What lets people sign in besides a password: links, second factors, recovery codes; and who has to wait."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import AccessOwned, Model, UtcDateTime


class SignInLink(AccessOwned, Model):
    """A link that was mailed to a person and works once; only the hash of its token is kept.

    `purpose` is invitation or password_reset. `ended_at` says since when a newer link, a sign-in or another password
    has made it worthless.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("token_hash"),
        Index(None, "user_id"),
    )
    user_id: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecondFactor(AccessOwned, Model):
    """An authenticator app (`kind` totp) or a passkey; it counts once `confirmed_at` is there.

    An app's seed is sealed (services.sealing) and `last_step` is the newest time step whose code was taken. A passkey's
    `sign_count` is what its authenticator counted last.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("credential_id"),
        Index(None, "user_id"),
    )
    user_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_seed: Mapped[str | None] = mapped_column(String(255), deferred=True)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    credential_id: Mapped[str | None] = mapped_column(String(1400))
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(AccessOwned, Model):
    """A code that stands in once for a lost second factor; only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("user_id", "code_hash"),
    )
    user_id: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInLimit(Model):
    """How often something failed lately, by the hash of what is counted (services.locks); names nobody.

    It belongs to no organisation: a user ID that does not exist is counted like one that does. `about` is the hash of
    the user ID, or empty for an address.
    """

    __tablename__ = "sign_in_limit"
    __table_args__ = (UniqueConstraint("subject"), Index(None, "about"), Index(None, "last_at"))
    subject: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
