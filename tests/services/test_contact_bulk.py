"""services.contact_bulk: moves of many contacts, at once and by a worker."""

import pytest
from sqlalchemy import func, select

from app import jobs
from app.access.actor import acting_as
from app.domain.errors import NotAllowed, NotFound, RuleBroken
from app.domain.lifecycle import LIFECYCLE, Action
from app.extensions import db
from app.models import AuditEvent, Contact, Job, Message
from app.services import contact_bulk, contacts, sessions
from app.services.contact_bulk import Moved, move_contacts, move_later
from tests.cast import PEOPLE
from tests.services.racing import at_once
from tests.worlds import raise_one


def raise_some(count: int, mprn: str = "3938424403") -> list[str]:
    """Raise as the current actor; references, oldest first."""
    references = [raise_one(mprn, f"N{number}") for number in range(count)]
    db.session.commit()
    return references


def statuses() -> dict[str, str]:
    return {contact.reference: contact.status for contact in db.session.scalars(select(Contact))}


def count_events(action: str) -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.action == action)) or 0


@pytest.fixture
def some(acting) -> list[str]:
    """Five contacts of alder's."""
    with acting("ann"):
        return raise_some(5)


def test_who_may_do_what_to_many_comes_from_the_table(acting) -> None:
    expected = {"ann": ["withdraw"], "ada": ["claim", "release"], "vic": [], "mo": [], "lena": []}
    for name, actions in expected.items():
        with acting(name):
            assert [move.action.value for move in contact_bulk.list_moves()] == actions, name
    with acting("system"):
        assert contact_bulk.list_moves() == [move for move in LIFECYCLE if move.takes_many]


def test_many_are_claimed_and_released_each_with_its_event(acting, some) -> None:
    with acting("ada"):
        assert move_contacts(dict.fromkeys(some, 1), "claim") == Moved(some, [])
        db.session.commit()
        assert set(statuses().values()) == {"assigned"} and count_events("contact:claim") == 5
        assert move_contacts(dict.fromkeys(some[:2], 2), "release") == Moved(some[:2], [])
        db.session.commit()
        assert count_events("contact:release") == 2


def test_withdrawing_many_needs_a_message_that_each_of_them_keeps(acting, some) -> None:
    with acting("ann"):
        with pytest.raises(RuleBroken) as refusal:
            move_contacts(dict.fromkeys(some, 1), "withdraw", message="  ")
        assert refusal.value.field == "message"
        assert move_contacts(dict.fromkeys(some, 1), "withdraw", message="A slip.").moved == some
        db.session.commit()
        assert db.session.scalars(select(Message.text)).all() == ["A slip."] * 5


def test_what_changed_meanwhile_stays_as_it_is(acting, some) -> None:
    with acting("lia"):
        contacts.perform(some[1], Action.CLAIM, version=1)
        db.session.commit()
    with acting("ada"):
        assert move_contacts(dict.fromkeys(some, 1), "claim") == Moved([some[0], *some[2:]], [some[1]])
        # Its version is known now, but it is nobody's to claim.
        assert move_contacts({some[1]: 2}, "claim") == Moved([], [some[1]])


def test_one_foreign_reference_stops_all(acting, some) -> None:
    with acting("bob"):
        foreign = raise_one("7400000108", "Birch")
        db.session.commit()
    with acting("ann"):
        for odd in (foreign, "AAA-AAA-AAA", "", "x' OR 1=1"):
            with pytest.raises(NotFound):
                move_contacts({some[0]: 1, odd: 1}, "withdraw", message="A slip.")
        db.session.rollback()
        assert set(statuses().values()) == {"logged"}


@pytest.mark.parametrize(
    ("name", "action"), [("ann", "claim"), ("ada", "withdraw"), ("vic", "withdraw"), ("mo", "claim")]
)
def test_who_may_not_move_one_may_not_move_many(acting, some, name, action) -> None:
    with acting(name):
        with pytest.raises(NotAllowed):
            move_contacts({some[0]: 1}, action, message="x")
        with pytest.raises(NotAllowed):
            move_later({}, action, up_to=10**6, message="x")


def test_a_person_without_contacts_moves_nothing(acting, some) -> None:
    with acting("lena"), pytest.raises(NotAllowed):
        move_contacts({some[0]: 1}, "withdraw", message="x")


@pytest.mark.parametrize("action", ["", "resolve", "answer", "nonsense", "CLAIM"])
def test_what_does_not_take_many_is_not_there(acting, some, action) -> None:
    with acting("ada"), pytest.raises(NotFound):
        move_contacts({some[0]: 1}, action)


def test_there_is_an_end_to_many(acting) -> None:
    with acting("ada"), pytest.raises(RuleBroken, match="200 contacts at most"):
        move_contacts({f"R{number}": 1 for number in range(201)}, "claim")


