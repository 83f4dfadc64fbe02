"""Figures against worlds counted by hand, and that nobody's figures count another organisation's contacts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain import calendar, clock
from app.domain.descriptions import describe_shares, describe_weeks
from app.domain.lifecycle import OPEN, Status
from app.domain.table import Table
from app.extensions import db
from app.models import Contact, Grant, Organisation, User
from app.services import contact_list, figures, figures_people, figures_service, figures_volume
from app.services.figures import AGE_BANDS
from app.services.figures_people import Why
from tests.worlds import raise_one

# A Tuesday in winter, so that London's days are UTC's.
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MONDAY = date(2026, 11, 23)

Place = Callable[..., None]


@pytest.fixture
def place(acting, move_clock) -> Place:
    """`place("ann", status, raised_at, ...)`: a contact of that person's organisation as it stands."""
    move_clock(NOW)
    numbers = iter(range(1, 100))

    def put(name: str, status: Status, raised_at: datetime = NOW, **columns: object) -> None:
        with acting(name):
            reference = raise_one("3938424403", f"Number {next(numbers)}")
            db.session.commit()
        with acting("system"):
            contact = db.session.scalars(select(Contact).where(Contact.reference == reference)).one()
            contact.status, contact.is_open, contact.raised_at = status.value, status in OPEN, raised_at
            for column, value in columns.items():
                setattr(contact, column, value)
            db.session.commit()

    return put


def pk(acting, name: str) -> int:
    with acting(name) as actor:
        assert actor.user_pk
        return actor.user_pk


def rows(table: Table) -> list[tuple[object, ...]]:
    return [tuple(row) for row in table.rows]


def test_open_contacts_are_counted_by_status_for_ones_own_organisation_only(acting, place) -> None:
    for name, status in (
        ("ann", Status.LOGGED), ("sue", Status.LOGGED), ("ann", Status.ASSIGNED), ("ann", Status.RESOLVED),
        ("bob", Status.LOGGED), ("bob", Status.AWAITING_INFORMATION), ("bob", Status.WITHDRAWN),
    ):  # fmt: skip
        place(name, status)
    expected = {"ann": (2, 1, 0, 0), "vic": (2, 1, 0, 0), "bob": (1, 0, 1, 0), "ned": (0, 0, 0, 0), "mo": (3, 1, 1, 0)}
    for name, counts in expected.items():
        with acting(name):
            table = figures.open_by_status().value
            assert rows(table) == list(zip((status.label for status in OPEN), counts, strict=True)), name


def test_open_contacts_are_counted_by_business_days_since_they_were_raised(acting, place) -> None:
    closed: frozenset[date] = frozenset()
    days = {0: NOW, 4: datetime(2026, 11, 18, 0, 0, tzinfo=UTC), 5: datetime(2026, 11, 17, 23, 59, tzinfo=UTC)}
    days |= {10: datetime(2026, 11, 10, 0, 0, tzinfo=UTC), 11: datetime(2026, 11, 9, 23, 59, tzinfo=UTC)}
    days |= {20: datetime(2026, 10, 27, 0, 0, tzinfo=UTC), 21: datetime(2026, 10, 26, 9, 0, tzinfo=UTC)}
    for age, raised_at in days.items():
        assert calendar.business_days_between(raised_at.date(), NOW.date(), closed) == age
        place("ann", Status.ASSIGNED, raised_at)
    place("ann", Status.RESOLVED, days[21])
    place("bob", Status.LOGGED, days[21])
    expected = {"ann": [2, 2, 2, 1], "bob": [0, 0, 0, 1], "lia": [2, 2, 2, 2]}
    for name, counts in expected.items():
        with acting(name):
            table = figures.open_by_age().value
            assert [count for _, count in table.rows] == counts
            assert len(counts) == len(AGE_BANDS)


def test_an_age_begins_on_the_first_day_from_which_so_many_business_days_have_passed() -> None:
    closed = {date(2026, 12, 25), date(2026, 12, 28)}
    for start in range(40):
        today = date(2026, 12, 10) + timedelta(days=start)
        for days in (0, 1, 4, 10):
            first = calendar.first_day_within(days, today, closed)
            assert calendar.business_days_between(first, today, closed) <= days
            assert calendar.business_days_between(first - timedelta(days=1), today, closed) > days


