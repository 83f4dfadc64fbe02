"""domain.identifiers: MPRN, postcode and contact reference."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.identifiers import (
    ALPHABET,
    make_reference,
    mprn_check_digits,
    parse_mprn,
    parse_postcode,
    parse_reference,
    reference_number,
)

BODIES = st.integers(10_000_000, 99_999_999).map(str)
NUMBERS, KEYS = st.integers(0, 2**40 - 1), st.integers(0, 2**63 - 1)


# Worked examples of domain.md, 6.1.
@pytest.mark.parametrize(
    ("body", "mprn"),
    [
        ("39384244", "3938424403"),
        ("12345678", "1234567810"),
        ("74000001", "7400000108"),
        ("30000000", "3000000002"),
        ("99999999", "9999999905"),
        ("21446890", "2144689001"),
    ],
)
def test_the_worked_examples_check(body, mprn) -> None:
    assert body + mprn_check_digits(body) == mprn == parse_mprn(mprn)


def test_the_favourite_dummy_does_not_check() -> None:
    with pytest.raises(ValueError, match="“1234567890” is not a valid MPRN: its last two digits do not check"):
        parse_mprn("1234567890")


@settings(max_examples=60)
@given(BODIES)
def test_every_single_wrong_digit_is_caught(body) -> None:
    mprn = body + mprn_check_digits(body)
    for place in range(10):
        for digit in "0123456789":
            wrong = mprn[:place] + digit + mprn[place + 1 :]
            if wrong != mprn and wrong[0] != "0":
                with pytest.raises(ValueError, match="do not check"):
                    parse_mprn(wrong)


@settings(max_examples=60)
@given(BODIES)
def test_every_swap_of_neighbours_in_the_body_is_caught(body) -> None:
    check = mprn_check_digits(body)
    for place in range(7):
        swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
        if swapped != body and swapped[0] != "0":
            with pytest.raises(ValueError, match="do not check"):
                parse_mprn(swapped + check)


@pytest.mark.parametrize(
    ("text", "mprn"),
    [
        (" 3938 424 403 ", "3938424403"),
        ("'3938424403", "3938424403"),
        ("0003938424403", "3938424403"),
        ("123456", "123456"),
        ("0123456", "123456"),
        ("123456789", "123456789"),
        ("3938\u00a0424\t403\n", "3938424403"),
    ],
)
def test_an_mprn_is_read_however_it_is_spaced(text, mprn) -> None:
    assert parse_mprn(text) == parse_mprn(mprn) == mprn


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "000000", "12345", "12345678901", "39384244o3", "-3938424403", "3938424403.0", "3.938424403E9",
     "３９３８４２４４０３", "٣٩٣٨٤٢٤٤٠٣", "²³⁴⁵⁶⁷", "MPRN 3938424403", "3938-424-403", "''"],
)  # fmt: skip
def test_what_cannot_be_an_mprn_is_refused_with_a_sentence(text) -> None:
    with pytest.raises(ValueError, match=r"MPRN.*\.$"):
        parse_mprn(text)


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("sw1a1aa", "SW1A 1AA"),
        (" B91  3QL ", "B91 3QL"),
        ("m1 1ae", "M1 1AE"),
        ("EC1A1BB", "EC1A 1BB"),
        ("W1A0AX", "W1A 0AX"),
    ],
)
def test_a_postcode_gets_capitals_and_one_space(text, postcode) -> None:
    assert parse_postcode(text) == parse_postcode(postcode) == postcode


@pytest.mark.parametrize(
    "text", ["", "B91", "B91 3Q", "B91-3QL", "1B9 3QL", "BBB9 3QL", "B91 3QLX", "В91 3QL", "x" * 99]
)
def test_what_cannot_be_a_postcode_is_refused_with_a_sentence(text) -> None:
    with pytest.raises(ValueError, match="is not a postcode. Write it like SW1A 1AA."):
        parse_postcode(text)


def test_references_are_unique_and_not_in_any_order() -> None:
    made = [make_reference(number, 0x1234_5678_9ABC_DEF0) for number in range(100_000)]
    assert len(set(made)) == 100_000
    rising = sum(a < b for a, b in zip(made, made[1:], strict=False))
    assert 49_000 < rising < 51_000, "neighbours tell nothing of their order"
    assert all(len(reference) == 11 and reference[3] == reference[7] == "-" for reference in made)


@given(NUMBERS, KEYS)
@example(0, 0)
@example(2**40 - 1, 2**63 - 1)
def test_a_reference_comes_back_however_it_is_written(number, key) -> None:
    reference = make_reference(number, key)
    bare = reference.replace("-", "")
    for text in (reference, bare, reference.lower(), " ".join(bare), f" {bare[:4]}-{bare[4:]} "):
        assert parse_reference(text) == reference
    assert reference_number(reference, key) == number


@given(NUMBERS, KEYS)
def test_letters_that_look_like_digits_are_read_as_those(number, key) -> None:
    reference = make_reference(number, key)
    for looks in ("OIL", "oil", "OLI"):
        misread = reference.replace("0", looks[0]).replace("1", looks[1])
        assert parse_reference(misread) == reference


@settings(max_examples=50)
@given(NUMBERS, KEYS)
def test_every_wrong_symbol_of_a_reference_is_caught(number, key) -> None:
    bare = make_reference(number, key).replace("-", "")
    for place in range(9):
        for symbol in ALPHABET:
            if symbol != bare[place]:
                assert parse_reference(bare[:place] + symbol + bare[place + 1 :]) is None


@settings(max_examples=100)
@given(NUMBERS, KEYS)
def test_every_swap_of_two_symbols_of_a_reference_is_caught(number, key) -> None:
    bare = make_reference(number, key).replace("-", "")
    for first in range(9):
        for second in range(first + 1, 9):
            if bare[first] != bare[second]:
                symbols = list(bare)
                symbols[first], symbols[second] = symbols[second], symbols[first]
                assert parse_reference("".join(symbols)) is None


@pytest.mark.parametrize("text", ["", "-", "4F7", "4F7-K2M-9Q", "4F7-K2M-9QXX", "4F7_K2M_9QX", "4U7-K2M-9QX", "🙂" * 9])
def test_what_cannot_be_a_reference_is_none(text) -> None:
    assert parse_reference(text) is None


@given(st.text(max_size=40))
def test_no_text_is_a_fault(text) -> None:
    found = parse_reference(text)
    assert found is None or parse_reference(found) == found
    for parse in (parse_mprn, parse_postcode):
        try:
            value = parse(text)
        except ValueError as error:
            assert str(error).endswith(".")
        else:
            assert parse(value) == value


def test_two_keys_spread_differently() -> None:
    draw = random.Random(1)
    pairs = [(make_reference(n, 1), make_reference(n, 2)) for n in draw.sample(range(2**40), 500)]
    assert sum(a == b for a, b in pairs) == 0
