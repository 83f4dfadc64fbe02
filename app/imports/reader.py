"""Reads an upload in a process of its own, so that no file can harm or slow the one that asked."""

import logging
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import orjson

from app.domain.errors import UnreadableUpload
from app.imports import limits
from app.imports.columns import column_letter
from app.imports.guard import guard
from app.imports.limits import Problem
from app.imports.messages import refusal

__all__ = ["Reading", "SourceRow", "column_letter", "open_upload"]

_COMMAND: Final = (sys.executable, "-s", "-m", "app.imports.child")
_HOME: Final = Path(__file__).resolve().parents[2]
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "random"}
_PIPE_BYTES: Final = limits.MIB  # room for the child to read on while the caller works on a batch

_LAST_SECONDS: Final = 0.2  # between closing its output and being gone

_log = logging.getLogger(__name__)


class SourceRow(NamedTuple):
    """One row that holds something, as the person who made the file sees it."""

    number: int
    """1-based: in a workbook the sheet's row number; in a csv the record's place, blank lines counted."""
    cells: tuple[str, ...]
    """Trimmed text. Numbers without exponent, dates as YYYY-MM-DD[ HH:MM:SS], times HH:MM:SS, TRUE or FALSE."""
    problems: dict[int, Problem]
    """0-based column -> IMP code and sentence; that cell's text is then only fit to be shown."""


class Reading:
    """The rows of one upload, arriving while its reader is still at work."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.sheet_name = ""
        self.notes: list[str] = []
        """Plain sentences on what was skipped or guessed; complete once `batches` was consumed."""
        self._process = process
        self._lines = _lines(process)
        self.sheet_name = self._next_line()["sheet"]

    def batches(self) -> Iterator[list[SourceRow]]:
        """Give the rows in order, at most 500 at a time, once; raises UnreadableUpload where the file turns out bad."""
        while "rows" in (line := self._next_line()):
            yield [
                SourceRow(number, tuple(cells), {int(column): (code, text) for column, (code, text) in found.items()})
                for number, cells, found in line["rows"]
            ]
        self.notes.extend(line["notes"])

    def _next_line(self) -> dict[str, Any]:
        for raw in self._lines:
            line: dict[str, Any] = orjson.loads(raw)
            if "refused" in line:
                code, message = line["refused"]
                if line["cause"]:
                    _log.warning("upload could not be read", extra={"code": code, "cause": line["cause"]})
                raise UnreadableUpload(code, message)
            return line
        # No last word: killed by a limit or by the parser it was running, or out of time and still alive.
        try:
            status: int | None = self._process.wait(timeout=_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        _log.warning("upload reader ended early", extra={"status": status})
        raise refusal("IMP-208")


@contextmanager
def open_upload(file_name: str, content: bytes, *, sheet: str | None = None) -> Iterator[Reading]:
    """Guard the file, then read it in a child process with limits on CPU, memory and time; leaving ends the child.

    Raises UnreadableUpload on entering for what can be told before the first row, such as an unknown `sheet`.
    """
    kind = guard(file_name, content)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        process = _start(file, kind, sheet)
    try:
        yield Reading(process)
    finally:
        process.kill()
        if process.stdout:
            process.stdout.close()
        process.wait()


def _start(file: IO[bytes], kind: str, sheet: str | None) -> "subprocess.Popen[bytes]":
    # Its messages go nowhere: what it knows of a failure comes on standard output.
    return subprocess.Popen(  # noqa: S603 (our own program; the one free word is a sheet's name, and no shell sees it)
        [*_COMMAND, kind, *([] if sheet is None else [sheet.replace("\0", "")])],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_HOME,
        env=_ENVIRONMENT,
        close_fds=True,
        pipesize=_PIPE_BYTES,
    )


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    """Give the child's lines as they come; the clock runs only while it is waited for, not while the caller works."""
    assert process.stdout is not None
    source = process.stdout.fileno()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    held = bytearray()
    waited = 0.0
    while True:
        asked = time.monotonic()
        allowed = min(limits.SILENCE_SECONDS, limits.WAIT_SECONDS - waited)
        searched = 0
        while (end := held.find(b"\n", searched)) < 0:
            searched = len(held)
            left = allowed - (time.monotonic() - asked)
            if left <= 0 or not poll.poll(left * 1000) or searched > limits.LINE_BYTES:
                return
            chunk = os.read(source, _PIPE_BYTES)
            if not chunk:
                return
            held += chunk
        waited += time.monotonic() - asked
        line = bytes(held[:end])
        del held[: end + 1]
        yield line
