"""imports.preview: the first good rows as they were read."""

import pytest

from app.extensions import db
from app.imports import checking, pipeline
from app.imports.preview import LONGEST_SHOWN, make_preview
from app.imports.verdict import SAMPLE_ROWS, Verdict, load_definitions
from app.services import contact_types, drafts
from tests.worlds import workbook

MPRN = "3938424403"
BAD = ["1", "", "", "", "x"]


def preview_of(content: bytes, name: str = "contacts.xlsx", code: str | None = "ADD") -> dict:
    """The preview kept with a file once it is checked."""
    upload_id = pipeline.receive_upload(name, content, code).id
    db.session.commit()
    pipeline.check_upload(upload_id, lambda done, total: None)
    db.session.commit()
    return pipeline.get_upload(upload_id).preview


def rows_of(count: int) -> list[list[object]]:
    return [[MPRN, "SPELLING", f"{n} High Street", "b913ql", f"Number {n} is wrong."] for n in range(count)]


def test_the_first_ten_good_rows_are_shown_with_their_row_numbers(acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "BATCH_ROWS", 4)
    with acting("ann"):
        samples = preview_of(workbook([BAD, *rows_of(3), BAD, *rows_of(20)[3:]]))["samples"]
        assert [row for row, _, _ in samples["rows"]] == [3, 4, 5, *range(7, 14)] and SAMPLE_ROWS == 10
        assert {code for _, code, _ in samples["rows"]} == {"ADD"}


def test_values_are_shown_as_understood_under_the_labels_of_their_items(acting) -> None:
    with acting("ann"):
        asked = [item.label for item in contact_types.get_definition("ADD").asked]
        rows = [[" 3938424403 ", "Spelling or numbering", "1 High Street", "b913ql", "Wrong."], rows_of(2)[1] + ["A/1"]]
        samples = preview_of(workbook(rows))["samples"]
        assert samples["labels"] == [label for label in asked if label in samples["labels"]], "in the order asked"
        first, second = (dict(zip(samples["labels"], values, strict=True)) for _, _, values in samples["rows"])
        reason = "What is wrong with the address"
        assert first["MPRN"] == second["MPRN"] == MPRN
        assert first["Correct postcode"] == second["Correct postcode"] == "B91 3QL"
        assert first[reason] == second[reason] == "Spelling or numbering"
        assert (first["Your reference"], second["Your reference"]) == ("", "A/1")


def test_a_date_is_shown_so_that_day_and_month_cannot_be_mistaken(acting) -> None:
    with acting("ann"):
        definitions = load_definitions()
        found = next(
            (definition, item)
            for definition in definitions.values()
            for item in definition.items
            if item.kind == "date"
        )
        definition, item = found
        draft = drafts.Draft(definition.code, {item.code: "2024-03-04"}, None, 2)
        samples = make_preview(Verdict(first_good=[draft]), definitions)["samples"]
        assert samples == {"labels": [item.label], "rows": [[2, definition.code, ["4 Mar 2024"]]]}


def test_a_mixed_file_has_the_columns_of_all_its_types_and_the_own_reference_last(acting) -> None:
    with acting("ann"):
        definitions = load_definitions()
        first, second = (definitions[code] for code in ("ADD", "ISO"))
        new = [
            drafts.Draft(definition.code, {definition.items[0].code: "x", definition.items[-1].code: "y"}, "own", row)
            for row, definition in enumerate((first, second), 2)
        ]
        samples = make_preview(Verdict(first_good=new), definitions)["samples"]
        codes = dict.fromkeys(
            item.code for definition in (first, second) for item in (definition.items[0], definition.items[-1])
        )
        assert len(samples["labels"]) == len(codes) + 1 and samples["labels"][-1] == "Your reference"
        assert [(row, code, values[-1]) for row, code, values in samples["rows"]] == [
            (2, "ADD", "own"),
            (3, "ISO", "own"),
        ]
        assert all(len(values) == len(samples["labels"]) for _, _, values in samples["rows"])


def test_a_long_text_is_cut(acting) -> None:
    with acting("ann"):
        rows = [[MPRN, "SPELLING", "1 High Street", "B91 3QL", "x" * 4000]]
        values = preview_of(workbook(rows))["samples"]["rows"][0][2]
        assert max(len(value) for value in values) == LONGEST_SHOWN and values[-1].endswith("…")


def test_without_a_good_row_there_is_nothing_to_show(acting) -> None:
    with acting("ann"):
        assert preview_of(workbook([BAD]))["samples"] == {"labels": [], "rows": []}
