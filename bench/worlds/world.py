"""What a world holds, and how to tell whether a kept one is still the same."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.config import ROOT
from bench.scale import Scale

DATA = ROOT / "bench" / "data"
ORGANISATIONS = 200
PASSWORD = "bench-horse-battery"
ADVOCATE, MEMBER, ADMINISTRATOR = "BENCH-ADVOCATE", "BENCH-MEMBER", "BENCH-ADMIN"
# A word that no contact holds.
ABSENT_WORD = "quagmire"

_RECIPE = ("app/migrations/versions/*.py", "app/access/tenancy.py", "app/services/drafts.py",
           "app/domain/identifiers.py", "seed/load.py", "seed/reference/**/*.json", "bench/worlds/[!p]*.py",
           "bench/worlds/people.py")  # fmt: skip


@dataclass(frozen=True)
class World:
    """So many contacts and so many users, in 200 organisations."""

    name: str
    contacts: int
    users: int

    @property
    def stem(self) -> str:
        """The name of its files and databases."""
        return f"{self.name}_{self.contacts}"

    def recipe(self) -> str:
        """A fingerprint of everything that decides its content."""
        return hashlib.sha256(f"{self!r} {_sources()}".encode()).hexdigest()


@cache
def _sources() -> str:
    """Read once in a run: nothing is built again because somebody edits a file meanwhile."""
    digest = hashlib.sha256()
    for pattern in _RECIPE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def large_world(scale: Scale) -> World:
    """The world of the list pages."""
    return World("large", scale.large_contacts, scale.many_users)


def small_world(scale: Scale) -> World:
    """The world that imports go into and exports come from."""
    return World("small", scale.small_contacts, scale.few_users)


def data_folder(name: str = "") -> Path:
    """A folder under bench/data, made if missing."""
    folder = DATA / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
