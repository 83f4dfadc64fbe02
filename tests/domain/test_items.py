"""domain.items: every kind reads, keeps and shows what people write, and refuses the rest with a sentence."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import clock
from app.domain.answers import AnswerReader, show_answer
from app.domain.item import Item, ItemError
from app.domain.items import KINDS, LDZS

CHOICES = (("A1", "First thing"), ("B2", "Second thing"))


def item(kind: str, **values: object) -> Item:
    return Item(code="X", label="The thing", kind=kind, choices=CHOICES if kind == "choice" else (), **values)


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=150)
WRITTEN: dict[str, st.SearchStrategy[str]] = {
    "text": PRINTABLE,
    "long_text": PRINTABLE,
    "whole_number": st.integers(-(10**15), 10**15).map(lambda n: f"{n:,}"),
    "decimal": st.decimals(-(10**9), 10**9, places=4, allow_nan=False).map(str),
    "money": st.decimals(0, 10**9, places=2, allow_nan=False).map(lambda n: f"£{n:,}"),
    "date": st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(lambda day: f"{day.day}/{day.month}/{day.year:04}"),
    "choice": st.sampled_from(["A1", "a1", "First thing", "FIRST  THING", "B2", " second thing "]),
    "yes_no": st.sampled_from(["Yes", "no", "Y", "n", "TRUE", "false", "1", "0"]),
    "mprn": st.integers(100_000, 999_999_999).map(str),
    "meter_serial_number": st.from_regex(r"[A-Za-z0-9]{1,14}", fullmatch=True),
    "meter_reading": digits(1, 9),
    "postcode": st.from_regex(r"[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}", fullmatch=True),
    "ldz": st.sampled_from([*LDZS, *map(str.lower, LDZS)]),
    "confirmation_reference": digits(6, 10),
    "email": st.from_regex(r"[a-z.+]{1,20}@[a-z]{1,10}(\.[a-z]{2,5}){1,2}", fullmatch=True),
}


def test_every_kind_is_tried() -> None:
    assert WRITTEN.keys() == KINDS.keys()


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_written_is_kept_and_read_again_as_the_same(name, data) -> None:
    kind, text = KINDS[name], data.draw(WRITTEN[name]).strip()
    if text:
        value = kind.parse(text, item(name))
        stored = kind.store(value)
        assert isinstance(stored, str) and stored
        assert kind.parse(stored, item(name)) == value
        assert kind.store(kind.parse(stored, item(name))) == stored
        assert kind.show(stored, item(name)) == show_answer(stored, item(name))


AWKWARD = [
    "\x00", "\x01", "\x7f", "\x85", "\ufffe", "\uffff", "\u200b", "\u202e", "\ufeff", "nan", "NaN",
    "inf", "-inf", "1e999",
    "1E5", "--1", "+-1", ".", ",", "1,2,3", "12,50", "1.2.3", "9" * 400, "1" * 21, "0x10", "١٢٣",
    "１２３", "²", "½", "ß" * 14,
    "ſ", "ı1", "0/0/0", "31/02/2026", "29/02/2025", "1/1/1", "00/00/0000", "9999-99-99",
    "2026-11-23T99:99", "45123", "202611",
    "2026111", "20261301", "-1", "@", "a@", "@b.c", "a@b", "a@b..c", "a b@c.de", "a@b.c\x00", "()",
    "%s", "{}", "\\", "'", '"',
    "=1+1", "<b>", "x" * 5000, "🙂", "a\nb", "a\rb", "\t", "None", "null", "{{7*7}}",
]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_an_awkward_text_is_read_or_refused_with_a_sentence(name) -> None:
    for text in AWKWARD:
        check_answer(name, text)


def check_answer(name: str, text: str) -> None:
    kind = KINDS[name]
    try:
        stored = kind.store(kind.parse(text, item(name)))
    except ItemError as error:
        assert re.fullmatch(r"IMP-4\d\d", error.code), text
        assert re.search(r"[.…]$", error.message) and len(error.message) < 400, error.message
        assert "Decimal" not in error.message and "strptime" not in error.message
    else:
        assert kind.store(kind.parse(stored, item(name))) == stored, text
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]", stored)
        stored.encode()


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_is_read_or_refused(name, text) -> None:
    if text.strip():
        check_answer(name, text.strip())


def refused(name: str, text: str, **limits: object) -> ItemError:
    with pytest.raises(ItemError) as refusal:
        KINDS[name].parse(text, item(name, limits=limits))
    return refusal.value


def read(name: str, text: str, **limits: object) -> str:
    kind = KINDS[name]
    return kind.store(kind.parse(text, item(name, limits=limits)))


@pytest.mark.parametrize(
    "text",
    ["23/11/2026", "23-11-2026", "23.11.2026", "23 Nov 2026", "23 November 2026", "23-Nov-2026",
    "2026-11-23", "20261123",
     "2026/11/23", "2026-11-23 00:00", "2026-11-23 14:30:59", "2026-11-23T14:30:00.000",
     " 23/11/2026 ", "23 nov 2026"],
)  # fmt: skip
def test_a_date_is_read_in_every_uk_and_iso_way(text) -> None:
    assert read("date", text) == "2026-11-23"


@pytest.mark.parametrize(
    "text", ["11/23/2026", "23/11/26", "2026-23-11", "Nov 23 2026", "tomorrow", "23/11", "202611", "2026111"]
)
def test_another_order_is_refused_with_the_right_one(text) -> None:
    error = refused("date", text)
    assert error.code == "IMP-407"
    assert error.message == f"“{text}” is not a date. Write The thing as day/month/year, like 23/11/2026."


def test_a_number_that_was_a_date_says_so() -> None:
    error = refused("date", "46349")
    assert (error.code, error.message) == (
        "IMP-407",
        "“46349” is a date that lost its format. Format the column as a date.",
    )


def test_day_and_month_are_never_swapped() -> None:
    assert read("date", "01/02/2026") == "2026-02-01"
    assert KINDS["date"].show("2026-02-01", item("date")) == "1 Feb 2026"


def test_limits_of_dates() -> None:
    today = clock.today()
    assert read("date", today.isoformat(), latest="today") == today.isoformat()
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert "cannot be in the future" in refused("date", tomorrow, latest="today").message
    assert read("date", "1996-01-01", earliest="1996-01-01") == "1996-01-01"
    assert "cannot be before 1 Jan 1996" in refused("date", "1995-12-31", earliest="1996-01-01").message
    assert refused("date", "1899-12-31").code == refused("date", "2101-01-01").code == "IMP-407"


@pytest.mark.parametrize(
    ("name", "text", "stored", "shown"),
    [
        ("whole_number", "1,250,000", "1250000", "1,250,000"),
        ("whole_number", "100", "100", "100"),
        ("whole_number", "007", "7", "7"),
        ("whole_number", "12.0", "12", "12"),
        ("decimal", "1 250.500", "1250.5", "1,250.5"),
        ("decimal", ".5", "0.5", "0.5"),
        ("decimal", "-0.25", "-0.25", "-0.25"),
        ("money", "£1,250", "1250.00", "£1,250.00"),
        ("money", "99.9", "99.90", "£99.90"),
        ("meter_reading", "004512", "4512", "4512"),
        ("yes_no", "TRUE", "yes", "Yes"),
        ("choice", "second  THING", "B2", "Second thing"),
        ("ldz", "ea", "EA", "EA"),
        ("postcode", "b913ql", "B91 3QL", "B91 3QL"),
        ("meter_serial_number", "m012ab", "M012AB", "M012AB"),
    ],
)
def test_what_is_kept_and_how_it_is_shown(name, text, stored, shown) -> None:
    assert read(name, text) == stored
    assert KINDS[name].show(stored, item(name)) == shown


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("money", "12,50", "IMP-405"),
        ("decimal", "1,2,3", "IMP-405"),
        ("whole_number", "1,00", "IMP-405"),
        ("whole_number", "12.5", "IMP-405"),
        ("money", "9.999", "IMP-405"),
        ("decimal", "0.1234567", "IMP-405"),
        ("decimal", "1" * 21, "IMP-405"),
        ("yes_no", "perhaps", "IMP-410"),
        ("choice", "Third thing", "IMP-410"),
        ("ldz", "XX", "IMP-410"),
        ("meter_serial_number", "A-1", "IMP-409"),
        ("meter_serial_number", "A" * 15, "IMP-404"),
        ("meter_serial_number", "ß123", "IMP-409"),
        ("meter_serial_number", "A\u200b1", "IMP-403"),
        ("confirmation_reference", "12345", "IMP-409"),
        ("email", "a@b\x01.de", "IMP-412"),
        ("text", "a\uffffb", "IMP-403"),
        ("text", "x" * 201, "IMP-404"),
        ("long_text", "x" * 4001, "IMP-404"),
    ],
)
def test_what_is_not_right_is_refused(name, text, code) -> None:
    assert refused(name, text).code == code


def test_limits_of_numbers_and_texts() -> None:
    assert read("decimal", "0", minimum=0, maximum=10) == "0" and read("decimal", "10", minimum=0, maximum=10) == "10"
    assert refused("decimal", "-0.1", minimum=0).message == "The thing cannot be less than 0."
    assert refused("whole_number", "10,001", maximum=10000).message == "The thing cannot be more than 10,000."
    assert read("text", "x" * 12, max_length=12) == "x" * 12
    assert "13 characters. The thing can have 12 at most." in refused("text", "x" * 13, max_length=12).message


def period(start: str, end: str) -> tuple[dict[str, str], dict[str, ItemError]]:
    items = [
        Item("START", "Start of period", "date", is_required=True),
        Item("END", "End of period", "date", limits={"not_before": "START"}),
    ]
    return AnswerReader(items).read({"START": start, "END": end}.get)


def test_an_end_before_its_start_is_refused_and_dropped() -> None:
    assert period("01/02/2026", "01/02/2026")[1] == {}
    values, errors = period("01/02/2026", "31/01/2026")
    assert values == {"START": "2026-02-01"}
    assert errors["END"].code == "IMP-413"
    assert errors["END"].message == "End of period is before start of period (1 Feb 2026)."
    assert period("", "31/01/2026")[1].keys() == {"START"}
    assert period("nonsense", "31/01/2026")[1].keys() == {"START"}
    assert period("01/02/2026", "nonsense")[1].keys() == {"END"}


def test_an_answer_of_another_kind_is_shown_as_it_is_kept() -> None:
    for name in KINDS:
        assert show_answer("1 High Street", item(name)).casefold() == "1 high street"
