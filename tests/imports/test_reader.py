"""Whole uploads and the child process: every refusal with its code and a plain sentence, every way a child may end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import UnreadableUpload
from app.imports import limits, reader
from app.imports.reader import SourceRow, column_letter, open_upload
from tests.imports import files
from tests.imports.files import (
    DATA,
    HEADER,
    NOISE,
    PLAIN,
    PNG,
    assert_plain,
    book_of,
    one_cell,
    pack,
    parts,
    row_of,
    sheet_xml,
    sheets,
    tall,
    with_part,
)
from tests.imports.reading import cells, read

NESTED = f'<workbook xmlns="{files.MAIN}">{"<a>" * 100_000}{"</a>" * 100_000}</workbook>'.encode()
STRICT = sheet_xml().replace(files.MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
NAMES = "".join(f'<definedName name="n{i}">1</definedName>' for i in range(100_000))

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("IMP-101", lambda: b""),
    "random bytes": ("IMP-102", lambda: NOISE),
    "PNG renamed": ("IMP-102", lambda: PNG),
    "truncated": ("IMP-104", lambda: pack(parts())[:900]),
    "smaller than declared": ("IMP-104", lambda: files.with_false_size(50_000)),
    "larger than declared": ("IMP-104", lambda: files.with_false_size(10)),
    "doctype in a sheet": ("IMP-301", lambda: files.with_prolog(files.SHEET, "<!DOCTYPE x>")),
    "doctype in the workbook": ("IMP-301", lambda: files.with_prolog(files.BOOK, files.LAUGHS)),
    "doctype in shared strings": ("IMP-301", lambda: files.with_prolog(files.STRINGS, files.OUTSIDE)),
    "doctype in UTF-16": (
        "IMP-301",
        lambda: with_part(files.SHEET, ("<!DOCTYPE x>" + sheet_xml().decode()).encode("utf-16")),
    ),
    "doctype in an unused part": ("IMP-301", lambda: with_part("xl/theme/theme9.xml", b"<!DOCTYPE x><x/>")),
    "doctype in a part without ending": ("IMP-301", lambda: with_part("xl/odd", b"<!DOCTYPE x><x/>")),
    "lone cell in the last corner": (
        "IMP-202",
        lambda: book_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    ),
    "a million blank rows and nothing else": ("IMP-202", lambda: tall("", 1, 1_048_576, '<row r="{n}"/>')),
    "too many rows": ("IMP-202", lambda: tall("", 1, 50_031, DATA)),
    "row number too large": ("IMP-204", lambda: book_of('<row r="99999999999"><c><v>1</v></c></row>')),
    "row number that is none": ("IMP-204", lambda: book_of('<row r="x"><c><v>1</v></c></row>')),
    "rows out of order": ("IMP-204", lambda: book_of(row_of(2, "a") + row_of(1, "b"))),
    "row twice": ("IMP-204", lambda: book_of(row_of(1, "a") + row_of(1, "b"))),
    "column ZZZZ": ("IMP-204", lambda: book_of('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>')),
    "cell of another row": ("IMP-204", lambda: book_of('<row r="1"><c r="A2"><v>1</v></c></row>')),
    "cells out of order": ("IMP-204", lambda: book_of('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>')),
    "too many columns": ("IMP-209", lambda: book_of('<row r="1"><c r="GS1"><v>1</v></c></row>')),
    "whole sheet merged": (
        "IMP-205",
        lambda: book_of(HEADER, after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    ),
    "too many merged": (
        "IMP-205",
        lambda: book_of(HEADER, after="".join(f'<mergeCell ref="A{i}:B{i}"/>' for i in range(2, 1_003))),
    ),
    "too many sheets": ("IMP-206", lambda: sheets(*(f"s{i}" for i in range(21)))),
    "too many validations": ("IMP-207", lambda: book_of(HEADER, after="<dataValidation/>" * 10_001)),
    "too many names": ("IMP-207", lambda: pack(parts(book=f"<definedNames>{NAMES}</definedNames>"))),
    "nested too deep": ("IMP-207", lambda: with_part("xl/styles.xml", NESTED)),
    "too many styles": ("IMP-207", lambda: with_part("xl/styles.xml", f"<a>{'<xf/>' * 70_000}</a>".encode())),
    "strict format": ("IMP-107", lambda: with_part(files.SHEET, STRICT)),
    "shared text beyond the last": ("IMP-106", lambda: one_cell('<c r="A2" t="s"><v>2</v></c>')),
    "shared text -1": ("IMP-106", lambda: one_cell('<c r="A2" t="s"><v>-1</v></c>')),
    "shared text abc": ("IMP-106", lambda: one_cell('<c r="A2" t="s"><v>abc</v></c>')),
    "shared texts missing": ("IMP-106", lambda: book_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')),
    "unknown cell type": ("IMP-106", lambda: one_cell('<c r="A2" t="zz"><v>0</v></c>')),
    "NaN": ("IMP-405", lambda: one_cell('<c r="A2"><v>NaN</v></c>')),
    "5,000 digits": ("IMP-405", lambda: one_cell(f'<c r="A2"><v>{"9" * 5_000}</v></c>')),
    "inline text where a value stands": ("IMP-106", lambda: one_cell('<c r="A2" t="inlineStr"><v>x</v></c>')),
    "value where an inline text stands": ("IMP-106", lambda: one_cell('<c r="A2" t="str"><is><t>x</t></is></c>')),
    "bad ISO date": ("IMP-407", lambda: one_cell('<c r="A2" t="d"><v>2024-13-45</v></c>')),
    "XML cut short": ("IMP-106", lambda: with_part(files.SHEET, sheet_xml()[:-20])),
    "control character": ("IMP-106", lambda: one_cell('<c r="A2" t="str"><v>\x01</v></c>')),
    "UTF-16 under a wrong name": (
        "IMP-106",
        lambda: with_part(
            files.SHEET, b'<?xml version="1.0" encoding="UTF-8"?>' + sheet_xml().decode().encode("utf-16-le")
        ),
    ),
    "no workbook part": ("IMP-106", lambda: pack({k: v for k, v in parts().items() if k != files.BOOK})),
    "sheet missing": ("IMP-106", lambda: pack({k: v for k, v in parts().items() if k != files.SHEET})),
    "sheet elsewhere": (
        "IMP-304",
        lambda: pack({k: v.replace(b"worksheets/sheet1", b"http://x.test/a") for k, v in parts().items()}),
    ),
    "macros by type": (
        "IMP-302",
        lambda: pack(
            {
                k: v.replace(b"officedocument.spreadsheetml.sheet.main", b"excel.sheet.macroEnabled.main")
                for k, v in parts().items()
            }
        ),
    ),
    "only sheet hidden": ("IMP-501", lambda: sheets("Contacts", hidden="Contacts")),
    "data only on a hidden sheet": (
        "IMP-501",
        lambda: sheets("Front", "Contacts", hidden="Contacts", contents={"Front": sheet_xml("")}),
    ),
    "chart only": ("IMP-502", lambda: with_part(files.SHEET, f'<chartsheet xmlns="{files.MAIN}"/>'.encode())),
    "nothing at all": ("IMP-505", lambda: book_of("")),
    "csv of blank lines": ("IMP-505", lambda: b"\n\n  \n,,\n"),
    "csv with NUL": ("IMP-108", lambda: b"MPRN,name\n" + b"12345678,al\0ice\n" * 50),
    "csv with open quotation": ("IMP-109", lambda: b'a,b\n1,"x\n2,y\n3,z\n'),
    "csv with too many rows": ("IMP-202", lambda: b"1\n" * 50_031),
    "csv with too many columns": ("IMP-209", lambda: b"a,b\n" + b"," * 200 + b"x\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_its_code_and_a_plain_sentence(name: str) -> None:
    code, make = REFUSED[name]
    with pytest.raises(UnreadableUpload) as caught:
        read(make())
    assert caught.value.code == code, caught.value.message
    assert_plain(caught.value)


def test_a_workbook_called_csv_and_a_csv_called_xlsx_are_read_for_what_they_are() -> None:
    assert cells(pack(parts()), name="a.csv") == PLAIN
    assert cells(b"Contact type,MPRN\nT01,0012345678\n", name="a.xlsx") == PLAIN


def test_the_child_is_gone_when_the_reader_of_rows_leaves_early() -> None:
    content = tall("", 1, 50_000, '<row r="{n}"><c r="A{n}" t="str"><v>' + "x" * 300 + "</v></c></row>")
    with open_upload("a.xlsx", content) as reading:
        assert len(next(reading.batches())) == 500
        process = reading._process
        assert process.poll() is None
        time.sleep(0.2)
        assert process.poll() is None  # it waits for us: its rows are not heaped up
    assert process.returncode == -9
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def stand_in(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(reader, "_COMMAND", (sys.executable, "-c", f"import os, sys, time\n{code}"))


FAILING = {
    "aborts": "os.abort()",
    "is killed": "os.kill(os.getpid(), 9)",
    "runs out of time": "import signal; os.kill(os.getpid(), signal.SIGXCPU)",
    "leaves without a word": "sys.exit(3)",
    "stops in the middle of a line": "os.write(1, b'{\"sheet\": ')",
    "says nothing": "time.sleep(60)",
    "never ends a line": "\nwhile True: os.write(1, b'x' * 65536)",
    "complains without end": "\nfor _ in range(200): sys.stderr.write('x' * 65536)\nos.abort()",
}


@pytest.mark.parametrize("name", FAILING)
def test_a_child_that_fails_is_a_refusal_and_does_no_harm(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SILENCE_SECONDS", 0.5)
    stand_in(monkeypatch, FAILING[name])
    with pytest.raises(UnreadableUpload) as caught:
        read(b"a,b\n")
    assert caught.value.code == "IMP-208"
    assert_plain(caught.value)


def test_rows_that_came_before_a_child_died_are_not_taken_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, """os.write(1, b'{"sheet": "s"}\\n{"rows": [[1, ["a"], {}]]}\\n'); os.abort()""")
    with open_upload("a.csv", b"a") as reading, pytest.raises(UnreadableUpload) as caught:
        batches = reading.batches()
        assert next(batches) == [SourceRow(1, ("a",), {})]
        next(batches)
    assert caught.value.code == "IMP-208"


def in_limits(code: str) -> "subprocess.CompletedProcess[str]":
    start = "import os, resource, sys\nfrom app.imports.child import set_limits\nset_limits()\n"
    home = Path(reader.__file__).parents[2]
    return subprocess.run([sys.executable, "-c", start + code], cwd=home, capture_output=True, text=True, timeout=60)


def test_the_child_can_neither_take_memory_nor_time_nor_write_nor_dump() -> None:
    assert "MemoryError" in in_limits("bytearray(600 << 20)").stderr
    assert "File too large" in in_limits("open('/tmp/never', 'wb', buffering=0).write(b'x')").stderr
    names = "CPU", "AS", "FSIZE", "CORE", "NOFILE"
    shown = in_limits(f"print([resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in {names}])").stdout
    assert shown.strip() == str([(n, n) for n in (30, 512 << 20, 0, 0, 16)])


def test_the_child_needs_no_web_framework() -> None:
    code = "import app.imports.child, app.imports.xlsx_rows, app.imports.csv_rows, sys\n"
    code += "print({'flask', 'sqlalchemy'} & set(sys.modules))"
    home = Path(reader.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_columns_have_letters(index: int, letters: str) -> None:
    assert column_letter(index) == letters