def test_work_is_counted_by_the_person_it_is_assigned_to(acting, place) -> None:
    ada, lia = pk(acting, "ada"), pk(acting, "lia")
    late, soon = date(2026, 11, 23), date(2026, 11, 24)
    hers = {"assignee_id": ada, "assignee_name": "Ada"}
    place("ann", Status.ASSIGNED, due_on=late, **hers)
    place("bob", Status.ASSIGNED, due_on=soon, **hers)
    place("ann", Status.AWAITING_INFORMATION, due_on=late, **hers)
    place("ann", Status.RESOLVED, due_on=late, **hers)
    place("bob", Status.WITH_NETWORK, due_on=late, assignee_id=lia, assignee_name="Lia")
    place("ann", Status.LOGGED, due_on=late)
    with acting("lia"):
        assert rows(figures.work_by_assignee().value) == [("Ada", 3, 1, 1), ("Lia", 1, 1, 0)]
    with acting("ann"):
        assert rows(figures.work_by_assignee().value) == [("Ada", 2, 1, 1)]


def test_contacts_are_counted_by_the_week_they_were_raised_and_closed_in(acting, place) -> None:
    oldest = MONDAY - timedelta(weeks=25)
    for raised_at, closed_at in (
        (NOW, None),
        (datetime(2026, 11, 23, tzinfo=UTC), NOW),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 22, 23, 59, tzinfo=UTC)),
        (datetime(2026, 11, 16, tzinfo=UTC), None),
        # A London Monday in summer begins on Sunday by UTC.
        (datetime.combine(oldest, datetime.min.time(), UTC) - timedelta(hours=1), None),
        (datetime.combine(oldest, datetime.min.time(), UTC) - timedelta(hours=1, seconds=1), None),
    ):
        status = Status.RESOLVED if closed_at else Status.LOGGED
        place("ann", status, raised_at, closed_at=closed_at)
    place("bob", Status.LOGGED)
    for name, this_week in (("mo", 3), ("ann", 2), ("bob", 1)):
        with acting(name):
            weeks = rows(figures_volume.by_week().value)
            assert len(weeks) == figures_volume.WEEKS
            assert weeks[-1] == (MONDAY, this_week, 0 if name == "bob" else 1)
            if name != "bob":
                assert weeks[-2] == (MONDAY - timedelta(weeks=1), 2, 1)
                assert weeks[0] == (oldest, 1, 0)
            assert sum(week[1] for week in weeks) == (1 if name == "bob" else this_week + 3)


def test_what_was_completed_in_time_is_of_the_last_four_full_weeks(acting, place) -> None:
    friday, due = datetime(2026, 11, 20, 23, 30, tzinfo=UTC), {"due_on": date(2026, 11, 20)}
    place("ann", Status.RESOLVED, closed_at=friday, **due)
    place("bob", Status.REJECTED, closed_at=friday + timedelta(hours=1), **due)
    place("ann", Status.WITHDRAWN, closed_at=friday, **due)
    place("ann", Status.RESOLVED, closed_at=NOW, **due)
    place("ann", Status.RESOLVED, closed_at=datetime(2026, 10, 25, 22, tzinfo=UTC), **due)
    place("ann", Status.ASSIGNED, **due)
    place("bob", Status.AWAITING_INFORMATION, **due)
    with acting("mo"):
        assert figures_volume.standing().value == (2, 1, 2, 1)
    with acting("ann"):
        assert figures_volume.standing().value == (1, 1, 1, 1)


def test_figures_over_all_organisations_are_kept_for_a_minute_and_those_of_one_are_not(
    acting, place, move_clock
) -> None:
    place("ann", Status.LOGGED)
    with acting("mo"):
        first = figures.open_by_status()
    place("ann", Status.LOGGED)
    with acting("ann"):
        assert rows(figures.open_by_status().value)[0] == ("Logged", 2)
    move_clock(NOW + timedelta(seconds=59))
    with acting("ada"):
        assert figures.open_by_status() is first
        assert (rows(first.value)[0], first.at) == (("Logged", 1), NOW)
    move_clock(NOW + timedelta(seconds=61))
    with acting("ada"):
        assert rows(figures.open_by_status().value)[0] == ("Logged", 2)


def test_the_contacts_i_raised_are_told_by_their_events_and_not_by_a_name(acting, place) -> None:
    place("ann", Status.LOGGED)
    place("ann", Status.RESOLVED)
    place("sue", Status.LOGGED, raised_by_name="Ann")
    place("bob", Status.LOGGED, raised_by_name="Ann")
    for name, count in (("ann", 1), ("sue", 1), ("bob", 1), ("vic", 0), ("ada", 0)):
        with acting(name):
            assert len(db.session.scalars(contact_list.select_contacts({"raised": "me"}, "due")).all()) == count


