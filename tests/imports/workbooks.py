"""Workbooks drawn at random: by openpyxl, by xlsxwriter and written out by hand, to be read in two ways."""

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlsxwriter
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from app.imports.columns import column_letter
from tests.imports import files

FORMATS: Final = [
    "General", "0.00%", "#,##0", "@", "0.0E+00", "[Red]0", "Standard", "0;yyyy", '"yyyy" 0', r"\d0", "_d0",
    "yyyy-mm-dd", "dd/mm/yyyy hh:mm", "[$-809]dd mmmm yyyy;@", "[$-F800]dddd", '"day" d', "[Blue]d", "h:mm AM/PM",
    "mmm-yy", '"x;y"dd', "[h]:mm:ss", "[mm]:ss", "[hh]:mm", "[ss].00", "mm:ss.0",
]  # fmt: skip
TEXTS: Final = [
    "a", "", "  b ", " ", "é£€", "\U0001f600", "\u00a0x\u00a0", "a\u200bb", "a\nb", "a\r\nb", "a\tb", "&<>\"'", "'x",
    "'", "=1+1", "+44", "0012", "TRUE", "#N/A", "#n/a", "#hash", "_x0041_", "_x005F_x0041_", "x_x000D_y",
    "_x005F_x000D_", "_x0000_", "_x", "x005F_", "a\x85b", "x" * 4_000, "x" * 4_001,
]  # fmt: skip
NUMBERS: Final = [
    "0", "1", "-1", "007", "12345678", "-0", "-0.0", "1.5", "5.", ".5", "+5", "0.10", "12.50", "1.0", "2.675", " 7 ",
    "1e3", "1E-7", "1e20", "1e15", "1e16", "1.5e2", "1e-320", "1e999", "-1e999", "0.00001", "123456789012345.6",
    "0.30000000000000004", "1.23456789012345678", "123456789012345678", "9" * 300, "33.33", "-0.5", "0.25", "0.5",
    "0.99999", "0.999999999", "59", "60", "61", "1462", "45000", "45000.5", "44927.333333333336", "44927.9999999",
    "44927.999994", "0.041666666666666664", "1.0416666666666667", "100000.75", "2950000", "2958466", "99999999",
]  # fmt: skip
DATES: Final = [
    "2024-03-31", "2024-03-31T10:20:30", "2024-03-31T00:00:00", "2024-03-31T10:20:30.6Z", "2024-03-31T23:59:59.999",
    "2024-03-31T10:20:30+01:00", "10:20", "10:20:30.9",
]  # fmt: skip
MOMENT: Final = datetime(2024, 2, 29, 13, 14, 15)
VALUES: Final = [
    None, "", "text", " spaced ", "_x0041_", "café", 0, 7, -3, 12345678, 0.1, 1e-7, 1e20, 2.50, True, False, "#REF!",
    MOMENT, datetime(1900, 1, 5), datetime(1999, 12, 31), date(2024, 3, 31), time(8, 30), time(0), timedelta(hours=30),
    timedelta(minutes=1, milliseconds=1_500), "=1+1",
]  # fmt: skip


def by_openpyxl(chance: Random, *, write_only: bool) -> bytes:
    """A workbook of openpyxl, in either of its modes."""
    book = openpyxl.Workbook(write_only=write_only)
    if chance.random() < 0.3:
        book.epoch = datetime(1904, 1, 1)
    sheet: Any = book.create_sheet() if write_only else book.active
    rich = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"), " and plain")
    for _ in range(chance.randint(1, 12)):
        row: list[object] = []
        for _ in range(chance.randint(0, 9)):
            value: object = chance.choice([*VALUES, rich])
            if chance.random() < 0.3:
                cell: Any = WriteOnlyCell(sheet, value)
                cell.number_format = chance.choice(FORMATS)
                value = cell
            row.append(value)
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter(chance: Random, *, constant_memory: bool) -> bytes:
    """A workbook of xlsxwriter: shared texts, or in its other mode texts in the cells."""
    out = io.BytesIO()
    options = {"constant_memory": constant_memory, "date_1904": chance.random() < 0.3}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    formats = [book.add_format({"num_format": code}) for code in [*FORMATS, 14, 22, 45, 46, 47, 9, 10]]
    writers: list[Callable[[int, int], object]] = [
        lambda r, c: sheet.write_string(r, c, chance.choice([text for text in TEXTS if text])),
        lambda r, c: sheet.write_number(r, c, chance.random() * 10 ** chance.randint(-8, 6), chance.choice(formats)),
        lambda r, c: sheet.write_number(r, c, chance.randrange(60_000), chance.choice(formats)),
        lambda r, c: sheet.write_datetime(
            r, c, chance.choice([MOMENT, date(2024, 3, 31), time(8, 30), timedelta(hours=30)]), chance.choice(formats)
        ),
        lambda r, c: sheet.write_boolean(r, c, chance.random() < 0.5),
        lambda r, c: sheet.write_blank(r, c, None, chance.choice(formats)),
        lambda r, c: sheet.write_rich_string(r, c, "plain ", bold, "bold", " and plain"),
        lambda r, c: sheet.write_formula(r, c, "=A1", bold, chance.choice([0, 1.5, "text", True, "#N/A", "TRUE"])),
    ]
    for row in range(chance.randint(1, 12)):
        for column in range(chance.randint(0, 9)):
            if chance.random() < 0.8:
                chance.choice(writers)(row, column)
    book.close()
    return out.getvalue()


