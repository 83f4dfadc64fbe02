"""The business days around today, and how many contacts are raised on each."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random

from app.domain.calendar import ONE_DAY, is_business_day
from app.services.calendar import closed_days

DAYS_BACK, DAYS_AHEAD = 365, 120
# Seconds after midnight UTC: inside office hours in London all the year round.
OPENS, CLOSES = 8 * 3600, 17 * 3600
# The newest weeks are busier: a read campaign is under way.
_CAMPAIGN, _CAMPAIGN_DAYS = 3.5, 11


@dataclass(frozen=True)
class Moment:
    """A second of a business day; `index` counts business days, so that due dates are sums."""

    index: int
    second: int


@dataclass(frozen=True)
class BusinessDays:
    """Business days in order; `last` is the index of the last one before today."""

    days: tuple[date, ...]
    midnights: tuple[datetime, ...]
    last: int

    def instant(self, moment: Moment) -> datetime:
        """The moment as an aware instant."""
        return self.midnights[moment.index] + timedelta(seconds=moment.second)


def list_business_days(today: date) -> BusinessDays:
    """The business days of the twelve months before `today` and of the weeks after it."""
    closed = closed_days()
    start = today - timedelta(days=DAYS_BACK)
    every = (start + number * ONE_DAY for number in range(DAYS_BACK + DAYS_AHEAD))
    days = tuple(day for day in every if is_business_day(day, closed))
    midnights = tuple(datetime.combine(day, time(), UTC) for day in days)
    return BusinessDays(days, midnights, bisect_left(days, today) - 1)


class Spread:
    """`count` moments of the past twelve months, in order and without holding them."""

    def __init__(self, count: int, business_days: BusinessDays, random: Random) -> None:
        self._weights = [1 + _CAMPAIGN * exp((index - business_days.last) / _CAMPAIGN_DAYS)
                         for index in range(business_days.last + 1)]  # fmt: skip
        self._step = sum(self._weights) / max(1, count)
        self._last, self._draw = business_days.last, random.random
        self._index, self._passed = 0, 0.0

    def moment(self, number: int) -> Moment:
        """When contact `number` (from 0) is raised; numbers must be asked for in order, and may be left out."""
        weights, at = self._weights, (number + self._draw()) * self._step
        while at > self._passed + weights[self._index] and self._index < self._last:
            self._passed += weights[self._index]
            self._index += 1
        share = min((at - self._passed) / weights[self._index], 1.0)
        return Moment(self._index, OPENS + int(share * (CLOSES - OPENS)))
