"""Answers to the items of a contact type: read and checked together, every error of every item."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from app.domain.item import Item, ItemError, ItemKind, show_date
from app.domain.items import KINDS

# Answers of kinds that repeat are remembered, up to so many of an item.
REMEMBERED = 5_000


class AnswerReader:
    """The items of a contact type, made ready for many rows; good for one London day, for limits may say "today"."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items: list[tuple[str, Item, ItemKind, dict[str, tuple[Any, str]] | None]] = [
            (item.code, item, KINDS[item.kind], {} if KINDS[item.kind].is_repetitive else None) for item in items
        ]
        self._orders = [(item, item.limits["not_before"]) for item in items if item.limits.get("not_before")]
        self._labels = {item.code: item.label for item in items}

    def read(self, answer: Callable[[str], str | None]) -> tuple[dict[str, str], dict[str, ItemError]]:
        """Stored values and errors by item code, every error of every item, in the items' order.

        `answer` gives the text found for an item code, or None.
        """
        values: dict[str, str] = {}
        errors: dict[str, ItemError] = {}
        dates: dict[str, date] = {}
        for code, item, kind, memo in self._items:
            text = answer(code) or ""
            if memo is not None and (known := memo.get(text)):
                value, values[code] = known
                if isinstance(value, date):
                    dates[code] = value
                continue
            if "\r" in text:
                # Browsers send CR LF for what a spreadsheet calls one line break; every door counts it as one.
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            text = text.strip()
            if not text:
                if item.is_required:
                    errors[code] = ItemError("IMP-414", f"{item.label} is missing.")
                continue
            try:
                value = kind.parse(text, item)
            except ItemError as error:
                errors[code] = error
                continue
            # What is text already is stored as it is.
            stored = values[code] = value if type(value) is str else kind.store(value)
            if isinstance(value, date):
                dates[code] = value
            if memo is not None and len(memo) < REMEMBERED:
                memo[text] = value, stored
        for item, earlier in self._orders:
            start, end = dates.get(earlier), dates.get(item.code)
            if start and end and end < start:
                label = self._labels[earlier].lower()
                errors[item.code] = ItemError("IMP-413", f"{item.label} is before {label} ({show_date(start)}).")
                values.pop(item.code, None)
        return values, errors


def show_answer(stored: str, item: Item) -> str:
    """A stored value as people read it; as it is stored when its item has become another kind since."""
    try:
        return KINDS[item.kind].show(stored, item)
    except (ValueError, ArithmeticError):
        return stored
