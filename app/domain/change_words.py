"""What an audit event altered, as people read it: the fields' names, days, roles and services in words."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.domain import clock
from app.domain.item import show_date
from app.domain.lifecycle import Status
from app.domain.roles import Power, Role
from app.domain.service import Service

# Fields whose names say little or stand otherwise on screen; the others are called by their words.
_NAMES = {
    "email": "E-mail address",
    "ends_at": "Until",
    "ends_on": "Last day",
    "is_active": "Active",
    "own_reference": "Own reference",
    "parent_id": "Group",
    "q": "Search",
    "sha256": "File hash (SHA-256)",
    "size_bytes": "Size in bytes",
    "starts_on": "First day",
    "user_id": "User ID",
}
_WORDS: dict[str, type[StrEnum]] = {
    "powers": Power, "role": Role, "roles": Role, "service": Service, "services": Service, "status": Status,
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)")
NOTHING = "none"


def change_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A line for each field, in the order in which they were written: "Last day: 3 Nov 2026 → 9 Nov 2026".

    What is new, and what stayed as it was, is named without an arrow; what was taken away leads to "none".
    """
    lines = []
    for name in dict.fromkeys((*before, *after)):
        old, new = _show(name, before.get(name)), _show(name, after.get(name))
        if old or new:
            is_plain = not old or old == new
            lines.append(f"{_call(name)}: {new if is_plain else f'{old} → {new or NOTHING}'}")
    return lines


def change_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The same as one text."""
    return "\n".join(change_lines(before, after))


def _call(name: str) -> str:
    words = name.replace("_", " ")
    return _NAMES.get(name) or words[:1].upper() + words[1:]


def _show(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{_call(key)}: {shown}" for key, one in value.items() if (shown := _show(key, one)))
    if isinstance(value, list):
        return ", ".join(filter(None, (_show(name, one) for one in value)))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None or not isinstance(value, str):
        is_amount = name == "size_bytes" and isinstance(value, int)
        return "" if value is None else f"{value:,}" if is_amount else str(value)
    known = _WORDS.get(name)
    if known is not None and value in set(known):
        return str(getattr(known(value), "label"))  # noqa: B009 - every one of them has words
    try:
        return next((show(value) for shape, show in _SHAPES.items() if shape.fullmatch(value)), value)
    except ValueError:
        return value


def _show_instant(text: str) -> str:
    local = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(clock.LONDON)
    return f"{show_date(local.date())}, {local:%H:%M}"


_SHAPES: dict[re.Pattern[str], Callable[[str], str]] = {
    _DAY: lambda text: show_date(date.fromisoformat(text)),
    _INSTANT: _show_instant,
}
