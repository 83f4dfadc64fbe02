"""Believable answers to the data items of every contact type."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from app.domain.identifiers import mprn_check_digits
from app.domain.item import Item, show_date
from app.domain.items import LDZS
from app.services.definition import Definition

_FOLDER = Path(__file__).parent
PLACES = json.loads((_FOLDER / "places.json").read_text(encoding="utf-8"))
SENTENCES = json.loads((_FOLDER / "sentences.json").read_text(encoding="utf-8"))
TOWNS, STREETS, HOUSES = PLACES["towns"], PLACES["streets"], PLACES["houses"]
# The letters that end a postcode.
UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
SHIPPERS = ("ALD", "ASP", "ACR", "BIR", "ELM")
EXTENSIONS = ("QMP", "NOM", "CNF", "UMR", "JOB")
# A cubic metre of gas is about eleven kilowatt hours.
KWH_PER_UNIT = 11
OPTIONAL_SHARE = 0.55


class Place(NamedTuple):
    """A supply: what stays the same when several contacts are about it."""

    mprn: str
    number: int
    house: str
    street: str
    town: str
    postcode: str
    ldz: str
    serial: str
    annual_kwh: int


Slots = dict[str, Any]
Draw = Callable[[], float]
Maker = Callable[[Slots, Draw], str]


class Question(NamedTuple):
    """How one data item is answered; `share` is how often."""

    code: str
    make: Maker
    share: float


@dataclass(frozen=True)
class Script:
    """A contact type with what its contacts are made of."""

    definition: Definition
    questions: tuple[Question, ...]
    descriptions: tuple[str, ...]

    def answer(self, slots: Slots, draw: Draw) -> dict[str, str]:
        """Answers as they are stored, in the items' order."""
        return {code: make(slots, draw) for code, make, share in self.questions if share >= 1 or draw() < share}


def write_script(definition: Definition) -> Script:
    """The script of one type; items that an administrator added are answered by their kind."""
    descriptions = tuple(of_type("descriptions", definition.code))
    questions = []
    for item in definition.items:
        share = 1.0 if item.is_required else OPTIONAL_SHARE
        questions.append(Question(item.code, _maker(item, descriptions), share))
    return Script(definition, tuple(questions), descriptions)


def of_type(name: str, type_code: str) -> list[str]:
    """The sentences or codes for a type, or those for any."""
    by_type: Mapping[str, list[str]] = SENTENCES[name]
    return by_type.get(type_code) or by_type["*"]


def new_place(is_independent: bool, random: Random) -> Place:
    """A supply somewhere in Great Britain; independent networks have MPRNs of their own ranges."""
    draw = random.random
    town, area, districts, ldz = TOWNS[int(draw() * len(TOWNS))]
    unit = int(draw() * 4000)
    inward = f"{unit % 10}{UNIT_LETTERS[unit // 200]}{UNIT_LETTERS[unit // 10 % 20]}"
    postcode = f"{area}{int(draw() * districts) + 1} {inward}"
    number = int(draw() * 1_000_000)
    serial = f"G4A{number:08d}S"[: 11 + number % 2] if draw() < 0.7 else f"M{number % 90 + 10}K{number:06d}{area}"
    annual_kwh = int(8_000 + draw() * 17_000) if draw() < 0.8 else int(40_000 + draw() ** 3 * 3_000_000)
    return Place(
        make_mprn(is_independent, draw), int(draw() * 180) + 1, HOUSES[number % len(HOUSES)] if draw() < 0.2 else "",
        STREETS[int(draw() * len(STREETS))], town, postcode, ldz, serial, annual_kwh,
    )  # fmt: skip


def make_mprn(is_independent: bool, draw: Draw) -> str:
    """A valid MPRN: 74 to 77 begin an independent network's, other numbers a gas transporter's."""
    if is_independent:
        body = str(74_000_000 + int(draw() * 4_000_000))
    else:
        body = str(10_000_000 + int(draw() * 60_000_000))
    check = (_share_of_check(body[:4] + "0000") + _share_of_check("0000" + body[4:])) % 11
    return f"{body}{check:02d}"


@lru_cache(maxsize=20_000)
def _share_of_check(half: str) -> int:
    # A weighted sum is the sum of its halves' sums, and of halves there are few.
    return int(mprn_check_digits(half))


def slots_of(place: Place, raised_on: int, draw: Draw) -> Slots:
    """What sentences and answers about a place are filled with; `raised_on` is a day's ordinal.

    Every date lies before the day the contact is raised, and readings rise with the energy used.
    """
    end = raised_on - 3 - int(draw() * 60)
    days = 28 + int(draw() * 300)
    kwh = place.annual_kwh * days // 365
    first = int(draw() * 9000)
    return place._asdict() | {
        "visit": raised_on - 1 - int(draw() * 14), "start": end - days, "end": end, "kwh": kwh,
        "first": first, "reading": first + kwh // KWH_PER_UNIT + 1, "plot": int(draw() * 90) + 1,
        "day": _shown(raised_on - 1 - int(draw() * 30)),
    }  # fmt: skip


