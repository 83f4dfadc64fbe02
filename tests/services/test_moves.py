"""services.contacts.perform: each move, and every way it is refused."""

from datetime import date, datetime

import pytest
from sqlalchemy import select

from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.lifecycle import LIFECYCLE, MESSAGE_MISSING, Action, Given, Status
from app.extensions import db
from app.models import AuditEvent, Contact, Message
from app.services import contacts
from tests.cast import PEOPLE
from tests.worlds import raise_one

MPRN = "3938424403"
# How to come to each status from a fresh contact, and who does it.
WAYS = {
    Status.LOGGED: (),
    Status.ASSIGNED: (Action.CLAIM,),
    Status.AWAITING_INFORMATION: (Action.CLAIM, Action.ASK),
    Status.RESOLVED: (Action.CLAIM, Action.RESOLVE),
    Status.REJECTED: (Action.CLAIM, Action.REJECT),
    Status.WITHDRAWN: (Action.WITHDRAW,),
}
DOERS = {Action.ANSWER: "ann", Action.WITHDRAW: "ann"}
WITH = {Action.RESOLVE: "RES-01", Action.REJECT: "REJ-02"}


def perform(reference: str, action: Action, version: int, **given: str) -> Contact:
    """One move with everything it asks for, unless told otherwise."""
    given = {"message": "Words.", "outcome_code": WITH.get(action, ""), **given}
    contact = contacts.perform(reference, action, version=version, **given)
    db.session.commit()
    return contact


def bring(acting, status: Status) -> tuple[str, int]:
    """A contact of alder's in that status: (reference, version)."""
    with acting("ann"):
        reference = raise_one(MPRN, "High")
        db.session.commit()
    for version, action in enumerate(WAYS[status], 1):
        with acting(DOERS.get(action, "ada")):
            perform(reference, action, version)
    return reference, len(WAYS[status]) + 1


MOVES = [(move, source) for move in LIFECYCLE for source in move.sources]


@pytest.mark.parametrize(("move", "source"), MOVES, ids=lambda value: getattr(value, "action", value))
def test_each_move_writes_its_status_event_and_message(acting, move, source) -> None:
    reference, version = bring(acting, source)
    with acting(DOERS.get(move.action, "ada")) as actor:
        perform(reference, move.action, version)
    with acting("ada"):
        contact = contacts.get_contact(reference)
        assert (contact.status, contact.version) == (move.target, version + 1)
        assert contact.is_open == (contact.holder != "Nobody")
        assert (contact.closed_at is None) == contact.is_open
        assert contact.outcome_code == WITH.get(move.action)
        event, message = contacts.list_timeline(contact)[0]
        assert (event.action, event.actor_id) == (f"contact:{move.action}", actor.user_pk)
        assert (event.before, event.after["status"]) == ({"status": source}, move.target)
        assert event.after.get("outcome") == WITH.get(move.action)
        assert event.is_visible_to_customer == move.visible_to_customer
        assert message == ("" if move.must_give is Given.NOTHING else "Words.")
        assert contact.assignee_name == (None if move.action is Action.RELEASE or source == "logged" else "Ada") or (
            move.action is Action.CLAIM and contact.assignee_name == "Ada"
        )


@pytest.mark.parametrize("status", WAYS)
def test_what_the_status_does_not_allow_is_refused_and_changes_nothing(acting, status) -> None:
    reference, version = bring(acting, status)
    possible = {move.action for move in LIFECYCLE if status in move.sources}
    with acting("system"):
        for action in set(Action) - possible:
            with pytest.raises(RuleBroken, match="so it cannot be"):
                perform(reference, action, version)
            db.session.rollback()
        contact = contacts.get_contact(reference)
        assert (contact.status, contact.version) == (status, version)
        events = db.session.scalars(select(AuditEvent.action).where(AuditEvent.object_type == "contact")).all()
        assert len(events) == len(WAYS[status]) + 1


@pytest.mark.parametrize("name", PEOPLE)
def test_only_who_holds_the_permission_moves_a_contact(acting, name) -> None:
    reference, version = bring(acting, Status.LOGGED)
    with acting(name) as actor:
        for move in LIFECYCLE:
            reaches = actor.reaches_all or actor.organisation_name == "Alder Energy"
            if not reaches:
                with pytest.raises(NotFound):
                    perform(reference, move.action, version)
            elif not actor.may(move.needs):
                with pytest.raises(NotAllowed):
                    perform(reference, move.action, version)
            db.session.rollback()
    with acting("ada"):
        assert contacts.get_contact(reference).version == version


