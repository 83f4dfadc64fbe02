"""Workbooks read by the real child process: the exact rows, problems and notes."""

import datetime as dt
import io

import openpyxl
import pytest

from app.domain.errors import UnreadableUpload
from tests.imports import files
from tests.imports.files import DATA, HEADER, PLAIN, book_of, pack, parts, row_of, sheet_xml, sheets, tall, with_part
from tests.imports.reading import cells, codes, read

BLANK = '<row r="{n}"><c r="A{n}" s="1"/></row>'

SAME = {
    "as it should be": lambda: pack(parts()),
    "declared too small": lambda: pack(parts(sheet_xml(before='<dimension ref="A1:A1"/>'))),
    "declared too large": lambda: pack(parts(sheet_xml(before='<dimension ref="A1:XFD1048576"/>'))),
    "with prefixes": lambda: with_part(
        files.SHEET, sheet_xml().replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
    ),
    "without references": lambda: with_part(
        files.SHEET, sheet_xml(files.TWO_ROWS.replace(' r="1"', "").replace(' r="2"', "").replace(' r="A1"', ""))
    ),
    "one row per line": lambda: with_part(files.SHEET, sheet_xml().replace(b"><", b">\n<")),
}


@pytest.mark.parametrize("name", SAME)
def test_a_workbook_reads_the_same_however_its_sheet_was_written(name: str) -> None:
    assert cells(SAME[name]()) == PLAIN


def test_deep_nesting_beside_the_rows_does_no_harm() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    assert cells(pack(parts(sheet_xml(before=deep)))) == PLAIN
    assert cells(pack(parts(sheet_xml(after=deep)))) == PLAIN


def test_rows_beyond_a_declared_size_are_not_lost() -> None:
    rows = "".join(row_of(n, f"t{n}") for n in range(1, 101))
    found = cells(book_of(rows, before='<dimension ref="A1:E2"/>'))
    assert found == [(n, (f"t{n}",)) for n in range(1, 101)]


def test_the_most_rows_allowed_are_all_read() -> None:
    found = cells(tall("", 1, 50_030, DATA))
    assert [number for number, _ in found] == list(range(1, 50_031))


def test_a_blank_tail_to_the_end_of_the_sheet_is_ignored_with_a_note() -> None:
    rows, notes, _ = read(tall(files.TWO_ROWS, 3, 1_048_576, BLANK))
    assert [(row.number, row.cells) for row in rows] == PLAIN
    assert notes == ["1,048,574 empty rows below row 2 were ignored."]


def test_blank_rows_between_are_left_out_and_the_others_keep_their_number() -> None:
    assert cells(book_of(row_of(3, "a") + row_of(4, "  ") + row_of(9, "b"))) == [(3, ("a",)), (9, ("b",))]


VALUES = {
    "<c r='A2'><v>1234567890</v></c>": "1234567890",
    "<c r='A2'><v>1.2345E+09</v></c>": "1234500000",
    "<c r='A2'><v>1234567890.0</v></c>": "1234567890",
    "<c r='A2'><v>0.1</v></c>": "0.1",
    "<c r='A2'><v>1.5E-07</v></c>": "0.00000015",
    "<c r='A2'><v>-2.50</v></c>": "-2.5",
    "<c r='A2' t='b'><v>1</v></c>": "TRUE",
    "<c r='A2' t='b'><v>0</v></c>": "FALSE",
    "<c r='A2' t='s'><v>1</v></c>": "b",
    "<c r='A2' t='str'><v>\u00a0 0012 345\u00a0\n</v></c>": "0012 345",
    "<c r='A2' t='str'><v>'0012345678</v></c>": "0012345678",
    "<c r='A2' t='str'><v>a&#13;\nb\nc_x000D_\nd</v></c>": "a\nb\nc\nd",
    "<c r='A2' t='inlineStr'><is><r><t>in</t></r><r><t>line</t></r></is></c>": "inline",
    "<c r='A2' t='inlineStr'><is><t>=1+1</t></is></c>": "=1+1",
    "<c r='A2' s='1'><v>45382</v></c>": "2024-03-31",
    "<c r='A2' s='1'><v>45382.5</v></c>": "2024-03-31 12:00:00",
    "<c r='A2' s='2'><v>45382.999988426</v></c>": "2024-03-31 23:59:59",
    "<c r='A2' s='3'><v>0.75</v></c>": "18:00:00",
    "<c r='A2' t='d'><v>2024-03-31</v></c>": "2024-03-31",
    "<c r='A2' t='d'><v>2024-03-31T10:20:30</v></c>": "2024-03-31 10:20:30",
    "<c r='A2'><f>1+1</f><v>2</v></c>": "2",
    "<c r='A2' t='str'><f>\"a\"</f><v>a</v></c>": "a",
    "<c r='A2' t='str'><f>\"\"</f><v></v></c>": "",
}


def test_each_kind_of_cell_has_one_text() -> None:
    rows = "".join(
        f'<row r="{n}">{xml.replace("A2", f"A{n}")}<c r="B{n}"><v>1</v></c></row>' for n, xml in enumerate(VALUES, 1)
    )
    found, _, _ = read(book_of(rows, strings=files.strings_xml("a", "b")))
    assert [row.cells[0] for row in found] == list(VALUES.values())
    assert not any(row.problems for row in found)


