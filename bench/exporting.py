"""`python -m bench.exporting HOW`: one export in one process, its bytes thrown away; prints seconds as JSON.

"ours-csv" and "ours-xlsx" stream as the page does; "plain-csv" is csv.writer over a raw cursor, "plain-xlsx" openpyxl
in its write-only way over the same cursor.
"""

import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook

from app import create_app
from app.config import SQLITE_SCHEME
from app.exports import contacts as contact_export
from app.services.sessions import actor_of
from bench.worlds.copying import plain_url
from bench.worlds.world import ADVOCATE

_FETCH_ROWS = 1000
# The columns of the service's own export, as they are stored.
_SELECT = """SELECT c.reference, c.own_reference, c.type_code, c.mprn, c.summary, c.status, c.status AS holder,
    c.due_on, c.raised_at, c.raised_by_name, c.closed_at, o.name, c.assignee_name
    FROM contact c JOIN organisation o ON o.id = c.organisation_id ORDER BY c.id DESC"""


def main(how: str) -> None:
    """Export, and say how it went."""
    url = os.environ["CMS_DATABASE_URL"]
    started = time.perf_counter()
    rows = _WAYS[how](url)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "rows": rows}))


def _ours(file_format: str) -> Callable[[str], int]:
    app = create_app()

    def export(url: str) -> int:
        with app.app_context():
            actor = actor_of(ADVOCATE)
            assert actor is not None
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - it is no path
                for piece in contact_export.stream(actor, {}, "newest", file_format):
                    nowhere.write(piece)
        return 0

    return export


def _raw_rows(url: str) -> Iterator[Sequence[Any]]:
    if url.startswith(SQLITE_SCHEME):
        import sqlite3

        yield from sqlite3.connect(url.removeprefix(SQLITE_SCHEME)).execute(_SELECT)
        return
    import psycopg

    with psycopg.connect(plain_url(url)) as connection, connection.cursor(name="export") as cursor:
        cursor.itersize = _FETCH_ROWS
        yield from cursor.execute(_SELECT)


def _plain_csv(url: str) -> int:
    count = 0
    with open(os.devnull, "w", newline="") as nowhere:  # noqa: PTH123
        writer = csv.writer(nowhere)
        for row in _raw_rows(url):
            writer.writerow(row)
            count += 1
    return count


def _plain_xlsx(url: str) -> int:
    book, count = Workbook(write_only=True), 0
    sheet = book.create_sheet("Contacts")
    for row in _raw_rows(url):
        # A workbook knows no zones.
        sheet.append([value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value for value in row])
        count += 1
    with tempfile.TemporaryFile() as file:
        book.save(file)
    return count


_WAYS: dict[str, Callable[[str], int]] = {"plain-csv": _plain_csv, "plain-xlsx": _plain_xlsx}

if __name__ == "__main__":
    if sys.argv[1].startswith("ours-"):
        _WAYS[sys.argv[1]] = _ours(sys.argv[1].removeprefix("ours-"))
    main(sys.argv[1])
