"""Spans of days, and on which day too few of them are left."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple

from app.domain.errors import RuleBroken
from app.domain.item import show_date

_LAST_START = timedelta(days=10 * 366)


class Span(NamedTuple):
    """From one day to another, both included; without an end it lasts."""

    starts_on: date
    ends_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the day is within."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def covers(self, other: "Span") -> bool:
        """Whether all days of the other are within."""
        if other.ends_on is None:
            return self.ends_on is None and self.starts_on <= other.starts_on
        return self.holds(other.starts_on) and self.holds(other.ends_on)


def check_span(span: Span, today: date) -> None:
    """RuleBroken, with a sentence, when nothing can be given from that day to that day."""
    if span.starts_on < today:
        raise RuleBroken(f"Choose a first day that is not in the past. Today is {show_date(today)}.", field="starts_on")
    if span.starts_on > today + _LAST_START:
        raise RuleBroken("Choose a first day within the next ten years.", field="starts_on")
    if span.ends_on is not None and span.ends_on < span.starts_on:
        raise RuleBroken(f"The last day cannot be before the first, {show_date(span.starts_on)}.", field="ends_on")


def first_day_short(before: Collection[Span], after: Collection[Span], *, fewest: int, since: date) -> date | None:
    """The first day from `since` on that had at least `fewest` of the spans before and has fewer after, or None."""
    days = {since}
    for span in (*before, *after):
        days.add(span.starts_on)
        if span.ends_on is not None:
            days.add(span.ends_on + timedelta(days=1))
    for day in sorted(day for day in days if day >= since):
        had, has = (sum(span.holds(day) for span in spans) for spans in (before, after))
        if has < fewest <= had:
            return day
    return None
