"""What an audit event altered, as people read it: the fields' names, days, roles and services in words."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.domain.approvals import State
from app.domain.item import show_date, show_instant
from app.domain.items import KINDS
from app.domain.lifecycle import Status
from app.domain.roles import Power, Role
from app.domain.service import Service

# Fields whose names say little or stand otherwise on screen; the others are called by their words.
_NAMES = {
    "due_on": "Last day",
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
_ROLES = {role.value: role.label for role in Role}
_SERVICES = {service.value: service.label for service in Service}
# What the values of a field are called.
_WORDS: dict[str, dict[str, str]] = {
    "by": {"invitation": "Invitation", "password_reset": "Link for a new password"},
    "first_worker": {"xoserve": "Xoserve", "network": "The network", "dmsp": "The DMSP"},
    "kind": {"totp": "Authenticator app", "passkey": "Passkey"} | {kind.name: kind.label for kind in KINDS.values()},
    "powers": {power.value: power.label for power in Power},
    "role": _ROLES,
    "roles": _ROLES,
    "second_factor": {"app": "Authenticator app", "recovery": "Recovery code", "passkey": "Passkey"},
    "service": _SERVICES,
    "services": _SERVICES,
    "state": {state.value: state.label for state in State},
    "status": {status.value: status.label for status in Status},
}
# Fields whose values are plain words but for the capital.
_PLAIN = frozenset({"channel", "duplicate_rule", "family", "state"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)")
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
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


def shorten_hashes(words: str) -> str:
    """The same with the beginning of each SHA-256, for lists; its event's own page shows the whole."""
    return _HASH.sub("\\1…", words)


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
    if words := _WORDS.get(name, {}).get(value):
        return words
    if name in _PLAIN:
        return value[:1].upper() + value[1:].replace("_", " ")
    try:
        return next((show(value) for shape, show in _SHAPES.items() if shape.fullmatch(value)), value)
    except ValueError:
        return value


_SHAPES: dict[re.Pattern[str], Callable[[str], str]] = {
    _DAY: lambda text: show_date(date.fromisoformat(text)),
    _INSTANT: lambda text: show_instant(datetime.fromisoformat(text.replace("Z", "+00:00"))),
}
