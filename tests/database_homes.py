"""Where the tests' PostgreSQL lives, and as whom it runs."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
ROOM = 2 * 1024**3


class PostgresUnavailable(Exception):
    """No PostgreSQL could be found or started; the message says why for each way tried, and what would help."""


@dataclass(frozen=True)
class Account:
    """The system user a server runs as when the tests run as root, which PostgreSQL refuses to be."""

    name: str
    user: int
    group: int


def account_for_root() -> Account:
    import pwd  # only where there is a root

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")


def temporary_root() -> str | None:
    """In memory, where there is room: a database has five hundred files, and a copy of it takes a disk 0.3 seconds.

    Else /tmp for root, whose own folder others may not enter, and where the path of a socket would be too long.
    """
    if _has_room(MEMORY):
        return str(MEMORY)
    is_unsuitable = os.geteuid() == 0 or len(tempfile.gettempdir()) > 60
    return "/tmp" if is_unsuitable and os.path.isdir("/tmp") else None  # noqa: S108, PTH112 - mkdtemp makes it private


def _has_room(folder: Path) -> bool:
    """Whether a server could live there; containers often have a few megabytes only, or let nothing run from there."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC
