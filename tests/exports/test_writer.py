"""exports.writer: what is written can be read back, and nothing in it is ever a formula."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from app.domain.table import Table, Value
from app.exports.writer import inert, write_csv, write_xlsx

FORMULAS = [
    "=1+1", "=cmd|'/C calc'!A0", "=HYPERLINK(\"http://x.example\",\"x\")", "=SUM(A1:A9)", "=\"a\"&\"b\"", "==1", "= 1",
    "=WEBSERVICE(\"http://x.example\")", "=IMPORTXML(1,2)", "=DDE(\"a\";\"b\";\"c\")", "=@SUM(1)", "=-1", "=+1", "={1}",
    "+1+1", "+44 20 7946 0000", "+cmd|' /C calc'!A0", "++1", "-1+1", "-2+3+cmd|' /C calc'!A0", "--1", "-", "+",
    "=", "@",    "@SUM(1+1)", "@cmd", "@@", "\t=1+1", "\t1", "\t", "\r=1+1", "\r\n=1+1", "\r",
    "\x00=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    "=1+1\n=2+2", "=1;2", "=1,2", "=\"\"\"\"", "=A1#", "=LAMBDA(x,x)(1)", "-@SUM(1)", "=<b>1</b>", "=1&amp;2",
]  # fmt: skip
PLAIN = [
    "text", "1 + 1 = 2", "a=b", "'quoted'", "\"quoted\"", "a,b;c\td", "two\nlines",
    " leading", "trailing ", "0012345678",
    "1e5", "2026-11-23", "TRUE", "£9.50", "Ärger & <Größe>", "]]>", "&amp;", "{{7*7}}", "<script>",
    "日本", "🙂", "#REF!",
    "_x0041_", "a\\b", "%s %(x)s {0}", "\u202eabc", "\u200b=1", "·=1", " =1", "'=1",
]  # fmt: skip


def read_csv(table: Table, top: tuple[str, ...] = ()) -> list[list[str]]:
    body = b"".join(write_csv(table, top))
    assert body.startswith(b"\xef\xbb\xbf") and body.count(b"\xef\xbb\xbf") == 1
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def open_xlsx(table: Table, top: tuple[str, ...] = ()) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(b"".join(write_xlsx(table, top))))


def test_there_are_enough_formulas_to_try() -> None:
    assert len(FORMULAS) == len(set(FORMULAS)) >= 40


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_leaves_as_inert_text_in_csv(text) -> None:
    header, row = read_csv(Table([text, "next"], [[text, "kept"]]))
    assert header == [f"'{text}", "next"] and row == [f"'{text}", "kept"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_leaves_as_inert_text_in_xlsx(text) -> None:
    book = open_xlsx(Table([text, "next"], [[text, "kept"]]), (text,))
    shown = "\ufffd".join(f"'{text}".split("\x00")).replace("\r\n", "\n").replace("\r", "\n")
    for row in book.active.iter_rows():
        for cell in row:
            assert cell.data_type in ("s", "n", "inlineStr") and cell.data_type != "f"
    values = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert values == [[shown, None], [shown, "next"], [shown, "kept"]]


def test_the_line_above_the_header_is_inert_too() -> None:
    assert read_csv(Table(["A"], []), ("=1+1",))[0] == ["'=1+1"]


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_comes_back_as_it_was(text) -> None:
    assert read_csv(Table(["A", "B"], [[text, "x"]]))[1] == [text, "x"]
    sheet = open_xlsx(Table(["A", "B"], [[text, "x"]])).active
    assert [cell.value for cell in sheet[2]] == [text, "x"]
    assert inert(text) == text


def test_numbers_and_dates_stay_numbers_and_dates() -> None:
    row: list[Value] = [
        7, -3, Decimal("1250.50"), Decimal("-0.01"), date(2026, 11, 23), date(2024, 2, 29),
        datetime(2026, 7, 1, 12, 30, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC), None, "",
    ]  # fmt: skip
    columns = [f"C{number}" for number in range(len(row))]
    assert read_csv(Table(columns, [row]))[1] == [
        "7", "-3", "1250.50", "-0.01", "2026-11-23", "2024-02-29", "2026-07-01 13:30", "2026-12-31 23:59", "", "",
    ]  # fmt: skip
    cells = open_xlsx(Table(columns, [row])).active[2]
    assert [cell.value for cell in cells[:4]] == [7, -3, 1250.5, -0.01]
    assert [cell.value.date() for cell in cells[4:6]] == [date(2026, 11, 23), date(2024, 2, 29)]
    # London's wall clock: summer time in July.
    times = [cell.value.replace(microsecond=0) for cell in cells[6:8]]
    assert times == [datetime(2026, 7, 1, 13, 30), datetime(2026, 12, 31, 23, 59)]
    assert all(cell.is_date for cell in cells[4:8]) and all(cell.data_type == "n" for cell in cells[:4])
    assert [cell.value for cell in cells[8:]] == [None, None]


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1f", "\x7f", "\x85", "\ufffe", "\uffff", "\ud800"])
def test_what_xml_cannot_hold_does_not_break_the_workbook(character) -> None:
    sheet = open_xlsx(Table(["A"], [[f"a{character}b"], ["next"]])).active
    assert [row[0].value for row in sheet] == ["A", "a\ufffdb", "next"]


def test_the_header_stays_in_sight_and_stands_out() -> None:
    sheet = open_xlsx(Table(["A", "B"], [["x", "y"]]), ("Contacts as at now",)).active
    assert sheet.freeze_panes == "A3"
    assert [cell.font.bold for cell in sheet[2]] == [True, True] and not sheet["A3"].font.bold
    assert sheet.title == "Contacts"


def test_nothing_to_write_is_a_file_with_a_header() -> None:
    assert read_csv(Table(["A"], [])) == [["A"]]
    assert [row[0].value for row in open_xlsx(Table(["A"], [])).active] == ["A"]


ROWS = 200_000


def many(given: list[int]) -> Iterator[list[Value]]:
    """Rows that say how many were asked for."""
    for number in range(ROWS):
        given[0] = number + 1
        yield [f"4F7-K2M-{number:06d}", "=1+1", number, "Some words that differ by their end " + str(number)]


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_it_streams_in_memory_that_does_not_grow(write) -> None:
    given, size, largest = [0], 0, 0
    tracemalloc.start()
    try:
        pieces = write(Table(["Reference", "Live", "Number", "Words"], many(given)), ("top",))
        first = next(pieces)
        assert given[0] <= 1000, "the first piece leaves before the rows are read"
        size += len(first)
        reached = 0
        for piece in pieces:
            size, largest = size + len(piece), max(largest, len(piece))
            reached = reached or (given[0] if size > 100_000 else 0)
        assert reached < ROWS / 2, "pieces leave while rows are being read"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert given[0] == ROWS and size > 1_000_000
    assert largest < 2_000_000
    assert peak < 20_000_000, peak
