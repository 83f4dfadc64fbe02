"""services.contacts.raise_contacts: what a raised contact is, and who may not raise what."""

from datetime import date, datetime

import pytest
from sqlalchemy import event, func, select

from app.domain.errors import NotAllowed, RuleBroken
from app.domain.identifiers import parse_reference
from app.extensions import db
from app.models import AuditEvent, Contact
from app.services import contact_types, contacts, drafts, repeats
from app.services.drafts import Draft
from tests.worlds import answers, raise_one

MPRN, OTHER_MPRN = "3938424403", "2144689001"


def counts() -> tuple[int, int]:
    """Contacts and raise events there are."""
    events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "contact:raise")
    return db.session.scalar(select(func.count()).select_from(Contact)), db.session.scalar(events)


def test_a_raised_contact_has_its_reference_owner_answers_and_one_event(acting) -> None:
    with acting("ann") as ann:
        reference = raise_one(MPRN, "High")
        db.session.commit()
        contact = contacts.get_contact(reference)
        assert parse_reference(reference) == reference
        assert (contact.status, contact.is_open, contact.version, contact.channel) == ("logged", True, 1, "screen")
        assert contact.organisation_id == ann.organisation_id
        assert contact.raised_by_name == "Ann"
        assert (contact.mprn, contact.own_reference) == (MPRN, "High/1")
        assert contact.summary == "The house number of High is wrong."
        assert db.session.scalar(select(Contact.answers)) == {
            "MPRN": MPRN,
            "ADDRESS_REASON": "SPELLING",
            "ADDRESS": "1 High Street",
            "POSTCODE": "B91 3QL",
            "DESCRIPTION": "The house number of High is wrong.",
        }
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.object_type == "contact")).all()
        assert [(event.action, event.object_id, event.object_label) for event in events] == [
            ("contact:raise", contact.id, reference)
        ]
        assert events[0].actor_id == ann.user_pk
        assert events[0].after == {"type": "ADD", "channel": "screen"}
        assert events[0].is_visible_to_customer
        assert events[0].at == contact.raised_at


@pytest.mark.parametrize(
    ("received", "due_on"),
    [
        (datetime(2026, 12, 18, 12), date(2027, 1, 6)),  # a Friday: Christmas, its substitute and New Year between
        (datetime(2026, 12, 19, 12), date(2027, 1, 7)),  # a Saturday counts from Monday
        (datetime(2026, 6, 1, 23, 30), date(2026, 6, 16)),  # 00:30 on Tuesday in London
        (datetime(2026, 3, 30, 12), date(2026, 4, 15)),  # Good Friday and Easter Monday between
    ],
)
def test_it_falls_due_ten_business_days_after_the_london_day_of_receipt(acting, move_clock, received, due_on) -> None:
    with acting("ann"):
        move_clock(received)
        assert contacts.get_contact(raise_one(MPRN, "High")).due_on == due_on


def test_many_are_raised_in_order_with_a_reference_and_an_event_each(acting) -> None:
    with acting("ann"):
        definition = contact_types.get_definition("ADD")
        checked = [drafts.check(definition, answers(MPRN, f"N{n}").get, row=n) for n in range(2, 402)]
        raised = contacts.raise_contacts(
            [draft for draft, _ in checked], {"ADD": definition}, channel="spreadsheet", upload_id=None
        )
        db.session.commit()
        assert len({reference for _, reference in raised}) == len({pk for pk, _ in raised}) == 400
        rows = db.session.execute(select(Contact.id, Contact.reference, Contact.upload_row).order_by(Contact.id)).all()
        assert [(row.id, row.reference) for row in rows] == raised
        assert [row.upload_row for row in rows] == list(range(2, 402))
        assert counts() == (400, 400)


def test_raising_nothing_is_nothing(acting) -> None:
    with acting("ann"):
        assert contacts.raise_contacts([], {}, channel="screen") == []
        assert counts() == (0, 0)


def test_a_retired_type_is_refused_with_a_sentence(acting) -> None:
    with acting("ann"):
        definition = contact_types.get_definition("USRV")
        with pytest.raises(RuleBroken, match="USRV .* is retired"):
            contacts.raise_contacts([Draft("USRV", {})], {"USRV": definition}, channel="screen")
        db.session.rollback()
        assert counts() == (0, 0)


def test_a_type_of_other_kinds_of_organisation_is_refused(acting) -> None:
    with acting("ned") as ned:
        shippers_only = [
            definition
            for definition in contact_types.list_definitions()
            if definition.is_current and ned.organisation_kind not in definition.raisers
        ]
        assert shippers_only
        for definition in shippers_only:
            with pytest.raises(RuleBroken, match="Your kind of organisation cannot raise"):
                contacts.raise_contacts([Draft(definition.code, {})], {definition.code: definition}, channel="screen")
        assert {d.code for d in contact_types.list_raisable()}.isdisjoint(d.code for d in shippers_only)


def test_one_refused_type_among_many_stops_all(acting) -> None:
    with acting("ann"):
        definitions = {code: contact_types.get_definition(code) for code in ("ADD", "USRV")}
        draft, _ = drafts.check(definitions["ADD"], answers(MPRN, "High").get)
        with pytest.raises(RuleBroken):
            contacts.raise_contacts([draft, Draft("USRV", {})], definitions, channel="screen")
        assert counts() == (0, 0)


