"""How the service itself is: its database, its jobs, who is signed in, and what was changed lately."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, Job, UserSession
from app.models.connections import has_wal_reset_bug

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# Everything a worker did lately is in its newest jobs.
NEWEST_JOBS = 200
SETTINGS_CHANGED = ("contact_type", "data_item", "organisation")
# Sign-ins are events about people too, many more than changes: only so many of the newest events are looked through.
NEWEST_EVENTS = 5_000
PEOPLE_CHANGED = ("user:create", "user:change")


class Health(NamedTuple):
    """What is well and what is not; `sign_of_life_at` is when a worker last took or ended a job."""

    database: str
    has_wal_bug: bool
    waiting_count: int
    running_count: int
    failed_count: int
    oldest_waiting_since: datetime | None
    sign_of_life_at: datetime | None
    open_session_count: int


def health(*, idle: timedelta, longest: timedelta) -> Health:
    """What is found now; `idle` and `longest` say how long a session lives."""
    now = clock.now()
    kind = db.session.get_bind().dialect.name
    is_sqlite = kind == "sqlite"
    version = db.session.scalar(select(func.sqlite_version() if is_sqlite else func.current_setting("server_version")))
    by_state = select(Job.state, func.count(Job.id), func.min(Job.run_after)).where(
        Job.state.in_(("ready", "running", "failed"))
    )
    jobs = {state: (count, oldest) for state, count, oldest in db.session.execute(by_state.group_by(Job.state))}
    newest = select(Job.started_at, Job.finished_at).order_by(Job.id.desc()).limit(NEWEST_JOBS)
    signs = [instant for row in db.session.execute(newest) for instant in row if instant is not None]
    sessions = select(func.count(UserSession.id)).where(
        UserSession.revoked_at.is_(None),
        UserSession.last_seen_at > now - idle,
        UserSession.created_at > now - longest,
    )
    return Health(
        database=f"{DATABASES[kind]} {version}",
        has_wal_bug=is_sqlite and has_wal_reset_bug(),
        waiting_count=jobs.get("ready", (0, None))[0],
        running_count=jobs.get("running", (0, None))[0],
        failed_count=jobs.get("failed", (0, None))[0],
        oldest_waiting_since=jobs.get("ready", (0, None))[1],
        sign_of_life_at=max(signs, default=None),
        open_session_count=db.session.scalar(sessions) or 0,
    )


def list_jobs(limit: int) -> list[Job]:
    """Jobs that wait, run or have failed, the newest first."""
    wanted = select(Job).where(Job.state.in_(("ready", "running", "failed")))
    return list(db.session.scalars(wanted.order_by(Job.id.desc()).limit(limit)))


def list_changes(limit: int) -> list[AuditEvent]:
    """The newest changes to contact types, data items and organisations, and the lately made ones to people."""
    # The sum keeps the order from being read off all events: these are few, and have an index.
    settings = select(AuditEvent).where(AuditEvent.object_type.in_(SETTINGS_CHANGED))
    found: list[Any] = list(db.session.scalars(settings.order_by((AuditEvent.id + 0).desc()).limit(limit)))
    last = db.session.scalar(select(func.max(AuditEvent.id))) or 0
    people = select(AuditEvent).where(AuditEvent.id > last - NEWEST_EVENTS, AuditEvent.action.in_(PEOPLE_CHANGED))
    found += db.session.scalars(people.order_by(AuditEvent.id.desc()).limit(limit))
    return sorted(found, key=lambda event: event.id, reverse=True)[:limit]