def test_each_contact_is_claimed_once_by_several_at_once(app, acting, some) -> None:
    def work(name: str):
        def claim() -> Moved:
            with acting_as(sessions.actor_of(PEOPLE[name].user_id)):
                outcome = move_contacts(dict.fromkeys(some, 1), "claim")
                db.session.commit()
                return outcome

        return claim

    results = at_once(app, [work("ada"), work("lia"), work("ada"), work("lia")])
    assert sorted(reference for outcome in results for reference in outcome.moved) == sorted(some), results
    with acting("ada"):
        assert count_events("contact:claim") == 5


# -- by a worker ---------------------------------------------------------------------------------


def ask(filters: dict[str, str], action: str = "claim", **given: str) -> int:
    """Write the job down; its id."""
    job_id = move_later(filters, action, up_to=contact_bulk.newest_id(), **given).id
    db.session.commit()
    return job_id


def look(job_id: int) -> Job:
    return db.session.get_one(Job, job_id, populate_existing=True)


@pytest.fixture
def chunks_of_two(monkeypatch) -> None:
    monkeypatch.setattr(contact_bulk, "CHUNK_SIZE", 2)


def test_a_worker_moves_what_matched_when_it_was_asked(acting, some, run_jobs, chunks_of_two) -> None:
    with acting("ann"):
        contacts.perform(some[0], Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
    with acting("ada"):
        job_id = ask({"type": "ADD"})
    with acting("ann"):
        later = raise_some(1)[0]
    assert run_jobs() == 1
    with acting("ada"):
        found = statuses()
        assert [found[reference] for reference in some] == ["withdrawn", *["assigned"] * 4] and found[later] == "logged"
        job = look(job_id)
        assert (job.state, job.done_count, job.total_count, job.arguments["moved_count"]) == ("done", 4, 4, 4)


def test_a_worker_moves_the_askers_own_and_nobody_elses(acting, some, run_jobs) -> None:
    with acting("bob"):
        raise_some(2, "7400000108")
    with acting("ann"):
        ask({}, "withdraw", message="A slip.")
    run_jobs()
    with acting("system"):
        assert sorted(statuses().values()) == ["logged"] * 2 + ["withdrawn"] * 5


def test_a_filter_that_the_move_changes_leaves_nothing_out(acting, some, run_jobs, chunks_of_two) -> None:
    with acting("ada"):
        ask({"status": "logged"})
        run_jobs()
        assert set(statuses().values()) == {"assigned"}
        ask({"assignee": "me"}, "release")
    run_jobs()
    with acting("ada"):
        assert set(statuses().values()) == {"logged"}


def test_a_killed_worker_is_followed_and_no_contact_is_moved_twice(
    app, acting, some, monkeypatch, chunks_of_two
) -> None:
    with acting("ada"):
        job_id = ask({})
    perform, calls = contacts.perform, []

    def dies_at_the_fourth(reference: str, *args, **kwargs):
        calls.append(reference)
        if len(calls) == 4:
            raise SystemExit
        return perform(reference, *args, **kwargs)

    with monkeypatch.context() as dying, app.app_context():
        dying.setattr(contacts, "perform", dies_at_the_fourth)
        with pytest.raises(SystemExit):
            jobs.run(job_id, "first")
    with acting("ada"):
        assert sorted(statuses().values()) == ["assigned"] * 2 + ["logged"] * 3, "the second chunk was not kept"
        job = look(job_id)
        assert (job.state, job.done_count, job.arguments["moved_count"]) == ("running", 2, 2)
        job.lease_until = job.asked_at
        db.session.commit()
    with app.app_context():
        jobs.run(job_id, "second")
        jobs.run(job_id, "third")
    with acting("ada"):
        assert set(statuses().values()) == {"assigned"} and count_events("contact:claim") == 5
        job = look(job_id)
        assert (job.state, job.done_count, job.total_count, job.arguments["moved_count"]) == ("done", 5, 5, 5)


def test_what_somebody_else_moved_between_two_steps_is_counted_as_left(acting, some, run_jobs, monkeypatch) -> None:
    with acting("ada"):
        job_id = ask({})
    perform = contacts.perform

    def late(reference: str, *args, **kwargs):
        if reference == some[2]:
            kwargs["version"] = 0
        return perform(reference, *args, **kwargs)

    monkeypatch.setattr(contacts, "perform", late)
    run_jobs()
    with acting("ada"):
        asked = look(job_id).arguments
        assert (asked["moved_count"], asked["left_count"], asked["left"]) == (4, 1, [some[2]])


def test_what_makes_no_sense_is_refused_before_it_is_written_down(acting, some) -> None:
    with acting("ann"):
        with pytest.raises(RuleBroken) as refusal:
            move_later({}, "withdraw", up_to=9)
        assert refusal.value.field == "message"
        with pytest.raises(RuleBroken):
            move_later({"status": "odd"}, "withdraw", up_to=9, message="x")
        assert db.session.scalar(select(func.count()).select_from(Job)) == 0
