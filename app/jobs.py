"""The jobs by name: take one, run it as the person who asked, record the outcome.

A Job row is the truth; Huey only carries its id. A worker owns a job while its lease lasts, and every
step renews the lease in the transaction of the step, so a killed worker's job is taken over at its
last committed step. It runs as the person who asked, and only while that person may still do it.
"""

import logging
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import or_, select, update

from app.access.actor import SYSTEM, acting_as, permission_of
from app.domain import clock
from app.domain.errors import DomainError, NotAllowed, NotFound, RuleBroken
from app.extensions import db
from app.imports import pipeline
from app.imports.people import pipeline as people_pipeline
from app.models import Job
from app.models.connections import reading
from app.services import approving, contact_bulk, deputies, dormancy, reviews_due
from app.services.job_queue import ACTING
from app.services.sessions import actor_of_pk

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
_LONGEST_ERROR = 400
CANNOT_SIGN_IN = "The person who asked for this can no longer sign in."
ACTS_NO_LONGER = "The person who asked for this no longer acts for the organisation."
MAY_NO_LONGER = "The person who asked for this no longer has a role that allows it."
OUR_FAULT = "Something went wrong on our side. We have been told."

_lease = timedelta(seconds=60)


def configure(*, lease_seconds: int) -> None:
    """Set how long a job stays its worker's without a sign of life; called once at start-up."""
    global _lease
    _lease = timedelta(seconds=lease_seconds)


class LeaseLost(Exception):
    """Another worker took the job over; whatever this one has not committed is dropped."""


def _owner() -> str:
    return f"{socket.gethostname()[:30]}:{os.getpid()}"


def take(job_id: int, owner: str) -> tuple[str, dict[str, Any], int] | None:
    """Make a ready or abandoned job this worker's: (kind, arguments, who asked), or None when it is not to be had."""
    now = clock.now()
    is_free = or_(Job.state == "ready", (Job.state == "running") & (Job.lease_until < now))
    with acting_as(SYSTEM):
        claim = (
            update(Job)
            .where(Job.id == job_id, Job.run_after <= now, is_free)
            .values(state="running", owner=owner, lease_until=now + _lease, attempts=Job.attempts + 1, started_at=now)
        )
        taken = db.session.execute(claim.returning(Job.kind, Job.arguments, Job.asked_by_id)).first()
        db.session.commit()
    return None if taken is None else (taken[0], taken[1], taken[2])


def run(job_id: int, owner: str | None = None) -> None:
    """Run one job to its end; returns quietly when there is nothing to do."""
    owner = owner or _owner()
    taken = take(job_id, owner)
    if taken is None:
        return
    kind, arguments, asked_by = taken
    acting_pk = arguments.pop(ACTING, None)
    actor = actor_of_pk(asked_by, acting_pk)
    if actor is None:
        _fail(job_id, owner, _why_nobody(acting_pk))
        return
    try:
        with acting_as(actor):
            JOBS[kind](**arguments, progress=partial(_progress, job_id, owner))
            db.session.commit()
    except LeaseLost:
        logger.warning("job lost its lease", extra={"job_id": job_id})
    except NotAllowed:
        # Its own words speak to whoever asked, and others read these.
        _fail(job_id, owner, MAY_NO_LONGER)
    except DomainError as refusal:
        _fail(job_id, owner, refusal.message)
    except Exception:
        logger.exception("job failed", extra={"job_id": job_id})
        _retry(job_id, owner)
    else:
        _finish(job_id, owner)


def _progress(job_id: int, owner: str, done: int, total: int) -> None:
    """Record progress and renew the lease in the caller's transaction, which keeps nothing when this raises.

    Whoever asked is looked up at every step: what they may do no more stops where it is.
    """
    job = db.session.get(Job, job_id, populate_existing=True)
    if job is None or job.owner != owner or job.state != "running":
        raise LeaseLost(job_id)
    acting_pk = job.arguments.get(ACTING)
    asker = actor_of_pk(job.asked_by_id, acting_pk)
    if asker is None:
        raise RuleBroken(_why_nobody(acting_pk))
    if job.kind in VERBS and not asker.may(permission_of(VERBS[job.kind])):
        raise RuleBroken(MAY_NO_LONGER)
    now = clock.now()
    job.done_count, job.total_count, job.lease_until = done, total or job.total_count, now + _lease


def _why_nobody(acting_pk: int | None) -> str:
    return CANNOT_SIGN_IN if acting_pk is None else ACTS_NO_LONGER


def _progress_now(job_id: int, owner: str, done: int, total: int) -> None:
    """The same in a transaction of its own, for steps that write nothing else."""
    _progress(job_id, owner, done, total)
    db.session.commit()