PROBLEMS = {
    "<c r='A2'><f>1+1</f></c>": "IMP-401",
    "<c r='A2'><f>1+1</f><v></v></c>": "IMP-401",
    "<c r='A2' t='str'><f>cmd|'/c calc'!A1</f></c>": "IMP-401",
    "<c r='A2' t='e'><v>#REF!</v></c>": "IMP-406",
    "<c r='A2' t='e'><f>1/0</f><v>#DIV/0!</v></c>": "IMP-406",
    "<c r='A2' t='str'><v>#N/A</v></c>": "IMP-406",
    "<c r='A2' s='1'><v>-1</v></c>": "IMP-407",
    "<c r='A2' s='1'><v>99999999</v></c>": "IMP-407",
    "<c r='A2' s='1'><v>1e999</v></c>": "IMP-407",
    "<c r='A2'><v>1e999</v></c>": "IMP-405",
    f"<c r='A2' t='str'><v>{'x' * 5_000}</v></c>": "IMP-404",
    "<c r='A2' t='str'><v>a_x0000_b</v></c>": "IMP-403",
    "<c r='A2' t='str'><v>a\x85b</v></c>": "IMP-403",
}


def test_each_cell_that_cannot_be_read_is_named_with_its_code_and_the_rest_of_its_row_is_read() -> None:
    rows = "".join(
        f'<row r="{n}">{xml.replace("A2", f"A{n}", 1)}<c r="B{n}"><v>{n}</v></c></row>'
        for n, xml in enumerate(PROBLEMS, 1)
    )
    content = book_of(rows)
    assert codes(content) == {(n, 0): code for n, code in enumerate(PROBLEMS.values(), 1)}
    assert [row.cells[1] for row in read(content)[0]] == [str(n) for n in range(1, len(PROBLEMS) + 1)]


def test_a_row_of_nothing_but_a_formula_without_a_result_is_not_lost() -> None:
    rows, _, _ = read(files.library_book(["a", "b"], ["=1+1"]))
    assert [(row.number, {c: p[0] for c, p in row.problems.items()}) for row in rows] == [(1, {}), (2, {0: "IMP-401"})]


def test_a_workbook_of_the_1904_epoch_gives_the_true_date() -> None:
    content = files.library_book(["on"], [dt.date(2024, 3, 31)], epoch=dt.datetime(1904, 1, 1))
    assert cells(content)[1] == (2, ("2024-03-31",))


def test_hidden_rows_and_columns_are_left_out_and_said() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for n in range(1, 7):
        sheet.append([f"a{n}", f"b{n}", f"c{n}"])
    sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["B"].hidden = sheet.column_dimensions["F"].hidden = True
    out = io.BytesIO()
    book.save(out)
    rows, notes, _ = read(out.getvalue())
    assert [(row.number, row.cells) for row in rows] == [(n, (f"a{n}", "", f"c{n}")) for n in (1, 2, 5)]
    assert notes == ["Hidden rows were left out: 3-4, 6.", "Hidden columns were left out: B."]


def test_the_value_of_a_merged_block_fills_it_and_this_is_said() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["Title"], ["Who", None, "MPRN"], ["x", None, 1], [None, None, 2], [None, None, None], ["y", "z", 3]]:
        sheet.append(row)
    sheet.merge_cells("A2:B2")
    sheet.merge_cells("A3:A5")
    out = io.BytesIO()
    book.save(out)
    rows, notes, _ = read(out.getvalue())
    assert [(row.number, row.cells) for row in rows] == [
        (1, ("Title", "", "")),
        (2, ("Who", "Who", "MPRN")),
        (3, ("x", "", "1")),
        (4, ("x", "", "2")),
        (6, ("y", "z", "3")),
    ]
    assert notes == ["Merged cells were read as if every cell of the block held its value: A2:B2, A3:A5."]


def test_the_sheet_called_contacts_is_read_and_the_others_are_named() -> None:
    content = sheets("Front", "CONTACTS", "Old", hidden="Old")
    rows, notes, name = read(content)
    assert (name, len(rows)) == ("CONTACTS", 2)
    assert notes == ['The sheet "Front" was not read; only "CONTACTS" was.', 'The hidden sheet "Old" was left out.']


def test_the_first_sheet_with_rows_is_read_when_none_is_called_contacts() -> None:
    assert read(sheets("Blank", "Two", "Three", contents={"Blank": sheet_xml("")}))[2] == "Two"


def test_the_sheet_asked_for_is_read_and_an_unknown_one_refused_with_the_names() -> None:
    content = sheets("Contacts", "Other")
    assert read(content, sheet="other")[2] == "Other"
    with pytest.raises(UnreadableUpload, match='no sheet called "Third".*: Contacts, Other') as caught:
        read(content, sheet="Third")
    assert caught.value.code == "IMP-506"


def test_a_workbook_with_a_header_only_gives_that_row() -> None:
    assert cells(book_of(HEADER)) == [(1, ("Contact type", "MPRN"))]
