"""Rows to drafts: every error of every cell, in the user's own row numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.access.actor import current_actor
from app.domain.errors import UnreadableUpload
from app.domain.item import Item, ItemError
from app.imports.mapping import TYPE_COLUMN, folded, is_header, names_of
from app.imports.reader import SourceRow
from app.imports.sheet_checker import CellError, CheckedRows, SheetChecker
from app.services import drafts, repeats
from app.services.definition import OWN_REFERENCE, Definition
from app.services.drafts import Draft

BATCH_ROWS = 4000


@dataclass
class Checker(SheetChecker):
    """Checks one file of contacts. `definitions` is by code; `type_code` is None when each row names its own type."""

    definitions: Mapping[str, Definition]
    type_code: str | None
    _seen: dict[int, int] = field(default_factory=dict)
    _seen_points: dict[str, int] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, str]:
        wanted = [self.definitions[self.type_code]] if self.type_code else list(self.definitions.values())
        return names_of(wanted, is_mixed=self.is_mixed)

    @property
    def required(self) -> Sequence[Item]:
        return [item for item in self.definitions[self.type_code].items if item.is_required] if self.type_code else ()

    @property
    def labels(self) -> dict[str, str]:
        labels = {TYPE_COLUMN: "Contact type", OWN_REFERENCE.code: "Your reference"}
        for definition in self.definitions.values():
            for item in definition.items:
                labels.setdefault(item.code, item.label)
        return labels

    @property
    def batch_rows(self) -> int:
        return BATCH_ROWS

    @property
    def is_mixed(self) -> bool:
        return self.type_code is None

    def check_batches(self, batches: Iterator[list[SourceRow]]) -> Iterator[CheckedRows]:
        return map(self._check_batch, batches)

    def refuse_other(self, passed: list[SourceRow]) -> None:
        """A header of another type than the one chosen is worth its own sentence."""
        for definition in self.definitions.values() if self.type_code else ():
            names = names_of([definition], is_mixed=False)
            row = next((row for row in passed if is_header(row, names)), None)
            if row is not None:
                raise UnreadableUpload(
                    "IMP-503",
                    f"Row {row.number} looks like the header of {definition.code} ({definition.name}), but the upload "
                    f"is for {self.type_code}. Choose the other type, or start from the template of {self.type_code}.",
                )

    def _check_batch(self, rows: list[SourceRow]) -> CheckedRows:
        good: list[tuple[Draft, Definition]] = []
        errors: list[CellError] = []
        warnings: list[CellError] = []
        for row in rows:
            found, definition, draft = self._check_row(row)
            if found or definition is None or draft is None:
                errors.extend(found)
                continue
            repeat = self._repeat_in_file(draft, definition)
            if repeat:
                errors.append(repeat)
            else:
                good.append((draft, definition))
        kept = self._against_open(good, errors, warnings)
        errors.sort(key=lambda error: error.row)
        return CheckedRows(kept, errors, warnings, len(rows))

    def _check_row(self, row: SourceRow) -> tuple[list[CellError], Definition | None, Draft | None]:
        assert self.header is not None
        definition, refusal = self._type_of(row)
        if definition is None:
            return [refusal] if refusal else [], None, None
        answers = self.header.answers_of(row)
        draft, wrong = drafts.check(definition, answers.get, row=row.number)
        errors = self._errors_of(row, definition, wrong) if wrong or row.problems else []
        return errors, definition, draft

    def _errors_of(self, row: SourceRow, definition: Definition, wrong: Mapping[str, ItemError]) -> list[CellError]:
        """What is wrong with the cells of a row, in the order of the items."""
        assert self.header is not None
        errors = []
        for item in definition.asked:
            column = self.header.column_of(item.code)
            letter, header = (column.letter, column.header) if column else ("", item.label)
            if column and column.index in row.problems:
                errors.append(CellError(row.number, letter, header, *row.problems[column.index]))
            elif item.code in wrong:
                error = wrong[item.code]
                errors.append(CellError(row.number, letter, header, error.code, error.message))
        return errors

    def _type_of(self, row: SourceRow) -> tuple[Definition | None, CellError | None]:
        assert self.header is not None
        column = self.header.column_of(TYPE_COLUMN)
        text = row.cells[column.index] if column and column.index < len(row.cells) else ""
        if self.type_code and not text:
            return self.definitions[self.type_code], None
        assert column is not None
        where = (row.number, column.letter, column.header)
        if not text:
            return None, CellError(*where, "IMP-402", "The contact type is missing. Write a code such as ADD.")
        code = self._code_named(text)
        definition = self.definitions.get(code)
        if definition is None:
            return None, CellError(*where, "IMP-402", f"“{text[:40]}” is not a contact type. Write a code such as ADD.")
        if self.type_code and code != self.type_code:
            return None, CellError(
                *where, "IMP-402", f"This row says {code}, but the upload is for {self.type_code} only."
            )
        refusal = definition.refusal(current_actor().organisation_kind)
        return (None, CellError(*where, "IMP-415", refusal)) if refusal else (definition, None)

    def _code_named(self, text: str) -> str:
        """The code of a type given by code, by name, or by both."""
        by_name = {folded(definition.name): code for code, definition in self.definitions.items()}
        return by_name.get(folded(text)) or text.split()[0].upper()

    def _repeat_in_file(self, draft: Draft, definition: Definition) -> CellError | None:
        assert draft.row is not None
        # A hash, or the texts of every row would be held until the end; two rows in a thousand million files share one
        # by chance, for its key is this process's own.
        answers = draft.answers
        whole = hash((draft.type_code, draft.own_reference, tuple(answers), *answers.values()))
        first = self._seen.setdefault(whole, draft.row)
        if first != draft.row:
            message = f"This row repeats row {first}. Remove it, or change it if it is another contact."
            return CellError(draft.row, "", "", "IMP-601", message)
        if definition.duplicate_rule == "refuse":
            point = self._seen_points.setdefault(drafts.identity(definition, draft.answers), draft.row)
            if point != draft.row:
                message = (
                    f"Row {point} is about the same meter point, and {draft.type_code} takes one open contact for each."
                )
                return CellError(draft.row, "", "", "IMP-603", message)
        return None

    def _against_open(
        self, good: list[tuple[Draft, Definition]], errors: list[CellError], warnings: list[CellError]
    ) -> list[Draft]:
        identities = {
            id(draft): drafts.identity(definition, draft.answers)
            for draft, definition in good
            if definition.duplicate_rule != "ignore"
        }
        is_open = repeats.find_open(identities.values())
        kept = []
        for draft, definition in good:
            reference = is_open.get(identities.get(id(draft), ""))
            if reference and draft.row is not None:
                is_refused = definition.duplicate_rule == "refuse"
                line = CellError(draft.row, "", "", "IMP-603", repeats.SENTENCE.format(reference))
                (errors if is_refused else warnings).append(line)
                if is_refused:
                    continue
            kept.append(draft)
        return kept


def group(errors: Iterable[CellError]) -> list[tuple[str, str, str, list[int]]]:
    """(code, header, message, rows) for errors that say the same, most rows first."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for error in errors:
        groups.setdefault((error.code, error.header, error.message), []).append(error.row)
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[1][0]))
    return [(code, header, message, rows) for (code, header, message), rows in ordered]


def row_ranges(rows: Sequence[int]) -> str:
    """4, 5, 6, 12 as "rows 4-6, 12"."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:12]]
    more = f" and {len(ranges) - 12} more" if len(ranges) > 12 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {', '.join(shown)}{more}"
