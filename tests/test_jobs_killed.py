"""A real worker process, killed with kill -9 while it raises an upload: nothing lost, nothing doubled."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app import create_app
from app.access.actor import acting_as
from app.config import ROOT, Config
from app.extensions import db
from app.imports import checking, pipeline
from app.services import sessions
from tests.databases import URL_VARIABLE, create_database, drop_database

ROWS, KILLS, CHUNK = 8_000, 6, 200


class Place:
    """A database of its own, and a folder for what the worker writes."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.is_sqlite = url.startswith("sqlite")

    @contextmanager
    def asking(self) -> Iterator[Callable[[str], Any]]:
        """`ask(question)` for the first value of the answer, on one connection: a server makes a process for each."""
        if self.is_sqlite:
            path = self.url.removeprefix("sqlite:///")
            opened: Any = closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10))
        else:
            opened = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        with opened as connection:
            yield lambda question: connection.execute(question).fetchone()[0]

    def ask(self, question: str) -> Any:
        """The first value of the answer."""
        with self.asking() as ask:
            return ask(question)

    def settle(self) -> None:
        """Wait until a server has noticed that its client is dead: a commit under way comes to its end."""
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while not self.is_sqlite and self.ask(others):
            time.sleep(0.01)


@pytest.fixture(params=["sqlite", "postgresql"])
def raising(request, worlds, tmp_path, monkeypatch) -> Iterator[Place]:
    """A database of its own in which an upload of many rows has just been told to be raised."""
    world = worlds[request.param]
    world.restore()
    if request.param == "sqlite":
        path = tmp_path / "cms.sqlite3"
        shutil.copyfile(world.config.database_url.removeprefix("sqlite:///"), path)
        yield _fill(Place(f"sqlite:///{path}", tmp_path), monkeypatch)
        return
    server, name = os.environ[URL_VARIABLE], f"{world._name}_killed"
    yield _fill(Place(create_database(server, name, template=f"{world._name}_cast"), tmp_path), monkeypatch)
    drop_database(server, name)


def _fill(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(checking, "BATCH_ROWS", CHUNK)
    app = create_app(
        Config(
            is_testing=True, secret_key="for tests only", database_url=place.url, argon2_memory_kib=8, argon2_passes=1
        )
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
    return place


def start_worker(place: Place) -> "subprocess.Popen[bytes]":
    settings = {
        "PATH": os.environ["PATH"],
        "CMS_DATABASE_URL": place.url,
        "CMS_INSTANCE_PATH": str(place.folder),
        "CMS_JOB_LEASE_SECONDS": "1",
    }
    log = (place.folder / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=settings, stdout=log, stderr=log
        )


def wait_for(place: Place, question: str, is_enough: Callable[[Any], bool], worker: "subprocess.Popen[bytes]") -> Any:
    deadline = time.monotonic() + 60
    with place.asking() as ask:
        while not is_enough(answer := ask(question)):
            assert worker.poll() is None, (place.folder / "worker.log").read_text()
            assert time.monotonic() < deadline, (answer, (place.folder / "worker.log").read_text())
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
        raising.settle()
        kills += 1
        assert raising.ask("SELECT count(*) FROM contact") == (reached := raising.ask(RAISED))
        assert raising.ask("SELECT count(*) FROM audit_event WHERE action = 'contact:raise'") == reached
        assert reached % CHUNK == 0
        assert raising.ask("SELECT state FROM job") == "running" and reached < ROWS, "killed while it was at work"
        time.sleep(1.1)  # the lease of the dead
    worker = start_worker(raising)
    wait_for(raising, "SELECT state FROM job", lambda state: state != "running", worker)
    worker.terminate()
    worker.wait(timeout=30)
    assert raising.ask("SELECT state FROM job") == "done"
    assert raising.ask("SELECT attempts FROM job") == KILLS + 1
    assert raising.ask("SELECT state FROM upload") == "committed"
    for question, count in {
        RAISED: ROWS,
        "SELECT count(*) FROM contact": ROWS,
        "SELECT count(DISTINCT upload_row) FROM contact": ROWS,
        "SELECT count(DISTINCT reference) FROM contact": ROWS,
        "SELECT count(*) FROM audit_event WHERE action = 'contact:raise'": ROWS,
        "SELECT count(DISTINCT object_id) FROM audit_event WHERE action = 'contact:raise'": ROWS,
        "SELECT count(*) FROM audit_event WHERE action = 'upload:finish'": 1,
        "SELECT done_count FROM job": ROWS,
    }.items():
        assert raising.ask(question) == count, question
    if raising.is_sqlite:
        assert raising.ask("SELECT count(*) FROM contact_words WHERE contact_words MATCH 'high'") == ROWS
        assert raising.ask("PRAGMA integrity_check") == "ok"