@pytest.mark.parametrize("name", ["vic", "lena", "ada", "lia", "mo", "xena", "root"])
def test_whoever_may_not_raise_is_refused(acting, name) -> None:
    with acting(name):
        definition = contact_types.get_definition("ADD")
        draft, _ = drafts.check(definition, answers(MPRN, "High").get)
        with pytest.raises(NotAllowed):
            contacts.raise_contacts([draft], {"ADD": definition}, channel="screen")


def test_what_repeats_share_is_the_type_and_the_meter_point_or_all_answers(acting) -> None:
    with acting("ann"):
        add, iso = contact_types.get_definition("ADD"), contact_types.get_definition("ISO")
        print_ = drafts.identity(add, answers(MPRN, "High"))
        assert drafts.identity(add, answers(MPRN, "Low")) == print_
        assert drafts.identity(add, answers(OTHER_MPRN, "High")) != print_
        assert drafts.identity(iso, answers(MPRN, "High")) != print_
        without = {"DESCRIPTION": "What is new?", "ENQUIRY_SUBJECT": "OTHER"}
        enq = contact_types.get_definition("ENQ")
        assert drafts.identity(enq, without) == drafts.identity(
            enq, {"ENQUIRY_SUBJECT": "OTHER", "DESCRIPTION": "what is NEW?"}
        )
        assert drafts.identity(enq, without) != drafts.identity(enq, {**without, "DESCRIPTION": "Another"})


def test_only_own_and_open_contacts_are_repeats(acting) -> None:
    with acting("ann"):
        reference = raise_one(MPRN, "High")
        db.session.commit()
        identity = drafts.point_identity("ADD", MPRN)
        assert contacts.get_contact(reference).fingerprint == ""
        assert repeats.find_open([identity, "f" * 32]) == {identity: reference}
        assert repeats.find_open([drafts.point_identity("ISO", MPRN), f"ADD {OTHER_MPRN}"]) == {}
        # More than one statement takes, of both sorts.
        many = [f"ADD {number}" for number in range(2300)]
        assert repeats.find_open([*many, *map(str, range(2300)), identity]) == {identity: reference}
    with acting("bob"):
        assert repeats.find_open([identity]) == {}
    with acting("ann"):
        contacts.perform(reference, contacts.Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
        assert repeats.find_open([identity]) == {}


def test_every_error_of_a_draft_is_found_at_once_and_the_right_answers_are_kept(acting) -> None:
    with acting("ann"):
        definition = contact_types.get_definition("ADD")
        given = {**answers("1234567890", "High"), "POSTCODE": "nowhere", "ADDRESS": "", "METER_SERIAL_NUMBER": "A*B"}
        draft, errors = drafts.check(definition, given.get)
        assert {code: error.code for code, error in errors.items()} == {
            "MPRN": "IMP-408",
            "ADDRESS": "IMP-414",
            "POSTCODE": "IMP-411",
            "METER_SERIAL_NUMBER": "IMP-409",
        }
        assert draft.answers == {"ADDRESS_REASON": "SPELLING", "DESCRIPTION": "The house number of High is wrong."}


def test_a_line_break_counts_once_whoever_sends_it(acting) -> None:
    """Browsers send CR LF where a spreadsheet holds LF: the same text must have the same verdict and value."""
    with acting("ann"):
        definition = contact_types.get_definition("ADD")
        stored = []
        for text in ("x\n" * 1998 + "end", "x\r\n" * 1998 + "end"):
            draft, errors = drafts.check(definition, {**answers(MPRN, "High"), "DESCRIPTION": text}.get)
            assert not errors
            stored.append(draft.answers["DESCRIPTION"])
        assert stored[0] == stored[1]


def test_a_contact_without_a_meter_point_repeats_by_all_its_answers(acting) -> None:
    with acting("ann"):
        enq = contact_types.get_definition("ENQ")
        draft, _ = drafts.check(enq, {"DESCRIPTION": "What is new?", "ENQUIRY_SUBJECT": "OTHER"}.get)
        ((_, reference),) = contacts.raise_contacts([draft], {"ENQ": enq}, channel="screen")
        db.session.commit()
        identity = drafts.identity(enq, draft.answers)
        assert contacts.get_contact(reference).fingerprint == identity
        assert repeats.find_open([identity, f"ENQ {MPRN}"]) == {identity: reference}
    with acting("bob"):
        assert repeats.find_open([identity]) == {}


def test_repeats_are_found_by_an_index_however_many_contacts_the_organisation_has(acting) -> None:
    with acting("ann"):
        connection = db.session.connection()
        asked: list[tuple[str, object]] = []

        def note(_connection, _cursor, statement, parameters, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)
        repeats.find_open([f"ADD {number}" for number in range(1500)] + [f"{number:032}" for number in range(1500)])
        event.remove(connection, "before_cursor_execute", note)
        by_point, by_print = asked
        assert "fingerprint <> ''" in by_print[0], "or its partial index serves nobody"
        if connection.dialect.name == "sqlite":
            # PostgreSQL decides by what is in the table; SQLite decides the same for three contacts and for a million.
            for (statement, parameters), index in (
                (by_point, "ix_contact_mprn_organisation_id"),
                (by_print, "ix_contact_fingerprint"),
            ):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                assert index in str(plan), plan
