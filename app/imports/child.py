"""The process that reads one upload: file on standard input, JSON lines on standard output.

Lines, in order: {"sheet": name}, then {"rows": [[number, cells, problems], ...]} as often as needed, then either
{"notes": [...]} or, at any point, {"refused": [code, sentence], "cause": for the log only}.
"""

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any
from xml.parsers import expat

import orjson

from app.domain.errors import UnreadableUpload
from app.imports import limits
from app.imports.messages import refusal


def set_limits() -> None:
    """Take from this process what reading does not need, for good."""
    wanted = {
        resource.RLIMIT_CPU: limits.CHILD_CPU_SECONDS,
        resource.RLIMIT_AS: limits.CHILD_MEMORY_BYTES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: limits.CHILD_OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def main(kind: str, sheet: str | None) -> None:
    """Read the file on standard input as `kind` and say on standard output what is in it."""
    gc.disable()  # rows are no rings: they go when they are done with, and the search for rings costs time
    # Imported before the limits, after which no file can be opened for long.
    if kind == "xlsx":
        from app.imports import xlsx_rows
    else:
        from app.imports import csv_rows
    set_limits()
    stream = sys.stdin.buffer
    try:
        source = xlsx_rows.Workbook(stream, sheet) if kind == "xlsx" else csv_rows.CsvFile(stream)
        _say({"sheet": source.sheet_name})
        _say_rows(source)
        _say({"notes": source.notes})
    except UnreadableUpload as error:
        _refuse(error, "")
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more
    except MemoryError as error:
        _refuse(refusal("IMP-208"), _cause(error))
    except expat.ExpatError as error:
        out_of_memory = error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
        _refuse(refusal("IMP-208") if out_of_memory else refusal("IMP-106", where=""), _cause(error))
    except Exception as error:  # whatever a broken file leads a parser into
        _refuse(refusal("IMP-106", where=""), _cause(error))


def _say_rows(source: Any) -> None:
    batch: list[tuple[int, list[str], dict[int, tuple[str, str]]]] = []
    chars = 0
    for row in source.rows():
        batch.append(row)
        chars += sum(map(len, row[1]))
        if len(batch) == limits.BATCH_ROWS or chars > limits.BATCH_CHARS:
            _say({"rows": batch})
            batch, chars = [], 0
    if batch:
        _say({"rows": batch})


def _say(line: dict[str, object]) -> None:
    try:
        data = orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # A lone half of a surrogate pair is no UTF-8; written in ASCII it does not break the stream.
        data = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _refuse(error: UnreadableUpload, cause: str) -> None:
    _say({"refused": [error.code, error.message], "cause": cause})


def _cause(error: BaseException) -> str:
    """Return the class of an exception and the line it came from; never its text, which may quote the file."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__} at {place}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
