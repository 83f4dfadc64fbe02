"""A real worker process, killed while a real server has its mail: sent again, by the same Message-ID."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.access.actor import SYSTEM, acting_as
from app.config import ROOT, Config
from app.domain.mail import MailKind
from app.extensions import db
from app.services import mail
from tests.mail.servers import Box, serving


@pytest.fixture
def waiting(worlds, tmp_path) -> Path:
    """A SQLite file of its own in which a mail waits."""
    world = worlds["sqlite"]
    world.restore()
    path = tmp_path / "cms.sqlite3"
    shutil.copyfile(world.config.database_url.removeprefix("sqlite:///"), path)
    app = create_app(
        Config(
            is_testing=True,
            secret_key="for tests only",
            database_url=f"sqlite:///{path}",
            argon2_memory_kib=8,
            argon2_passes=1,
        )
    )
    with app.app_context():
        with acting_as(SYSTEM):
            mail.post(MailKind.DISABLED, to=1)
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return path


def start_worker(database: Path, port: int) -> "subprocess.Popen[bytes]":
    settings = {
        "PATH": os.environ["PATH"],
        "CMS_DATABASE_URL": f"sqlite:///{database}",
        "CMS_INSTANCE_PATH": str(database.parent),
        "CMS_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    with (database.parent / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=settings, stdout=log, stderr=log
        )


def ask(database: Path, question: str) -> Any:
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        return connection.execute(question).fetchone()


def test_a_worker_killed_while_the_server_takes_its_mail_loses_nothing(waiting) -> None:
    box = Box()
    box.silence = 30
    with serving(box) as port:
        with start_worker(waiting, port) as worker:
            has_data = box.has_data.wait(180)
            worker.send_signal(signal.SIGKILL)
        assert has_data, (waiting.parent / "worker.log").read_text()
        assert ask(waiting, "SELECT state, attempts FROM outgoing_mail") == ("waiting", 1)
        box.silence = 0
        # The dead worker's time is over.
        ask(waiting, "UPDATE outgoing_mail SET next_try_at = created_at RETURNING id")
        with start_worker(waiting, port) as worker:
            deadline = time.monotonic() + 180
            while ask(waiting, "SELECT state FROM outgoing_mail") != ("sent",) and time.monotonic() < deadline:
                time.sleep(0.05)
            worker.terminate()
        assert ask(waiting, "SELECT state FROM outgoing_mail") == ("sent",), (waiting.parent / "worker.log").read_text()
    assert len(box.ids) == 2 and len(set(box.ids)) == 1
    assert ask(waiting, "SELECT attempts, error, text FROM outgoing_mail") == (2, None, "")
