"""Where worlds live: files under bench/data for SQLite, a server for PostgreSQL."""

import shutil
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.worlds.copying import fill_postgres, plain_url
from bench.worlds.filling import make_sqlite
from bench.worlds.world import World, data_folder
from tests import databases

# What is tested may lose its data in a power cut; what is measured must pay for keeping it.
_SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB",
         "max_wal_size": "4GB"}  # fmt: skip


class Place(ABC):
    """One kind of database."""

    label: str

    @abstractmethod
    def open_world(self, world: World) -> str:
        """The URL of a world, built first if it is not there or not the same any more."""

    @abstractmethod
    def copy_world(self, world: World) -> str:
        """The URL of a fresh copy to write to; the one before is gone."""


def say(text: str) -> None:
    """Tell whoever waits what is going on, aside from the tables."""
    print(f"  {text}", file=sys.stderr, flush=True)


def _timed(text: str, work: Callable[[], None]) -> None:
    say(f"{text} …")
    started = time.monotonic()
    work()
    say(f"{text}: {time.monotonic() - started:.0f} s")


def kept_file(world: World) -> Path:
    """The SQLite file of a world, built if it is missing or its recipe has changed."""
    path = data_folder() / f"{world.stem}.sqlite3"
    stamp = path.with_suffix(".recipe")
    if path.exists() and stamp.exists() and stamp.read_text() == world.recipe():
        return path
    for old in (stamp, path, *path.parent.glob(f"{path.name}-*")):
        old.unlink(missing_ok=True)
    # Written down before the work: sources that change during it are not what was built.
    recipe = world.recipe()
    _timed(f"SQLite: making {world.contacts:,} contacts", lambda: make_sqlite(world, path))
    stamp.write_text(recipe)
    return path


class SqlitePlace(Place):
    """Files."""

    label = "SQLite"

    def open_world(self, world: World) -> str:
        return f"sqlite:///{kept_file(world)}"

    def copy_world(self, world: World) -> str:
        folder = data_folder("copy")
        shutil.rmtree(folder)
        copy = data_folder("copy") / "copy.sqlite3"
        shutil.copyfile(kept_file(world), copy)
        return f"sqlite:///{copy}"


class PostgresPlace(Place):
    """A server; the throw-away one of the tests is filled anew each time, one named in the environment keeps all."""

    label = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self.server_url = url

    def open_world(self, world: World) -> str:
        name = f"cms_bench_{world.stem}"
        url, recipe = self._url(name), world.recipe()
        if self._recipe_of(name) != recipe:
            source = kept_file(world)
            databases.create_database(self.server_url, name)
            _timed(f"PostgreSQL: copying {world.contacts:,} contacts", lambda: fill_postgres(source, url))
            self._run(f"COMMENT ON DATABASE {name} IS '{recipe}'")
        return url

    def copy_world(self, world: World) -> str:
        self.open_world(world)
        url = databases.create_database(self.server_url, "cms_bench_copy", template=f"cms_bench_{world.stem}")
        # Or the pages of the copy are written out during what is measured.
        self._run("CHECKPOINT")
        return url

    def _url(self, name: str) -> str:
        head, _, query = self.server_url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")

    def _recipe_of(self, name: str) -> str | None:
        with psycopg.connect(plain_url(self.server_url), autocommit=True) as connection:
            found = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (name,)
            ).fetchone()
        return found[0] if found else None

    def _run(self, statement: str) -> None:
        with psycopg.connect(plain_url(self.server_url), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def open_place(name: str) -> Iterator[Place]:
    """Where to measure: "sqlite" or "postgresql"; a server started here is stopped at the end."""
    if name == "sqlite":
        yield SqlitePlace()
        return
    databases.SERVER_SETTINGS.update(_SAFE)
    server = databases.start_postgres()
    say(f"PostgreSQL: {server.source}")
    try:
        yield PostgresPlace(server.url)
    finally:
        server.stop()
