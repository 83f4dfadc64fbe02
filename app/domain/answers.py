"""Answers to the items of a contact type: read and checked together, every error of every item."""

from collections.abc import Callable, Sequence
from datetime import date

from app.domain.item import Item, ItemError, show_date
from app.domain.items import KINDS


def read_answers(
    items: Sequence[Item], answer: Callable[[str], str | None]
) -> tuple[dict[str, str], dict[str, ItemError]]:
    """Stored values and errors by item code, every error of every item, in the items' order.

    `answer` gives the text found for an item code, or None.
    """
    values: dict[str, str] = {}
    errors: dict[str, ItemError] = {}
    dates: dict[str, date] = {}
    for item in items:
        # Browsers send CR LF for what a spreadsheet calls one line break; every door counts it as one.
        text = (answer(item.code) or "").replace("\r\n", "\n").replace("\r", "\n").strip()
        if not text:
            if item.is_required:
                errors[item.code] = ItemError("IMP-414", f"{item.label} is missing.")
            continue
        kind = KINDS[item.kind]
        try:
            value = kind.parse(text, item)
            if isinstance(value, date):
                dates[item.code] = value
            values[item.code] = kind.store(value)
        except ItemError as error:
            errors[item.code] = error
    for item in items:
        start = dates.get(item.limits.get("not_before", ""))
        if start and item.code in dates and dates[item.code] < start:
            earlier = next(other.label for other in items if other.code == item.limits["not_before"])
            errors[item.code] = ItemError("IMP-413", f"{item.label} is before {earlier.lower()} ({show_date(start)}).")
            values.pop(item.code, None)
    return values, errors


def show_answer(stored: str, item: Item) -> str:
    """A stored value as people read it; as it is stored when its item has become another kind since."""
    try:
        return KINDS[item.kind].show(stored, item)
    except (ValueError, ArithmeticError):
        return stored
