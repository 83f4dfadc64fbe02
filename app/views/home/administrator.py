"""For those who watch the service itself."""

import platform
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from flask import current_app, url_for

from app.config import Config
from app.domain.events import EVENTS
from app.models import Job
from app.services import figures_service
from app.services.mail import look_into_outbox
from app.views.home.panel import P, Panel
from app.views.public_ids import encode_id
from app.views.words import show_instant

_WATCH = frozenset({P.SERVICE_WATCH})
MOST_JOBS, MOST_CHANGES, MOST_MAILS = 6, 8, 5
PACKAGES = ("Flask", "Flask-Admin", "Werkzeug")
JOB_WORDS = {"check_upload": "Check of an upload", "commit_upload": "Raising an upload's contacts"}
JOB_STATES = {"ready": "Waiting", "running": "Running", "failed": "Failed"}


def health() -> dict[str, Any]:
    config: Config = current_app.config["CMS"]
    found = figures_service.health(
        idle=timedelta(minutes=config.session_idle_minutes), longest=timedelta(hours=config.session_hours)
    )
    return {
        "health": found,
        "jobs": [
            (job, JOB_WORDS.get(job.kind, job.kind), JOB_STATES[job.state], _job_url(job))
            for job in figures_service.list_jobs(MOST_JOBS)
        ],
        "versions": [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)],
        "show_instant": show_instant,
    }


def _job_url(job: Job) -> str | None:
    upload_id = job.arguments.get("upload_id")
    return None if upload_id is None else url_for("uploads.upload_view", upload_id=encode_id(int(upload_id)))


def changes() -> dict[str, Any]:
    rows = [
        (event, EVENTS[event.action], url_for("audit.details_view", id=encode_id(event.id)), show_instant(event.at))
        for event in figures_service.list_changes(MOST_CHANGES)
    ]
    return {"rows": rows}


def outbox() -> dict[str, Any]:
    config: Config = current_app.config["CMS"]
    return {
        "outbox": look_into_outbox(MOST_MAILS),
        "has_server": bool(config.smtp_url),
        "url": None if config.is_production else url_for("mail.index_view"),
        "show_instant": show_instant,
    }


PANELS = (
    Panel("health", "Health of the service", "health", health, _WATCH),
    Panel("mail", "Mail", "mail", outbox, _WATCH),
    Panel("changes", "Recent changes", "changes", changes, _WATCH | {P.AUDIT_READ}),
)
