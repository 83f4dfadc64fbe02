"""Finding columns and acts of a file of people by the names that people give them."""

from collections.abc import Mapping

from app.domain.item import Item
from app.domain.people_sheet import (
    ACTION,
    ACTS,
    EMAIL,
    FIRST_DAY,
    LAST_DAY,
    NAME,
    REASON,
    ROLE,
    SERVICE,
    SUCCESSOR,
    USER_ID,
)
from app.imports.mapping import folded

_OTHER_NAMES = {
    ACTION: ("Act", "What to do"),
    USER_ID: ("User", "Sign-in name", "Username"),
    NAME: ("Full name",),
    EMAIL: ("E-mail", "Mail", "Mail address"),
    SERVICE: ("Services",),
    ROLE: ("Roles",),
    FIRST_DAY: ("From", "Start", "Start date"),
    LAST_DAY: ("To", "Until", "End", "End date"),
    SUCCESSOR: ("Who takes over", "Successor's user ID"),
    REASON: ("Why",),
}


def name_columns(columns: Mapping[str, Item]) -> dict[str, str]:
    """Folded header -> code, for every name a column goes by."""
    names: dict[str, str] = {}
    for code, item in columns.items():
        for name in (code, item.label, *_OTHER_NAMES[code]):
            names.setdefault(folded(name), code)
    return names


_ACTS_BY_NAME = {
    folded(name): code for code, act in ACTS.items() for name in (code, act.label, *act.also)
}  # fmt: skip


def find_act(text: str) -> str | None:
    """The code of the act that a cell names, or None."""
    return _ACTS_BY_NAME.get(folded(text))
