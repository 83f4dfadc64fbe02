"""Heads of the chain outside the database: without them, a chain cut short or made anew looks whole."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.extensions import db
from app.models import AuditSeal
from app.models.connections import reading

_LONGEST_LINE = 200


class Published(NamedTuple):
    """What one line says: the number and hash of a link; None for a line that says neither."""

    line: int
    number: int | None
    hash: str


def publish(path: Path) -> int:
    """Add the links that the file does not name yet to its end; how many."""
    last = _last_number(path)
    with acting_as(SYSTEM), reading():
        new = select(AuditSeal.id, AuditSeal.hash, AuditSeal.sealed_at).where(AuditSeal.id > last)
        found = db.session.execute(new.order_by(AuditSeal.id)).all()
    if found:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write("".join(f"{number} {hashed} {at:%Y-%m-%dT%H:%M:%SZ}\n" for number, hashed, at in found))
            file.flush()
            os.fsync(file.fileno())
    return len(found)


def _last_number(path: Path) -> int:
    """The number in the last line; 0 for a file that is not there or ends oddly."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - _LONGEST_LINE, 0))
        last = file.read().decode(errors="replace").splitlines()[-1:]
    return _read(0, last[0] if last else "").number or 0


def read_heads(path: Path) -> Iterator[Published]:
    """The lines of the file in order."""
    with path.open(errors="replace") as file:
        for count, text in enumerate(file, 1):
            yield _read(count, text)


def _read(line: int, text: str) -> Published:
    words = text.split()
    if len(words) == 3 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 19:
        return Published(line, int(words[0]), words[1])
    return Published(line, None, "")
