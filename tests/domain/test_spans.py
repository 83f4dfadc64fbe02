"""domain.spans: from one day to another, and the first day on which too few are left."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleBroken
from app.domain.spans import Span, check_span, first_day_short

TODAY = date(2026, 11, 24)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def span(first: int, last: int | None = None) -> Span:
    return Span(day(first), None if last is None else day(last))


@pytest.mark.parametrize(
    ("before", "after", "fewest", "short"),
    [
        ([span(-9)], [], 1, 0),
        ([span(-9)], [span(-9, 5)], 1, 6),
        ([span(-9), span(-3)], [span(-3)], 1, None),
        ([span(-9), span(-3)], [span(-3)], 2, 0),
        ([span(-9), span(-3)], [span(-9), span(-3, 10)], 2, 11),
        ([span(-9), span(-3, 10)], [span(-3, 10)], 1, 11),
        ([span(-9, 10), span(11)], [span(-9, 10), span(12)], 1, 11),
        # What was short already is not this change's doing.
        ([], [], 1, None),
        ([span(-9, -1)], [], 1, None),
        ([span(-9, 4)], [span(-9, 4)], 1, None),
        # A later beginning leaves a gap at once.
        ([span(-9)], [span(3)], 1, 0),
    ],
)
def test_the_first_day_on_which_too_few_are_left(before, after, fewest, short) -> None:
    expected = None if short is None else day(short)
    assert first_day_short(before, after, fewest=fewest, since=TODAY) == expected


spans = st.builds(
    lambda first, length: span(first, None if length is None else first + length),
    st.integers(-20, 20),
    st.none() | st.integers(0, 20),
)


@given(st.lists(spans, max_size=4), st.lists(spans, max_size=4), st.integers(1, 2))
def test_it_is_what_looking_at_every_day_finds(before, after, fewest) -> None:
    def count(some, number: int) -> int:
        return sum(one.holds(day(number)) for one in some)

    found = [n for n in range(0, 60) if count(after, n) < fewest <= count(before, n)]
    assert first_day_short(before, after, fewest=fewest, since=TODAY) == (day(found[0]) if found else None)


@pytest.mark.parametrize(
    ("given_span", "field"), [(span(-1), "starts_on"), (span(5000), "starts_on"), (span(3, 2), "ends_on")]
)
def test_days_that_make_no_sense_are_refused_beside_their_field(given_span, field) -> None:
    with pytest.raises(RuleBroken) as refusal:
        check_span(given_span, TODAY)
    assert refusal.value.field == field


def test_one_day_is_a_span() -> None:
    check_span(span(0, 0), TODAY)
    assert span(0, 0).holds(TODAY) and not span(0, 0).holds(day(1)) and not span(0, 0).holds(day(-1))
