"""What every table has, and which tables belong to an organisation."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    TypeDecorator,
    false,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.extensions import db

Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What values are, which a decorated type does not know by itself; places in sorted lists are read by it."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants: nobody can tell what they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instants must be aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(db.Model):  # type: ignore[name-defined]
    """Base of every mapped class."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(Id, primary_key=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class OrganisationOwned:
    """The tenancy mixin: each row belongs to one organisation, for ever."""

    @declared_attr
    def organisation_id(cls) -> Mapped[int]:  # noqa: N805 - SQLAlchemy passes the class
        """The organisation this row belongs to."""
        return mapped_column(Id, ForeignKey("organisation.id"), nullable=False)

    @classmethod
    def access_rows(cls) -> ColumnElement[bool]:
        """Which rows are part of access work: none, so that looking after an organisation shows nothing else of it."""
        return false()


class AccessOwned(OrganisationOwned):
    """Rows of access work: whoever looks after the access of more organisations than their own reaches theirs too."""

    @classmethod
    def access_rows(cls) -> ColumnElement[bool]:
        """Which rows of an organisation one looks after are read; all, unless a table says otherwise."""
        return true()


# Mapped classes that belong to no organisation. Organisation itself is filtered by its own id.
SHARED = frozenset(
    {"Organisation", "OrganisationKind", "ContactType", "ContactTypeRaiser", "Target", "DataItem", "OutcomeCode",
     "CalendarEntry", "Counter", "AuditSeal", "SignInLimit"}
)  # fmt: skip
