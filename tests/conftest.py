"""Fixtures: a fresh world for each test, on SQLite and on PostgreSQL."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app, jobs
from app.access.actor import SYSTEM, Actor, acting_as
from app.config import Config
from app.domain import clock
from app.extensions import db
from app.models import Organisation
from app.services import figures, reach, sessions
from tests import system_packages
from tests.cast import ORGANISATIONS, PEOPLE, load_cast
from tests.clients import Browser, open_browser
from tests.databases import URL_VARIABLE, PostgresServer, create_database, drop_database, start_postgres
from tests.rewinding import Rewinder
from tests.worlds import Owned, make_busy

KINDS = ("sqlite", "postgresql")
_server: PostgresServer | None = None


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for all workers; none to see which tests there are."""
    global _server
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        _server = start_postgres()
        os.environ[URL_VARIABLE] = _server.url


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it."""
    if _server is not None:
        _server.stop()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: while one waits for a browser, a database or the clock, another works."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: looking for rings in it again and again took a twentieth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


def pytest_report_header(config: pytest.Config) -> str:
    """Which servers the tests talk to."""
    return f"sqlite {sqlite3.sqlite_version}; postgresql: {_server.source if _server else 'started by the controller'}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name what could not be installed."""
    if found := system_packages.missing():
        terminalreporter.write_line(system_packages.report(found))


class World:
    """An application whose database is put back to the cast's world before each test."""

    def __init__(self, kind: str, folder: Path, worker: str) -> None:
        self.kind = kind
        self._folder = folder
        self._live = folder / "live.sqlite3"
        self._name = f"cms_test_{worker}"
        url = self._prepare()
        self.config = Config(
            is_testing=True,
            secret_key="not a secret, only for tests, long enough",
            database_url=url,
            instance=folder,
            argon2_memory_kib=8,
            argon2_passes=1,
        )
        self.app = create_app(self.config)
        import flask_migrate

        with self.app.app_context():
            flask_migrate.upgrade()
            load_cast()
            db.session.remove()
            db.engine.dispose()
        self._kept: set[str] = set()
        self._rewinder = Rewinder(url)
        self.keep("cast")
        self._made: dict[str, Any] = {}

    def _prepare(self) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self._live}"
        return create_database(os.environ[URL_VARIABLE], self._name)

    def _template(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"

    def keep(self, name: str) -> None:
        """Make what is there now the template of that name."""
        self._release()
        self._kept.add(name)
        if self.kind == "sqlite":
            with sqlite3.connect(self._live) as source, sqlite3.connect(self._template(name)) as target:
                source.backup(target)
            source.close()
            target.close()
        else:
            self._rewinder.let_go()
            create_database(os.environ[URL_VARIABLE], f"{self._name}_{name}", template=self._name)
            self._rewinder.remember(name)

    def busy(self) -> dict[str, Owned]:
        """The world in which two organisations own a row of everything."""
        return self.put("busy", lambda: make_busy(self.app))

    def put(self, name: str, make: Callable[[], Any]) -> Any:
        """Put the world of that name back, made from the cast's the first time; returns what making it returned."""
        if name not in self._made:
            self.restore()
            self._made[name] = make()
            self.keep(name)
        self.restore(name)
        return self._made[name]

    def restore(self, name: str = "cast", *, anew: bool = False) -> None:
        """Put a template back; `anew` by a copy of its files, whatever was changed.

        Connections to PostgreSQL stay where only rows are put back: what a new one has to learn of the schema costs as
        much as a short test.
        """
        figures.forget()
        if self.kind == "sqlite":
            self._release()
            for suffix in ("", "-wal", "-shm"):
                self._live.with_name(self._live.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(self._template(name), self._live)
        elif anew or not self._rewind(name):
            self._release()
            self._rewinder.let_go()
            create_database(os.environ[URL_VARIABLE], self._name, template=f"{self._name}_{name}")
            self._rewinder.begin(name)

    def _rewind(self, name: str) -> bool:
        with self.app.app_context():
            db.session.remove()
        return self._rewinder.rewind(name)

    def _release(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def close(self) -> None:
        """Leave nothing behind."""
        self._release()
        if self.kind == "postgresql":
            self._rewinder.let_go()
            for name in (self._name, *(f"{self._name}_{kept}" for kept in self._kept)):
                drop_database(os.environ[URL_VARIABLE], name)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[dict[str, World]]:
    """Both worlds of this worker, made when first asked for."""
    made: dict[str, World] = {}

    class Made(dict[str, World]):
        def __missing__(self, kind: str) -> World:
            self[kind] = World(kind, tmp_path_factory.mktemp(kind), worker_id)
            return self[kind]

    made = Made()
    yield made
    for world in made.values():
        world.close()


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> World:
    """The cast's world, fresh, on each database in turn; left to `busy` to put back where a test asks for that."""
    world = worlds[request.param]
    if "busy" not in request.fixturenames:
        world.restore()
    return world


@pytest.fixture
def as_copied(world: World) -> None:
    """The cast's world in files without traces of other tests: how large a table is there changes how it is read."""
    world.restore(anew=True)


@pytest.fixture
def app(world: World) -> Flask:
    """The application. No context is pushed, for requests would share it: use `acting`, or `app.app_context()`."""
    return world.app


@pytest.fixture
def busy(world: World) -> dict[str, Owned]:
    """A world in which alder and birch own a row of everything (tests/worlds.py)."""
    return world.busy()


@pytest.fixture
def acting(app: Flask) -> Callable[..., AbstractContextManager[Actor]]:
    """`with acting("ann") as ann:` everything inside is done by ann; "system" is the service itself.

    `with acting("xena", "alder")` she acts on alder's behalf.
    """

    @contextmanager
    def act(name: str, on_behalf_of: str = "") -> Iterator[Actor]:
        with app.app_context():
            actor = SYSTEM if name == "system" else sessions.actor_of(PEOPLE[name].user_id)
            assert actor is not None, name
            if on_behalf_of:
                actor = acting_for(actor, on_behalf_of)
            with acting_as(actor):
                yield actor

    return act


def acting_for(actor: Actor, organisation: str) -> Actor:
    """The actor while they act for an organisation of the cast."""
    code, name, _ = ORGANISATIONS[organisation]
    with acting_as(SYSTEM):
        pk = db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()
    return reach.act(actor, pk, name, "The tests need it", clock.now() + timedelta(hours=1))


def run_waiting_jobs(app: Flask) -> int:
    """Do what a worker would do now; returns how many jobs there were."""
    with app.app_context():
        waiting = jobs.list_waiting()
        for job_id in waiting:
            jobs.run(job_id)
        return len(waiting)


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Do what a worker would do now; returns how many jobs there were."""
    return partial(run_waiting_jobs, app)


@pytest.fixture
def browser(app: Flask) -> Callable[..., Browser]:
    """`browser("ann")` is ann's browser."""
    return partial(open_browser, app)
