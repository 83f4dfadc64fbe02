"""Rows about people to drafts: every error of every cell, then what the verbs would say, tried and taken back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from app.domain.answers import AnswerReader
from app.domain.errors import DomainError, NotFound, UnreadableUpload
from app.domain.item import Item, ItemError, quote
from app.domain.items import KINDS
from app.domain.people_sheet import (
    ACTION,
    ACTS,
    CHANGE,
    CREATE,
    DISABLE,
    EMAIL,
    FIRST_DAY,
    LAST_DAY,
    MOST_ROWS,
    NAME,
    PASSED_BY,
    REASON,
    ROLE,
    SEPARATOR,
    SERVICE,
    SUCCESSOR,
    USER_ID,
    Act,
    columns_for,
)
from app.domain.roles import Role
from app.domain.service import Service, holdable_roles, holdable_services
from app.extensions import db
from app.imports.messages import sentence
from app.imports.people.acts import Outcome
from app.imports.people.columns import find_act, name_columns
from app.imports.people.trying import try_all
from app.imports.preview import shorten, summarise
from app.imports.reader import SourceRow
from app.imports.sheet_checker import CellError, CheckedRows, SheetChecker
from app.imports.verdict import Verdict, read_rows
from app.models import Organisation
from app.services.drafts import Draft
from app.services.people_bulk import MOST_AT_ONCE

BATCH_ROWS = 50
NOTHING_YET = CheckedRows([], [], [], 0)
ASKED, ASKED_SENTENCE = "IMP-706", "Somebody else has to approve this, so it is asked for and not done at once."
# The letter and the header of a column.
Place = tuple[str, str]
# Where on the row what a verb refuses is to be looked for.
_COLUMN_OF_FIELD = {
    "user_id": USER_ID, "name": NAME, "email": EMAIL, "service": SERVICE, "role": ROLE, "starts_on": FIRST_DAY,
    "ends_on": LAST_DAY, "reason": REASON, "successor": SUCCESSOR,
}  # fmt: skip


@dataclass
class PeopleChecker(SheetChecker):
    """Checks one file about the people of an organisation."""

    columns: dict[str, Item]
    organisation_id: int
    _readers: dict[str, AnswerReader] = field(default_factory=dict)
    _seen: dict[Any, int] = field(default_factory=dict)
    _disabled: list[Draft] = field(default_factory=list)

    @cached_property
    def names(self) -> dict[str, str]:
        return name_columns(self.columns)

    @property
    def required(self) -> list[Item]:
        return [item for item in self.columns.values() if item.is_required]

    @property
    def labels(self) -> dict[str, str]:
        return {code: item.label for code, item in self.columns.items()}

    @property
    def batch_rows(self) -> int:
        return BATCH_ROWS

    def check_batches(self, batches: Iterator[list[SourceRow]]) -> Iterator[CheckedRows]:
        """Whether a row can be done depends on those above it, so they are tried together, and taken back."""
        read: list[tuple[list[int], list[Draft], list[CellError]]] = []
        count = 0
        for batch in batches:
            count += len(batch)
            if count > MOST_ROWS:
                raise UnreadableUpload("IMP-210", sentence("IMP-210", limit=f"{MOST_ROWS:,}"))
            drafts, errors = [], []
            for row in batch:
                draft, found = self._check_row(row)
                errors.extend(found)
                if draft is not None:
                    drafts.append(draft)
            read.append(([row.number for row in batch], drafts, errors))
        good = [draft for _, drafts, _ in read for draft in drafts]
        outcomes: dict[int | None, Outcome] = {}
        for tried in try_all(good, self.organisation_id):
            outcomes |= tried
            yield NOTHING_YET
        last: list[Draft] = []
        for numbers, drafts, errors in read:
            pairs = [(draft, outcomes[draft.row]) for draft in drafts]
            errors.extend(refusal_of(draft, found.refusal, self._place) for draft, found in pairs if found.refusal)
            errors.sort(key=lambda error: error.row)
            warnings = [warning for draft, found in pairs for warning in warnings_of(draft, found)]
            kept = [draft for draft, found in pairs if found.refusal is None]
            last.extend(draft for draft in kept if draft.type_code == DISABLE)
            yield CheckedRows([draft for draft in kept if draft.type_code != DISABLE], errors, warnings, len(numbers))
        if last:
            # All who are to be disabled are so in one act, however far apart their rows are.
            yield CheckedRows(last, [], [], 0)

    def _check_row(self, row: SourceRow) -> tuple[Draft | None, list[CellError]]:
        assert self.header is not None
        texts = self.header.answers_of(row)
        found = {
            column.code: self._at(row.number, column.code, *row.problems[column.index])
            for column in self.header.columns
            if column.code and column.index in row.problems
        }
        act_code = find_act(texts.get(ACTION, ""))
        if act_code is None:
            if ACTION not in found:
                found[ACTION] = self._at(row.number, ACTION, *_no_act(texts.get(ACTION, "")))
            return None, list(found.values())
        act = ACTS[act_code]
        answers, wrong = self._reader(act_code).read(texts.get)
        answers |= {code: answers[code].upper() for code in (USER_ID, SUCCESSOR) if code in answers}
        for code in act.several:
            self._read_several(code, texts.get(code, ""), answers, wrong)
        wrong |= _beyond(act, texts, self.columns) | _lacking(act, answers, self.columns)
        for code, error in wrong.items():
            found.setdefault(code, self._at(row.number, code, error.code, error.message))
        if found:
            return None, [found[code] for code in self.columns if code in found]
        draft = Draft(act_code, answers, row=row.number)
        amiss = self._repeat(draft) or self._other_disabling(draft)
        return (None, [amiss]) if amiss else (draft, [])

    def _reader(self, act_code: str) -> AnswerReader:
        if act_code not in self._readers:
            act = ACTS[act_code]
            self._readers[act_code] = AnswerReader(
                [
                    replace(item, is_required=code in act.must)
                    for code, item in self.columns.items()
                    if code in act.columns and code not in act.several
                ]
            )
        return self._readers[act_code]

    def _read_several(self, code: str, text: str, answers: dict[str, str], wrong: dict[str, ItemError]) -> None:
        item = self.columns[code]
        kind = KINDS[item.kind]
        parts = [part.strip() for part in text.replace(",", SEPARATOR).replace("\n", SEPARATOR).split(SEPARATOR)]
        try:
            chosen = dict.fromkeys(kind.store(kind.parse(part, item)) for part in parts if part)
        except ItemError as error:
            wrong[code] = error
            return
        if chosen:
            answers[code] = SEPARATOR.join(chosen)

    def _repeat(self, draft: Draft) -> CellError | None:
        """Two rows that add the same user ID, or that say the same, are one too many."""
        assert draft.row is not None
        user_id = draft.answers[USER_ID]
        is_new = draft.type_code == CREATE
        key = (user_id, CREATE) if is_new else (user_id, draft.type_code, *sorted(draft.answers.items()))
        first = self._seen.setdefault(key, draft.row)
        if first == draft.row:
            return None
        if is_new:
            return self._at(draft.row, USER_ID, "IMP-601", f"Row {first} adds the same user ID. Keep one of them.")
        return CellError(draft.row, "", "", "IMP-601", f"This row repeats row {first}. Remove it.")

    def _other_disabling(self, draft: Draft) -> CellError | None:
        """Those who are disabled together are so for one reason, and not too many."""
        if draft.type_code != DISABLE:
            return None
        assert draft.row is not None
        self._disabled.append(draft)
        first = self._disabled[0]
        if first.answers[REASON] != draft.answers[REASON]:
            message = f"All rows that disable people are one act, for one reason. Row {first.row} gives another."
            return self._at(draft.row, REASON, "IMP-705", message)
        if len(self._disabled) > MOST_AT_ONCE:
            return self._at(draft.row, ACTION, "IMP-705", f"One file disables {MOST_AT_ONCE} people at most.")
        return None

    def _at(self, row: int, code: str, number: str, message: str) -> CellError:
        return CellError(row, *self._place(code), number, message)

    def _place(self, code: str) -> Place:
        assert self.header is not None
        column = self.header.column_of(code)
        return (column.letter, column.header) if column else ("", self.columns[code].label)


def warnings_of(draft: Draft, found: Outcome) -> list[CellError]:
    """What is worth knowing of a row that is not refused."""
    if found.refusal is not None:
        return []
    texts = [("IMP-703", found.warning), (ASKED, ASKED_SENTENCE if found.is_asked else "")]
    return [CellError(draft.row or 0, "", "", code, text) for code, text in texts if text]


def refusal_of(draft: Draft, why: DomainError, place: Callable[[str], Place]) -> CellError:
    """What a verb refused, in the cell it is about."""
    code = _COLUMN_OF_FIELD.get(why.field or "")
    number = "IMP-702" if isinstance(why, NotFound) else "IMP-701"
    return CellError(draft.row or 0, *(place(code) if code else ("", "")), number, why.message)


def _no_act(text: str) -> tuple[str, str]:
    if not text:
        return "IMP-414", "Action is missing."
    known = ", ".join(act.label for act in ACTS.values())
    return "IMP-410", f"{quote(text)} is not an action. Choose from: {known}."


def _beyond(act: Act, texts: Mapping[str, str], columns: Mapping[str, Item]) -> dict[str, ItemError]:
    """Cells the act has no use for: better asked about than passed over."""
    unused = set(columns) - {ACTION, REASON} - PASSED_BY - set(act.columns)
    return {
        code: ItemError("IMP-704", f"{act.label} takes no {columns[code].label.lower()}. Empty this cell.")
        for code in columns
        if code in unused and texts.get(code)
    }


def _lacking(act: Act, answers: Mapping[str, str], columns: Mapping[str, Item]) -> dict[str, ItemError]:
    """What only some rows of an act must hold."""
    if act is ACTS[CHANGE] and not answers.keys() & {NAME, EMAIL}:
        return {NAME: ItemError("IMP-414", "Write the new name, the new e-mail address or both.")}
    if act is ACTS[CREATE] and answers.keys() & {SERVICE, ROLE} and REASON not in answers:
        return {REASON: ItemError("IMP-414", f"{columns[REASON].label} is missing.")}
    return {}


def new_checker(organisation_id: int) -> PeopleChecker:
    """A checker for the people of an organisation within reach."""
    organisation = db.session.get_one(Organisation, organisation_id)
    kind = organisation.kind_code
    return PeopleChecker(columns_for(holdable_services(kind), holdable_roles(kind)), organisation.id)


def check_people(file_name: str, content: bytes, organisation_id: int, verdict: Verdict) -> Iterator[CheckedRows]:
    """Read and check a file of people, filling `verdict` on the way; keeps nothing it writes."""
    checker = new_checker(organisation_id)
    db.session.rollback()
    yield from read_rows(file_name, content, checker, verdict)


def preview_people(verdict: Verdict) -> dict[str, Any]:
    """What is shown of a checked file of people before somebody decides."""
    return summarise(verdict, _show_rows(verdict.first_good, columns_for(tuple(Service), tuple(Role))))


def _show_rows(some: list[Draft], columns: Mapping[str, Item]) -> dict[str, Any]:
    """A table of rows as they were read: row, act and the values of each."""
    used = [code for code in columns if any(code in draft.answers for draft in some)]
    return {
        "labels": [columns[code].label for code in used],
        "rows": [
            [draft.row, ACTS[draft.type_code].label, [_show(draft.answers.get(code), columns[code]) for code in used]]
            for draft in some
        ],
    }


def _show(stored: str | None, item: Item) -> str:
    if not stored:
        return ""
    kind = KINDS[item.kind]
    parts = stored.split(SEPARATOR) if item.kind == "choice" else [stored]
    return shorten(", ".join(kind.show(one, item) for one in parts))
