"""exports.templates: a workbook for every contact type, which comes back without an error when it is filled in."""

import io
from datetime import date

import openpyxl
import pytest

from app.domain.errors import UnreadableUpload
from app.domain.items import KINDS, Choice
from app.exports.templates import FILL_ROWS, template
from app.imports import verdict as checks
from app.services import contact_types
from seed.load import FOLDER
from tests.exports.good_answers import good_answer, good_answers

CODES = sorted(path.stem for path in (FOLDER / "contact_types").glob("*.json"))
RAISERS = {"SHIPPER": "ann", "GT": "ned"}


def open_template(code: str) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(template(contact_types.get_definition(code))))


def test_every_type_has_one(acting) -> None:
    with acting("ann"):
        for code in CODES:
            check_template(code)


def check_template(code: str) -> None:
    definition = contact_types.get_definition(code)
    items = definition.asked
    book = open_template(code)
    sheet, lists, guide = book["Contacts"], book["Lists"], book["Help"]
    assert book.active is sheet and lists.sheet_state == "hidden" and sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]] == [item.label for item in items]
    assert sheet.max_row < 300 and not [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    assert {cell.data_type for row in (*sheet, *lists, *guide) for cell in row} <= {"s", "n"}
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for column, item in enumerate(items, 1):
        letter = openpyxl.utils.get_column_letter(column)
        head, cell = sheet.cell(1, column), sheet.cell(2, column)
        expected = "dd/mm/yyyy" if item.kind == "date" else "@"
        assert cell.number_format == sheet.column_dimensions[letter].number_format == expected, (code, item.code)
        assert head.font.bold and (head.fill.fgColor.rgb == "000B4A6F") == item.is_required, (code, item.code)
        rule = rules[f"{letter}2:{letter}{FILL_ROWS}"]
        assert rule.prompt.startswith("Required." if item.is_required else "Optional.")
        kind = KINDS[item.kind]
        labels = [label for _, label in kind.options(item)] if isinstance(kind, Choice) else []
        labels = ["Yes", "No"] if item.kind == "yes_no" else labels
        assert (rule.type == "list") == bool(labels), (code, item.code)
        if labels:
            assert rule.formula1 == f"Lists!${letter}$1:${letter}${len(labels)}"
            assert [lists.cell(row, column).value for row in range(1, len(labels) + 1)] == labels
    told = {row[0].value: (row[1].value, row[3].value or "") for row in guide.iter_rows(min_row=6)}
    assert told == {item.label: ("Yes" if item.is_required else "No", item.help) for item in items}
    assert guide["A1"].value == f"{code} {definition.name}" and guide["A2"].value == definition.guidance


def filled(code: str, *, as_dates: bool) -> bytes:
    """The template with one careful row."""
    definition = contact_types.get_definition(code)
    book = open_template(code)
    for column, item in enumerate(definition.asked, 1):
        answer = good_answer(item)
        if as_dates and item.kind == "date":
            day, month, year = map(int, answer.split("/"))
            book["Contacts"].cell(2, column).value = date(year, month, day)
        else:
            book["Contacts"].cell(2, column).value = answer
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "name"), RAISERS.items())
def test_a_filled_in_template_of_every_type_one_may_raise_has_no_error(world, acting, kind, name) -> None:
    with acting(name):
        codes = {one.code for one in contact_types.list_raisable()}
        raisable = [definition for definition in contact_types.list_definitions() if definition.code in codes]
        assert len(raisable) > 5 and all(kind in definition.raisers for definition in raisable)
        # The database has little say in this: all on one, some on the other.
        for number, definition in enumerate(raisable[:: 1 if world.kind == "sqlite" else 6]):
            body, verdict = filled(definition.code, as_dates=number % 2 == 0), checks.Verdict()
            definitions = {definition.code: definition}
            checked = list(checks.check_file("filled.xlsx", body, definitions, definition.code, verdict))
            assert verdict.errors == [], definition.code
            assert (verdict.row_count, verdict.accepted_count) == (1, 1)
            (draft,) = checked[0].drafts
            assert draft.row == 2
            assert {*draft.answers, "OWN_REFERENCE"} == good_answers(definition).keys()
            assert verdict.understood["sheet"] == "Contacts" and verdict.understood["header_row"] == 1


def test_an_empty_template_holds_no_contacts(acting) -> None:
    with acting("ann"):
        body = template(contact_types.get_definition("ADD"))
        definitions = checks.load_definitions()
        with pytest.raises(UnreadableUpload) as refusal:
            list(checks.check_file("empty.xlsx", body, definitions, "ADD", checks.Verdict()))
        assert refusal.value.code == "IMP-505"
