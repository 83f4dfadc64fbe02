"""Days that differ from the packaged bank holidays."""

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model


class CalendarEntry(Model):
    """A day made a business day or not, with its kind (bank holiday, non-effective day) and reason."""

    __tablename__ = "calendar_entry"
    __table_args__ = (UniqueConstraint("calendar", "day"),)
    calendar: Mapped[str] = mapped_column(String(8))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(200))
    is_business_day: Mapped[bool]
