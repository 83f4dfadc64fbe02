"""domain: business days, the life cycle, roles and events, as tables and sentences."""

from datetime import date, datetime, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import clock
from app.domain.calendar import add_business_days, business_days_between, is_business_day
from app.domain.errors import DomainError, RuleBroken
from app.domain.events import EVENTS
from app.domain.lifecycle import (
    FINAL,
    HOLDERS,
    LIFECYCLE,
    OPEN,
    PARTICIPLES,
    Action,
    Given,
    Holder,
    Status,
    options,
    step,
)
from app.domain.roles import (
    CUSTOMER_ROLES,
    EVERYONE,
    GRANTABLE,
    GRANTS,
    XOSERVE_ROLES,
    Permission,
    Role,
    grantable_by,
    permissions_of,
)

CLOSED = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(2023, 2031)))
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),  # a Monday
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # over a weekend
        (date(2026, 11, 21), 0, date(2026, 11, 23)),  # a Saturday counts from Monday
        (date(2026, 11, 22), 1, date(2026, 11, 24)),  # and so does a Sunday
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # Good Friday and Easter Monday
        (date(2025, 12, 24), 1, date(2025, 12, 29)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Boxing Day's substitute
        (date(2027, 12, 24), 1, date(2027, 12, 29)),  # two substitutes
        (date(2026, 12, 25), 0, date(2026, 12, 29)),  # received on Christmas Day
        (date(2026, 12, 18), 10, date(2027, 1, 6)),
        (date(2024, 2, 28), 2, date(2024, 3, 1)),  # a leap day
    ],
)
def test_due_dates(start, days, end) -> None:
    assert add_business_days(start, days, CLOSED) == end


@settings(max_examples=200)
@given(DAYS, st.integers(0, 60))
def test_a_due_date_is_a_business_day_and_counts_back(start, days) -> None:
    end = add_business_days(start, days, CLOSED)
    assert is_business_day(end, CLOSED) and end >= start
    first = add_business_days(start, 0, CLOSED)
    assert business_days_between(first, end, CLOSED) == days
    assert business_days_between(end, first, CLOSED) == -days
    if days:
        assert add_business_days(first, days - 1, CLOSED) < end
        assert add_business_days(add_business_days(start, 1, CLOSED), days - 1, CLOSED) == end


@settings(max_examples=100)
@given(DAYS, DAYS, DAYS)
def test_business_days_add_up(a, b, c) -> None:
    a, b, c = sorted((a, b, c))
    assert business_days_between(a, b, CLOSED) + business_days_between(b, c, CLOSED) == business_days_between(
        a, c, CLOSED
    )
    listed = [a + timedelta(days=n) for n in range(1, (c - a).days + 1)]
    assert business_days_between(a, c, CLOSED) == sum(is_business_day(day, CLOSED) for day in listed)


def test_the_clock_is_aware_and_its_days_are_londons(monkeypatch) -> None:
    now = clock.now()
    assert now.utcoffset() == timedelta(0) and now.microsecond % 1000 == 0
    for instant, day in (
        ("2026-06-30T22:59:59+00:00", date(2026, 6, 30)),
        ("2026-06-30T23:00:00+00:00", date(2026, 7, 1)),
        ("2026-12-31T23:59:59+00:00", date(2026, 12, 31)),
        ("2027-03-28T00:59:59+00:00", date(2027, 3, 28)),
        ("2027-10-31T23:30:00+00:00", date(2027, 10, 31)),
    ):
        moment = datetime.fromisoformat(instant)
        monkeypatch.setattr(clock, "now", lambda at=moment: at)
        assert clock.today() == day


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_a_step_is_in_the_table_or_refused_with_a_sentence(status, action) -> None:
    found = [move for move in LIFECYCLE if move.action is action and status in move.sources]
    assert len(found) <= 1
    if found:
        assert step(status, action) is found[0]
    else:
        with pytest.raises(RuleBroken) as refusal:
            step(status, action)
        assert (
            refusal.value.message == f"This contact is {status.label.lower()}, so it cannot be {PARTICIPLES[action]}."
        )


