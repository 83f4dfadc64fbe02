"""Reads an upload to its end, for tests that look at what came of it."""

from app.domain.errors import UnreadableUpload
from app.imports.reader import SourceRow, open_upload
from tests.imports.files import assert_plain


def read(content: bytes, *, sheet: str | None = None, name: str = "a.xlsx") -> tuple[list[SourceRow], list[str], str]:
    rows: list[SourceRow] = []
    with open_upload(name, content, sheet=sheet) as reading:
        for batch in reading.batches():
            assert 0 < len(batch) <= 500
            rows.extend(batch)
    return rows, reading.notes, reading.sheet_name


def cells(content: bytes, **given: str) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in read(content, **given)[0]]


def codes(content: bytes) -> dict[tuple[int, int], str]:
    found = {(row.number, column): problem for row in read(content)[0] for column, problem in row.problems.items()}
    for code, message in found.values():
        assert_plain(UnreadableUpload(code, message))
    return {place: code for place, (code, _) in found.items()}
