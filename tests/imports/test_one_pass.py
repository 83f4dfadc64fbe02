"""Sheets read as a stream: what comes early, what is refused late, and what stands behind the rows."""

import io
import zipfile
from collections.abc import Iterable
from random import Random

import pytest

from app.domain.errors import UnreadableUpload
from app.imports import archive, limits
from app.imports.reader import open_upload
from app.imports.xlsx_rows import Workbook
from tests.imports import files, workbooks
from tests.imports.files import DATA, HEADER, assert_plain, book_of, row_of, sheet_xml, tall, with_part
from tests.imports.reading import cells, codes, read

X15 = 'xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"'
WIDE = '<row r="3"><c r="GS3"><v>1</v></c></row>'


def behind(last: int, after: str, top: str = HEADER) -> bytes:
    """A sheet of many rows and something behind them."""

    def pieces() -> Iterable[bytes]:
        yield f"{files.HEAD}<sheetData>{top}".encode()
        yield from files.rows_of(4, last, DATA)
        yield f"{after}</worksheet>".encode()

    return with_part(files.SHEET, pieces())


LATE = {
    "rows out of order": ("IMP-204", lambda: behind(20_000, f"{row_of(7, 'a')}</sheetData>")),
    "too many rows": ("IMP-202", lambda: tall("", 1, 50_031, DATA)),
    "data far below": ("IMP-202", lambda: behind(20_000, f"{row_of(100_001, 'a')}</sheetData>")),
    "too many columns": (
        "IMP-209",
        lambda: behind(20_000, '<row r="20001"><c r="GS20001"><v>1</v></c></row></sheetData>'),
    ),
    "no number": ("IMP-405", lambda: behind(20_000, '<row r="20001"><c r="A20001"><v>x</v></c></row></sheetData>')),
    "too many validations": ("IMP-207", lambda: behind(20_000, "</sheetData>" + "<dataValidation/>" * 10_001)),
    "not closed": ("IMP-106", lambda: behind(20_000, "")),
}


@pytest.mark.parametrize("name", LATE)
def test_what_is_wrong_behind_many_rows_is_refused_though_the_first_were_given(name: str) -> None:
    code, make = LATE[name]
    with open_upload("a.xlsx", make()) as reading, pytest.raises(UnreadableUpload) as caught:
        batches = reading.batches()
        assert next(batches)[0].number == 1
        for _ in batches:
            pass
    assert caught.value.code == code
    assert_plain(caught.value)


def test_too_many_rows_are_told_before_too_many_columns() -> None:
    with pytest.raises(UnreadableUpload) as caught:
        read(tall(HEADER + WIDE, 4, 50_040, DATA))
    assert caught.value.code == "IMP-202"


def test_blocks_are_filled_though_they_stand_behind_many_rows() -> None:
    top = row_of(1, "Title", "", "end") + row_of(2, "a", "b")
    merges = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="B2:B5"/></mergeCells>'
    rows, notes, _ = read(behind(20_000, f"</sheetData>{merges}", top))
    assert [row.cells for row in rows[:4]] == [
        ("Title", "Title", "end"),
        ("a", "b", ""),
        ("1", "b", ""),
        ("1", "b", ""),
    ]
    assert rows[4].cells == ("1", "", "")
    assert notes == ["Merged cells were read as if every cell of the block held its value: A1:B1, B2:B5."]


