"""Answers that are right, made from a definition: what a careful person would write into its template."""

from app.domain import clock
from app.domain.item import Item
from app.domain.items import KINDS, LDZS, Choice
from app.services.definition import Definition

BY_KIND = {
    "text": "Some words",
    "long_text": "What was found.\nAnd what should change.",
    "whole_number": "12000",
    "decimal": "1250.5",
    "money": "99.90",
    "date": "",
    "choice": "",
    "yes_no": "Yes",
    "mprn": "3938424403",
    "meter_serial_number": "M0123456",
    "meter_reading": "004512",
    "postcode": "B91 3QL",
    "ldz": LDZS[0],
    "confirmation_reference": "12345678",
    "email": "name@example.com",
}


def good_answer(item: Item) -> str:
    """One right answer, as text."""
    kind = KINDS[item.kind]
    if isinstance(kind, Choice):
        return kind.options(item)[-1][1]
    if item.kind == "date":
        return clock.today().strftime("%d/%m/%Y") if "not_before" in item.limits else "01/02/2020"
    return BY_KIND[item.kind][: int(item.limits.get("max_length", 4000))]


def good_answers(definition: Definition) -> dict[str, str]:
    """A right answer to every item by code, the optional ones and the own reference included."""
    return {item.code: good_answer(item) for item in definition.asked}
