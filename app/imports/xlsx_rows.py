"""Rows of a workbook: the sheet chosen, its cells as text. Runs in the child only."""

import posixpath
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from app.imports import limits
from app.imports.archive import MAIN, Archive, Part
from app.imports.limits import Problem, check_text
from app.imports.messages import name_all, note, refusal, sentence
from app.imports.sheet_scan import Mark, SheetScan, column_letter, scan_sheet, unpack_mark

Row = tuple[int, list[str], dict[int, Problem]]

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships "
_MACROS = "macroenabled"


# On opening, the library looks for the size each sheet declares, and reads a sheet that declares none to its end:
# 5 seconds of the 30 allowed for a large one. That size is never used here (it can be wrong), so it is not sought.
ReadOnlyWorksheet._get_size = lambda sheet: None


class _Sheet(NamedTuple):
    name: str
    hidden: bool
    part: str  # '' for a chart


class Workbook:
    """One workbook opened for reading; `notes` is complete once `rows` was consumed."""

    def __init__(self, stream: BinaryIO, wanted: str | None) -> None:
        self.notes: list[str] = []
        self._stream = stream
        self._scanned: set[str] = set()  # parts read to their end: blank ones, and the chosen one
        archive = Archive(stream)
        looks = {name: archive.look(name) for name in archive.names if not name.endswith("/")}
        sheets = _list_sheets(looks)
        strings = [part.elements[MAIN + "si"] for part in looks.values() if part.root == MAIN + "sst"]
        if len(strings) > 1:
            raise refusal("IMP-106", where="")
        self._chosen, self._scan = self._choose(archive, sheets, wanted, sum(strings))
        self.sheet_name = self._chosen.name
        self._weigh_others(archive, sheets, looks)

    def _choose(
        self, archive: Archive, sheets: list[_Sheet], wanted: str | None, strings: int
    ) -> tuple[_Sheet, SheetScan]:
        """Return the sheet asked for, else 'Contacts', else the first to be seen that holds data."""
        readable = [sheet for sheet in sheets if sheet.part]
        if not readable:
            raise refusal("IMP-502")
        seen = [sheet for sheet in readable if not sheet.hidden]
        if wanted is not None:
            named = [sheet for sheet in readable if sheet.name == wanted] or [
                sheet for sheet in readable if sheet.name.casefold() == wanted.casefold()
            ]
            if not named:
                raise refusal("IMP-506", name=wanted[:60], names=name_all([sheet.name for sheet in seen]))
            if named[0].hidden:
                raise refusal("IMP-501", name=named[0].name)
            seen = named[:1]
        seen.sort(key=lambda sheet: sheet.name.strip().casefold() != "contacts")
        blank_rows = 0
        for sheet in seen:
            scan = scan_sheet(archive, sheet.part, sheet=sheet.name, strings=strings)
            self._scanned.add(sheet.part)
            if scan.data_rows:
                return sheet, scan
            blank_rows = max(blank_rows, scan.row_elements)
        for sheet in readable:
            if sheet.hidden and wanted is None and archive.holds_values(sheet.part):
                raise refusal("IMP-501", name=sheet.name)
        limits.check_row_count(blank_rows, "The sheet", blank_rows)
        raise refusal("IMP-505")

    def _weigh_others(self, archive: Archive, sheets: list[_Sheet], looks: dict[str, Part]) -> None:
        """Unpack every other sheet too, so that all is counted and checked before the workbook is opened."""
        names = {sheet.part: sheet for sheet in sheets}
        for part, look in looks.items():
            # A sheet is not looked at beyond its first element, so it has no elements.
            if look.root != MAIN + "worksheet" or part in self._scanned or not archive.holds_values(part):
                continue
            sheet = names.get(part)
            if sheet and sheet.hidden:
                self.notes.append(note("hidden sheet", name=sheet.name))
            elif sheet:
                self.notes.append(note("other sheet", name=sheet.name, chosen=self._chosen.name))

    def rows(self) -> Iterator[Row]:
        """Give the rows that hold something, in order, hidden ones left out."""
        scan = self._scan
        self._stream.seek(0)
        book = load_workbook(self._stream, read_only=True, data_only=True, keep_links=False)
        sheet = book[self._chosen.name]
        sheet.reset_dimensions()
        marks = _Marks(scan)
        merges = _Merges(scan)
        hidden = [c for first, last in scan.hidden_columns for c in range(first - 1, min(last, scan.last_column))]
        hidden_in_use: set[int] = set()
        values = sheet.iter_rows(max_row=scan.last_row, max_col=scan.last_column, values_only=True)
        # Cut off here, what stands behind the rows (such as validations by the thousand) is never made into objects.
        for number, row in enumerate(islice(values, scan.last_row), 1):
            cells, problems = _read_row(row, marks.of_row(number))
            if number in scan.hidden_rows:
                continue
            merges.fill(number, cells, problems)
            for column in hidden:
                if cells[column] or column in problems:
                    hidden_in_use.add(column)
                    cells[column] = ""
                    problems.pop(column, None)
            if any(cells) or problems:
                yield number, cells, problems
        self._note_layout(hidden_in_use, merges.used)

    def _note_layout(self, hidden_columns: set[int], merges: list[str]) -> None:
        scan = self._scan
        if scan.hidden_rows:
            self.notes.append(note("hidden rows", found=name_all(_spans(scan.hidden_rows))))
        if hidden_columns:
            letters = [column_letter(column) for column in sorted(hidden_columns)]
            self.notes.append(note("hidden columns", found=name_all(letters)))
        if merges:
            self.notes.append(note("merged", found=name_all(merges)))
        if scan.end_row > scan.last_row:
            tail = scan.end_row - scan.last_row
            self.notes.append(note("blank tail", count=f"{tail:,}", row=f"{scan.last_row:,}"))


