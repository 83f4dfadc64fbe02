"""Headers to data items: which row is the header, which column answers which item."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from app.domain.errors import UnreadableUpload
from app.domain.item import Item
from app.imports.reader import SourceRow, column_letter
from app.services.definition import Definition

TYPE_COLUMN = "CONTACT_TYPE"
_TYPE_HEADERS = ("Contact type", "Contact code", "Type", TYPE_COLUMN)
HEADER_SEARCH_ROWS = 30
# What the annotated workbook adds is ours and is not a column of theirs.
_OURS = frozenset({"result", "errors", "contactreference"})


@dataclass(frozen=True)
class Column:
    """One column of the file: 0-based index, the header as written, the item code it answers or None."""

    index: int
    header: str
    code: str | None

    @property
    def letter(self) -> str:
        """The column as spreadsheet programs name it."""
        return column_letter(self.index)


@dataclass(frozen=True)
class HeaderMap:
    """What was understood of the header."""

    header_row: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...]

    @cached_property
    def used(self) -> tuple[tuple[int, str], ...]:
        """(0-based index, header) of the columns that answer items."""
        return tuple((column.index, column.header) for column in self.columns if column.code)

    @cached_property
    def _by_code(self) -> dict[str, Column]:
        return {column.code: column for column in self.columns if column.code}

    @cached_property
    def _last(self) -> int:
        return max(column.index for column in self._by_code.values())

    @cached_property
    def _pick(self) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """Takes the cells of the columns used, in their order, out of a row."""
        # With one more than needed it gives a tuple also where a single column is used.
        indexes = [column.index for column in self._by_code.values()]
        pick = itemgetter(*indexes, indexes[0])
        return lambda cells: pick(cells)[:-1]

    def column_of(self, code: str) -> Column | None:
        """The column that answers an item, if any does."""
        return self._by_code.get(code)

    def answers_of(self, row: SourceRow) -> dict[str, str]:
        """The row's texts by item code; cells with a problem of their own answer nothing."""
        cells, problems, width = row.cells, row.problems, len(row.cells)
        if not problems and width > self._last:
            return dict(zip(self._by_code, self._pick(cells), strict=True))
        return {
            code: cells[column.index]
            for code, column in self._by_code.items()
            if column.index < width and column.index not in problems
        }


def folded(header: str) -> str:
    """A header without case, spaces, punctuation and accents, and without a mark such as "(required)" or "*"."""
    plain = header.casefold().split("(")[0] or header.casefold()
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if letter.isalnum())


def names_of(definitions: Iterable[Definition], *, is_mixed: bool) -> dict[str, str]:
    """Folded header -> item code, for every name an item goes by; a code or label used twice means the same item."""
    names = {folded(name): TYPE_COLUMN for name in _TYPE_HEADERS} if is_mixed else {folded("Contact type"): TYPE_COLUMN}
    for definition in definitions:
        for item in definition.asked:
            for name in (item.code, item.label):
                names.setdefault(folded(name), item.code)
    return names


def is_header(row: SourceRow, names: Mapping[str, str]) -> bool:
    """Whether a row looks like the header: half of its cells, and at least one, are names we know."""
    written = [cell for cell in row.cells if cell]
    known = sum(folded(cell) in names for cell in written)
    return known >= 1 and known * 2 >= len(written)


def understand(row: SourceRow, names: Mapping[str, str], required: Sequence[Item], *, is_mixed: bool) -> HeaderMap:
    """Columns by header; UnreadableUpload when a required one is missing or one appears twice."""
    columns = [Column(i, cell, names.get(folded(cell))) for i, cell in enumerate(row.cells) if cell]
    seen: dict[str, Column] = {}
    for column in columns:
        if column.code is None:
            continue
        if column.code in seen:
            first = seen[column.code]
            raise UnreadableUpload(
                "IMP-504",
                f"Columns {first.letter} (“{first.header}”) and {column.letter} (“{column.header}”) mean the same. "
                "Keep one of them and upload the file again.",
            )
        seen[column.code] = column
    if is_mixed and TYPE_COLUMN not in seen:
        raise UnreadableUpload(
            "IMP-503",
            "There is no column “Contact type”. Add one with a code such as ADD in each row, or choose one contact "
            "type for the whole file when you upload it.",
        )
    missing = [item.label for item in required if item.code not in seen]
    if missing:
        found = ", ".join(f"“{column.header}”" for column in columns if column.code is None)
        raise UnreadableUpload(
            "IMP-503",
            f"Row {row.number} is the header, but these columns are missing: {', '.join(missing)}."
            + (f" These were not recognised: {found}." if found else "")
            + " Correct the headers, or start from the template.",
        )
    unknown = [f"{c.letter} “{c.header}”" for c in columns if c.code is None and folded(c.header) not in _OURS]
    notes = (f"Columns not used: {', '.join(unknown[:20])}{' …' if len(unknown) > 20 else ''}.",) if unknown else ()
    return HeaderMap(row.number, tuple(columns), notes)


def no_header(rows: Sequence[SourceRow], names: Mapping[str, str]) -> UnreadableUpload:
    """The refusal when no row of the first thirty is a header."""
    first = ", ".join(f"“{cell}”" for cell in rows[0].cells if cell)[:120] if rows else "nothing"
    return UnreadableUpload(
        "IMP-503",
        f"No row with column headers was found. The first row holds {first}. Put the headers above the rows, "
        "or start from the template.",
    )
