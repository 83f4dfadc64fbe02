"""The business calendar: packaged bank holidays with our own entries laid over them."""

from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy import select

from app.access.tenancy import unscoped
from app.domain import calendar, clock
from app.models import CalendarEntry

ENGLAND_AND_WALES = "ENG"
_YEARS_ROUND = 2


@lru_cache(maxsize=4)
def _bank_holidays(name: str, first_year: int, last_year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv=name, years=range(first_year, last_year + 1)))


def closed_days(name: str = ENGLAND_AND_WALES) -> frozenset[date]:
    """Days from Monday to Friday on which no business is done, some years back and ahead of today."""
    year = clock.today().year
    closed = set(_bank_holidays(name, year - _YEARS_ROUND, year + _YEARS_ROUND))
    entries = select(CalendarEntry.day, CalendarEntry.is_business_day).where(CalendarEntry.calendar == name)
    day: date
    for day, is_business_day in unscoped(entries).all():
        closed.discard(day) if is_business_day else closed.add(day)
    return frozenset(closed)


def due_date(received: date, days: int) -> date:
    """The date D+`days` after the day of receipt."""
    return calendar.add_business_days(received, days, closed_days())
