"""Answers that pass the checks of their kind, drawn at random; for contacts in bulk and for workbooks."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from app.domain.identifiers import mprn_check_digits
from app.domain.item import Item

_TRADE = (
    "meter reading dispute address amendment duplicate supply found supplier transfer asset update theft suspected "
    "isolation query invoice consumption adjustment shipper request filter failure market sector switch missing "
    "vulnerable customer site visit crossed incorrect annual quantity unregistered activity prime sub network pressure "
    "corrector volume estimate opening closing reconciliation plot flat landlord vacant tenant access register dial"
)
_PLACES = (
    "High Station Church Mill Victoria Park Green Manor Kings Queens North South West East Chapel School",
    "Solihull Leeds Derby York Luton Reading Bolton Poole Truro Crewe Hexham Stroud Bath Kendal Ely Wells",
)
_WORDS, (_STREETS, _TOWNS) = _TRADE.split(), [names.split() for names in _PLACES]
_FIRST_DAY = date(2022, 1, 3)


def make_mprn(draw: random.Random) -> str:
    """Ten digits, the last two of which check."""
    body = str(draw.randrange(10_000_000, 99_999_999))
    return body + mprn_check_digits(body)


def sentence(draw: random.Random, least: int, most: int) -> str:
    """Some words of the trade."""
    return " ".join(draw.choices(_WORDS, k=draw.randint(least, most))).capitalize() + "."


def _text(draw: random.Random, item: Item) -> str:
    address = f"{draw.randrange(1, 300)} {draw.choice(_STREETS)} Street, {draw.choice(_TOWNS)}"
    return address[: int(item.limits.get("max_length", 200))]


def _day(draw: random.Random, item: Item) -> str:
    # The end of a period is always after its start.
    later = 400 if "not_before" in item.limits else 0
    return (_FIRST_DAY + timedelta(days=draw.randrange(365) + later)).isoformat()


ANSWERS: dict[str, Callable[[random.Random, Item], str]] = {
    "mprn": lambda draw, item: make_mprn(draw),
    "meter_serial_number": lambda draw, item: f"G4A{draw.randrange(10**8):08d}{draw.choice((19, 20, 21, 22))}",
    "text": _text,
    "long_text": lambda draw, item: sentence(draw, 12, 30),
    "postcode": lambda draw, item: f"B{draw.randrange(1, 99)} {draw.randrange(1, 9)}{draw.choice(('QL', 'AA', 'TX'))}",
    "confirmation_reference": lambda draw, item: str(draw.randrange(10**7, 10**9)),
    "meter_reading": lambda draw, item: str(draw.randrange(1, 99_999)),
    "decimal": lambda draw, item: f"{draw.randrange(1, 10**6)}.5",
    "money": lambda draw, item: f"{draw.randrange(1, 10**5)}.25",
    "whole_number": lambda draw, item: str(draw.randrange(1, 10**6)),
    "date": _day,
    "choice": lambda draw, item: draw.choice(item.choices)[0],
    "yes_no": lambda draw, item: draw.choice(("yes", "no")),
}


def answers_for(items: tuple[Item, ...], draw: random.Random) -> dict[str, str]:
    """Stored text for every item we can answer; most of those that are not required too."""
    return {
        item.code: ANSWERS[item.kind](draw, item)
        for item in items
        if item.kind in ANSWERS and (item.is_required or draw.random() < 0.8)
    }
