"""Dates, times and statuses as pages show them."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from app.domain import clock, item
from app.domain.item import show_date
from app.domain.lifecycle import HOLDERS, Holder, Status

CHANNELS = {"screen": "on screen", "spreadsheet": "by spreadsheet", "batch": "by batch file", "api": "over the API"}

_TAGS = {
    status.value: Markup('<span class="cms-status cms-status-{}">{}</span>').format(status.value, status.label)
    for status in Status
}


def status_tag(status: str) -> Markup:
    """A status as a coloured word."""
    return _TAGS[status]


_HOLDERS_READ = {
    status.value: {Holder.ORIGINATOR: "You", Holder.NOBODY: ""}.get(party, party.value)
    for status, party in HOLDERS.items()
}


def holder_words(status: str) -> str:
    """Whose turn it is, as customers read it of their own contacts; "" when it is nobody's."""
    return _HOLDERS_READ[status]


# Business days are for computing; people count days. So many days at most -> how full the bar is.
_DUE_STEPS = ((-1, 5), (0, 4), (2, 3), (5, 2), (10, 1))
_DUE = Markup('<span class="cms-due cms-due-{}"><span>{}</span><span class="cms-due-left">{}</span></span>')


def due_words(contact: Any) -> Markup | str:
    """A due date, of a contact or its columns; while it is open with how far off it is, as a small bar and in words.

    Never by colour alone. While the originator has been asked our clock stands.
    """
    if not contact.is_open:
        return show_date(contact.due_on)
    return _due_bar(contact.due_on, clock.today(), contact.status == Status.AWAITING_INFORMATION)


@lru_cache(maxsize=1000)
def _due_bar(due_on: date, today: date, is_paused: bool) -> Markup:
    day = show_date(due_on)
    if is_paused:
        return _DUE.format("paused", day, "paused")
    days = (due_on - today).days
    level = next((level for most, level in _DUE_STEPS if days <= most), 0)
    if days < 0:
        return _DUE.format(level, day, f"{-days} day{'' if days == -1 else 's'} late")
    return _DUE.format(level, day, "due today" if days == 0 else f"{days} day{'' if days == 1 else 's'} left")


def show_instant(instant: datetime | None) -> str:
    """23 Nov 2026, 14:05, in London; "" for never."""
    return "" if instant is None else item.show_instant(instant)
