"""Awkward and hostile uploads, made in memory part by part."""

import io
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.errors import UnreadableUpload
from app.imports.messages import SENTENCES

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SHEET: Final = "xl/worksheets/sheet1.xml"
STRINGS: Final = "xl/sharedStrings.xml"
BOOK: Final = "xl/workbook.xml"
CONTENT_TYPES: Final = "[Content_Types].xml"

HEAD: Final = f'<worksheet xmlns="{MAIN}">'
TWO_ROWS: Final = (
    '<row r="1"><c r="A1" t="str"><v>Contact type</v></c><c r="B1" t="str"><v>MPRN</v></c></row>'
    '<row r="2"><c r="A2" t="str"><v>T01</v></c><c r="B2" t="str"><v>0012345678</v></c></row>'
)
LAUGHS: Final = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
NOISE: Final = random.Random(7).randbytes(5_000)
OUTSIDE: Final = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def assert_plain(error: UnreadableUpload) -> None:
    """A sentence for a person: whole, ending in a full stop, without a word from inside the program."""
    message = error.message
    assert error.code in SENTENCES
    assert message[0].isupper() and message.endswith("."), message
    assert not re.search(r"Error|Exception|Traceback|None|\.py|openpyxl|expat|zipfile|[{}<>]|\b0x", message), message


def sheet_xml(rows: str = TWO_ROWS, *, before: str = "", after: str = "") -> bytes:
    """Return a sheet part: `before` and `after` stand around its rows."""
    return f"{HEAD}{before}<sheetData>{rows}</sheetData>{after}</worksheet>".encode()


def strings_xml(*texts: str) -> bytes:
    return f'<sst xmlns="{MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in texts)}</sst>'.encode()


def parts(
    sheet: bytes | None = None,
    *,
    names: Sequence[str] = ("Contacts",),
    states: Mapping[str, str] | None = None,
    strings: bytes | None = None,
    book: str = "",
    sheets: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """Return the parts of a workbook; `sheet` is the first sheet, `sheets` gives others by name."""
    states = states or {}
    sheets = sheets or {}
    numbers = range(1, len(names) + 1)
    entries = "".join(
        f'<sheet name="{name}" sheetId="{i}" state="{states.get(name, "visible")}" r:id="rId{i}"/>'
        for i, name in zip(numbers, names, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPES}worksheet+xml"/>' for i in numbers
    )
    if strings is not None:
        relations += f'<Relationship Id="rIdS" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        overrides += f'<Override PartName="/{STRINGS}" ContentType="{TYPES}sharedStrings+xml"/>'
    relations += f'<Relationship Id="rIdT" Type="{OFFICE}/styles" Target="styles.xml"/>'
    overrides += f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}styles+xml"/>'
    found = {
        CONTENT_TYPES: f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{BOOK}" ContentType="{TYPES}sheet.main+xml"/>{overrides}</Types>'.encode(),
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="{BOOK}"/></Relationships>'.encode(),
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}<sheets>{entries}</sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'.encode()
        ),
        "xl/styles.xml": styles_xml(),
    }
    for i, name in zip(numbers, names, strict=True):
        found[f"xl/worksheets/sheet{i}.xml"] = sheets.get(name) or (sheet_xml() if i > 1 or sheet is None else sheet)
    if strings is not None:
        found[STRINGS] = strings
    return found


def styles_xml() -> bytes:
    """Return three cell formats: 0 general, 1 date, 2 date and time, 3 time."""
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/>' for number in (0, 14, 22, 21)
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><fonts><font><sz val="11"/></font></fonts>'
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        f'<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs>{formats}</cellXfs></styleSheet>'
    ).encode()


def pack(members: Mapping[str, bytes | Iterable[bytes]], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the parts as an archive; a part given in pieces is packed without being held whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members.items():
            with archive.open(name, "w") as part:
                for piece in [data] if isinstance(data, bytes) else data:
                    part.write(piece)
    return out.getvalue()


def book_of(rows: str, *, before: str = "", after: str = "", book: str = "", strings: bytes | None = None) -> bytes:
    """Return a whole workbook with one sheet of these rows."""
    return pack(parts(sheet_xml(rows, before=before, after=after), book=book, strings=strings))


def with_part(name: str, data: bytes | Iterable[bytes], **given: str) -> bytes:
    """Return a good workbook with one part added or replaced."""
    return pack({**parts(), name: data})


def with_prolog(name: str, prolog: str) -> bytes:
    """Return a good workbook, one part of which begins with a document type."""
    members = parts(strings=strings_xml("a"))
    return pack({**members, name: prolog.encode() + members[name]})


def row_of(number: int, *cells: str) -> str:
    """Return a row of text cells."""
    inner = "".join(f'<c r="{chr(65 + i)}{number}" t="str"><v>{cell}</v></c>' for i, cell in enumerate(cells))
    return f'<row r="{number}">{inner}</row>'


def rows_of(first: int, last: int, pattern: str) -> Iterable[bytes]:
    """Give rows by a pattern in which {n} is the row's number, a thousand at a time."""
    for start in range(first, last + 1, 1000):
        yield "".join(pattern.replace("{n}", str(n)) for n in range(start, min(start + 1000, last + 1))).encode()


def tall_sheet(top: str, first: int, last: int, pattern: str) -> Iterable[bytes]:
    """Give a sheet of some top rows and many more by a pattern."""
    yield f"{HEAD}<sheetData>{top}".encode()
    yield from rows_of(first, last, pattern)
    yield b"</sheetData></worksheet>"


def repeated_part() -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in [*parts().items(), (SHEET, sheet_xml(""))]:
                archive.writestr(name, data)
    return out.getvalue()


def renamed_part(name: str) -> bytes:
    """Return a workbook with a part of exactly this name, which the zip library would tidy up."""
    stand_in = "x" * len(name)
    return pack({**parts(), stand_in: b"x"}).replace(stand_in.encode(), name.encode())


def with_flag() -> bytes:
    """Return a workbook, the first part of which is marked as encrypted."""
    content = bytearray(pack(parts()))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def with_false_size(size: int, *, name: str = SHEET) -> bytes:
    """Return a workbook, the directory of which gives a wrong unpacked size for a part."""
    content = bytearray(pack(parts()))
    at = 0
    while True:
        at = content.index(b"PK\x01\x02", at + 1)
        length = struct.unpack_from("<H", content, at + 28)[0]
        if content[at + 46 : at + 46 + length] == name.encode():
            struct.pack_into("<I", content, at + 24, size)
            return bytes(content)


def library_book(*rows: Sequence[object], title: str = "Contacts", epoch: datetime | None = None) -> bytes:
    """Return a workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADER: Final = row_of(1, "Contact type", "MPRN")
DATA: Final = '<row r="{n}"><c r="A{n}"><v>1</v></c></row>'
PLAIN: Final = [(1, ("Contact type", "MPRN")), (2, ("T01", "0012345678"))]
"""The rows of `parts()`, as read."""


def one_cell(xml: str) -> bytes:
    """A header and, in A2, the cell under test."""
    return book_of(f'{HEADER}<row r="2">{xml}<c r="B2" t="str"><v>x</v></c></row>', strings=strings_xml("a", "b"))


def tall(top: str, first: int, last: int, pattern: str) -> bytes:
    return with_part(SHEET, tall_sheet(top, first, last, pattern))


def sheets(*names: str, hidden: str = "", contents: dict[str, bytes] | None = None) -> bytes:
    return pack(parts(names=names, states={hidden: "veryHidden"}, sheets=contents))
