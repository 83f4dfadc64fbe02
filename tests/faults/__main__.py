"""python -m tests.faults [WORDS]: plant each fault (or those whose name holds the words) and run its tests.

Works on a copy of the checkout. Exit status 1 when a fault is not caught or has lost its place in the code.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.databases import URL_VARIABLE, start_postgres
from tests.faults.table import ROOT, Fault, load

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", "__pycache__", "instance", "test-results", "node_modules"
)
LONGEST_SECONDS = 300
GREEN, RED = 0, 1


def run(root: Path, tests: Iterable[str]) -> tuple[int | None, str]:
    """Exit status of pytest (None when it took too long) and what it said."""
    words = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    # Nothing compiled is kept: two faults of one size, planted within a second, would be taken for the same file.
    surroundings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *words],
            cwd=root,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status: int | None = process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        return status, said.read()


def judge(root: Path, fault: Fault) -> str:
    """Why the fault was not caught; "" when it was."""
    try:
        before = fault.plant(root)
    except (OSError, ValueError) as error:
        return str(error)
    try:
        status, said = run(root, fault.tests)
    finally:
        (root / fault.file).write_text(before)
    if status == RED:
        return ""
    if status == GREEN:
        return "every test stayed green"
    # Code that cannot be loaded is no fault anybody would miss: the table's new text is wrong.
    return f"its tests could not be run to an end ({status})\n{said[-1500:]}"


def main(words: str) -> int:
    """Plant, run, tell."""
    faults = [fault for fault in load() if words in fault.name]
    if not faults:
        print(f"No fault has “{words}” in its name.")
        return 1
    server = start_postgres()
    os.environ[URL_VARIABLE] = server.url
    missed = 0
    with tempfile.TemporaryDirectory(prefix="cms-faults-") as folder:
        root = Path(folder) / "checkout"
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        try:
            status, said = run(root, dict.fromkeys(test for fault in faults for test in fault.tests))
            if status != GREEN:
                print(f"Without any fault the tests are not green, so they can tell nothing.\n{said[-3000:]}")
                return 1
            for fault in faults:
                reason = judge(root, fault)
                missed += bool(reason)
                print(f"NOT CAUGHT  {fault.name}: {reason}" if reason else f"caught      {fault.name}", flush=True)
        finally:
            server.stop()
    print(f"{len(faults) - missed} of {len(faults)} faults caught.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
