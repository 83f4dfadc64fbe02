"""Reading and checking a whole file as a stream, writing nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.access.actor import current_actor
from app.domain.errors import RuleBroken
from app.imports.checking import Checker, row_ranges
from app.imports.reader import open_upload
from app.imports.sheet_checker import CellError, CheckedRows, SheetChecker
from app.services import contact_types
from app.services.definition import Definition
from app.services.drafts import Draft

# So many good rows are shown as they were read.
SAMPLE_ROWS = 10
# The other sheets of our own templates (exports.templates).
OUR_SHEETS = ("Help", "Lists")


class TypeRefused(RuleBroken):
    """The contact type of the whole file may not be raised by the actor's organisation."""


@dataclass
class Verdict:
    """What was found in a whole file."""

    row_count: int = 0
    accepted_count: int = 0
    errors: list[CellError] = field(default_factory=list)
    warnings: list[CellError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first_good: list[Draft] = field(default_factory=list)
    understood: dict[str, Any] = field(default_factory=dict)

    @property
    def refused_count(self) -> int:
        """Rows with an error."""
        return self.row_count - self.accepted_count


def check_file(
    file_name: str, content: bytes, definitions: dict[str, Definition], type_code: str | None, verdict: Verdict
) -> Iterator[CheckedRows]:
    """Read and check a file of contacts as a stream, filling `verdict` on the way; writes nothing."""
    if type_code and (refusal := definitions[type_code].refusal(current_actor().organisation_kind)):
        raise TypeRefused(refusal, field="type_code")
    yield from read_rows(file_name, content, Checker(definitions, type_code), verdict)


def read_rows(file_name: str, content: bytes, checker: SheetChecker, verdict: Verdict) -> Iterator[CheckedRows]:
    """Read a file of any kind and have its rows checked, as a stream, filling `verdict` on the way."""
    with open_upload(file_name, content) as reading:
        for checked in checker.check(reading):
            verdict.row_count += checked.row_count
            verdict.accepted_count += len(checked.drafts)
            verdict.first_good.extend(checked.drafts[: SAMPLE_ROWS - len(verdict.first_good)])
            verdict.errors.extend(checked.errors)
            verdict.warnings.extend(checked.warnings)
            yield checked
        header = checker.header
        assert header is not None
        passed_over = (
            [f"Nothing in the columns used: {row_ranges(checker.passed_over)}."] if checker.passed_over else []
        )
        verdict.notes = [
            *header.notes,
            *passed_over,
            *(note for note in reading.notes if not _is_about_our_sheets(note)),
        ]
        labels = checker.labels
        verdict.understood = {
            "sheet": reading.sheet_name,
            "header_row": header.header_row,
            "columns": [[c.letter, c.header, labels.get(c.code or "", "")] for c in header.columns],
        }


def _is_about_our_sheets(note: str) -> bool:
    """Our templates bring these sheets; that they hold no rows is no news."""
    return any(f'"{name}"' in note for name in OUR_SHEETS)


def load_definitions() -> dict[str, Definition]:
    """Every contact type by code."""
    return {definition.code: definition for definition in contact_types.list_definitions()}