def test_every_action_is_in_the_table_and_every_status_has_a_holder() -> None:
    assert {move.action for move in LIFECYCLE} == set(Action) == set(PARTICIPLES)
    assert set(HOLDERS) == set(Status) == set(OPEN) | set(FINAL)
    assert all((HOLDERS[status] is Holder.NOBODY) == (status in FINAL) for status in Status)
    for move in LIFECYCLE:
        assert (move.must_give is Given.MESSAGE) <= move.visible_to_customer, "a question nobody sees has no answer"


def test_options_are_the_moves_of_the_status_that_the_permissions_allow() -> None:
    for status in Status:
        assert options(status, frozenset()) == []
        everything = options(status, frozenset(Permission))
        assert bool(everything) == (status in OPEN and status is not Status.WITH_NETWORK)
        for move in everything:
            assert move in options(status, frozenset({move.needs}))


def test_customer_roles_reach_nobody_elses_rows_and_change_no_rules() -> None:
    beyond = {
        Permission.ALL_ORGANISATIONS, Permission.CONTACT_CLAIM, Permission.CONTACT_ASK, Permission.CONTACT_RESOLVE,
        Permission.CONTACT_TYPE_CHANGE, Permission.ORGANISATION_CHANGE,
    }  # fmt: skip
    assert not permissions_of(CUSTOMER_ROLES) & beyond
    assert set(Role) == CUSTOMER_ROLES | XOSERVE_ROLES | {Role.DEPUTY} and not CUSTOMER_ROLES & XOSERVE_ROLES
    for role in XOSERVE_ROLES:
        assert Permission.ALL_ORGANISATIONS in GRANTS[role], role
        assert Permission.CONTACT_RAISE not in GRANTS[role], "Xoserve's people belong to no customer"


def test_who_grants_may_change_people_and_only_lsos_and_administrators_grant_their_own_role() -> None:
    for role in Role:
        assert (role in GRANTABLE) == bool({Permission.USER_CHANGE, Permission.ACCESS_ACT} & GRANTS[role]), role
        assert (role in GRANTABLE.get(role, ())) == (role in (Role.LSO, Role.ADMINISTRATOR)), role
    assert Role.LSO not in GRANTABLE[Role.DEPUTY]


def test_nobody_grants_beyond_customers_but_the_administrator() -> None:
    for role, given_roles in GRANTABLE.items():
        if role is not Role.ADMINISTRATOR:
            assert given_roles <= CUSTOMER_ROLES, role
            # By way of others: whoever is granted something can in turn grant no more.
            assert grantable_by(given_roles) <= given_roles | {Role.LSO}, role
    assert grantable_by(frozenset()) == frozenset() and permissions_of(frozenset()) == EVERYONE


def test_an_lso_hands_out_nothing_that_leads_out_of_the_organisation() -> None:
    held = permissions_of(frozenset({Role.LSO}))
    given_away = permissions_of(GRANTABLE[Role.LSO])
    customers_own = {
        Permission.CONTACT_READ, Permission.CONTACT_EXPORT, Permission.CONTACT_RAISE, Permission.CONTACT_ANSWER,
        Permission.CONTACT_WITHDRAW, Permission.CONTACT_TYPE_READ, Permission.UPLOAD_READ, Permission.WORK_OVERSEE,
    }  # fmt: skip
    assert given_away - held <= customers_own, "the services of the organisation, which an LSO hands out without using"


def test_events_read_as_sentences() -> None:
    for action, words in EVENTS.items():
        subject, act = action.split(":")
        assert (subject + act).replace("_", "").isalpha() and words == words.strip() and not words.endswith(".")
    assert {"session:open", "session:refuse", "session:close", "password:change", "contact:export"} <= EVENTS.keys()


def test_every_refusal_carries_its_sentence_and_field() -> None:
    error = RuleBroken("Not so.", field="name")
    assert isinstance(error, DomainError) and str(error) == error.message == "Not so." and error.field == "name"