def describe(templates: tuple[str, ...] | list[str], slots: Slots, draw: Draw) -> str:
    """One of the sentences, filled in."""
    template = templates[int(draw() * len(templates))]
    return template.format_map(slots) if "{" in template else template


@lru_cache(maxsize=2000)
def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


@lru_cache(maxsize=2000)
def _shown(ordinal: int) -> str:
    return show_date(date.fromordinal(ordinal))


def _address(slots: Slots, _draw: Draw) -> str:
    house = f"{slots['house']}, " if slots["house"] else ""
    return f"{house}{slots['number']} {slots['street']}, {slots['town']}"


def _other_mprn(slots: Slots, draw: Draw) -> str:
    return make_mprn(slots["mprn"].startswith(("74", "75", "76", "77")), draw)


def _file_name(slots: Slots, draw: Draw) -> str:
    sender = SHIPPERS[int(draw() * len(SHIPPERS))]
    return f"{sender}01.PN{int(draw() * 1_000_000):06d}.{EXTENSIONS[slots['plot'] % len(EXTENSIONS)]}"


_BY_CODE: dict[str, Maker] = {
    "MPRN": lambda slots, draw: slots["mprn"],
    "SECOND_MPRN": _other_mprn,
    "METER_SERIAL_NUMBER": lambda slots, draw: slots["serial"],
    "ADDRESS": _address,
    "POSTCODE": lambda slots, draw: slots["postcode"],
    "LDZ": lambda slots, draw: slots["ldz"],
    "CONFIRMATION_REFERENCE": lambda slots, draw: str(100_000_000 + int(draw() * 800_000_000)),
    "PERIOD_START": lambda slots, draw: _iso(slots["start"]),
    "PERIOD_END": lambda slots, draw: _iso(slots["end"]),
    "START_READING": lambda slots, draw: str(slots["first"]),
    "END_READING": lambda slots, draw: str(slots["reading"]),
    "READING": lambda slots, draw: str(slots["reading"]),
    "READING_DATE": lambda slots, draw: _iso(slots["end"]),
    "VISIT_DATE": lambda slots, draw: _iso(slots["visit"]),
    "ENERGY_KWH": lambda slots, draw: str(slots["kwh"]),
    "EXPECTED_AQ": lambda slots, draw: str(slots["annual_kwh"]),
    "INVOICE_NUMBER": lambda slots, draw: f"INV{int(draw() * 10_000_000):07d}",
    "INVOICE_DATE": lambda slots, draw: _iso(slots["end"] + 2),
    "AMOUNT": lambda slots, draw: f"{slots['kwh'] * 0.031 + draw() * 20:.2f}",
    "OTHER_SHIPPER": lambda slots, draw: SHIPPERS[int(draw() * len(SHIPPERS))],
    "FILE_NAME": _file_name,
    "FILE_SENT_ON": lambda slots, draw: _iso(slots["visit"]),
    "REPLY_EMAIL": lambda slots, draw: "gas.operations@example.com",
}
_BY_KIND: dict[str, Maker] = {
    "text": lambda slots, draw: slots["town"],
    "long_text": lambda slots, draw: f"See {slots['street']}, {slots['town']}.",
    "whole_number": lambda slots, draw: str(slots["plot"]),
    "decimal": lambda slots, draw: str(slots["plot"]),
    "money": lambda slots, draw: f"{slots['plot']}.00",
    "date": lambda slots, draw: _iso(slots["visit"]),
    "yes_no": lambda slots, draw: "yes" if draw() < 0.6 else "no",
    "mprn": _other_mprn,
    "meter_serial_number": _BY_CODE["METER_SERIAL_NUMBER"],
    "meter_reading": _BY_CODE["READING"],
    "postcode": _BY_CODE["POSTCODE"],
    "ldz": lambda slots, draw: LDZS[int(draw() * len(LDZS))],
    "confirmation_reference": _BY_CODE["CONFIRMATION_REFERENCE"],
    "email": _BY_CODE["REPLY_EMAIL"],
}


def _maker(item: Item, descriptions: tuple[str, ...]) -> Maker:
    if item.code == "DESCRIPTION":
        return lambda slots, draw: _description(descriptions, slots, draw)
    if item.kind == "choice":
        codes = tuple(code for code, _ in item.choices)
        return lambda slots, draw: codes[int(draw() * draw() * len(codes))]
    return _BY_CODE.get(item.code) or _BY_KIND[item.kind]


def _description(descriptions: tuple[str, ...], slots: Slots, draw: Draw) -> str:
    return f"{describe(descriptions, slots, draw)} {describe(SENTENCES['endings'], slots, draw)}".rstrip()
