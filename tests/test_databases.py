"""The throw-away PostgreSQL: it starts each way, copies templates, and leaves neither process nor file behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests import database_homes, databases, system_packages
from tests.database_homes import temporary_root
from tests.databases import Installation, PostgresServer, PostgresUnavailable, create_database, drop_database

ROOT = Path(__file__).resolve().parent.parent
INSTALLATIONS = databases.installations()

# A test process that starts a server, says which, and then waits to be ended from outside.
HOLDER = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by whatever is started in the background
from tests.databases import connect, start_postgres
server = start_postgres()
with connect(server.url) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_url_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start servers; the run's own, named in the environment, would be returned instead."""
    monkeypatch.delenv(databases.URL_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(databases.URL_VARIABLE, raising=False)
        started = databases.start_postgres()
    yield started
    started.stop()


def query(url: str, text: str) -> object:
    """The first value of the first row."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(text.encode()).fetchone()
    return row[0] if row else None


def execute(url: str, text: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(text.encode())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_server_speaks_utf_8_and_sorts_by_byte_as_sqlite_does(server: PostgresServer) -> None:
    assert server.url.startswith("postgresql+psycopg://")
    assert query(server.url, "SHOW server_encoding") == "UTF8"
    assert query(server.url, "SELECT 'B' < 'a'") is True


def test_a_database_copied_from_a_template_has_its_rows_and_is_independent_of_it(server: PostgresServer) -> None:
    template = create_database(server.url, "template_of_tests")
    execute(template, "CREATE TABLE contact AS SELECT generate_series(1, 3) AS id")
    copy = create_database(server.url, "copy 'of' \"tests\" \u00e9", template="template_of_tests")
    execute(copy, "DELETE FROM contact WHERE id = 1")
    assert query(copy, "SELECT count(*) FROM contact") == 2
    assert query(template, "SELECT count(*) FROM contact") == 3


def test_creating_a_database_again_gives_an_empty_one_even_while_somebody_is_connected(server: PostgresServer) -> None:
    url = create_database(server.url, "used_twice")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as left_open:
        left_open.execute("CREATE TABLE leftover (id integer)")
        create_database(server.url, "used_twice")
    assert query(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_a_dropped_database_is_gone_and_dropping_it_again_is_no_error(server: PostgresServer) -> None:
    url = create_database(server.url, "short_lived")
    drop_database(server.url, "short_lived")
    drop_database(server.url, "short_lived")
    with pytest.raises(psycopg.OperationalError, match="short_lived"):
        query(url, "SELECT 1")


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=lambda installation: installation.source.split(" (")[0])
def test_stopping_leaves_no_process_and_no_file(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "installations", lambda: [installation])
    started = databases.start_postgres()
    data = Path(str(query(started.url, "SHOW data_directory")))
    pid = int((data / "postmaster.pid").read_text().split()[0])
    assert started.source == installation.source
    assert is_running(pid)
    started.stop()
    started.stop()
    assert not is_running(pid)
    assert not data.parent.exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda ending: ending.name)
def test_a_server_ends_with_the_process_that_started_it_however_that_ends(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as holder:
        assert holder.stdout is not None
        data = Path(holder.stdout.readline().strip())
        pid = int((data / "postmaster.pid").read_text().split()[0])
        holder.send_signal(ending)
    assert holds_within(10, lambda: not is_running(pid))
    assert holds_within(10, lambda: not data.parent.exists())


def test_a_server_named_in_the_environment_is_used_and_never_stopped(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(databases.URL_VARIABLE, server.url.replace("postgresql+psycopg", "postgres"))
    named = databases.start_postgres()
    named.stop()
    assert named.url == server.url
    assert query(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/none", "mysql://here/none", "none"])
def test_a_named_server_that_cannot_be_used_is_an_error_and_no_other_is_tried(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(databases.URL_VARIABLE, url)
    with pytest.raises(PostgresUnavailable, match=databases.URL_VARIABLE):
        databases.start_postgres()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user can enter, as `tmp_path` is not: as root, servers run as somebody else."""
    with tempfile.TemporaryDirectory(dir=temporary_root()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("broken", ["initdb", "postgres"])
def test_when_no_way_works_the_error_says_why_for_each_and_leaves_no_folder(
    broken: str, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("initdb", "postgres"):
        fails = f"test $1 = --version && exit; echo {name}: this disk is full >&2; exit 1"
        (open_folder / name).write_text(f"#!/bin/sh\n{fails if name == broken else ''}\n")
        (open_folder / name).chmod(0o755)
    made: list[str] = []
    make = tempfile.mkdtemp
    monkeypatch.setattr(databases.tempfile, "mkdtemp", lambda **how: made.append(make(**how)) or made[-1])
    monkeypatch.setattr(databases, "installations", lambda: [Installation("broken server", open_folder)])
    with pytest.raises(PostgresUnavailable, match=f"(?s)broken server: .*{broken}: this disk is full"):
        databases.start_postgres()
    assert made
    assert not Path(made[0]).exists()


def test_a_server_lives_in_memory_only_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_homes, "MEMORY", tmp_path)
    monkeypatch.setattr(database_homes, "ROOM", 1)
    assert temporary_root() == str(tmp_path)
    monkeypatch.setattr(database_homes, "ROOM", 2**62)
    assert temporary_root() in ("/tmp", None)  # noqa: S108 - only compared
    monkeypatch.setattr(database_homes, "MEMORY", tmp_path / "nowhere")
    monkeypatch.setattr(database_homes, "ROOM", 1)
    assert temporary_root() in ("/tmp", None)  # noqa: S108 - only compared


def test_when_nothing_is_installed_the_error_says_what_would_provide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "installations", lambda: [])
    with pytest.raises(PostgresUnavailable, match="development requirements"):
        databases.start_postgres()


@pytest.fixture
def as_root() -> None:
    """Only root can be another user."""
    if os.geteuid() != 0:
        if system_packages.is_ci():
            pytest.fail("only root can be another user, and nothing is left out here: run as root")
        pytest.skip("only root can be another user")


@pytest.mark.usefixtures("as_root")
def test_the_wheel_is_copied_where_an_unprivileged_user_cannot_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = [installation for installation in INSTALLATIONS if installation.may_be_copied]
    assert wheels
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = wheels[0].programs.parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            databases.shutil.copytree(folder, closed / folder.name, symlinks=True)
    hidden = Installation("hidden wheel", closed / package.name / "pginstall" / "bin", may_be_copied=True)
    monkeypatch.setattr(databases, "installations", lambda: [hidden])
    started = databases.start_postgres()
    data = Path(str(query(started.url, "SHOW data_directory")))
    started.stop()
    assert started.source == "hidden wheel"
    assert closed.stat().st_mode & 0o077 == 0
    assert not data.parent.exists()
