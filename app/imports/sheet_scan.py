"""The pass over a sheet's XML before its cells are read: where data ends, and what the reading cannot show."""

import math
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import IntEnum
from functools import lru_cache
from typing import Final

from app.domain.errors import UnreadableUpload
from app.imports import limits
from app.imports.archive import MAIN, Archive, new_parser
from app.imports.messages import refusal


class Mark(IntEnum):
    """What a cell is, where its value alone does not tell."""

    NO_RESULT = 1  # a formula without a stored value
    ERROR = 2
    NEGATIVE = 3  # a number before the first date
    PAST_DATES = 4  # a number after the last date


@dataclass
class SheetScan:
    """What the pass has shown; rows and columns are 1-based, 0 where there is none."""

    data_rows: int = 0
    last_row: int = 0
    last_column: int = 0
    end_row: int = 0  # the last row present, blank or not
    row_elements: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)  # top, left, bottom, right
    marks: "array[int]" = field(default_factory=lambda: array("Q"))  # see `unpack_mark`; in reading order


def unpack_mark(packed: int) -> tuple[int, int, Mark]:
    """Return row, column and mark of one entry of `SheetScan.marks`."""
    return packed >> 20, packed >> 4 & 0xFFFF, Mark(packed & 0xF)


def column_letter(index: int) -> str:
    """Return the letters of a 0-based column: 0 -> 'A'."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=limits.SHEET_COLUMNS)
def _column_number(letters: str) -> int:
    """Return the 1-based column of the letters, 0 when there is no such column."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        return 0
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number if number <= limits.SHEET_COLUMNS else 0


_ROW, _CELL, _VALUE, _TEXT = MAIN + "row", MAIN + "c", MAIN + "v", MAIN + "t"
_CONTENT = (_VALUE, _TEXT)
_VALIDATION = MAIN + "dataValidation"
_FORMULA, _COLUMN, _MERGE = MAIN + "f", MAIN + "col", MAIN + "mergeCell"
_LAST_SERIAL: Final = 2_957_003  # the last day of 9999 in the 1904 epoch; the other ends 1,462 days later
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?", re.ASCII)
_TRUE = ("1", "true")


def scan_sheet(archive: Archive, part: str, *, sheet: str, strings: int) -> SheetScan:
    """Read a sheet's XML once and refuse what the reading would get wrong; `strings` is the count of shared strings.

    Rows and cells out of order are refused, since the workbook library would drop them without a word.
    """
    parser = new_parser(part)
    scan = _Scan(f'The sheet "{sheet}"', strings)
    parser.StartElementHandler, parser.CharacterDataHandler = scan.handlers()
    archive.parse(part, parser)
    scan.end_row()
    if scan.wide:
        raise refusal("IMP-209", where=scan.where, column=column_letter(scan.wide - 1), limit=limits.COLUMNS)
    return scan.result


_Start = Callable[[str, dict[str, str]], None]
_Text = Callable[[str], None]


