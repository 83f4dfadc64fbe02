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
def _bank_holidays(name: str, first_year: int, last_year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("GB", subdiv=name, years=range(first_year, last_year + 1)))


def closed_days(name: str = ENGLAND_AND_WALES) -> frozenset[date]:
    """Days from Monday to Friday on which no business is done, some years back and ahead of today."""
    return frozenset(name_closed_days(name))


def name_closed_days(name: str = ENGLAND_AND_WALES) -> dict[date, str]:
    """The same days, each with what it is called."""
    year = clock.today().year
    closed = dict(_bank_holidays(name, year - _YEARS_ROUND, year + _YEARS_ROUND))
    wanted = select(CalendarEntry.day, CalendarEntry.is_business_day, CalendarEntry.reason)
    day: date
    for day, is_business_day, reason in unscoped(wanted.where(CalendarEntry.calendar == name)).all():
        if is_business_day:
            closed.pop(day, None)
        else:
            closed[day] = reason
    return closed


def due_date(received: date, days: int) -> date:
    """The date D+`days` after the day of receipt."""
    return calendar.add_business_days(received, days, closed_days())
