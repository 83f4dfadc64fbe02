"""Rows of a csv file: encoding and delimiter found, records as text. Runs in the child only."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from app.imports import limits
from app.imports.columns import column_letter
from app.imports.guard import utf16_codec
from app.imports.limits import Problem, check_text, is_settled
from app.imports.messages import note, refusal

Row = tuple[int, list[str], dict[int, Problem]]

_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_SAMPLE_LINES = 20
_QUOTED = re.compile('"[^"]*(?:"|$)')
_TOLD = re.compile("sep=([,;\t])\r?\n?", re.IGNORECASE)
_TEXT_FORMULA = re.compile('="([^"]*)"')  # how a csv says "this is text" to a spreadsheet program
_END = "\0"


class CsvFile:
    """One csv file opened for reading; `notes` is complete once `rows` was consumed."""

    def __init__(self, stream: BinaryIO) -> None:
        self.notes: list[str] = []
        self.sheet_name = ""
        # 1 GiB would pass here and still be stopped: a file has at most `limits.FILE_BYTES`.
        csv.field_size_limit(1 << 30)
        self._lines = io.StringIO(self._decode(stream.read()), newline="")
        self._delimiter = self._find_delimiter()

    def rows(self) -> Iterator[Row]:
        """Give the records that hold something, in order; numbers count blank lines but not line breaks in quotes."""
        # In an open quotation the closing mark ends up inside a cell instead of a record of its own.
        lines = itertools.chain(self._lines, [_END])
        count = 0
        for number, record in enumerate(csv.reader(lines, delimiter=self._delimiter), 1):
            if number > limits.SHEET_ROWS:
                raise refusal("IMP-202", where="The file", row=f"{number:,}")
            if record == [_END]:
                break
            if record and _END in record[-1]:
                raise refusal("IMP-109", row=f"{number:,}")
            cells, problems = _read_record(record)
            if not cells:
                continue
            count += 1
            limits.check_row_count(count, "The file", number)
            if len(cells) > limits.COLUMNS:
                raise refusal("IMP-209", where="The file", column=column_letter(len(cells) - 1), limit=limits.COLUMNS)
            yield number, cells, problems
        if not count:
            raise refusal("IMP-505")

    def _decode(self, content: bytes) -> str:
        text = self._decode_by_codec(content)
        if "\0" in text:
            raise refusal("IMP-108")
        return text

    def _decode_by_codec(self, content: bytes) -> str:
        codec = utf16_codec(content)
        try:
            if codec:
                self.notes.append(note("utf-16" if codec == "utf-16" else "utf-16 guessed"))
                return content.decode(codec)
            try:
                return content.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = content.decode("cp1252")
                self.notes.append(note("cp1252"))
                return text
        except UnicodeDecodeError:
            raise refusal("IMP-108") from None

    def _find_delimiter(self) -> str:
        """Return the delimiter a 'sep=' line names, else the one most often found outside quotes on the first lines."""
        start = self._lines.readline()
        told = _TOLD.fullmatch(start)
        if told:
            return told[1]
        sample = _QUOTED.sub("", start + "".join(itertools.islice(self._lines, _SAMPLE_LINES - 1)))
        self._lines.seek(0)
        found = max(_NAMES, key=lambda delimiter: sample.count(delimiter))
        if found != ",":
            self.notes.append(note("delimiter", name=_NAMES[found]))
        return found


def _read_record(record: list[str]) -> tuple[list[str], dict[int, Problem]]:
    """Return the cells up to the last one that holds something."""
    cells: list[str] = []
    problems: dict[int, Problem] = {}
    for column, raw in enumerate(record):
        if raw.startswith('="') and (formula := _TEXT_FORMULA.fullmatch(raw)):
            raw = formula[1]
        if is_settled(raw):
            cells.append(raw)
            continue
        text, problem = check_text(raw)
        cells.append(text)
        if problem:
            problems[column] = problem
    while cells and not cells[-1] and len(cells) - 1 not in problems:
        cells.pop()
    return cells, problems
