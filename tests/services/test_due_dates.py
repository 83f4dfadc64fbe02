"""services.due_dates: the explanation of a due date ends with the due date, whatever happened on the way."""

from datetime import UTC, date, datetime, timedelta

import holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendar import add_business_days, business_days_between
from app.domain.lifecycle import Action
from app.extensions import db
from app.services import contacts, due_dates
from app.services.due_dates import Pause, write_lines
from tests.worlds import raise_one

CLOSED = dict(holidays.country_holidays("GB", subdiv="ENG", years=range(2023, 2031)))
WAITS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30)), max_size=3)


@settings(max_examples=200)
@given(st.dates(date(2024, 1, 1), date(2028, 6, 30)), st.integers(0, 40), WAITS)
def test_the_last_line_is_the_due_date_that_the_verbs_count(received, days, waits) -> None:
    due, day, pauses = add_business_days(received, days, CLOSED), received, []
    for until_asked, until_answered in waits:
        asked_on = day + timedelta(days=until_asked)
        day = asked_on + timedelta(days=until_answered)
        due = add_business_days(due, business_days_between(asked_on, day, CLOSED), CLOSED)
        pauses.append(Pause(asked_on, day))
    lines = write_lines(received=received, days=days, pauses=pauses, closed=CLOSED, due_on=due, type_code="ADD")
    assert lines[-1].day == due
    assert lines[0].day == received
    assert not any("has changed since" in line.text for line in lines), "the count agrees with the verbs'"


def test_a_date_that_was_counted_differently_stays_and_says_so() -> None:
    lines = write_lines(
        received=date(2026, 11, 23), days=10, pauses=[], closed=CLOSED, due_on=date(2026, 12, 1), type_code="ADD"
    )
    assert lines[-1].day == date(2026, 12, 1) and "has changed since" in lines[-2].text


def test_days_that_do_not_count_are_named() -> None:
    lines = write_lines(
        received=date(2026, 12, 19), days=10, pauses=[], closed=CLOSED, due_on=date(2027, 1, 7), type_code="ADD"
    )
    said = [f"{line.day}: {line.text}" for line in lines]
    assert "2026-12-21: The first business day after it: counting starts here." in said
    assert "2026-12-25: Christmas Day: not counted." in said
    assert any(text.startswith("2026-12-28: Boxing Day") for text in said)
    assert said[-1] == "2027-01-07: The contact is due."


def test_a_contact_that_was_asked_and_answered_is_explained(acting, move_clock) -> None:
    move_clock(datetime(2026, 12, 1, 12, tzinfo=UTC))
    with acting("ann"):
        reference = raise_one("3938424403", "High")
        db.session.commit()
    with acting("ada"):
        contacts.perform(reference, Action.CLAIM, version=1)
        contacts.perform(reference, Action.ASK, version=2, message="Which?")
        db.session.commit()
    with acting("ann"):
        lines = due_dates.explain(contacts.get_contact(reference))
        assert "Our clock stands" in lines[-2].text and lines[-1].day == contacts.get_contact(reference).due_on
        move_clock(datetime(2026, 12, 7, 12, tzinfo=UTC))
        contacts.perform(reference, Action.ANSWER, version=3, message="That one.")
        db.session.commit()
        contact = contacts.get_contact(reference)
        lines = due_dates.explain(contact)
        assert lines[-1].day == contact.due_on
        assert any("our clock stood 4 business days" in line.text for line in lines)
        assert not any("has changed since" in line.text for line in lines)
