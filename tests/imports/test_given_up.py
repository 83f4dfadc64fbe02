"""What becomes of an upload whose job fails for good: it says so, and somebody can go on with it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import jobs
from app.domain import clock
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.extensions import db
from app.imports import checking, kinds, pipeline, raising
from app.models import AuditEvent, Contact, ContactType, Grant, Job, Upload, User
from tests.worlds import workbook

ROWS: list[list[object]] = [
    ["3938424403", "SPELLING", f"{n} High Street", "B91 3QL", f"Number {n} is wrong.", f"A{n}"] for n in range(10)
]


@pytest.fixture
def upload_id(acting, monkeypatch: pytest.MonkeyPatch) -> int:
    """A file of ten good rows, three to a chunk, that ann gave and a worker is to check."""
    monkeypatch.setattr(checking, "BATCH_ROWS", 3)
    with acting("ann"):
        pk = pipeline.receive_and_check_later("contacts.xlsx", workbook(ROWS), "ADD").id
        db.session.commit()
        return pk


def look(acting, upload_id: int, name: str = "system") -> Upload:
    with acting(name):
        return pipeline.get_upload(upload_id)


def actions() -> list[str]:
    acts = select(AuditEvent.action).where(AuditEvent.object_type == "upload")
    return list(db.session.scalars(acts.order_by(AuditEvent.id)))


def disable(acting, user_id: str) -> None:
    with acting("system"):
        db.session.scalars(select(User).where(User.user_id == user_id)).one().is_active = False
        db.session.commit()


def take_roles(acting, user_id: str) -> None:
    with acting("system"):
        held = select(Grant).join(User, User.id == Grant.user_id).where(User.user_id == user_id)
        for grant in db.session.scalars(held):
            db.session.delete(grant)
        db.session.commit()


def retire(acting, code: str) -> None:
    with acting("system"):
        contact_type = db.session.scalars(select(ContactType).where(ContactType.code == code)).one()
        contact_type.ends_on = clock.today() - timedelta(days=1)
        db.session.commit()


def test_a_file_whose_type_was_retired_before_the_check_is_refused(acting, run_jobs, upload_id) -> None:
    retire(acting, "ADD")
    run_jobs()
    upload = look(acting, upload_id)
    assert (upload.state, upload.refusal_code) == ("refused", "IMP-415")
    assert upload.refusal.startswith("ADD (") and "is retired" in upload.refusal
    with acting("system"):
        assert db.session.scalars(select(Job.state)).one() == "done", "there is nothing to try again"


@pytest.mark.parametrize(("end", "reason"), [(disable, jobs.CANNOT_SIGN_IN), (take_roles, jobs.MAY_NO_LONGER)])
def test_a_check_nobody_may_do_any_more_fails_and_a_colleague_has_it_done_again(
    acting, run_jobs, upload_id, end, reason
) -> None:
    end(acting, "ALD-ANN")
    run_jobs()
    upload = look(acting, upload_id)
    assert (upload.state, upload.refusal, upload.refusal_code) == ("failed", reason, None)
    with acting("sue"):
        job_id = pipeline.check_again(upload_id).job_id
        db.session.commit()
        assert job_id not in (None, upload.job_id)
        with pytest.raises(Conflict):
            pipeline.check_again(upload_id)
        db.session.rollback()
    assert run_jobs() == 1
    upload = look(acting, upload_id)
    assert (upload.state, upload.accepted_count, upload.refusal) == ("checked", 10, None)
    with acting("system"):
        assert actions() == ["upload:receive", "upload:fail", "upload:recheck", "upload:check"]
        failure = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "upload:fail")).one()
        assert (failure.actor_name, failure.organisation_id) == ("The service", upload.organisation_id)
        assert failure.after == {"state": "failed", "reason": reason}


def test_a_check_that_fails_by_our_fault_is_given_up_after_the_last_try_only(
    app, acting, upload_id, monkeypatch
) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(kinds, "check_file", fault)
    now = clock.now()
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        assert look(acting, upload_id).state == "received"
        now += timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda at=now: at)
        with app.app_context():
            jobs.run(look(acting, upload_id).job_id)
        assert (look(acting, upload_id).state == "failed") == (attempt == jobs.MOST_ATTEMPTS)
    assert look(acting, upload_id).refusal == jobs.OUR_FAULT


def test_a_worker_that_lost_the_job_says_nothing_of_its_upload(app, acting, upload_id) -> None:
    job_id = look(acting, upload_id).job_id
    with app.app_context():
        assert jobs.take(job_id, "thief") is not None
        jobs._fail(job_id, "somebody else", "Not to be read.")
    assert look(acting, upload_id).state == "received"


def test_raising_that_fails_is_stopped_and_goes_on_where_it_was(acting, run_jobs, upload_id, monkeypatch) -> None:
    run_jobs()
    with acting("ann"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    real, calls = raising._packed, []

    def second_fails(upload_id: int, number: int) -> object:
        calls.append(1)
        # One chunk is fetched ahead of the one that is raised.
        if len(calls) == 3:
            raise NotAllowed("Not now.")
        return real(upload_id, number)

    monkeypatch.setattr(raising, "_packed", second_fails)
    run_jobs()
    upload = look(acting, upload_id)
    assert (upload.state, upload.raised_count, upload.refusal) == ("stopped", 3, jobs.MAY_NO_LONGER)
    with acting("bob"), pytest.raises(NotFound):
        pipeline.start_commit(upload_id)
    with acting("sue"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    assert run_jobs() == 1
    upload = look(acting, upload_id)
    assert (upload.state, upload.raised_count, upload.refusal) == ("committed", 10, None)
    with acting("system"):
        assert sorted(db.session.scalars(select(Contact.upload_row))) == list(range(2, 12))
        assert db.session.scalar(select(func.count()).where(Contact.raised_by_name == "Sue")) == 7


@pytest.mark.parametrize(("end", "reason"), [(disable, jobs.CANNOT_SIGN_IN), (take_roles, jobs.MAY_NO_LONGER)])
def test_who_may_raise_no_more_is_stopped_at_the_next_chunk_and_somebody_else_goes_on(
    world, acting, run_jobs, upload_id, monkeypatch, end, reason
) -> None:
    run_jobs()
    with acting("ann"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    real, calls = raising._packed, []

    def ends_before_the_third(upload_id: int, number: int) -> object:
        calls.append(1)
        # One chunk is fetched ahead: at the fourth the second is raised.
        if len(calls) == 4:
            end(acting, "ALD-ANN")
        return real(upload_id, number)

    monkeypatch.setattr(raising, "_packed", ends_before_the_third)
    run_jobs()
    upload = look(acting, upload_id)
    assert (upload.state, upload.refusal) == ("stopped", reason)
    # Where two are raised at a time, they may still be under way then.
    assert upload.raised_count in {"sqlite": (6,), "postgresql": (0, 3, 6)}[world.kind]
    with acting("system"):
        assert db.session.scalars(select(Job).order_by(Job.id.desc())).first().error == reason
        rows = sorted(db.session.scalars(select(Contact.upload_row)))
        chunks = [list(range(first, first + 3)) for first in (2, 5)]
        # The first two chunks, each whole or not at all.
        assert rows in ([], *chunks, [*chunks[0], *chunks[1]]) and len(rows) == upload.raised_count
    with acting("sue"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    run_jobs()
    assert (look(acting, upload_id).state, look(acting, upload_id).raised_count) == ("committed", 10)


def test_a_check_stops_too_when_its_person_is_disabled(app, acting, upload_id, monkeypatch) -> None:
    real, told = jobs._progress_now, []

    def disabled_after_the_first(job_id: int, owner: str, done: int, total: int) -> None:
        real(job_id, owner, done, total)
        told.append(done)
        if len(told) == 1:
            disable(acting, "ALD-ANN")

    monkeypatch.setattr(jobs, "_progress_now", disabled_after_the_first)
    with app.app_context():
        jobs.run(look(acting, upload_id).job_id)
    upload = look(acting, upload_id)
    assert (upload.state, upload.refusal, told) == ("failed", jobs.CANNOT_SIGN_IN, [3])


@pytest.mark.parametrize(("name", "refusal"), [("vic", NotAllowed), ("bob", NotFound), ("ada", NotAllowed)])
def test_only_who_may_raise_for_its_organisation_has_a_file_checked_again(
    acting, run_jobs, upload_id, name, refusal
) -> None:
    disable(acting, "ALD-ANN")
    run_jobs()
    with acting(name), pytest.raises(refusal):
        pipeline.check_again(upload_id)
    assert look(acting, upload_id).state == "failed"


def test_giving_up_says_nothing_of_an_upload_that_waits_for_nothing(acting, run_jobs, upload_id) -> None:
    run_jobs()
    with acting("system"):
        pipeline.give_up(upload_id, "Too late.")
        pipeline.give_up(10**9, "There is none.")
        db.session.commit()
    upload = look(acting, upload_id)
    assert (upload.state, upload.refusal) == ("checked", None)
