"""imports.checking: every error of every cell, in the user's own row numbers."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.errors import UnreadableUpload
from app.domain.lifecycle import Action
from app.extensions import db
from app.imports.checking import BATCH_ROWS, CellError, CheckedRows, Checker, group, row_ranges
from app.imports.reader import SourceRow
from app.services import contact_types, contacts
from tests.worlds import raise_one

HEADER = (
    "MPRN", "What is wrong with the address", "Correct address", "Correct postcode",
    "Meter serial number", "Description",    "Your reference",
)  # fmt: skip
GOOD = ("3938424403", "SPELLING", "1 High Street", "B91 3QL", "", "The number is wrong.", "")


class Rows:
    """Rows as the reader gives them, a few at a time."""

    def __init__(self, rows: list[SourceRow]) -> None:
        self.rows = rows

    def batches(self):
        for start in range(0, len(self.rows), 3):
            yield self.rows[start : start + 3]


def good(**changes: str) -> tuple[str, ...]:
    """A good row with some cells changed, by heading's first letters."""
    places = {"mprn": 0, "reason": 1, "address": 2, "postcode": 3, "serial": 4, "description": 5, "own": 6}
    cells = list(GOOD)
    for name, text in changes.items():
        cells[places[name]] = text
    return tuple(cells)


@pytest.fixture
def check(acting) -> Callable[..., CheckedRows]:
    """`check(rows)`: all that was found, rows numbered from 2."""

    def run(rows: list, *, header=HEADER, code: str | None = "ADD", name: str = "ann", rule: str = "") -> CheckedRows:
        with acting(name):
            definitions = {definition.code: definition for definition in contact_types.list_definitions()}
            if rule:
                definitions["ADD"] = replace(definitions["ADD"], duplicate_rule=rule)
            numbered = [
                row if isinstance(row, SourceRow) else SourceRow(number, tuple(row), {})
                for number, row in enumerate(rows, 2)
            ]
            checker = Checker(definitions, code)
            found = list(checker.check(Rows([SourceRow(1, tuple(header), {}), *numbered])))
        return CheckedRows(
            [draft for part in found for draft in part.drafts],
            [error for part in found for error in part.errors],
            [warning for part in found for warning in part.warnings],
            sum(part.row_count for part in found),
        )

    return run


def places(errors: list[CellError]) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in errors]


def test_good_rows_become_drafts_with_their_own_row_numbers(check) -> None:
    found = check([good(own="A1"), good(mprn="2144689001", serial="m123", postcode="b913ql")])
    assert (found.errors, found.warnings, found.row_count) == ([], [], 2)
    first, second = found.drafts
    assert (first.row, first.type_code, first.own_reference) == (2, "ADD", "A1")
    assert (second.row, second.answers["METER_SERIAL_NUMBER"], second.answers["POSTCODE"]) == (3, "M123", "B91 3QL")


def test_every_error_of_every_cell_of_a_row_is_told(check) -> None:
    bad = good(mprn="1234567890", reason="Because", address="", postcode="nowhere", serial="A*B", own="x" * 31)
    found = check([bad, good(), good(mprn="", description="")])
    assert places(found.errors) == [
        (2, "A", "IMP-408"), (2, "B", "IMP-410"), (2, "C", "IMP-414"), (2, "D", "IMP-411"), (2, "E", "IMP-409"),
        (2, "G", "IMP-404"), (4, "A", "IMP-414"), (4, "F", "IMP-414"),
    ]  # fmt: skip
    assert {error.header for error in found.errors if error.column == "D"} == {"Correct postcode"}
    assert [draft.row for draft in found.drafts] == [3] and found.row_count == 3
    assert "“1234567890”" in found.errors[0].message


def test_what_the_reader_could_not_read_is_the_cells_error(check) -> None:
    problems = {0: ("IMP-401", "A formula."), 4: ("IMP-406", "An error cell."), 99: ("IMP-406", "Beyond.")}
    found = check([SourceRow(7, good(mprn="=1+1", serial="#REF!"), problems)])
    assert places(found.errors) == [(7, "A", "IMP-401"), (7, "E", "IMP-406")]
    assert [error.message for error in found.errors] == ["A formula.", "An error cell."]


def test_a_short_row_misses_what_it_does_not_hold(check) -> None:
    found = check([("3938424403", "SPELLING")])
    assert places(found.errors) == [(2, "C", "IMP-414"), (2, "D", "IMP-414"), (2, "F", "IMP-414")]


def test_the_header_pasted_again_is_passed_over(check) -> None:
    found = check([good(), HEADER, good(mprn="2144689001")])
    assert [draft.row for draft in found.drafts] == [2, 4] and found.row_count == 2


def test_only_headers_are_no_contacts(check) -> None:
    with pytest.raises(UnreadableUpload) as refusal:
        check([HEADER, HEADER])
    assert refusal.value.code == "IMP-505"


@pytest.mark.parametrize("rule", ["ignore", "warn", "refuse"])
def test_a_row_that_repeats_another_in_all_is_refused_naming_the_first(check, rule) -> None:
    found = check([good(own="A"), good(own="B", mprn="2144689001"), good(own="A"), good(own="A")], rule=rule)
    assert [(error.row, error.code) for error in found.errors] == [(4, "IMP-601"), (5, "IMP-601")]
    assert all("repeats row 2." in error.message for error in found.errors)
    assert [draft.row for draft in found.drafts] == [2, 3]


