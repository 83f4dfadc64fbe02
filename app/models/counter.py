"""Numbers handed out in blocks."""

from sqlalchemy import BigInteger, Sequence, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.base import Model

# PostgreSQL hands out numbers without a row lock; SQLite has one writer anyway and counts in the row.
CONTACT_NUMBERS = Sequence("contact_number", metadata=db.metadata)


class Counter(Model):
    """The last number given, and for contacts the key that spreads their references."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(String(40), unique=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
    key: Mapped[int] = mapped_column(BigInteger, default=0)
