"""The jobs by name: taken once, run as the person who asked, retried, and never half done."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from app import jobs
from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import Grant, Job, Organisation, User
from app.services.job_queue import enqueue
from tests.services.racing import at_once

Work = Callable[..., None]


@pytest.fixture
def make(acting, monkeypatch) -> Callable[[Work], int]:
    """`make(work)`: the id of a job of ann's that does it."""

    def add(work: Work) -> int:
        monkeypatch.setitem(jobs.JOBS, "test", work)
        with acting("ann"):
            job = enqueue("test", {}, total_count=10)
            db.session.commit()
            return job.id

    return add


@pytest.fixture
def look(acting) -> Callable[[int], Job]:
    """The row of a job as it is now."""

    def at(job_id: int) -> Job:
        with acting("system"):
            return db.session.get_one(Job, job_id)

    return at


def run(app, job_id: int) -> None:
    with app.app_context():
        jobs.run(job_id)


def rename(name: str) -> None:
    """A change by the actor that can be seen afterwards."""
    db.session.get_one(User, current_actor().user_pk).name = name


def anns_name(acting) -> str:
    with acting("system"):
        return db.session.scalars(select(User.name).where(User.user_id == "ALD-ANN")).one()


def test_a_job_is_done_as_the_person_who_asked_and_says_how_far_it_is(app, make, look) -> None:
    seen: list[Any] = []

    def work(progress) -> None:
        seen.append(current_actor().user_id)
        progress(3, 7)

    job_id = make(work)
    run(app, job_id)
    job = look(job_id)
    assert seen == ["ALD-ANN"]
    assert (job.state, job.done_count, job.total_count, job.attempts, job.error) == ("done", 3, 7, 1, None)
    assert job.finished_at and job.lease_until is None
    run(app, job_id)
    run(app, 10**9)
    assert seen == ["ALD-ANN"], "a job that is done is not done again"


def test_of_eight_workers_one_takes_a_job(app, make) -> None:
    job_id = make(lambda progress: None)
    taken = at_once(app, [partial(jobs.take, job_id, f"worker {number}") for number in range(8)])
    assert sorted(one is not None for one in taken) == [False] * 7 + [True], taken


def test_two_workers_do_a_job_once(app, make, look) -> None:
    done: list[str] = []
    job_id = make(lambda progress: done.append("once"))
    results = at_once(app, [partial(jobs.run, job_id, f"worker {number}") for number in range(4)])
    assert (results, done, look(job_id).state) == ([None] * 4, ["once"], "done")


def test_a_lease_is_as_long_as_the_setting_says_and_then_the_job_is_anybodys(app, make, look, monkeypatch) -> None:
    assert app.config["CMS"].job_lease_seconds == 60 and jobs._lease == timedelta(seconds=60)
    monkeypatch.setattr(jobs, "_lease", jobs._lease)
    jobs.configure(lease_seconds=5)
    job_id, start = make(lambda progress: None), clock.now()
    monkeypatch.setattr(clock, "now", lambda: start)
    with app.app_context():
        assert jobs.list_waiting() == [job_id]
        assert jobs.take(job_id, "first") is not None
        assert look(job_id).lease_until == start + timedelta(seconds=5)
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=5))
        assert jobs.take(job_id, "second") is None and jobs.list_waiting() == []
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=6))
        assert jobs.list_waiting() == [job_id]
        assert jobs.take(job_id, "second") is not None
    job = look(job_id)
    assert (job.owner, job.attempts) == ("second", 2)


def test_who_lost_the_lease_keeps_nothing_of_the_step(app, acting, make, look, monkeypatch) -> None:
    later = clock.now() + timedelta(hours=1)

    def work(progress) -> None:
        rename("Kept")
        progress(1, 2)
        db.session.commit()
        with monkeypatch.context() as moved:
            moved.setattr(clock, "now", lambda: later)
            assert jobs.take(job_id, "thief") is not None
        rename("Dropped")
        progress(2, 2)
        db.session.commit()

    job_id = make(work)
    run(app, job_id)
    assert anns_name(acting) == "Kept"
    job = look(job_id)
    assert (job.state, job.owner, job.done_count) == ("running", "thief", 1), "the thief's job is left alone"


@pytest.mark.parametrize("what", ["person", "organisation"])
def test_a_job_of_somebody_who_may_not_sign_in_any_more_fails_with_a_sentence(app, acting, make, look, what) -> None:
    job_id = make(lambda progress: pytest.fail("was run"))
    with acting("system"):
        ann = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        row = ann if what == "person" else db.session.get_one(Organisation, ann.organisation_id)
        row.is_active = False
        db.session.commit()
    run(app, job_id)
    job = look(job_id)
    assert (job.state, job.error) == ("failed", "The person who asked for this can no longer sign in.")


def test_a_person_who_lost_the_role_does_not_get_it_done(app, acting, look) -> None:
    with acting("ann"):
        job_id = enqueue("commit_upload", {"upload_id": 1}).id
        db.session.commit()
    with acting("system"):
        ann = db.session.scalars(select(User.id).where(User.user_id == "ALD-ANN")).one()
        db.session.scalars(select(Grant).where(Grant.user_id == ann)).one().role = "viewer"
        db.session.commit()
    run(app, job_id)
    assert (look(job_id).state, look(job_id).error) == ("failed", jobs.MAY_NO_LONGER)


def test_a_refusal_is_final_and_its_sentence_kept(app, acting, make, look) -> None:
    def work(progress) -> None:
        rename("Dropped")
        raise RuleBroken("That is not to be. " + "x" * 500)

    job_id = make(work)
    run(app, job_id)
    job = look(job_id)
    assert (job.state, job.attempts) == ("failed", 1)
    assert job.error.startswith("That is not to be.") and len(job.error) == 400
    assert anns_name(acting) == "Ann"


def test_a_fault_is_tried_again_after_longer_and_longer_and_given_up_at_last(
    app, acting, make, look, monkeypatch
) -> None:
    def work(progress) -> None:
        rename("Dropped")
        db.session.flush()
        raise ZeroDivisionError("the inside of it")

    job_id, now = make(work), clock.now()
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        monkeypatch.setattr(clock, "now", lambda at=now: at)
        with app.app_context():
            assert jobs.list_waiting() == [job_id]
            jobs.run(job_id)
            assert jobs.list_waiting() == []
            jobs.run(job_id)  # too early: nothing happens
        job = look(job_id)
        assert job.attempts == attempt and anns_name(acting) == "Ann"
        if attempt < jobs.MOST_ATTEMPTS:
            assert (job.state, job.owner, job.error) == ("ready", None, None)
            assert job.run_after == now + timedelta(seconds=2**attempt)
            now = job.run_after
    assert (job.state, job.error) == ("failed", "Something went wrong on our side. We have been told.")
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=9))
    with app.app_context():
        assert jobs.list_waiting() == []


def test_waiting_jobs_are_told_oldest_first(app, make) -> None:
    ids = [make(lambda progress: None) for _ in range(3)]
    with app.app_context():
        assert jobs.list_waiting() == ids
        jobs.run(ids[1])
        assert jobs.list_waiting() == [ids[0], ids[2]]
