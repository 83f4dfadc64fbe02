"""The demonstration data: a believable industry that obeys every rule of the service."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.domain.calendar import is_business_day
from app.domain.identifiers import parse_reference
from app.domain.lifecycle import FINAL, LIFECYCLE, Status
from app.domain.roles import Role
from app.extensions import db
from app.models import AuditEvent, Contact, Grant, Message, Model, Notification, Organisation, OutcomeCode, User
from app.services import contacts as verbs
from app.services import drafts, passwords
from app.services.calendar import closed_days
from app.services.contact_types import list_definitions
from seed.demo import PASSWORD, SignIn, load_demo
from seed.demo import contacts as loading
from seed.load import load_reference

LARGE = 1500
pytestmark = pytest.mark.xdist_group("seed")


@pytest.fixture
def signed(demonstration: list[SignIn]) -> Iterator[list[SignIn]]:
    """How everybody signs in; the demonstration is shared, so nothing in it may be changed."""
    with acting_as(SYSTEM):
        yield demonstration


def count(model: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_there_is_somebody_in_every_role_and_they_are_named_first(signed: list[SignIn]) -> None:
    given = [role for role in Role if role is not Role.DEPUTY]
    assert [person.role for person in signed[: len(given)]] == given
    assert len(signed) == len({person.user_id for person in signed}) == count(User) == 40
    assert {grant.role for grant in db.session.scalars(select(Grant))} == set(given)


def test_everybody_signs_in_with_the_password_named(signed: list[SignIn]) -> None:
    ann = db.session.execute(
        select(User.password_hash, User.must_change_password).where(User.user_id == "ALD-ANN")
    ).one()
    assert passwords.is_right(ann.password_hash, PASSWORD)
    assert not ann.must_change_password
    passwords.check_new(PASSWORD, user_id="ALD-ANN")


def test_customers_are_of_every_kind_one_is_a_group_and_each_has_an_lso(signed: list[SignIn]) -> None:
    organisations = [row for row in db.session.scalars(select(Organisation)) if row.kind_code != "CDSP"]
    assert len(organisations) == 12
    assert {row.kind_code for row in organisations} == {"SHIPPER", "GT", "IGT", "DMSP", "MRA", "UIP"}
    assert sum(row.parent_id is not None for row in organisations) >= 2
    assert all(row.advocate_name for row in organisations)
    lsos = set(db.session.scalars(select(Grant.organisation_id).where(Grant.role == Role.LSO.value)))
    assert lsos == {row.id for row in organisations}


def test_loading_again_adds_nothing_and_asking_for_more_adds_the_difference(blank: Flask) -> None:
    load_reference()
    people, told = load_demo(50), list[int]()
    with acting_as(SYSTEM):
        before = count(Contact), count(AuditEvent), count(User)
    assert load_demo(50) == load_demo(10) == people
    with acting_as(SYSTEM):
        assert (count(Contact), count(AuditEvent), count(User)) == before
    load_demo(80, told.append)
    with acting_as(SYSTEM):
        assert count(Contact) == told[-1] == 80
        assert count(User) == before[2]


def test_every_contact_would_pass_the_check_of_its_type(signed: list[SignIn]) -> None:
    definitions = {definition.code: definition for definition in list_definitions()}
    kinds = {row.id: row.kind_code for row in db.session.scalars(select(Organisation))}
    wanted = select(
        Contact.type_code, Contact.answers, Contact.own_reference, Contact.organisation_id, Contact.mprn,
        Contact.summary, Contact.fingerprint, Contact.words, Contact.reference,
    )  # fmt: skip
    seen = set()
    for row in db.session.execute(wanted):
        definition = definitions[row.type_code]
        draft, errors = drafts.check(definition, {**row.answers, "OWN_REFERENCE": row.own_reference}.get)
        assert errors == {}
        assert (draft.answers, draft.own_reference) == (row.answers, row.own_reference)
        assert definition.refusal(kinds[row.organisation_id]) is None
        assert row.mprn == drafts.mprn_of(definition, draft.answers)
        assert row.summary == drafts.summary(definition, draft.answers)
        assert row.fingerprint == ("" if row.mprn else drafts.fingerprint(definition, draft.answers))
        assert row.words == drafts.words(definition, draft)
        assert parse_reference(row.reference) == row.reference
        seen.add(row.type_code)
    assert seen == {code for code, definition in definitions.items() if definition.is_current}


def test_contacts_stand_everywhere_in_their_life_and_most_are_finished(signed: list[SignIn]) -> None:
    rows = list(db.session.scalars(select(Contact)))
    assert {row.status for row in rows} == set(Status)
    assert 0.7 < sum(not row.is_open for row in rows) / len(rows) < 0.9
    late = sum(row.is_open and row.due_on < clock.today() for row in rows)
    assert 0 < late < sum(row.is_open for row in rows) / 2


def test_dates_make_sense(signed: list[SignIn]) -> None:
    closed, now = closed_days(), clock.now()
    for row in db.session.scalars(select(Contact)):
        assert (now - row.raised_at).days <= 366
        assert is_business_day(row.raised_at.date(), closed)
        assert 7 <= row.raised_at.hour < 18
        assert is_business_day(row.due_on, closed)
        assert row.due_on > row.raised_at.date()
        assert row.is_open is (row.closed_at is None) is (Status(row.status) not in FINAL)
        assert row.closed_at is None or row.raised_at < row.closed_at < now
        assert (row.asked_on is not None) >= (row.status == Status.AWAITING_INFORMATION)


def test_the_history_of_each_contact_leads_to_where_it_stands(signed: list[SignIn]) -> None:
    moves = {(f"contact:{move.action}", source.value): move for move in LIFECYCLE for source in move.sources}
    events: dict[int, list[AuditEvent]] = {}
    for event in db.session.scalars(
        select(AuditEvent).where(AuditEvent.object_type == "contact").order_by(AuditEvent.id)
    ):
        events.setdefault(event.object_id, []).append(event)
    kinds = {outcome.code: outcome.kind for outcome in db.session.scalars(select(OutcomeCode))}
    for contact in db.session.scalars(select(Contact)):
        first, *later = events.pop(contact.id)
        assert (first.action, first.at, first.object_label) == ("contact:raise", contact.raised_at, contact.reference)
        assert first.after == {"type": contact.type_code, "channel": contact.channel}
        status, at = Status.LOGGED.value, first.at
        for event in later:
            assert event.before == {"status": status}
            assert event.at > at
            move = moves.get((event.action, status))
            if move:
                assert event.after["status"] == move.target
                assert event.is_visible_to_customer is move.visible_to_customer
            else:
                assert event.action in ("contact:refer", "contact:close")
            if "outcome" in event.after:
                named = {"contact:resolve": "resolution", "contact:reject": "rejection", "contact:close": "closure"}
                assert kinds[event.after["outcome"]] == named[event.action]
            status, at = event.after["status"], event.at
        assert status == contact.status
        assert contact.version == len(later) + 1
        assert contact.closed_at == (at if Status(status) in FINAL else None)
    assert events == {}


def test_what_was_said_goes_with_its_event(signed: list[SignIn]) -> None:
    said = db.session.execute(
        select(AuditEvent.action, AuditEvent.object_id, Message.contact_id, Message.text).join(
            Message, Message.event_id == AuditEvent.id
        )
    ).all()
    assert {row.action for row in said} >= {f"contact:{act}" for act in ("ask", "answer", "resolve", "withdraw")}
    assert all(row.object_id == row.contact_id and row.text and "{" not in row.text for row in said)


def test_independent_networks_have_mprns_of_their_own(signed: list[SignIn]) -> None:
    wanted = select(Contact.mprn, Organisation.kind_code).join(Contact.organisation).where(Contact.mprn.is_not(None))
    for mprn, kind in db.session.execute(wanted):
        assert mprn and (mprn[:2] in ("74", "75", "76", "77")) is (kind == "IGT")


def test_contacts_are_found_by_word(signed: list[SignIn]) -> None:
    contact = db.session.scalars(select(Contact).where(Contact.type_code == "ADD").limit(1)).one()
    if db.session.get_bind().dialect.name == "sqlite":
        found = text("SELECT rowid FROM contact_words WHERE contact_words MATCH :word")
        word = contact.answers["POSTCODE"].split()[1]
        assert contact.id in set(db.session.scalars(found, {"word": word}))


def test_the_next_contact_gets_a_new_number(blank: Flask) -> None:
    load_reference()
    load_demo(20)
    with acting_as(SYSTEM):
        numbers, _ = verbs.reserve_numbers(1)
        assert numbers[0] > (db.session.scalar(select(func.max(Contact.id))) or 0)


def test_the_same_day_gives_the_same_contacts(signed: list[SignIn]) -> None:
    wanted = count(Contact)
    first = db.session.execute(select(Contact.answers, Contact.raised_at).order_by(Contact.id).limit(50)).all()
    db.session.rollback()
    loader = loading.Loader(0, wanted)
    again = [loader.make(number, "", loader.moments.moment(number)).contact for number in range(50)]
    assert [(row["answers"], row["raised_at"]) for row in again] == [tuple(row) for row in first]


def indexes() -> set[str]:
    if db.session.get_bind().dialect.name == "sqlite":
        return set(db.session.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
    return set(db.session.scalars(text("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()")))


def test_a_large_load_is_as_right_as_a_small_one(blank: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "FULL_HISTORY", 100)
    monkeypatch.setattr(loading, "CHUNK", 700)
    load_reference()
    with acting_as(SYSTEM):
        before = indexes()
    load_demo(LARGE)
    with acting_as(SYSTEM):
        assert indexes() == before
        assert count(Contact) == LARGE
        definitions = {definition.code: definition for definition in list_definitions()}
        for contact in db.session.scalars(select(Contact)):
            definition = definitions[contact.type_code]
            draft, errors = drafts.check(definition, {**contact.answers, "OWN_REFERENCE": contact.own_reference}.get)
            assert errors == {}
            assert contact.mprn == drafts.mprn_of(definition, draft.answers)
            assert contact.summary == drafts.summary(definition, draft.answers)
            assert contact.fingerprint == ("" if contact.mprn else drafts.fingerprint(definition, draft.answers))
            assert contact.words == drafts.words(definition, draft)
        raised = db.session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "contact:raise")
        )
        assert raised == LARGE
        if db.session.get_bind().dialect.name == "sqlite":
            found = text("SELECT count(*) FROM contact_words WHERE contact_words MATCH 'owner : ' || :id")
            for organisation_id, owned in db.session.execute(
                select(Contact.organisation_id, func.count()).group_by(Contact.organisation_id)
            ).all():
                assert db.session.scalar(found, {"id": organisation_id}) == owned


def test_a_large_load_that_is_cut_short_leaves_nothing_behind(blank: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "FULL_HISTORY", 100)
    monkeypatch.setattr(loading, "CHUNK", 200)
    load_reference()
    load_demo(0)
    with acting_as(SYSTEM):
        before = indexes()

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_demo(500, stop)
    with acting_as(SYSTEM):
        assert indexes() == before
        assert count(Contact) == 0
    assert load_demo(500)
    with acting_as(SYSTEM):
        assert count(Contact) == 500


def test_today_is_not_a_day_of_the_demonstration(signed: list[SignIn]) -> None:
    last = db.session.scalar(select(func.max(AuditEvent.at)))
    assert last is not None
    assert date(last.year, last.month, last.day) < clock.today()


def test_people_have_been_told_of_the_newest_moves_and_have_read_the_older_ones(signed: list[SignIn]) -> None:
    rows = db.session.execute(
        select(Notification, User.organisation_id).join(User, User.id == Notification.user_id)
    ).all()
    assert len(rows) > 50
    assert all(row.organisation_id == owner for row, owner in rows)
    assert {row.read_at is None for row, _ in rows} == {True, False}
    assert all(parse_reference(row.url.split("/")[2]) for row, _ in rows)