def _list_sheets(looks: dict[str, Part]) -> list[_Sheet]:
    """Return the sheets in the workbook's order; refuse one that lies outside the file or is missing from it."""
    books = [name for name, part in looks.items() if part.root == MAIN + "workbook"]
    kinds = [attributes.get("ContentType", "").lower() for _, attributes in looks["[Content_Types].xml"].attributes]
    if any(_MACROS in kind for kind in kinds):
        raise refusal("IMP-302")
    if any("sheet.binary" in kind for kind in kinds):
        raise refusal("IMP-103")
    if len(books) != 1:
        raise refusal("IMP-106", where="")
    folder, name = posixpath.split(books[0])
    relations = looks.get(f"{folder}/_rels/{name}.rels", Part())
    targets = {
        attributes.get("Id", ""): attributes for tag, attributes in relations.attributes if tag == "Relationship"
    }
    sheets = []
    for tag, attributes in looks[books[0]].attributes:
        if tag != "sheet":
            continue
        target = targets.get(attributes.get(_OFFICE + "id", ""))
        if target is None:
            raise refusal("IMP-106", where="")
        part = _resolve(folder, target)
        if part not in looks:
            raise refusal("IMP-106", where=f' (the sheet "{attributes.get("name", "")[:60]}" is missing)')
        is_sheet = looks[part].root == MAIN + "worksheet"
        hidden = attributes.get("state", "visible") != "visible"
        sheets.append(_Sheet(attributes.get("name", ""), hidden, part if is_sheet else ""))
    if len(sheets) > limits.SHEETS:
        raise refusal("IMP-206", count=f"{len(sheets):,}", limit=limits.SHEETS)
    if len({sheet.name for sheet in sheets}) != len(sheets):
        raise refusal("IMP-305")
    return sheets


def _resolve(folder: str, relation: dict[str, str]) -> str:
    target = relation.get("Target", "")
    path = posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
    if relation.get("TargetMode", "").lower() == "external" or ":" in target or path.startswith(".."):
        raise refusal("IMP-304")
    return path


def _read_row(row: tuple[Any, ...], marks: dict[int, Mark]) -> tuple[list[str], dict[int, Problem]]:
    cells: list[str] = []
    problems: dict[int, Problem] = {}
    for column, value in enumerate(row):
        if value is None:
            cells.append("")
        elif type(value) is str:
            text, problem = check_text(value)
            cells.append(text)
            if problem:
                problems[column] = problem
        else:
            cells.append(_as_text(value))
    for column, mark in marks.items():
        value = row[column]
        is_date = isinstance(value, date | time | timedelta)
        if mark is Mark.NO_RESULT:
            problems[column] = "IMP-401", sentence("IMP-401")
        elif mark is Mark.ERROR:
            problems[column] = "IMP-406", sentence("IMP-406", found=cells[column] or "#N/A")
        elif is_date or isinstance(value, str):
            # The workbook library turns a number past the last date into '#VALUE!'.
            cells[column] = ""
            problems[column] = "IMP-407", sentence("IMP-407", where="This cell")
        elif isinstance(value, float) and value in (float("inf"), float("-inf")):
            cells[column] = ""
            problems[column] = "IMP-405", sentence("IMP-405", where="This cell")
    return cells, problems


def _as_text(value: object) -> str:
    """Return the canonical text of a number, date, time or truth value; never an exponent."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            return ""
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        # Serial numbers carry rounding noise; a whole second is what was typed.
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
        return value.replace(tzinfo=None).isoformat(" ", "seconds").removesuffix(" 00:00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value)


def _spans(numbers: set[int]) -> list[str]:
    """Return row numbers as spans: '4-9', '12'."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [f"{first:,}" if first == last else f"{first:,}-{last:,}" for first, last in spans]


class _Marks:
    """The marks of a sheet, handed out row by row."""

    def __init__(self, scan: SheetScan) -> None:
        self._marks = scan.marks

    def of_row(self, number: int) -> dict[int, Mark]:
        """Return the marks of one row by 0-based column."""
        marks: dict[int, Mark] = {}
        at = bisect_left(self._marks, number << 20)
        while at < len(self._marks) and self._marks[at] >> 20 == number:
            _, column, mark = unpack_mark(self._marks[at])
            marks[column - 1] = mark
            at += 1
        return marks


class _Merges:
    """The merged blocks of a sheet, filled as their rows come by."""

    def __init__(self, scan: SheetScan) -> None:
        self._waiting = sorted(scan.merges, reverse=True)
        self._open: list[tuple[tuple[int, int, int, int], str, Problem | None]] = []
        self.used: list[str] = []

    def fill(self, number: int, cells: list[str], problems: dict[int, Problem]) -> None:
        """Write a block's value over its cells in this row, unless the row is blank but for the block."""
        while self._waiting and self._waiting[-1][0] <= number:
            block = self._waiting.pop()
            top, left, bottom, right = block
            if top == number and left <= len(cells) and (cells[left - 1] or left - 1 in problems):
                self._open.append((block, cells[left - 1], problems.get(left - 1)))
                self.used.append(f"{column_letter(left - 1)}{top}:{column_letter(right - 1)}{bottom}")
        self._open = [entry for entry in self._open if entry[0][2] >= number]
        if not self._open or not (any(cells) or problems):
            return
        for (_, left, _, right), text, problem in self._open:
            for column in range(left - 1, min(right, len(cells))):
                cells[column] = text
                if problem:
                    problems[column] = problem
