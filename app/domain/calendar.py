"""Business days: counting them, from a set of days that are not.

D+n counts business days after the day of receipt; a contact received on a day that is not a business
day counts from the next one (our reading; no published text was found).
"""

from collections.abc import Collection
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def is_business_day(day: date, closed: Collection[date]) -> bool:
    """Monday to Friday and not in `closed`."""
    return day.weekday() < 5 and day not in closed


def add_business_days(start: date, days: int, closed: Collection[date]) -> date:
    """The date D+`days` after `start`; `days` is 0 or more."""
    day = start
    while not is_business_day(day, closed):
        day += ONE_DAY
    for _ in range(days):
        day += ONE_DAY
        while not is_business_day(day, closed):
            day += ONE_DAY
    return day


def business_days_between(start: date, end: date, closed: Collection[date]) -> int:
    """Business days after `start` up to and including `end`; negative when `end` is earlier."""
    if end < start:
        return -business_days_between(end, start, closed)
    count, day = 0, start
    while day < end:
        day += ONE_DAY
        count += is_business_day(day, closed)
    return count


def first_day_within(days: int, today: date, closed: Collection[date]) -> date:
    """The earliest day after which at most `days` business days have passed by the end of `today`."""
    day, passed = today, 0
    while passed + is_business_day(day, closed) <= days:
        passed += is_business_day(day, closed)
        day -= ONE_DAY
    return day
