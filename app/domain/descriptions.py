"""Charts in words: one or two sentences made from the table a chart is drawn from."""

from collections.abc import Sequence
from typing import Any

from app.domain.item import show_date
from app.domain.table import Table

# Weeks that are compared with as many before them.
_COMPARED = 4


def describe_shares(table: Table, noun: str) -> str:
    """How many there are together, and the largest part or parts; rows are (label, count)."""
    rows: list[Sequence[Any]] = list(table.rows)
    total = sum(count for _, count in rows)
    if not total:
        return f"There are no {noun}s."
    most = max(count for _, count in rows)
    largest = [label for label, count in rows if count == most]
    share = f"{most:,} or {round(100 * most / total)}%"
    if len(largest) > 1:
        return f"{_count(total, noun)}. The largest parts: {', '.join(largest[:-1])} and {largest[-1]}, {share} each."
    return f"{_count(total, noun)}. The largest part: {largest[0]}, {share}."


def describe_weeks(table: Table) -> str:
    """The last full week, the trend and the highest; rows are (Monday, raised, closed), the last one unfinished."""
    rows: list[Sequence[Any]] = list(table.rows)[:-1]
    if not any(raised or closed for _, raised, closed in rows):
        return "No contact was raised or closed in the weeks before this one."
    monday, raised, closed = rows[-1]
    busiest, most, _ = max(rows, key=lambda row: row[1])
    return (
        f"Week of {show_date(monday)}: {_count(raised, 'contact')} raised, {closed:,} closed. "
        f"{_trend([row[1] for row in rows])} The busiest was the week of {show_date(busiest)}: {most:,} raised."
    )


def _trend(counts: list[int]) -> str:
    now, before = sum(counts[-_COMPARED:]), sum(counts[-2 * _COMPARED : -_COMPARED])
    if not before:
        return f"{_count(now, 'contact')} raised in the last four full weeks, none in the four before."
    change = round(100 * (now - before) / before)
    if not change:
        return "As many were raised in the last four full weeks as in the four before."
    more = "more" if change > 0 else "fewer"
    return f"{abs(change)}% {more} were raised in the last four full weeks than in the four before."


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
