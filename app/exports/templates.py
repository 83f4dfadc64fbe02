"""Template workbooks: of a contact type, made from its definition, and of people."""

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.item import Item
from app.domain.items import KINDS, Choice
from app.domain.people_sheet import ACTS
from app.services.definition import Definition

LAYOUT_VERSION = 1
FILL_ROWS = 5000
_REQUIRED = PatternFill("solid", fgColor="0B4A6F")
_OPTIONAL = PatternFill("solid", fgColor="6B7C8C")
_TEXT = "@"
_HOW = "Fill the sheet {}, {} in each row, and upload this workbook. Dark headings are required."
_WIDE = frozenset({"long_text"})


def template(definition: Definition) -> bytes:
    """An .xlsx for contacts of one type: a column per item, and help."""
    title = f"{definition.code} {definition.name}"
    words = (definition.guidance, _HOW.format("Contacts", "one contact"))
    return _make("Contacts", title, words, _columns(definition.asked))


def people_template(columns: Sequence[Item]) -> bytes:
    """An .xlsx for what is to become of people: a column each, and help on every action."""
    acts = [f"{act.label}: {act.words}" for act in ACTS.values()]
    words = (_HOW.format("People", "one action"), "The actions are:", *acts)
    return _make("People", "People", words, _columns(columns))


class _Column(NamedTuple):
    """What of an item stands in a workbook; `options` are the labels that may be chosen from."""

    label: str
    kind: str
    is_required: bool
    help: str
    options: tuple[str, ...]


def _columns(items: Sequence[Item]) -> tuple[_Column, ...]:
    return tuple(_Column(item.label, item.kind, item.is_required, item.help, _options(item)) for item in items)


def _options(item: Item) -> tuple[str, ...]:
    kind = KINDS[item.kind]
    if item.kind == "yes_no":
        return ("Yes", "No")
    return tuple(label for _, label in kind.options(item)) if isinstance(kind, Choice) else ()


@lru_cache(maxsize=128)
def _make(name: str, title: str, words: tuple[str, ...], columns: tuple[_Column, ...]) -> bytes:
    """A workbook with the sheet to be filled, the sheet Help and the hidden sheet Lists.

    All that is in it is named here, so whoever asks for the same is given the same: to make one takes as long as to
    make several pages.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name
    lists = book.create_sheet("Lists")
    lists.sheet_state = "hidden"
    for index, column in enumerate(columns, 1):
        _add_column(sheet, lists, index, column)
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[1].height = 32
    _help(book.create_sheet("Help", 1), title, words, columns)
    book.properties.title = f"{title}, template version {LAYOUT_VERSION}"
    book.properties.creator = "Contact Management Service"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _add_column(sheet: Worksheet, lists: Worksheet, index: int, column: _Column) -> None:
    letter = get_column_letter(index)
    head = sheet.cell(1, index, column.label)
    head.font = Font(bold=True, color="FFFFFF")
    head.fill = _REQUIRED if column.is_required else _OPTIONAL
    head.alignment = Alignment(wrap_text=True, vertical="center")
    head.data_type = "s"
    sheet.column_dimensions[letter].width = 48 if column.kind in _WIDE else max(16, len(column.label) + 4)
    cells = f"{letter}2:{letter}{FILL_ROWS}"
    # Everything but dates is text, so that no leading zero, exponent or long number is spoilt; dates too
    # are read from real date cells as from text.
    sheet.column_dimensions[letter].number_format = "dd/mm/yyyy" if column.kind == "date" else _TEXT
    for row in range(2, 202):
        sheet.cell(row, index).number_format = "dd/mm/yyyy" if column.kind == "date" else _TEXT
    if column.options:
        for row, label in enumerate(column.options, 1):
            lists.cell(row, index, label).data_type = "s"
        rule = DataValidation(
            type="list",
            formula1=f"Lists!${letter}$1:${letter}${len(column.options)}",
            allow_blank=True,
            showErrorMessage=False,
        )
    else:
        rule = DataValidation(allow_blank=True, showErrorMessage=False)
    rule.promptTitle = column.label[:32]
    need = "Required." if column.is_required else "Optional."
    rule.prompt = f"{need} {column.help}"[:250]
    rule.showInputMessage = True
    sheet.add_data_validation(rule)
    rule.add(cells)


def _help(sheet: Worksheet, title: str, words: Sequence[str], columns: Sequence[_Column]) -> None:
    head = len(words) + 3
    rows: list[Sequence[str]] = [
        (title,),
        *((line,) for line in words),
        (),
        ("Column", "Required", "What it holds", "Help"),
        *((one.label, "Yes" if one.is_required else "No", KINDS[one.kind].label, one.help) for one in columns),
    ]
    for row in rows:
        sheet.append(list(row))
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=cell.row >= head, vertical="top")
    sheet["A1"].font = Font(bold=True, size=14)
    for cell in sheet[head]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCD", (28, 10, 24, 80), strict=True):
        sheet.column_dimensions[letter].width = width
