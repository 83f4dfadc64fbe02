"""`python -m bench [SUBJECT ...] [--only DATABASE]`: measure, and print tables in Markdown."""

import argparse
import os
import platform
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from importlib import import_module

from bench.scale import Scale, chosen_scale
from bench.worlds.places import Place, open_place, say

# Subject: the modules that measure it, and the databases it is measured in.
SUBJECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "list": (("contact_list", "forms"), ("sqlite", "postgresql")),
    "import": (("imports",), ("sqlite", "postgresql")),
    "export": (("exports",), ("sqlite", "postgresql")),
    "desk": (("desk",), ("sqlite", "postgresql")),
    "seed": (("seeding",), ("sqlite",)),
}


def main(words: list[str]) -> None:
    """Run the chosen subjects, database by database."""
    parser = argparse.ArgumentParser("make bench")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"any of {', '.join(SUBJECTS)}; all when none")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="measure in one kind of database")
    chosen = parser.parse_args(words)
    if unknown := set(chosen.subjects) - SUBJECTS.keys():
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    # Or what was started would outlive this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    subjects = chosen.subjects or list(SUBJECTS)
    scale, started = chosen_scale(), time.monotonic()
    python = platform.python_version()
    print(f"\n{os.cpu_count()} cores, Python {python}, SQLite {sqlite3.sqlite_version}; medians; trust the ratios.")
    if (load := os.getloadavg()[0]) > 1:
        print(
            f"\n**The machine was busy (load average {load:.1f}): "
            "times lean towards short requests, CPU time does not.**"
        )
    for name in ("sqlite", "postgresql"):
        wanted = [subject for subject in subjects if name in SUBJECTS[subject][1]]
        if not wanted or chosen.only not in (None, name):
            continue
        with open_place(name) as place:
            for module in [module for subject in wanted for module in SUBJECTS[subject][0]]:
                _runner(module)(place, scale)
    say(f"done in {(time.monotonic() - started) / 60:.0f} minutes")


def _runner(module: str) -> Callable[[Place, Scale], None]:
    # Imported one by one: a subject that needs something missing does not stop the others.
    run: Callable[[Place, Scale], None] = import_module(f"bench.subjects.{module}").run
    return run


if __name__ == "__main__":
    main(sys.argv[1:])