@pytest.mark.parametrize(("rule", "refused"), [("ignore", []), ("warn", []), ("refuse", [4])])
def test_rows_about_one_meter_point_repeat_where_the_type_says_so(check, rule, refused) -> None:
    found = check([good(), good(mprn="2144689001"), good(description="Another matter.")], rule=rule)
    assert [error.row for error in found.errors if error.code == "IMP-603"] == refused
    assert len(found.drafts) == 3 - len(refused) and found.warnings == []
    assert all("Row 2 is about the same meter point" in error.message for error in found.errors)


@pytest.mark.parametrize("rule", ["ignore", "warn", "refuse"])
def test_an_open_contact_is_ignored_warned_of_or_refused_as_the_type_says(check, acting, rule) -> None:
    with acting("ann"):
        reference = raise_one("3938424403", "High")
        raise_one("7400000108", "Closed")
        contacts.perform(raise_one("9999999905", "Gone"), Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
    found = check([good(mprn="2144689001"), good(), good(mprn="9999999905")], rule=rule)
    lines = {"ignore": ([], []), "warn": ([], [3]), "refuse": ([3], [])}[rule]
    assert ([error.row for error in found.errors], [warning.row for warning in found.warnings]) == lines
    for line in (*found.errors, *found.warnings):
        assert line.code == "IMP-603" and reference in line.message
    assert [draft.row for draft in found.drafts] == ([2, 4] if rule == "refuse" else [2, 3, 4])


def test_another_organisations_open_contact_is_no_repeat(check, acting) -> None:
    with acting("bob"):
        raise_one("3938424403", "Birch")
        db.session.commit()
    found = check([good()], rule="refuse")
    assert (found.errors, found.warnings) == ([], [])


MIXED = ("Contact type", *HEADER)


def test_a_mixed_file_checks_each_row_by_its_own_type(check) -> None:
    rows = [
        ("ADD", *GOOD),
        ("add ", *good(mprn="2144689001")),
        ("ADD Address amendment", *good(mprn="7400000108")),
        ("ISO", *GOOD),
        ("", *GOOD),
        ("XYZ", *GOOD),
        ("USRV", *GOOD),
    ]
    found = check(rows, header=MIXED, code=None)
    assert [draft.row for draft in found.drafts] == [2, 3, 4]
    assert [(error.row, error.column, error.code) for error in found.errors if error.row > 5] == [
        (6, "A", "IMP-402"),
        (7, "A", "IMP-402"),
        (8, "A", "IMP-415"),
    ]
    missing = [error for error in found.errors if error.row == 5]
    assert missing and {error.code for error in missing} == {"IMP-414"}
    # The question is not in this file, or its column is empty: told by its own name or by the column's.
    assert {error.column for error in missing} <= {"", "F"}
    assert "“XYZ” is not a contact type" in found.errors[-2].message


def test_a_type_of_other_organisations_is_refused_in_each_row(check) -> None:
    found = check([("AGG", *GOOD), ("ADD", *GOOD)], header=MIXED, code=None, name="ned")
    assert places(found.errors) == [(2, "A", "IMP-415")]
    assert [draft.row for draft in found.drafts] == [3]


def test_a_type_column_in_a_file_of_one_type_must_agree(check) -> None:
    found = check([("ADD", *GOOD), ("ISO", *GOOD), ("", *good(mprn="2144689001"))], header=MIXED)
    assert places(found.errors) == [(3, "A", "IMP-402")]
    assert "the upload is for ADD only" in found.errors[0].message
    assert [draft.row for draft in found.drafts] == [2, 4]


def test_many_rows_come_in_batches_and_none_is_lost(check) -> None:
    rows = [good(own=f"A{number}") for number in range(2 * BATCH_ROWS + 1)]
    rows[BATCH_ROWS + 7] = rows[3]
    found = check(rows)
    assert found.row_count == len(rows) and len(found.drafts) == len(rows) - 1
    assert [(error.row, error.code) for error in found.errors] == [(BATCH_ROWS + 9, "IMP-601")]


def test_errors_that_say_the_same_are_grouped_most_rows_first() -> None:
    errors = [CellError(row, "A", "MPRN", "IMP-414", "MPRN is missing.") for row in (4, 5, 6, 12)]
    errors.insert(1, CellError(4, "B", "Postcode", "IMP-411", "No."))
    errors += [CellError(row, "C", "Address", "IMP-404", "Long.") for row in (3, 9)]
    assert [(code, rows) for code, _, _, rows in group(errors)] == [
        ("IMP-414", [4, 5, 6, 12]),
        ("IMP-404", [3, 9]),
        ("IMP-411", [4]),
    ]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([4], "row 4"),
        ([4, 5], "rows 4-5"),
        ([4, 5, 6, 12], "rows 4-6, 12"),
        ([2, 4, 6], "rows 2, 4, 6"),
        (list(range(2, 50_002)), "rows 2-50001"),
        (list(range(2, 42, 2)), "rows 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 8 more"),
    ],
)
def test_rows_are_told_as_ranges(rows, text) -> None:
    assert row_ranges(rows) == text
