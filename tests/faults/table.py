"""The table of faults."""

import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = Path(__file__).with_name("faults.toml")


class Fault(NamedTuple):
    """`old`, which stands once in `file`, becomes `new`; then one of `tests` (words for pytest) must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def plant(self, root: Path) -> str:
        """Put the fault into the code under `root`; what the file held before. ValueError when it has no place."""
        path = root / self.file
        before = path.read_text()
        if (places := before.count(self.old)) != 1:
            raise ValueError(f"its old text stands {places} times in {self.file}, and must stand there once")
        path.write_text(before.replace(self.old, self.new))
        return before


def load() -> list[Fault]:
    """Every fault, in the table's order."""
    rows = tomllib.loads(TABLE.read_text())["fault"]
    return [Fault(**{**row, "tests": tuple(row["tests"])}) for row in rows]
