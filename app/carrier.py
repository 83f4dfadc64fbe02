"""Huey carries job ids to a worker, and wakes it for mail. It forgets what it handed over; the rows do not."""

import logging
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from app import jobs
from app.config import SQLITE_SCHEME, Config
from app.extensions import db
from app.mail.sending import mailer_of
from app.sealing import heads, seals

logger = logging.getLogger(__name__)
NAME = "cms"


def install(app: Flask, config: Config) -> None:
    """Make the queue of this deployment and hand jobs over once they are committed."""
    huey = make_huey(config)
    app.extensions["huey"] = huey

    @huey.task(name="run_job")
    def run_job(job_id: int) -> None:
        with app.app_context():
            jobs.run(job_id)

    mailer = mailer_of(config)

    @huey.task(name="send_mail")
    def send_mail() -> None:
        with app.app_context():
            if mailer.send_waiting():
                send_mail()

    @huey.periodic_task(crontab(minute="*"), name="send_waiting")
    def send_waiting() -> None:
        with app.app_context():
            for job_id in jobs.list_waiting():
                run_job(job_id)
        send_mail()

    @huey.periodic_task(crontab(minute="*"), name="seal_audit")
    def seal_audit() -> None:
        with app.app_context():
            seals.seal()
            heads.publish(config.audit_heads_path)

    app.extensions["mailer"] = mailer

    @huey.periodic_task(crontab(minute="*/10"), name="end_what_is_over")
    def end_what_is_over() -> None:
        with app.app_context():
            jobs.end_what_is_over()

    app.extensions["send_waiting"] = send_waiting.call_local

    def hand_over(session: Session) -> None:
        if not current_app or current_app._get_current_object() is not app:  # type: ignore[attr-defined]
            return  # sessions are of all applications of a process, queues of one each
        for job_id in session.info.pop("new_jobs", ()):
            try:
                run_job(job_id)
            except Exception:
                # The row is there; the next sweep finds it.
                logger.exception("job was not handed over", extra={"job_id": job_id})
        if session.info.pop("new_mail", False):
            try:
                send_mail()
            except Exception:
                logger.exception("mail was not announced")

    def forget(session: Session) -> None:
        session.info.pop("new_jobs", None)
        session.info.pop("new_mail", None)

    event.listen(db.session, "after_commit", hand_over)
    event.listen(db.session, "after_rollback", forget)


def make_huey(config: Config) -> Huey:
    """Redis where its address is set, else the database's own engine; tests keep their queue in memory."""
    if config.is_testing:
        return MemoryHuey(NAME)
    # Signed: whoever can write to the queue can still not make a worker run anything but our own job ids.
    serializer = SignedSerializer(secret=config.secret_key)
    if config.redis_url:
        return RedisHuey(NAME, url=config.redis_url, serializer=serializer)
    if config.database_url.startswith("postgresql"):
        return PostgresHuey(
            NAME, dsn=config.database_url.replace("postgresql+psycopg://", "postgresql://", 1), serializer=serializer
        )
    database = Path(config.database_url.removeprefix(SQLITE_SCHEME))
    return SqliteHuey(
        NAME, filename=str(database.with_name(database.stem + "-queue.sqlite3")), fsync=True, serializer=serializer
    )


def work(app: Flask, **options: Any) -> None:
    """Run a worker until it is told to stop."""
    app.extensions["send_waiting"]()
    consumer = app.extensions["huey"].create_consumer(
        workers=1, worker_type="thread", initial_delay=0.02, backoff=1.2, max_delay=0.05, **options
    )
    consumer.run()
