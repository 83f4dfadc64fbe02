"""Rows of a workbook: the sheet chosen, its cells as text. Runs in the child only."""

import posixpath
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from app.imports import limits
from app.imports.archive import MAIN, Archive, Part
from app.imports.cell_values import CellValues
from app.imports.columns import column_letter
from app.imports.merged_cells import Merges, find_merges
from app.imports.messages import name_all, note, refusal
from app.imports.shared_strings import SharedStrings, read_strings
from app.imports.sheet_scan import Row, SheetScan
from app.imports.styles import Styles, read_styles

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships "
_MACROS = "macroenabled"
_FALSE = (None, "", "0", "f", "false")


class _Sheet(NamedTuple):
    name: str
    hidden: bool
    part: str  # '' for a chart


class _Chosen(NamedTuple):
    """The sheet to be read, its first rows already at hand."""

    name: str
    scan: SheetScan
    merges: Merges
    first: list[Row]
    others: Iterator[list[Row]]


class Workbook:
    """One workbook opened for reading; `notes` is complete once `rows` was consumed."""

    def __init__(self, stream: BinaryIO, wanted: str | None) -> None:
        self.notes: list[str] = []
        self._scanned: set[str] = set()  # parts that are read as rows: blank ones, and the chosen one
        archive = Archive(stream)
        looks = {name: archive.look(name) for name in archive.names if not name.endswith("/")}
        sheets = _list_sheets(looks)
        values = _read_values(archive, looks)
        self._chosen = self._choose(archive, sheets, wanted, values)
        self.sheet_name = self._chosen.name
        self._weigh_others(archive, sheets, looks)

    def _choose(self, archive: Archive, sheets: list[_Sheet], wanted: str | None, values: CellValues) -> _Chosen:
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
            self._scanned.add(sheet.part)
            merges = Merges(find_merges(archive, sheet.part, sheet.name))
            scan = SheetScan(archive, sheet.part, sheet.name, values)
            batches = scan.batches()
            first = next(batches, None)
            if first is not None:
                return _Chosen(sheet.name, scan, merges, first, batches)
            blank_rows = max(blank_rows, scan.row_elements)
        for sheet in readable:
            if sheet.hidden and wanted is None and archive.holds_values(sheet.part):
                raise refusal("IMP-501", name=sheet.name)
        limits.check_row_count(blank_rows, "The sheet", blank_rows)
        raise refusal("IMP-505")

    def _weigh_others(self, archive: Archive, sheets: list[_Sheet], looks: dict[str, Part]) -> None:
        """Unpack every other sheet too, so that all is counted and checked before the first row is given."""
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
        """Give the rows that hold something, in order, hidden ones left out.

        Each has as many cells as the widest row so far, one that was unpacked together with it included.
        """
        _, scan, merges, first, others = self._chosen
        hidden_in_use: set[int] = set()
        for batch in chain([first], others):
            width = min(scan.last_column, limits.COLUMNS)
            hidden = [column for column in scan.hidden_columns if column < width]
            for number, cells, problems in batch:
                cells.extend([""] * (width - len(cells)))
                merges.fill(number, cells, problems)
                for column in hidden:
                    if cells[column] or column in problems:
                        hidden_in_use.add(column)
                        cells[column] = ""
                        problems.pop(column, None)
                if any(cells) or problems:
                    yield number, cells, problems
        self._note_layout(hidden_in_use)

    def _note_layout(self, hidden_columns: set[int]) -> None:
        scan, merges = self._chosen.scan, self._chosen.merges.used
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


def _read_values(archive: Archive, looks: dict[str, Part]) -> CellValues:
    """Read what cells refer to: shared texts and formats."""
    texts = [name for name, part in looks.items() if part.root == MAIN + "sst"]
    formats = [name for name, part in looks.items() if part.root == MAIN + "styleSheet"]
    books = [attributes for part in looks.values() for tag, attributes in part.attributes if tag == "workbookPr"]
    if len(texts) > 1 or len(formats) > 1:
        raise refusal("IMP-106", where="")
    return CellValues(
        read_strings(archive, texts[0]) if texts else SharedStrings(),
        read_styles(archive, formats[0]) if formats else Styles(),
        is_1904=any(attributes.get("date1904") not in _FALSE for attributes in books),
    )


def _resolve(folder: str, relation: dict[str, str]) -> str:
    target = relation.get("Target", "")
    path = posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
    if relation.get("TargetMode", "").lower() == "external" or ":" in target or path.startswith(".."):
        raise refusal("IMP-304")
    return path


def _spans(numbers: set[int]) -> list[str]:
    """Return row numbers as spans: '4-9', '12'."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [f"{first:,}" if first == last else f"{first:,}-{last:,}" for first, last in spans]
