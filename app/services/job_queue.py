"""Writing down work to be done later, in the transaction that makes it necessary."""

from typing import Any

from app.access.actor import current_actor
from app.domain import clock
from app.extensions import db
from app.models import Job


def enqueue(kind: str, arguments: dict[str, Any], *, total_count: int = 0) -> Job:
    """Add a job to be run as the actor who asks now; it exists only if the transaction commits."""
    actor, now = current_actor(), clock.now()
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