def by_hand(chance: Random) -> bytes:
    """A workbook as no library writes it: every form of cell, references left out, blanks between the elements."""
    gap = chance.choice(["", "", "\n  "])
    shared = [_text_xml(chance, gap) for _ in range(chance.randint(1, 12))]
    strings = f'<sst xmlns="{files.MAIN}">{gap.join(f"<si>{gap}{text}{gap}</si>" for text in shared)}</sst>'
    rows, number = [], 0
    for _ in range(chance.randint(1, 12)):
        step = chance.choice([0, 0, 1, 2])
        number += max(step, 1)
        cells = _cells_xml(chance, gap, number, len(shared))
        rows.append(f"<row{f' r={quoteattr(str(number))}' if step else ''}>{cells}</row>" if cells else "<row/>")
        if not cells and step > 1:
            rows[-1] = f'<row r="{number}"/>'
    book = chance.choice(["", '<workbookPr date1904="1"/>', '<workbookPr date1904="false"/>', "<workbookPr/>"])
    sheet = files.sheet_xml(gap.join(rows))
    if chance.random() < 0.1:
        sheet = sheet.decode().encode("utf-16")
    members = files.parts(sheet, book=book, strings=strings.encode())
    return files.pack({**members, "xl/styles.xml": styles_xml()})


def styles_xml() -> bytes:
    """Return cell formats by built-in number and by FORMATS, beside traps: formats of conditions and named styles."""
    own = "".join(f'<numFmt numFmtId="{i}" formatCode={quoteattr(code)}/>' for i, code in enumerate(FORMATS, 164))
    used = "".join(f'<xf numFmtId="{i}"/>' for i in [0, *range(9, 23), *range(45, 50), *range(164, 164 + len(FORMATS))])
    return (
        f'<styleSheet xmlns="{files.MAIN}"><numFmts>{own}</numFmts>'
        '<fonts><font><sz val="11"/></font></fonts><fills><fill><patternFill/></fill></fills>'
        f'<borders><border/></borders><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{used}</cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy"/></dxf></dxfs></styleSheet>'
    ).encode()


def _cells_xml(chance: Random, gap: str, row: int, shared: int) -> str:
    cells = []
    column = 0
    for _ in range(chance.randint(0, 9)):
        step = chance.choice([0, 0, 1, 2])
        column += max(step, 1)
        reference = f' r="{column_letter(column - 1)}{row}"' if step else ""
        style = chance.choice(["", f' s="{chance.randrange(20 + len(FORMATS))}"'])
        kind, inner = _cell_xml(chance, gap, shared)
        cells.append(f"<c{reference}{style}{kind}>{gap}{inner}{gap}</c>" if inner else f"<c{reference}{style}{kind}/>")
    return gap.join(cells)


def _cell_xml(chance: Random, gap: str, shared: int) -> tuple[str, str]:
    """Return the type attribute and the contents of one cell."""
    formula = chance.choice(["", "", "", "<f>1+1</f>", '<f t="shared" si="0"/>'])
    number = chance.choice([*NUMBERS, repr(chance.random() * 60_000), repr(chance.randrange(86_400 * 40_000) / 86_400)])
    space = chance.choice(["", ' xml:space="preserve"'])
    return chance.choice(
        [
            ("", f"{formula}<v>{number}</v>"),
            (' t="n"', f"{formula}<v>{number}</v>"),
            (' t="s"', f"<v>{chance.randrange(shared)}</v>"),
            (' t="inlineStr"', f"<is>{gap}{_text_xml(chance, gap)}{gap}</is>"),
            (' t="str"', f"{formula}<v{space}>{_escaped(chance.choice([text for text in TEXTS if text]))}</v>"),
            (' t="b"', f"{formula}<v>{chance.choice('01')}</v>"),
            (' t="e"', f"{formula}<v>{chance.choice(['#REF!', '#N/A', '#OTHER'])}</v>"),
            (' t="d"', f"{formula}<v>{chance.choice(DATES)}</v>"),
            ("", chance.choice(["", "<v/>", "<v></v>", "<f>1</f>", "<f>1</f><v/>"])),
            (' t="inlineStr"', chance.choice(["", "<is/>", "<is><t/></is>"])),
        ]
    )


def _text_xml(chance: Random, gap: str) -> str:
    """Return the contents of an 'si' or 'is': plain, in runs, with its pronunciation, or nothing at all."""
    space = chance.choice(["", ' xml:space="preserve"'])
    plain = f"<t{space}>{_escaped(chance.choice(TEXTS))}</t>"
    spoken = f'<rPh sb="0" eb="1">{gap}<t>KANA</t>{gap}</rPh>{gap}<phoneticPr fontId="1"/>'
    runs = gap.join(
        f"<r>{gap}<rPr><b/></rPr>{gap}<t{space}>{_escaped(chance.choice(TEXTS[:20]))}</t>{gap}</r>"
        for _ in range(chance.randint(1, 3))
    )
    return chance.choice([plain, plain, runs, f"{plain}{gap}{runs}", plain + gap + spoken, runs + gap + spoken, ""])


def _escaped(text: str) -> str:
    return escape(text).replace("\r", "&#13;")