MERGED = sheet_xml(row_of(1, "x", "", "y"), after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>')


@pytest.mark.parametrize(
    "sheet",
    [MERGED, MERGED.decode().encode("utf-16"), MERGED.replace(b"merge", b"x:merge").replace(b"xmlns", b"xmlns:x", 1)],
)
def test_merged_cells_are_found_however_the_sheet_is_written_and_cut(
    sheet: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    if b"x:merge" in sheet:
        sheet = sheet.replace(b"<worksheet ", f'<worksheet xmlns="{files.MAIN}" '.encode())
    for size in (1, 2, 5, 7, 1_000):
        monkeypatch.setattr(archive, "_CHUNK", size)
        rows = list(Workbook(io.BytesIO(with_part(files.SHEET, sheet)), None).rows())
        assert rows == [(1, ["x", "x", "y"], {})]


def test_where_a_sheet_is_cut_for_reading_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_cut(content: bytes, size: int) -> list[tuple[int, str]]:
        monkeypatch.setattr(archive, "_CHUNK", size)
        rows = Workbook(io.BytesIO(content), None).rows()
        # Later rows may be wider, so blanks at a row's end come and go.
        return [(number, "|".join(texts).rstrip("|") + str(problems)) for number, texts, problems in rows]

    for seed in range(1_000, 1_010):
        content = workbooks.by_hand(Random(seed))
        whole = read_cut(content, 1 << 18)
        assert whole
        assert all(read_cut(content, size) == whole for size in (1, 17))


def test_a_part_that_is_unpacked_twice_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    content = with_part(files.SHEET, MERGED)
    members = {**files.parts(), files.SHEET: MERGED}
    monkeypatch.setattr(limits, "UNPACKED_BYTES", sum(map(len, members.values())))
    assert len(list(Workbook(io.BytesIO(content), None).rows())) == 1
    monkeypatch.setattr(limits, "UNPACKED_BYTES", limits.UNPACKED_BYTES - 1)
    with pytest.raises(UnreadableUpload) as caught:
        list(Workbook(io.BytesIO(content), None).rows())
    assert caught.value.code == "IMP-201"


def test_one_large_honest_sheet_is_accepted_and_its_first_rows_come_at_once() -> None:
    text = "The reading of {n} was not taken at the last visit by the supplier, "
    cells_xml = "".join(f'<c t="inlineStr"><is><t>{text}{part}</t></is></c>' for part in range(15))
    content = tall("", 1, 42_000, f"<row>{cells_xml}</row>")
    assert zipfile.ZipFile(io.BytesIO(content)).getinfo(files.SHEET).file_size > 60 << 20
    with open_upload("a.xlsx", content) as reading:
        first = next(reading.batches())
    assert (first[0].number, len(first[0].cells)) == (1, 15)


@pytest.mark.parametrize(
    "xml",
    ["<c r='A2'><v>1</v><v>2</v></c>", "<c r='A2' t='str'><v/><v>2</v></c>", "<c r='A2'><is><t>1</t></is><v>2</v></c>"],
)
def test_a_cell_with_two_values_is_damaged(xml: str) -> None:
    with pytest.raises(UnreadableUpload) as caught:
        read(files.one_cell(xml))
    assert caught.value.code == "IMP-106"


def test_a_cell_outside_any_row_is_refused() -> None:
    with pytest.raises(UnreadableUpload) as caught:
        read(book_of("<c><v>1</v></c>" + HEADER))
    assert caught.value.code == "IMP-204"


def test_text_of_any_length_is_read_in_pieces_and_named_with_its_length() -> None:
    text = "x" * 300_000
    for xml in (f"<c r='A2' t='str'><v>{text}</v></c>", f"<c r='A2' t='inlineStr'><is><t>{text}</t></is></c>"):
        content = files.one_cell(xml)
        assert codes(content) == {(2, 0): "IMP-404"}
        assert "300,000 characters" in read(content)[0][1].problems[0][1]


def test_the_epoch_is_that_of_the_workbook_and_not_of_an_extension_with_the_same_word() -> None:
    extension = f'<workbookPr/><extLst><ext {X15}><x15:workbookPr date1904="1"/></ext></extLst>'
    date = '<row r="1"><c r="A1" s="1"><v>45382</v></c></row>'
    assert cells(book_of(date, book=extension)) == [(1, ("2024-03-31",))]
    assert cells(book_of(date, book='<workbookPr date1904="1"/>')) == [(1, ("2028-04-01",))]
