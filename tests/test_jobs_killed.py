"""A real worker process, killed with kill -9 while it raises an upload: nothing lost, nothing doubled."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.access.actor import acting_as
from app.config import ROOT, Config
from app.extensions import db
from app.imports import checking, pipeline
from app.services import sessions

ROWS, KILLS, CHUNK = 8_000, 6, 200


@pytest.fixture
def raising(worlds, tmp_path, monkeypatch) -> Path:
    """A SQLite file of its own in which an upload of many rows has just been told to be raised."""
    world = worlds["sqlite"]
    world.restore()
    path = tmp_path / "cms.sqlite3"
    shutil.copyfile(world.config.database_url.removeprefix("sqlite:///"), path)
    monkeypatch.setattr(checking, "BATCH_ROWS", CHUNK)
    url = f"sqlite:///{path}"
    app = create_app(
        Config(is_testing=True, secret_key="for tests only", database_url=url, argon2_memory_kib=8, argon2_passes=1)
    )
    head = "MPRN,What is wrong with the address,Correct address,Correct postcode,Description\n"
    lines = (f"3938424403,Spelling or numbering,{n} High Street,B91 3QL,Number {n} is wrong\n" for n in range(ROWS))
    with app.app_context():
        with acting_as(sessions.actor_of("ALD-ANN")):
            upload_id = pipeline.receive_upload("many.csv", (head + "".join(lines)).encode(), "ADD").id
            db.session.commit()
            assert pipeline.check_upload(upload_id, lambda done, total: None).accepted_count == ROWS
            db.session.commit()
            pipeline.start_commit(upload_id)
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return path


def start_worker(database: Path) -> "subprocess.Popen[bytes]":
    settings = {
        "PATH": os.environ["PATH"],
        "CMS_DATABASE_URL": f"sqlite:///{database}",
        "CMS_INSTANCE_PATH": str(database.parent),
        "CMS_JOB_LEASE_SECONDS": "1",
    }
    log = (database.parent / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=settings, stdout=log, stderr=log
        )


def ask(database: Path, question: str) -> Any:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(question).fetchone()[0]


def wait_for(database: Path, question: str, is_enough: Callable[[Any], bool], worker: "subprocess.Popen[bytes]") -> Any:
    deadline = time.monotonic() + 60
    while not is_enough(answer := ask(database, question)):
        assert worker.poll() is None, (database.parent / "worker.log").read_text()
        assert time.monotonic() < deadline, (answer, (database.parent / "worker.log").read_text())
        time.sleep(0.004)
    return answer


RAISED = "SELECT raised_count FROM upload"


def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(raising) -> None:
    draw = random.Random()
    reached, kills = 0, 0
    while kills < KILLS:
        worker = start_worker(raising)
        goal = reached + draw.randint(1, (ROWS - reached) // (KILLS - kills + 3))
        wait_for(raising, RAISED, lambda count, goal=goal: count >= goal, worker)
        time.sleep(draw.random() * 0.03)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kills += 1
        assert ask(raising, "SELECT count(*) FROM contact") == (reached := ask(raising, RAISED))
        assert ask(raising, "SELECT count(*) FROM audit_event WHERE action = 'contact:raise'") == reached
        assert reached % CHUNK == 0
        assert ask(raising, "SELECT state FROM job") == "running" and reached < ROWS, "killed while it was at work"
        time.sleep(1.1)  # the lease of the dead
    worker = start_worker(raising)
    wait_for(raising, "SELECT state FROM job", lambda state: state != "running", worker)
    worker.terminate()
    worker.wait(timeout=30)
    assert ask(raising, "SELECT state FROM job") == "done"
    assert ask(raising, "SELECT attempts FROM job") == KILLS + 1
    assert ask(raising, "SELECT state FROM upload") == "committed"
    for question, count in {
        RAISED: ROWS,
        "SELECT count(*) FROM contact": ROWS,
        "SELECT count(DISTINCT upload_row) FROM contact": ROWS,
        "SELECT count(DISTINCT reference) FROM contact": ROWS,
        "SELECT count(*) FROM audit_event WHERE action = 'contact:raise'": ROWS,
        "SELECT count(DISTINCT object_id) FROM audit_event WHERE action = 'contact:raise'": ROWS,
        "SELECT count(*) FROM contact_words WHERE contact_words MATCH 'high'": ROWS,
        "SELECT count(*) FROM audit_event WHERE action = 'upload:finish'": 1,
        "SELECT done_count FROM job": ROWS,
    }.items():
        assert ask(raising, question) == count, question
    assert ask(raising, "PRAGMA integrity_check") == "ok"
