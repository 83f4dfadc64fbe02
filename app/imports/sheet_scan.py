"""The one pass over a sheet's XML: its rows as text, where data ends, and what the rows cannot show."""

from collections.abc import Callable, Iterator
from typing import Final
from xml.parsers import expat

from app.domain.errors import UnreadableUpload
from app.imports import limits
from app.imports.archive import MAIN, Archive, new_parser
from app.imports.cell_values import BadCell, CellValues, Convert
from app.imports.columns import ColumnNumbers, column_letter
from app.imports.limits import Problem
from app.imports.messages import refusal, sentence

Row = tuple[int, list[str], dict[int, Problem]]
"""A row's number, its cells up to the last that holds something, and the problems by 0-based column."""

_ROW, _CELL, _VALUE, _FORMULA = MAIN + "row", MAIN + "c", MAIN + "v", MAIN + "f"
_INLINE, _TEXT, _PHONETIC = MAIN + "is", MAIN + "t", MAIN + "rPh"
_COLUMN, _VALIDATION = MAIN + "col", MAIN + "dataValidation"
_TRUE: Final = ("1", "true")

_OUTSIDE: Final = "cell outside any row"


def _cannot(stored: str) -> None:
    """Convert nothing: the cell has to be looked at closer."""


class SheetScan:
    """One sheet being read; rows and columns in its figures are 1-based, 0 where there is none.

    The figures are final once `batches` was consumed; the hidden columns stand in the file before the rows.
    """

    def __init__(self, archive: Archive, part: str, sheet: str, values: CellValues) -> None:
        self.data_rows = 0
        self.last_row = 0
        self.last_column = 0
        self.end_row = 0  # the last row present, blank or not
        self.row_elements = 0
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()  # 0-based
        self._archive = archive
        self._part = part
        self._where = f'The sheet "{sheet}"'
        self._values = values
        self._wide = 0
        self._validations = 0
        self._row = 0
        self._row_hidden = False
        self._found: list[Row] = []

    def batches(self) -> Iterator[list[Row]]:
        """Give the rows that hold data, hidden ones left out, as they are unpacked; nothing at all for a blank sheet.

        Rows and cells out of order are refused: somebody may have meant them to be read.
        """
        parser = new_parser(self._part)
        finish = self._listen(parser)
        for chunk in self._archive.chunks(self._part):
            if self.data_rows:
                yield self._take()
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
        finish()
        if self._wide:
            letter = column_letter(self._wide - 1)
            raise refusal("IMP-209", where=self._where, column=letter, limit=limits.COLUMNS)
        if self.data_rows:
            yield self._take()

    def _take(self) -> list[Row]:
        found = self._found[:]
        self._found.clear()
        return found

    def _listen(self, parser: expat.XMLParserType) -> Callable[[], None]:
        """Set the handlers of a parser; return what closes the last row.

        Every cell passes through them, so they are written for speed: plain local names, common cases first, and a cell
        that ends where the next one, or the next row, begins.
        """
        values, columns = self._values, ColumnNumbers()
        by_kind, by_style = values.by_kind, values.by_style
        start_row, end_row, other = self._start_row, self._end_row, self._start_other
        row_text = ""
        row_chars = 0
        row_last = column = 0  # of the row: the last column with something in it, the column at hand
        kind = "n"
        style: str | None = None
        convert: Convert = _cannot
        held = ""
        more: list[str] = []
        collecting = phonetic = inline = has_value = has_formula = False
        cells: list[str] = []
        problems: dict[int, Problem] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row_text, row_chars, row_last, column, kind, style, convert
            nonlocal collecting, phonetic, inline, has_value, has_formula, cells, problems
            if tag == _VALUE:
                if has_value:
                    second_value()
                collecting = has_value = True
            elif tag == _CELL:
                if held or has_formula:
                    end_cell()
                has_value = inline = False
                before = column
                reference = attributes.get("r")
                if reference is None:
                    column += 1
                elif reference.endswith(row_text):
                    column = columns[reference[:-row_chars]]
                else:
                    column = 0
                if not before < column <= limits.SHEET_COLUMNS:
                    raise refusal("IMP-204", where=self._where, found=f"cell {reference or column}"[:40])
                kind = attributes.get("t", "n")
                style = attributes.get("s")
                convert = by_style[style] if kind == "n" else by_kind.get(kind, _cannot)
            elif tag == _TEXT:
                collecting = not phonetic
                has_value = inline = True
                convert = by_kind["str"] if kind == "inlineStr" else _cannot
            elif tag == _FORMULA:
                has_formula = True
            elif tag == _ROW:
                finish()
                row_text = start_row(attributes)
                row_chars = len(row_text)
                row_last = column = 0
                cells, problems = [], {}
            elif tag == _PHONETIC:
                phonetic = True
            elif tag != _INLINE:
                collecting = False
                other(tag, attributes)

        def end(tag: str) -> None:
            nonlocal collecting, phonetic
            collecting = False
            if tag == _PHONETIC:
                phonetic = False

        def text(data: str) -> None:
            nonlocal held
            if collecting:
                if held:
                    more.append(data)
                else:
                    held = data

        def end_cell() -> None:
            nonlocal held, has_formula, row_last
            if more:
                held += "".join(more)
                more.clear()
            text = convert(held) if held else None
            if text is None:
                text = look_closer()
            held = ""
            has_formula = False
            if text is None:
                return
            row_last = column
            if len(cells) + 1 == column:
                cells.append(text)
            elif column <= limits.COLUMNS:
                cells.extend([""] * (column - 1 - len(cells)))
                cells.append(text)

        def second_value() -> None:
            nonlocal inline, convert
            if held or not inline:
                raise self._damaged(column)
            inline, convert = False, _cannot

        def look_closer() -> str | None:
            # A number stands in one place only, an inline text in the other.
            if held and inline != (kind == "inlineStr"):
                raise self._damaged(column)
            text, problem = "", None
            if held and not held.isspace():
                try:
                    text, problem = values.look_closer(kind, style, held)
                except BadCell as error:
                    raise self._bad(error.code, column) from None
            elif not has_formula or (kind == "str" and has_value):
                return None  # a formula may well give an empty text; any other result is missing
            else:
                problem = "IMP-401", sentence("IMP-401")
            if problem:
                problems[column - 1] = problem
            return text

        def finish() -> None:
            nonlocal has_value
            if held or has_formula:
                end_cell()
            has_value = False
            if row_last:
                end_row(row_last, cells, problems)

        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        return finish

    def _start_row(self, attributes: dict[str, str]) -> str:
        given = attributes.get("r")
        if given is None:
            number = self._row + 1
        else:
            number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
        if not self._row < number <= limits.SHEET_ROWS:
            raise refusal("IMP-204", where=self._where, found=f"row {given or number}"[:40])
        self._row = self.end_row = number
        self._row_hidden = attributes.get("hidden") in _TRUE
        self.row_elements += 1
        return str(number)

    def _end_row(self, last: int, cells: list[str], problems: dict[int, Problem]) -> None:
        if not self._row:
            raise refusal("IMP-204", where=self._where, found=_OUTSIDE)
        self.data_rows += 1
        self.last_row = self._row
        self.last_column = max(self.last_column, last)
        limits.check_row_count(self.data_rows, self._where, self._row)
        if last > limits.COLUMNS:
            # Read on: too many rows, or rows out of order, are worth more to be told.
            self._wide = self._wide or last
        if self._wide:
            self._found.clear()
        elif self._row_hidden:
            self.hidden_rows.add(self._row)
        else:
            self._found.append((self._row, cells, problems))

    def _start_other(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == _COLUMN:
            if attributes.get("hidden") in _TRUE:
                first = int(attributes["min"])
                last = int(attributes.get("max", first))
                self.hidden_columns.update(range(max(first, 1) - 1, min(last, limits.COLUMNS)))
        elif tag == _VALIDATION:
            self._validations += 1
            if self._validations > limits.VALIDATIONS:
                raise refusal("IMP-207", found=f"more than {limits.VALIDATIONS:,} validations")

    def _bad(self, code: str, column: int) -> UnreadableUpload:
        if code == "IMP-106":
            return self._damaged(column)
        return refusal(code, where=f"Cell {column_letter(column - 1)}{self._row} of the sheet")

    def _damaged(self, column: int) -> UnreadableUpload:
        return refusal("IMP-106", where=f" (cell {column_letter(column - 1)}{self._row})")
