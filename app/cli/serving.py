"""flask up and flask worker: the panel and what runs beside it."""

import gc
import os
import subprocess
import sys
from typing import Any

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect, select

from app import carrier
from app.access.actor import SYSTEM, acting_as
from app.cli.seeding import sign_in_table
from app.config import Config
from app.extensions import db
from app.models import ContactType, Organisation
from app.models.connections import has_wal_reset_bug, reading
from app.services import mail


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run jobs until told to stop."""
    carrier.work(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@with_appcontext
def up(host: str, port: int, workers: int) -> None:
    """Migrate, load data the first time, and start the panel with a job worker beside it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    config: Config = app.config["CMS"]
    if not (config.is_production or os.environ.get("CMS_BASE_URL")):
        # Links in mail lead here, whatever the port; the worker reads it too.
        os.environ["CMS_BASE_URL"] = f"http://{host}:{port}"
        mail.configure(base_url=os.environ["CMS_BASE_URL"])
    prepare(config)
    if db.engine.dialect.name == "sqlite" and has_wal_reset_bug() and config.is_production:
        click.echo(
            "Warning: this Python's SQLite is older than 3.51.3 and can damage a database that several "
            "processes write. Use PostgreSQL in production.",
            err=True,
        )
    db.engine.dispose()
    beside = subprocess.Popen([sys.executable, "-m", "flask", "worker"])
    click.echo(f"\n  The panel is at http://{host}:{port}. Ctrl-C stops it and the job worker.\n")
    try:
        serve(app, bind=f"{host}:{port}", workers=workers)
    finally:
        beside.terminate()
        beside.wait(timeout=15)


def prepare(config: Config) -> None:
    """Bring the database up to date; outside production load demo data the first time."""
    from seed.demo import load_demo
    from seed.load import load_reference

    if not is_current():
        flask_migrate.upgrade()
    with acting_as(SYSTEM), reading():
        has_types = db.session.scalar(select(ContactType.id).limit(1)) is not None
        has_customers = (
            db.session.scalar(select(Organisation.id).where(Organisation.kind_code != "CDSP").limit(1)) is not None
        )
    if not has_types:
        click.echo("Loading reference data …")
        load_reference()
    if config.is_production:
        return
    if not has_customers:
        click.echo("Loading demo data …")
    click.echo("Sign in as one of these:\n")
    click.echo(sign_in_table(load_demo()))


def is_current() -> bool:
    """Whether the newest migration has run; quicker than asking Alembic to find out."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if not inspect(db.engine).has_table("alembic_version"):
        return False
    folder = current_app.extensions["migrate"].directory
    with db.engine.connect() as connection:
        return (
            MigrationContext.configure(connection).get_current_revision() == ScriptDirectory(folder).get_current_head()
        )


def serve(app: Flask, **options: Any) -> None:
    """Gunicorn, with two threads a process: processes carry the load, the second thread a slow upload."""
    from gunicorn.app.base import BaseApplication

    class Panel(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "worker_class": "gthread",
                "threads": 2,
                "loglevel": "warning",
                "timeout": 120,
                "preload_app": True,
                "post_worker_init": lambda worker: warm_up(app),
                "control_socket_disable": True,
            }
            for name, value in {**settings, **options}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Panel().run()


def warm_up(app: Flask) -> None:
    """Render a page, then keep what start-up made out of the collector's way: it halves the slowest requests."""
    app.test_client().get("/sign-in")
    gc.collect()
    gc.freeze()