class _Scan:
    """One pass over a sheet: the current row here, the current cell in the handlers."""

    def __init__(self, where: str, strings: int) -> None:
        self.where = where
        self.strings = strings
        self.result = SheetScan()
        self.wide = 0
        self.validations = 0
        self.row = 0
        self.row_hidden = False
        self.row_last = 0
        self.close_cell: Callable[[], None] = lambda: None

    def handlers(self) -> tuple[_Start, _Text]:
        """Return the handlers of start tags and text.

        Every cell passes through them, so they are written for speed: plain local names, and no handler of end tags
        (a cell ends where the next one, or the next row, begins).
        """
        row_text = ""
        column = 0
        kind = ""
        collecting = has_value = has_formula = inline = False
        held = ""
        end_cell, start_row, end_row, other = self._end_cell, self._start_row, self.end_row, self._start_other

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row_text, column, kind, collecting, has_value, has_formula, held, inline
            if tag in _CONTENT:
                collecting = has_value = True
                inline = tag == _TEXT
                return
            collecting = False
            if tag == _CELL:
                # Up to six digits is the common number: no date limit is near.
                if has_value and kind == "n" and len(held) < 7 and held.isdecimal() and not has_formula and not inline:
                    self.row_last = column
                elif has_value or has_formula:
                    check_place()
                    end_cell(column, kind, held, has_formula, has_value)
                reference = attributes.get("r")
                before = column
                if reference is None:
                    column = before + 1
                elif reference.endswith(row_text):
                    column = _column_number(reference[: -len(row_text)])
                else:
                    column = 0
                if not before < column <= limits.SHEET_COLUMNS:
                    raise refusal("IMP-204", where=self.where, found=f"cell {reference or column}"[:40])
                kind = attributes.get("t", "n")
                has_formula = has_value = False
                held = ""
            elif tag == _FORMULA:
                has_formula = True
            elif tag == _ROW:
                close_cell()
                end_row()
                row_text = start_row(attributes)
                column = 0
            else:
                other(tag, attributes)

        def check_place() -> None:
            # The workbook library looks for an inline text in one place only and for all else in the other.
            if held and inline != (kind == "inlineStr"):
                raise self._damaged(column)

        def text(data: str) -> None:
            nonlocal held
            if collecting:
                held += data

        def close_cell() -> None:
            nonlocal has_value, has_formula, collecting, held
            if has_value or has_formula:
                check_place()
                end_cell(column, kind, held, has_formula, has_value)
            has_value = has_formula = collecting = False
            held = ""

        self.close_cell = close_cell
        return start, text

    def _start_other(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == _COLUMN:
            if attributes.get("hidden") in _TRUE:
                first = int(attributes["min"])
                self.result.hidden_columns.append((first, int(attributes.get("max", first))))
        elif tag == _MERGE:
            self._merge(attributes.get("ref", ""))
        elif tag == _VALIDATION:
            self.validations += 1
            if self.validations > limits.VALIDATIONS:
                raise refusal("IMP-207", found=f"more than {limits.VALIDATIONS:,} validations")

    def _start_row(self, attributes: dict[str, str]) -> str:
        given = attributes.get("r")
        if given is None:
            number = self.row + 1
        else:
            number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
        if not self.row < number <= limits.SHEET_ROWS:
            raise refusal("IMP-204", where=self.where, found=f"row {given or number}"[:40])
        self.row = self.result.end_row = number
        self.row_hidden = attributes.get("hidden") in _TRUE
        self.row_last = 0
        self.result.row_elements += 1
        return str(number)

    def end_row(self) -> None:
        """Close the current row, if there is one."""
        self.close_cell()
        result = self.result
        if not self.row_last:
            return
        result.data_rows += 1
        result.last_row = self.row
        result.last_column = max(result.last_column, self.row_last)
        limits.check_row_count(result.data_rows, self.where, self.row)
        if self.row_last > limits.COLUMNS:
            self.wide = self.wide or self.row_last
        if self.row_hidden:
            result.hidden_rows.add(self.row)
        self.row_last = 0

    def _end_cell(self, column: int, kind: str, text: str, has_formula: bool, has_value: bool) -> None:
        text = text.strip()
        if not text:
            # A formula may well give an empty text; any other result is missing.
            if not has_formula or (kind == "str" and has_value):
                return
            self._mark(column, Mark.NO_RESULT)
        elif kind == "s":
            if not (text.isascii() and text.isdigit() and int(text) < self.strings):
                raise self._damaged(column)
        elif kind == "n":
            self._check_number(column, text)
        elif kind == "e":
            self._mark(column, Mark.ERROR)
        elif kind == "d":
            self._check_date(column, text)
        elif kind == "b":
            if text not in ("0", "1"):
                raise self._damaged(column)
        elif kind not in ("str", "inlineStr"):
            raise self._damaged(column)
        self.row_last = column

    def _check_number(self, column: int, text: str) -> None:
        if len(text) > limits.NUMBER_CHARS or not _NUMBER.fullmatch(text):
            raise refusal("IMP-405", where=self._place(column))
        value = float(text)
        if value < 0:
            self._mark(column, Mark.NEGATIVE)
        elif value >= _LAST_SERIAL + 1 or math.isinf(value):
            self._mark(column, Mark.PAST_DATES)

    def _check_date(self, column: int, text: str) -> None:
        readers: tuple[Callable[[str], object], ...] = (datetime.fromisoformat, time.fromisoformat)
        for read in readers:
            try:
                read(text)
            except ValueError:
                continue
            return
        raise refusal("IMP-407", where=self._place(column))

    def _mark(self, column: int, mark: Mark) -> None:
        self.result.marks.append(self.row << 20 | column << 4 | mark)

    def _place(self, column: int) -> str:
        return f"Cell {column_letter(column - 1)}{self.row} of the sheet"

    def _damaged(self, column: int) -> UnreadableUpload:
        return refusal("IMP-106", where=f" (cell {column_letter(column - 1)}{self.row})")

    def _merge(self, reference: str) -> None:
        match = _REFERENCE.fullmatch(reference)
        if not match:
            raise refusal("IMP-204", where=self.where, found=f"merged cells {reference[:40]}")
        left, top = _column_number(match[1]), int(match[2])
        right, bottom = _column_number(match[3] or match[1]), int(match[4] or match[2])
        area = (bottom - top + 1) * (right - left + 1)
        if area > limits.MERGE_CELLS or len(self.result.merges) == limits.MERGES:
            raise refusal("IMP-205", where=self.where, found=reference)
        self.result.merges.append((top, left, bottom, right))
