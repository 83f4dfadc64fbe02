"""How one kind of answer is read, checked and shown; the only parser for every door.

A value is stored as canonical text: dates ISO, numbers without separators or trailing noise, yes/no as
"yes" or "no", choices by code.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain import clock, identifiers

LONGEST_TEXT = 200
LONGEST_LONG_TEXT = 4000
LDZS = ("EA", "EM", "NE", "NO", "NT", "NW", "SC", "SE", "SO", "SW", "WM", "WN", "WS")

# Letters that change how a line is read without being seen; they have no place in an identifier.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class ItemError(ValueError):
    """One answer is wrong: a code of the IMP list and a sentence with what was found and what is right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Item:
    """A data item of a contact type as the rules see it.

    `limits` may hold `max_length` (characters), `minimum`, `maximum` (numbers), `earliest`, `latest`
    (ISO date or "today"), `not_before` (code of another date item).
    """

    code: str
    label: str
    kind: str
    is_required: bool = False
    help: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    choices: Sequence[tuple[str, str]] = ()


class ItemKind(ABC):
    """Three questions about one kind of answer: parse, show, store."""

    name: str
    label: str

    @abstractmethod
    def parse(self, text: str, item: Item) -> Any:
        """The value in `text` (trimmed, not empty); ItemError when it is not one."""

    def store(self, value: Any) -> str:
        """The value as canonical text."""
        return str(value)

    def show(self, stored: str, item: Item) -> str:
        """Canonical text as people read it."""
        return stored


class Text(ItemKind):
    name, label, longest = "text", "Text", LONGEST_TEXT

    def parse(self, text: str, item: Item) -> str:
        if CONTROL.search(text):
            raise ItemError("IMP-403", "This holds characters that cannot be shown. Type it again by hand.")
        longest = int(item.limits.get("max_length", self.longest))
        if len(text) > longest:
            raise ItemError("IMP-404", f"This has {len(text):,} characters. {item.label} can have {longest:,} at most.")
        return text


class LongText(Text):
    name, label, longest = "long_text", "Long text", LONGEST_LONG_TEXT


class Identifier(Text):
    """Short text that identifies something: capitals, no invisible characters."""

    pattern: re.Pattern[str] = re.compile(r"[A-Z0-9][A-Z0-9 ./\-]*")
    shape = "letters and digits"
    longest = 30

    def parse(self, text: str, item: Item) -> str:
        if INVISIBLE.search(text):
            raise ItemError("IMP-403", f"{item.label} holds invisible characters. Type it again by hand.")
        value = super().parse(text, item).upper()
        if not self.pattern.fullmatch(value):
            raise ItemError("IMP-409", f"{_found(text)} is not right for {item.label}. Use {self.shape}.")
        return value


class MeterSerialNumber(Identifier):
    name, label, longest = "meter_serial_number", "Meter serial number", 14
    pattern, shape = re.compile(r"[A-Z0-9]+"), "up to 14 letters and digits, with no spaces"


class ConfirmationReference(Identifier):
    name, label, longest = "confirmation_reference", "Confirmation reference", 10
    pattern, shape = re.compile(r"[0-9]{6,10}"), "6 to 10 digits"


class Mprn(ItemKind):
    name, label = "mprn", "MPRN"

    def parse(self, text: str, item: Item) -> str:
        try:
            return identifiers.parse_mprn(text)
        except ValueError as error:
            raise ItemError("IMP-408", str(error)) from error


class Postcode(ItemKind):
    name, label = "postcode", "Postcode"

    def parse(self, text: str, item: Item) -> str:
        try:
            return identifiers.parse_postcode(text)
        except ValueError as error:
            raise ItemError("IMP-411", str(error)) from error


class Email(ItemKind):
    name, label = "email", "E-mail address"

    def parse(self, text: str, item: Item) -> str:
        if len(text) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", text):
            raise ItemError("IMP-412", f"{_found(text)} is not an e-mail address. Write it like name@example.com.")
        return text


class Number(ItemKind):
    """A decimal number; `places` is the most digits after the point."""

    name, label, places = "decimal", "Decimal number", 6

    def parse(self, text: str, item: Item) -> Decimal:
        plain = text.replace(",", "").replace(" ", "").lstrip("£")
        if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", plain) or not plain.isascii():
            raise ItemError("IMP-405", f"{_found(text)} is not a number. Write {item.label} in digits, like 1250.5.")
        try:
            value = Decimal(plain)
        except InvalidOperation as error:
            raise ItemError("IMP-405", f"{_found(text)} is not a number.") from error
        if len(plain) > 20:
            raise ItemError("IMP-405", f"{_found(text)} is longer than any number {item.label} can be.")
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places:
            raise ItemError("IMP-405", f"{_found(text)} has too many decimals. {item.label} {self._places_sentence()}")
        for limit, is_outside, words in (("minimum", value.__lt__, "less"), ("maximum", value.__gt__, "more")):
            if limit in item.limits and is_outside(Decimal(str(item.limits[limit]))):
                raise ItemError("IMP-413", f"{item.label} cannot be {words} than {Decimal(str(item.limits[limit])):,}.")
        return value

    def _places_sentence(self) -> str:
        return f"can have {self.places} at most." if self.places else "is a whole number."

    def store(self, value: Decimal) -> str:
        return f"{value.normalize():f}"

    def show(self, stored: str, item: Item) -> str:
        return f"{Decimal(stored):,}"


