"""What a person is shown of a checked file before they decide, as JSON kept with the upload."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.imports.checking import group, row_ranges
from app.imports.sheet_checker import CellError
from app.imports.verdict import Verdict
from app.services import drafts
from app.services.definition import OWN_REFERENCE, Definition
from app.services.drafts import Draft

KEPT_GROUPS, KEPT_ROWS = 100, 50
LONGEST_SHOWN = 120


def make_preview(verdict: Verdict, definitions: Mapping[str, Definition]) -> dict[str, Any]:
    """What was understood, the first good rows as they were read, and every error and warning by kind."""
    return summarise(verdict, _samples(verdict.first_good, definitions))


def summarise(verdict: Verdict, samples: Mapping[str, Any]) -> dict[str, Any]:
    """The preview of a file of any kind; `samples` are the first good rows as that kind shows them."""
    groups = _groups(verdict.errors)
    return {
        **verdict.understood,
        "notes": verdict.notes,
        "samples": samples,
        "group_count": len(groups),
        "error_count": len(verdict.errors),
        "groups": groups[:KEPT_GROUPS],
        "first_errors": [list(error) for error in verdict.errors[:KEPT_ROWS]],
        "warning_groups": _groups(verdict.warnings)[:KEPT_GROUPS],
    }


def add_late(preview: Mapping[str, Any], late: Iterable[CellError]) -> dict[str, Any]:
    """The preview with what was refused while the contacts were being raised, most rows first."""
    groups = sorted([*preview.get("late_groups", ()), *_groups(late)], key=lambda found: -found[4])
    return {**preview, "late_groups": groups[:KEPT_GROUPS]}


def _groups(errors: Iterable[CellError]) -> list[list[Any]]:
    """[code, header, message, rows in words, how many rows] of errors that say the same, most rows first."""
    return [[code, header, message, row_ranges(rows), len(rows)] for code, header, message, rows in group(errors)]


def _samples(some: Sequence[Draft], definitions: Mapping[str, Definition]) -> dict[str, Any]:
    """A table of drafts: the labels of the items answered, in the order asked; row, type and shown values of each."""
    read = [drafts.list_answers(definitions[draft.type_code], draft) for draft in some]
    answered = {item.code for answers in read for item, _, _ in answers}
    types = dict.fromkeys(draft.type_code for draft in some)
    # A code means the same in every type.
    asked = (*(item for code in types for item in definitions[code].items), OWN_REFERENCE)
    labels = {item.code: item.label for item in asked if item.code in answered}
    shown = [{item.code: shorten(text) for item, _, text in answers} for answers in read]
    return {
        "labels": list(labels.values()),
        "rows": [
            [draft.row, draft.type_code, [values.get(code, "") for code in labels]]
            for draft, values in zip(some, shown, strict=True)
        ],
    }


def shorten(text: str) -> str:
    """What is shown of an answer of any length."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