def _finish(job_id: int, owner: str) -> None:
    with acting_as(SYSTEM):
        done = update(Job).where(Job.id == job_id, Job.owner == owner, Job.state == "running")
        db.session.execute(done.values(state="done", error=None, finished_at=clock.now(), lease_until=None))
        db.session.commit()


def _fail(job_id: int, owner: str, error: str) -> None:
    """Give the job up for good, and in the same transaction tell what it worked on."""
    with acting_as(SYSTEM):
        mine = update(Job).where(Job.id == job_id, Job.owner == owner, Job.state == "running")
        shown = error[:_LONGEST_ERROR]
        ended = mine.values(state="failed", error=shown, finished_at=clock.now(), lease_until=None)
        given_up = db.session.execute(ended.returning(Job.kind, Job.arguments)).first()
        if given_up is not None and given_up.kind in GIVEN_UP:
            arguments = {name: value for name, value in given_up.arguments.items() if name != ACTING}
            GIVEN_UP[given_up.kind](**arguments, reason=shown)
        db.session.commit()


def _retry(job_id: int, owner: str) -> None:
    """Try again later, each time after a longer wait; give up after five tries."""
    with acting_as(SYSTEM):
        attempts = db.session.scalars(select(Job.attempts).where(Job.id == job_id)).one()
        if attempts < MOST_ATTEMPTS:
            mine = update(Job).where(Job.id == job_id, Job.owner == owner, Job.state == "running")
            again_at = clock.now() + timedelta(seconds=2**attempts)
            db.session.execute(mine.values(state="ready", run_after=again_at, lease_until=None, owner=None))
            db.session.commit()
            return
    _fail(job_id, owner, OUR_FAULT)


def end_what_is_over() -> None:
    """Write down and tell what has ended by its days; done again it finds nothing more."""
    with acting_as(SYSTEM):
        deputies.end_past_deputies()
        approving.lapse_requests()
        db.session.commit()
    for find, attend in ATTENDED:
        with acting_as(SYSTEM), reading():
            due = find()
        for pk in due:
            _attend(attend, pk)


def _attend(attend: Callable[[int], None], pk: int) -> None:
    """Do what is due for one, in a transaction of its own: what fails for one leaves the others alone."""
    with acting_as(SYSTEM):
        try:
            attend(pk)
            db.session.commit()
        except NotFound:
            db.session.rollback()  # gone since it was found
        except Exception:
            db.session.rollback()
            logger.exception("left as it was", extra={"verb": attend.__name__, "row": pk})


def list_waiting() -> list[int]:
    """Ids of jobs nobody works on: never taken, due again, or abandoned; oldest first."""
    now = clock.now()
    with acting_as(SYSTEM), reading():
        waiting = select(Job.id).where(
            or_(
                (Job.state == "ready") & (Job.run_after <= now),
                (Job.state == "running") & (Job.lease_until < now),
            )
        )
        return list(db.session.scalars(waiting.order_by(Job.id).limit(100)))


def _check_upload(verb: Callable[..., Any], upload_id: int, progress: Callable[[int, int], None]) -> None:
    own_steps = partial(_progress_now, *progress.args)  # type: ignore[attr-defined]
    verb(upload_id, own_steps)


def _commit_upload(verb: Callable[..., Any], upload_id: int, progress: Callable[[int, int], None]) -> None:
    verb(upload_id, progress)


def _move_contacts(progress: Callable[[int, int], None], **_asked: Any) -> None:
    job_id = progress.args[0]  # type: ignore[attr-defined]
    contact_bulk.move_matching(job_id, progress)


# What time makes due: where it is found, and the verb that attends to one.
ATTENDED: tuple[tuple[Callable[[], list[int]], Callable[[int], None]], ...] = (
    (dormancy.list_due, dormancy.attend_dormant),
    (reviews_due.list_running, reviews_due.attend_review),
    (reviews_due.list_overdue, reviews_due.attend_line),
)
# The verb of each job, for the permission it names.
VERBS: dict[str, Callable[..., Any]] = {contact_bulk.JOB: contact_bulk.move_matching}
JOBS: dict[str, Callable[..., None]] = {contact_bulk.JOB: _move_contacts}
# Called as the service, with the job's arguments and the reason, when a job is given up for good.
GIVEN_UP: dict[str, Callable[..., None]] = {}

for _kind, _verbs in ((pipeline.KIND, pipeline), (people_pipeline.KIND, people_pipeline)):
    VERBS |= {_kind.check_job: _verbs.check_upload, _kind.commit_job: _verbs.commit_chunks}
    JOBS[_kind.check_job] = partial(_check_upload, _verbs.check_upload)
    JOBS[_kind.commit_job] = partial(_commit_upload, _verbs.commit_chunks)
    GIVEN_UP |= {_kind.check_job: _verbs.give_up, _kind.commit_job: _verbs.give_up}
