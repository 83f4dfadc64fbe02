"""services.calendar: packaged bank holidays with our own entries laid over them."""

from datetime import date, datetime

import pytest

from app.extensions import db
from app.models import CalendarEntry
from app.services.calendar import closed_days, due_date

# domain.md, 7: England and Wales.
PUBLISHED = {
    2025: ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_the_published_ones_substitutes_included(acting, move_clock, year) -> None:
    with acting("ann"):
        move_clock(datetime(2026, 6, 1, 12))
        closed = sorted(day for day in closed_days() if day.year == year and day.weekday() < 5)
    assert closed == [date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year]]


def test_scotland_has_days_of_its_own(acting, move_clock) -> None:
    with acting("ann"):
        move_clock(datetime(2026, 6, 1, 12))
        scotland, england = closed_days("SCT"), closed_days("ENG")
    assert {date(2026, 1, 2), date(2026, 8, 3), date(2026, 11, 30)} <= scotland - england
    assert {date(2026, 4, 6), date(2026, 8, 31)} <= england - scotland


def test_two_years_back_and_ahead_are_known(acting, move_clock) -> None:
    with acting("ann"):
        for now in (datetime(2026, 1, 1, 0, 30), datetime(2026, 12, 31, 12)):
            move_clock(now)
            assert {date(2024, 12, 25), date(2028, 12, 25)} <= closed_days()


def test_an_entry_closes_or_opens_a_day_and_only_in_its_calendar(acting, move_clock) -> None:
    with acting("system"):
        for calendar, day, is_business_day in (
            ("ENG", date(2026, 6, 3), False),
            ("ENG", date(2026, 8, 31), True),
            ("SCT", date(2026, 6, 4), False),
        ):
            db.session.add(
                CalendarEntry(calendar=calendar, day=day, kind="test", reason="x", is_business_day=is_business_day)
            )
        db.session.commit()
    with acting("ann"):
        move_clock(datetime(2026, 6, 1, 12))
        closed = closed_days()
        assert date(2026, 6, 3) in closed and date(2026, 8, 31) not in closed and date(2026, 6, 4) not in closed
        assert due_date(date(2026, 6, 2), 1) == date(2026, 6, 4)
        assert due_date(date(2026, 8, 28), 1) == date(2026, 8, 31)
        assert due_date(date(2026, 6, 3), 0) == date(2026, 6, 4)
