"""Writing down work to be done later, in the transaction that makes it necessary."""

from typing import Any

from sqlalchemy import select

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import NotFound
from app.extensions import db
from app.models import Job


def get_own_job(pk: int, kind: str) -> Job:
    """A job that somebody of the actor's own organisation asked for; NotFound otherwise, whatever else is in reach."""
    job = db.session.get(Job, pk)
    if job is None or job.kind != kind or job.organisation_id != current_actor().organisation_id:
        raise NotFound("There is no such job.")
    return job


def list_own_jobs(kind: str, most: int) -> list[Job]:
    """The newest jobs of a kind that the actor's own organisation asked for."""
    own = select(Job).where(Job.kind == kind, Job.organisation_id == current_actor().organisation_id)
    return list(db.session.scalars(own.order_by(Job.id.desc()).limit(most)))


# Among a job's arguments, but none of its verb's: what says that whoever asked was acting for an organisation.
ACTING = "acting"


def enqueue(kind: str, arguments: dict[str, Any], *, total_count: int = 0) -> Job:
    """Add a job to be run as the actor who asks now; it exists only if the transaction commits."""
    actor, now = current_actor(), clock.now()
    if actor.acting_pk is not None:
        arguments = {**arguments, ACTING: actor.acting_pk}
    job = Job(
        kind=kind,
        arguments=arguments,
        organisation_id=actor.organisation_id,
        asked_by_id=actor.user_pk,
        asked_at=now,
        run_after=now,
        state="ready",
        total_count=total_count,
        attempts=0,
        done_count=0,
    )
    db.session.add(job)
    db.session.flush()
    db.session().info.setdefault("new_jobs", []).append(job.id)
    return job
