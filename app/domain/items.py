"""How one kind of answer is read, checked and shown; the only parser for every door.

A value is stored as canonical text: dates ISO, numbers without separators or trailing noise, yes/no as
"yes" or "no", choices by code.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from app.domain import clock, identifiers
from app.domain.item import Item, ItemError, ItemKind, quote, show_date

LONGEST_TEXT = 200
LONGEST_LONG_TEXT = 4000
LDZS = ("EA", "EM", "NE", "NO", "NT", "NW", "SC", "SE", "SO", "SW", "WM", "WN", "WS")

# Letters that change how a line is read without being seen; they have no place in an identifier.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# The same as imports.limits refuses; a spreadsheet cannot hold them.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# As people write numbers, with commas between thousands or without.
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_BOUNDS = (("minimum", "less"), ("maximum", "more"))
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


class Text(ItemKind):
    name, label, longest = "text", "Text", LONGEST_TEXT

    def parse(self, text: str, item: Item) -> str:
        if not text.isprintable() and CONTROL.search(text):
            raise ItemError("IMP-403", "This holds characters that cannot be shown. Type it again by hand.")
        longest = item.limits.get("max_length", self.longest)
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
        if not text.isascii() and INVISIBLE.search(text):
            raise ItemError("IMP-403", f"{item.label} holds invisible characters. Type it again by hand.")
        value = super().parse(text, item).upper()
        # Some letters of other alphabets become ours as capitals: ß would turn into SS.
        if not text.isascii() or not self.pattern.fullmatch(value):
            raise ItemError("IMP-409", f"{quote(text)} is not right for {item.label}. Use {self.shape}.")
        return value


class MeterSerialNumber(Identifier):
    name, label, longest = "meter_serial_number", "Meter serial number", 14
    pattern, shape = re.compile(r"[A-Z0-9]+"), "up to 14 letters and digits"

    def parse(self, text: str, item: Item) -> str:
        return super().parse("".join(text.split()), item)


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
        is_plain = text.isprintable() and len(text) <= 254
        if not is_plain or not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", text):
            raise ItemError("IMP-412", f"{quote(text)} is not an e-mail address. Write it like name@example.com.")
        return text


class Number(ItemKind):
    """A decimal number; `places` is the most digits after the point."""

    name, label, places, sign = "decimal", "Decimal number", 6, ""

    def parse(self, text: str, item: Item) -> Decimal:
        plain = text if text.isascii() and text.isdigit() else self._plain(text, item)
        if len(plain) > 20:
            raise ItemError("IMP-405", f"{quote(text)} is longer than any number {item.label} can be.")
        value = Decimal(plain)
        for limit, words in _BOUNDS if item.limits else ():
            bound = item.limits.get(limit)
            if bound is None:
                continue
            bound = Decimal(str(bound))
            if value < bound if limit == "minimum" else value > bound:
                raise ItemError("IMP-413", f"{item.label} cannot be {words} than {bound:,}.")
        return value

    def _plain(self, text: str, item: Item) -> str:
        """The number without spaces, sign of money and commas; ItemError when it is none, or too exact."""
        plain = text.replace(" ", "").removeprefix(self.sign)
        # A comma stands between thousands and nowhere else: 12,50 is not 1250.
        if THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        if not NUMBER.fullmatch(plain):
            raise ItemError("IMP-405", f"{quote(text)} is not a number. Write {item.label} in digits, like 1250.5.")
        if len(plain.partition(".")[2].rstrip("0")) > self.places:
            raise ItemError("IMP-405", f"{quote(text)} has too many decimals. {item.label} {self._places_sentence()}")
        return plain

    def _places_sentence(self) -> str:
        return f"can have {self.places} at most." if self.places else "is a whole number."

    def store(self, value: Decimal) -> str:
        text = str(value)
        return text if text.isdecimal() else f"{value.normalize():f}"

    def show(self, stored: str, item: Item) -> str:
        return f"{Decimal(stored):,}"


class WholeNumber(Number):
    name, label, places = "whole_number", "Whole number", 0


class MeterReading(WholeNumber):
    name, label = "meter_reading", "Meter reading"

    def show(self, stored: str, item: Item) -> str:
        return stored


class Money(Number):
    name, label, places, sign = "money", "Amount of money", 2, "£"

    def store(self, value: Decimal) -> str:
        return f"{value:.2f}"

    def show(self, stored: str, item: Item) -> str:
        return f"£{Decimal(stored):,.2f}"


class Date(ItemKind):
    name, label, is_repetitive = "date", "Date", True
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
        plain = re.sub(r"\bSept\b", "Sep", text.strip(), flags=re.IGNORECASE)
        if match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?", plain):
            try:
                return date.fromisoformat(match[1])
            except ValueError:
                raise self._refusal(text, item) from None
        for layout in self.formats:
            if layout == "%Y%m%d" and len(plain) != 8:
                continue  # 202611 is no date, though strptime makes one of it
            try:
                return datetime.strptime(plain, layout).date()  # noqa: DTZ007 - a day has no time zone
            except ValueError:
                continue
        if re.fullmatch(r"[2-6]\d{4}", plain):
            raise ItemError("IMP-407", f"{quote(text)} is a date that lost its format. Format the column as a date.")
        raise self._refusal(text, item)

    @staticmethod
    def _refusal(text: str, item: Item) -> ItemError:
        return ItemError(
            "IMP-407", f"{quote(text)} is not a date. Write {item.label} as day/month/year, like 23/11/2026."
        )

    def store(self, value: date) -> str:
        return value.isoformat()

    def show(self, stored: str, item: Item) -> str:
        return show_date(date.fromisoformat(stored))


class YesNo(ItemKind):
    name, label, is_repetitive = "yes_no", "Yes or no", True
    words = dict.fromkeys(("yes", "y", "true", "1"), "yes") | dict.fromkeys(("no", "n", "false", "0"), "no")

    def parse(self, text: str, item: Item) -> str:
        value = self.words.get(text.lower())
        if value is None:
            raise ItemError("IMP-410", f"{quote(text)} is not an answer here. Write Yes or No.")
        return value

    def show(self, stored: str, item: Item) -> str:
        return stored.capitalize()


class Choice(ItemKind):
    """One of the item's own choices, by code or by label."""

    name, label, is_repetitive = "choice", "Choice from a list", True

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
        raise ItemError("IMP-410", f"{quote(text)} is not one of the choices. Choose from: {listed}.")

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


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