def test_people_need_attention_when_a_role_ends_when_they_never_came_and_when_disabled(acting, move_clock) -> None:
    move_clock(NOW)
    with acting("system"):
        people = {user.user_id: user for user in db.session.scalars(select(User))}
        for user in people.values():
            user.last_signed_in_at = NOW
        people["ALD-VIC"].last_signed_in_at = None
        people["BIR-BOB"].last_signed_in_at = None
        people["ALD-SUE"].is_active = False
        for user_id, days in (("ALD-ANN", 14), ("ALD-LENA", 15), ("BIR-BEA", 1)):
            grant = db.session.scalars(select(Grant).where(Grant.user_id == people[user_id].id)).one()
            grant.ends_on = NOW.date() + timedelta(days=days)
        db.session.commit()
    found = {}
    for name in ("lena", "bea", "xena"):
        with acting(name):
            found[name] = [(one.user_id, one.why) for one in figures_people.list_attention(9)]
    assert found["lena"] == [
        ("ALD-ANN", Why.ENDING), ("ALD-VIC", Why.NEVER_SIGNED_IN), ("ALD-SUE", Why.DISABLED),
    ]  # fmt: skip
    assert found["bea"] == [("BIR-BEA", Why.ENDING), ("BIR-BOB", Why.NEVER_SIGNED_IN)]
    assert len(found["xena"]) == 5 and found["xena"][0] == ("BIR-BEA", Why.ENDING)
    with acting("lena"):
        assert len(figures_people.list_attention(1)) == 3


def test_people_are_counted_by_the_roles_they_hold_today(acting) -> None:
    with acting("lena"):
        readers = [("Report reader", 1), ("Document reader", 1)]
        team = [("Viewer", 1), ("Member", 1), ("Supervisor", 1)]
        assert rows(figures_people.people_by_role()) == [*team, *readers, ("LSO", 1), ("No role", 1)]
        assert figures_people.list_officers() == ["Lena"]
    with acting("system"):
        grant = db.session.scalars(select(Grant).join(User, User.id == Grant.user_id).where(User.name == "Vic")).one()
        grant.ends_on = clock.today() - timedelta(days=1)
        db.session.scalars(select(User).where(User.name == "Sue")).one().is_active = False
        db.session.commit()
    with acting("lena"):
        assert rows(figures_people.people_by_role()) == [("Member", 1), *readers, ("LSO", 1), ("No role", 2)]
    with acting("mo"):
        assert figures_people.list_officers() == ["Root"]


def test_the_health_of_the_service_counts_jobs_and_sessions(acting, busy, world) -> None:
    hour = timedelta(hours=1)
    with acting("root"):
        found = figures_service.health(idle=hour, longest=hour)
        assert found.database.startswith("SQLite" if world.kind == "sqlite" else "PostgreSQL")
        assert (found.waiting_count, found.running_count, found.failed_count) == (0, 0, 0)
        assert found.open_session_count == 4 and found.sign_of_life_at is not None
        assert figures_service.list_jobs(5) == []
        assert figures_service.health(idle=timedelta(0), longest=hour).open_session_count == 0


def test_recent_changes_are_of_settings_and_people_and_of_no_contact(acting, busy, browser) -> None:
    with acting("system"):
        organisation = db.session.scalars(select(Organisation).where(Organisation.short_code == "ALD")).one()
    browser("root").post(
        f"/organisations/edit/?id={organisation.id}",
        {"name": "Alder Energy Supply", "short_code": "ALD", "numeric_id": "5001", "kind_code": "SHIPPER",
         "advocate_name": "Ada", "is_active": "y", "version": "1"},
    )  # fmt: skip
    with acting("root"):
        actions = [event.action for event in figures_service.list_changes(50)]
        assert actions[0] == "organisation:change" and not any(action.startswith("contact:") for action in actions)


def test_a_chart_is_described_by_its_total_its_largest_part_its_trend_and_its_peak() -> None:
    shares = Table(("Status", "Contacts"), [("Logged", 1_000), ("Assigned", 3_000)])
    assert describe_shares(shares, "open contact") == ("4,000 open contacts. The largest part: Assigned, 3,000 or 75%.")
    shares = Table(("Status", "Contacts"), [("Logged", 2), ("Assigned", 2)])
    assert (
        describe_shares(shares, "open contact")
        == "4 open contacts. The largest parts: Logged and Assigned, 2 or 50% each."
    )
    assert describe_shares(Table(("Status", "Contacts"), [("Logged", 0)]), "contact") == "There are no contacts."
    weeks = [(MONDAY - timedelta(weeks=back), 10 if back > 4 else 15, 7) for back in reversed(range(10))]
    assert describe_weeks(Table(("Week", "Raised", "Closed"), weeks)) == (
        "Week of 16 Nov 2026: 15 contacts raised, 7 closed. 50% more were raised in the last four full weeks than in "
        "the four before. The busiest was the week of 26 Oct 2026: 15 raised."
    )
    nothing = [(monday, 0, 0) for monday, _, _ in weeks]
    assert describe_weeks(Table(("Week", "Raised", "Closed"), nothing)).startswith("No contact")