@pytest.mark.parametrize("action", [Action.ASK, Action.ANSWER, Action.WITHDRAW])
def test_a_move_that_needs_words_is_refused_without_them(acting, action) -> None:
    source = Status.AWAITING_INFORMATION if action is Action.ANSWER else Status.ASSIGNED
    reference, version = bring(acting, source)
    with acting("system"):
        missing = MESSAGE_MISSING[action]
        for text, words in (("", missing), (" \n\t", missing), ("x" * 4001, "4,000 characters")):
            with pytest.raises(RuleBroken, match=words) as refusal:
                perform(reference, action, version, message=text)
            assert refusal.value.field == "message"
        db.session.rollback()
        perform(reference, action, version, message="x" * 4000)


@pytest.mark.parametrize(
    ("action", "codes"),
    [(Action.RESOLVE, ("", "REJ-01", "CLO-01", "RES-99", "res-01")), (Action.REJECT, ("", "RES-01", "REJ-99"))],
)
def test_a_code_must_be_of_the_list_of_the_move(acting, action, codes) -> None:
    reference, version = bring(acting, Status.ASSIGNED)
    with acting("ada"):
        for code in codes:
            with pytest.raises(RuleBroken, match="code from the list") as refusal:
                perform(reference, action, version, outcome_code=code)
            assert refusal.value.field == "outcome_code"


def test_what_a_move_does_not_ask_for_is_dropped(acting) -> None:
    reference, version = bring(acting, Status.LOGGED)
    with acting("ada"):
        assert perform(reference, Action.CLAIM, version, message="y" * 5000, outcome_code="RES-01").version == 2
        assert db.session.scalars(select(Message)).all() == []
    with acting("ann"):
        contact = perform(reference, Action.WITHDRAW, 2, outcome_code="no such code")
        assert contact.outcome_code is None
        assert "outcome" not in contacts.list_timeline(contact)[0][0].after


def test_an_old_version_is_a_conflict_that_names_the_winner(acting) -> None:
    reference, _ = bring(acting, Status.ASSIGNED)
    with acting("lia"):
        with pytest.raises(Conflict, match="now assigned to Ada"):
            perform(reference, Action.CLAIM, 1)
        for version in (0, -1, 3, 2**70):
            with pytest.raises(Conflict):
                perform(reference, Action.RELEASE, version)
        assert contacts.get_contact(reference).version == 2


def test_a_customers_timeline_leaves_out_what_is_internal(acting) -> None:
    reference, _ = bring(acting, Status.ASSIGNED)
    with acting("ada"):
        contact = perform(reference, Action.RELEASE, 2)
        assert [event.action for event, _ in contacts.list_timeline(contact)] == [
            "contact:release",
            "contact:claim",
            "contact:raise",
        ]
    with acting("ann"):
        contact = contacts.get_contact(reference)
        assert [event.action for event, _ in contacts.list_timeline(contact)] == ["contact:claim", "contact:raise"]


def test_an_answer_moves_the_due_date_by_the_business_days_waited(acting, move_clock) -> None:
    with acting("ann"), pytest.MonkeyPatch.context():
        move_clock(datetime(2026, 12, 14, 9))  # Monday
        reference = raise_one(MPRN, "High")
        db.session.commit()
        assert contacts.get_contact(reference).due_on == date(2026, 12, 30)
    with acting("system"):
        perform(reference, Action.CLAIM, 1)
        move_clock(datetime(2026, 12, 17, 9))  # Thursday
        assert perform(reference, Action.ASK, 2).asked_on == date(2026, 12, 17)
        # Friday, Monday to Thursday, Tuesday after Christmas: six business days.
        move_clock(datetime(2026, 12, 29, 9))
        contact = perform(reference, Action.ANSWER, 3)
        assert (contact.asked_on, contact.due_on) == (None, date(2027, 1, 8))
        # Asked and answered on one day costs nothing.
        perform(reference, Action.ASK, 4)
        assert perform(reference, Action.ANSWER, 5).due_on == date(2027, 1, 8)


def test_an_unknown_reference_is_not_found(acting) -> None:
    with acting("ada"), pytest.raises(NotFound):
        contacts.perform("000-000-000", Action.CLAIM, version=1)


def test_outcome_codes_are_those_in_force(acting, move_clock) -> None:
    with acting("ada"):
        codes = contacts.list_outcome_codes(Given.RESOLUTION_CODE)
        assert [code.code for code in codes] == sorted(code.code for code in codes)
        assert {code.kind for code in codes} == {"resolution"}
        move_clock(datetime(2011, 12, 31, 12))
        assert contacts.list_outcome_codes(Given.RESOLUTION_CODE) == []
        assert "RES-01" in contacts.outcome_texts()
