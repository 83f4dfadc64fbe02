"""Our own reading of a workbook against that of openpyxl, cell by cell."""

import io
from random import Random

import pytest
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from app.imports.archive import Archive
from app.imports.columns import column_letter
from app.imports.sheet_scan import Row
from app.imports.styles import Shown, read_styles
from app.imports.xlsx_rows import Workbook
from tests.imports import files, workbooks
from tests.imports.oracle import Found, read_with_openpyxl

WRITERS = {
    "openpyxl": lambda chance: workbooks.by_openpyxl(chance, write_only=False),
    "openpyxl, write-only": lambda chance: workbooks.by_openpyxl(chance, write_only=True),
    "xlsxwriter": lambda chance: workbooks.by_xlsxwriter(chance, constant_memory=False),
    "xlsxwriter, constant memory": lambda chance: workbooks.by_xlsxwriter(chance, constant_memory=True),
    "by hand": workbooks.by_hand,
}
ROUNDS = {"by hand": 300}


def as_found(rows: list[Row]) -> Found:
    found: Found = []
    for number, cells, problems in rows:
        while cells and not cells[-1]:
            cells.pop()
        found.append((number, tuple(cells), {column: code for column, (code, _) in problems.items()}))
    return found


def read(content: bytes) -> list[Row]:
    """The rows, read in this process; [] where there are none."""
    try:
        return list(Workbook(io.BytesIO(content), None).rows())
    except files.UnreadableUpload as error:
        assert error.code == "IMP-505", error.message
        return []


@pytest.mark.parametrize("name", WRITERS)
def test_every_cell_reads_as_openpyxl_reads_it(name: str) -> None:
    cells = 0
    for seed in range(ROUNDS.get(name, 30)):
        content = WRITERS[name](Random(seed))
        expected = read_with_openpyxl(content)
        assert as_found(read(content)) == expected, f"seed {seed}"
        cells += sum(len(row) for _, row, _ in expected)
    assert cells > 300


def test_each_format_with_each_number_reads_as_openpyxl_reads_it() -> None:
    styles = range(20 + len(workbooks.FORMATS))
    rows = "".join(
        f'<row r="{n}">'
        + "".join(f'<c r="{column_letter(style)}{n}" s="{style}"><v>{number}</v></c>' for style in styles)
        + "</row>"
        for n, number in enumerate(workbooks.NUMBERS, 1)
    )
    for book in ("", '<workbookPr date1904="1"/>'):
        members = files.parts(files.sheet_xml(rows), book=book)
        content = files.pack({**members, "xl/styles.xml": workbooks.styles_xml()})
        assert as_found(read(content)) == read_with_openpyxl(content)


def test_the_built_in_formats_show_dates_where_openpyxl_says_so() -> None:
    used = "".join(f'<xf numFmtId="{number}"/>' for number in range(60))
    part = f'<styleSheet xmlns="{files.MAIN}"><cellXfs>{used}</cellXfs></styleSheet>'.encode()
    archive = Archive(io.BytesIO(files.with_part("xl/styles.xml", part)))
    styles = read_styles(archive, "xl/styles.xml")
    for number in range(60):
        code = BUILTIN_FORMATS.get(number)
        shown = Shown.DURATION if is_timedelta_format(code) else Shown.DATE if is_date_format(code) else Shown.NUMBER
        assert styles.shown(str(number)) is shown, number
