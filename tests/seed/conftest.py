"""Databases of the seed's own: migrated and empty, or holding the demonstration, on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask

from app import create_app
from app.access.actor import SYSTEM, acting_as
from app.config import Config
from app.extensions import db
from seed.demo import SignIn, load_demo
from seed.load import load_reference
from tests.databases import URL_VARIABLE, create_database, drop_database

DEMO_CONTACTS = 1500


class Databases:
    """Copies of one migrated and empty database."""

    def __init__(self, kind: str, folder: Path, worker: str) -> None:
        self.kind, self.folder, self.worker = kind, folder, worker
        self.urls: dict[str, str] = {}
        app = self.open("template")
        with app.app_context():
            flask_migrate.upgrade()
            _release()

    def open(self, name: str, of: str = "template") -> Flask:
        """An application on a new copy of one that is not in use; the first one is the migrated and empty one."""
        is_first = not self.urls
        if self.kind == "sqlite":
            self.urls[name] = f"sqlite:///{self.folder / name}.sqlite3"
            self.delete_files(name)
            if not is_first:
                shutil.copyfile(self.folder / f"{of}.sqlite3", self.folder / f"{name}.sqlite3")
        else:
            template = None if is_first else self.full_name(of)
            self.urls[name] = create_database(os.environ[URL_VARIABLE], self.full_name(name), template=template)
        config = Config(
            is_testing=True,
            secret_key="not a secret, only for tests, long enough",
            database_url=self.urls[name],
            argon2_memory_kib=8,
            argon2_passes=1,
        )
        return create_app(config)

    def delete_files(self, name: str) -> None:
        """Forget an earlier copy of that name."""
        for suffix in ("", "-wal", "-shm"):
            (self.folder / f"{name}.sqlite3{suffix}").unlink(missing_ok=True)

    def full_name(self, name: str) -> str:
        """Its name on the server that all workers share."""
        return f"cms_seed_{self.worker}_{name}"

    def close(self) -> None:
        """Leave nothing behind."""
        if self.kind == "postgresql":
            for name in self.urls:
                drop_database(os.environ[URL_VARIABLE], self.full_name(name))


def _release() -> None:
    db.session.remove()
    db.engine.dispose()


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Databases]:
    """Databases of one kind."""
    made = Databases(request.param, tmp_path_factory.mktemp("seed"), worker_id)
    yield made
    made.close()


@pytest.fixture
def blank(databases: Databases) -> Iterator[Flask]:
    """A migrated and empty database, in its application's context."""
    app = databases.open("blank")
    with app.app_context():
        yield app
        _release()


@pytest.fixture(scope="module")
def reference(databases: Databases) -> str:
    """The name of the database that holds the reference data."""
    with databases.open("reference").app_context():
        load_reference()
        _release()
    return "reference"


@pytest.fixture
def loaded(databases: Databases, reference: str) -> Iterator[Flask]:
    """A database with the reference data, in its application's context and done by the service."""
    app = databases.open("loaded", of=reference)
    with app.app_context():
        with acting_as(SYSTEM):
            yield app
        _release()


@pytest.fixture(scope="module")
def demo_app(databases: Databases) -> Iterator[tuple[Flask, list[SignIn]]]:
    """The demonstration, loaded once."""
    app = databases.open("demo")
    with app.app_context():
        load_reference()
        people = load_demo(DEMO_CONTACTS)
        db.session.remove()
    yield app, people
    with app.app_context():
        _release()


@pytest.fixture
def demonstration(demo_app: tuple[Flask, list[SignIn]]) -> Iterator[list[SignIn]]:
    """The demonstration, in its application's context; not to be changed."""
    app, people = demo_app
    with app.app_context():
        yield people