class WholeNumber(Number):
    name, label, places = "whole_number", "Whole number", 0


class MeterReading(WholeNumber):
    name, label = "meter_reading", "Meter reading"

    def show(self, stored: str, item: Item) -> str:
        return stored


class Money(Number):
    name, label, places = "money", "Amount of money", 2

    def store(self, value: Decimal) -> str:
        return f"{value:.2f}"

    def show(self, stored: str, item: Item) -> str:
        return f"£{Decimal(stored):,.2f}"


class Date(ItemKind):
    name, label = "date", "Date"
    formats = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%Y%m%d", "%Y/%m/%d")

    def parse(self, text: str, item: Item) -> date:
        value = self._read(text, item)
        for limit in ("earliest", "latest"):
            bound = item.limits.get(limit)
            if bound is None:
                continue
            day = clock.today() if bound == "today" else date.fromisoformat(bound)
            if (value < day) if limit == "earliest" else (value > day):
                when = (
                    "in the future"
                    if bound == "today"
                    else f"{'before' if limit == 'earliest' else 'after'} {show_date(day)}"
                )
                raise ItemError("IMP-413", f"{item.label} cannot be {when}. Found {show_date(value)}.")
        if not 1900 <= value.year <= 2100:
            raise ItemError("IMP-407", f"{show_date(value)} is too far from today to be right. Check the year.")
        return value

    def _read(self, text: str, item: Item) -> date:
        plain = text.strip()
        if match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?", plain):
            try:
                return date.fromisoformat(match[1])
            except ValueError:
                raise self._refusal(text, item) from None
        for layout in self.formats:
            try:
                return datetime.strptime(plain, layout).date()  # noqa: DTZ007 - a day has no time zone
            except ValueError:
                continue
        if re.fullmatch(r"[2-6]\d{4}", plain):
            raise ItemError("IMP-407", f"{_found(text)} is a date that lost its format. Format the column as a date.")
        raise self._refusal(text, item)

    @staticmethod
    def _refusal(text: str, item: Item) -> ItemError:
        return ItemError(
            "IMP-407", f"{_found(text)} is not a date. Write {item.label} as day/month/year, like 23/11/2026."
        )

    def store(self, value: date) -> str:
        return value.isoformat()

    def show(self, stored: str, item: Item) -> str:
        return show_date(date.fromisoformat(stored))


class YesNo(ItemKind):
    name, label = "yes_no", "Yes or no"
    words = dict.fromkeys(("yes", "y", "true", "1"), "yes") | dict.fromkeys(("no", "n", "false", "0"), "no")

    def parse(self, text: str, item: Item) -> str:
        value = self.words.get(text.lower())
        if value is None:
            raise ItemError("IMP-410", f"{_found(text)} is not an answer here. Write Yes or No.")
        return value

    def show(self, stored: str, item: Item) -> str:
        return stored.capitalize()


class Choice(ItemKind):
    """One of the item's own choices, by code or by label."""

    name, label = "choice", "Choice from a list"

    def options(self, item: Item) -> Sequence[tuple[str, str]]:
        """The choices as (code, label), in order."""
        return item.choices

    def parse(self, text: str, item: Item) -> str:
        wanted = _folded(text)
        for code, label in self.options(item):
            if wanted in (_folded(code), _folded(label)):
                return code
        known = [label for _, label in self.options(item)]
        listed = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
        raise ItemError("IMP-410", f"{_found(text)} is not one of the choices. Choose from: {listed}.")

    def show(self, stored: str, item: Item) -> str:
        return dict(self.options(item)).get(stored, stored)


class Ldz(Choice):
    name, label = "ldz", "LDZ"

    def options(self, item: Item) -> Sequence[tuple[str, str]]:
        return [(code, code) for code in LDZS]


KINDS: dict[str, ItemKind] = {
    kind.name: kind
    for kind in (
        Text(), LongText(), WholeNumber(), Number(), Money(), Date(), Choice(), YesNo(), Mprn(), MeterSerialNumber(),
        MeterReading(), Postcode(), Ldz(), ConfirmationReference(), Email(),
    )
}  # fmt: skip


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
        text = (answer(item.code) or "").strip()
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


def show_date(day: date) -> str:
    """23 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _found(text: str) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f"“{shown}”"
