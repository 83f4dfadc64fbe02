"""What the check of every kind of file has in common: finding the header, and its rows batch by batch."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.errors import UnreadableUpload
from app.domain.item import Item
from app.imports.mapping import HEADER_SEARCH_ROWS, HeaderMap, is_header, no_header, understand
from app.imports.messages import sentence
from app.imports.reader import Reading, SourceRow
from app.services.drafts import Draft


class CellError(NamedTuple):
    """One thing wrong: the user's row number, column letter and header ("" when there is none), code, sentence."""

    row: int
    column: str
    header: str
    code: str
    message: str


@dataclass(frozen=True)
class CheckedRows:
    """Some rows: the good ones as drafts, the errors, and warnings that stop nothing."""

    drafts: list[Draft]
    errors: list[CellError]
    warnings: list[CellError]
    row_count: int


@dataclass
class SheetChecker(ABC):
    """Checks one file of any kind."""

    header: HeaderMap | None = field(default=None, kw_only=True)
    # Rows with text only in columns that are not used, such as totals and notes.
    passed_over: list[int] = field(default_factory=list, kw_only=True)

    @property
    @abstractmethod
    def names(self) -> dict[str, str]:
        """Folded header -> code of the column."""

    @property
    @abstractmethod
    def required(self) -> Sequence[Item]:
        """The columns without which a file of this kind says nothing."""

    @property
    @abstractmethod
    def labels(self) -> dict[str, str]:
        """What each column is called, by code."""

    @property
    @abstractmethod
    def batch_rows(self) -> int:
        """So many rows are checked at a time."""

    @property
    def is_mixed(self) -> bool:
        """Whether a column says of which contact type each row is."""
        return False

    @abstractmethod
    def check_batches(self, batches: Iterator[list[SourceRow]]) -> Iterator[CheckedRows]:
        """The rows of a file, checked; a batch without rows says only that the work goes on."""

    def refuse_other(self, passed: list[SourceRow]) -> None:  # noqa: B027 - a kind may know of nothing else
        """Say it, with UnreadableUpload, when these rows hold the header of something else that we know."""

    def check(self, reading: Reading) -> Iterator[CheckedRows]:
        """Batches of checked rows, in order; UnreadableUpload when the header cannot be used or no row follows it."""
        rows = (row for batch in reading.batches() for row in batch)
        self.header = self._find_header(rows)
        yield from self.check_batches(self._batches(rows))

    def _batches(self, rows: Iterable[SourceRow]) -> Iterator[list[SourceRow]]:
        waiting: list[SourceRow] = []
        is_empty = True
        for row in rows:
            if self._repeats_header(row):
                continue
            if not self._is_filled(row):
                self.passed_over.append(row.number)
                continue
            is_empty = False
            waiting.append(row)
            if len(waiting) >= self.batch_rows:
                yield waiting
                waiting = []
        if is_empty:
            raise UnreadableUpload("IMP-505", sentence("IMP-505"))
        if waiting:
            yield waiting

    def _find_header(self, rows: Iterable[SourceRow]) -> HeaderMap:
        names, passed = self.names, []
        for row in rows:
            if is_header(row, names):
                return understand(row, names, self.required, is_mixed=self.is_mixed)
            passed.append(row)
            if len(passed) >= HEADER_SEARCH_ROWS:
                break
        for upper, lower in zip(passed, passed[1:], strict=False):
            joined = _joined(upper, lower)
            if is_header(joined, names):
                raise UnreadableUpload("IMP-507", sentence("IMP-507", first=upper.number, second=lower.number))
        if not passed:
            raise UnreadableUpload("IMP-505", sentence("IMP-505"))
        self.refuse_other(passed)
        raise no_header(passed, names)

    def _repeats_header(self, row: SourceRow) -> bool:
        """Pasted files often hold the header again; every known column must hold its own name."""
        assert self.header is not None
        cells, width = row.cells, len(row.cells)
        return all(index < width and cells[index] == header for index, header in self.header.used)

    def _is_filled(self, row: SourceRow) -> bool:
        assert self.header is not None
        cells, width = row.cells, len(row.cells)
        return any((index < width and cells[index]) or index in row.problems for index, _ in self.header.used)


def _joined(upper: SourceRow, lower: SourceRow) -> SourceRow:
    width = max(len(upper.cells), len(lower.cells))
    above = (*upper.cells, *[""] * (width - len(upper.cells)))
    below = (*lower.cells, *[""] * (width - len(lower.cells)))
    return SourceRow(lower.number, tuple(f"{a} {b}".strip() for a, b in zip(above, below, strict=True)), {})
