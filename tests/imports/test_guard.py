"""What is refused before any cell is read, and what passes."""

import random
import zipfile

import pytest

from app.domain.errors import UnreadableUpload
from app.imports.guard import guard
from tests.imports import files
from tests.imports.files import NOISE, PNG, assert_plain

GOOD = files.pack(files.parts())

REFUSED = {
    "empty": ("IMP-101", "a.xlsx", b""),
    "over 10 MiB": ("IMP-200", "a.csv", b"a,b\n" * (10 << 18) + b"x"),
    "random bytes": ("IMP-102", "a.xlsx", NOISE),
    "random bytes without NUL": ("IMP-102", "a.csv", NOISE.replace(b"\0", b"")),
    "PNG renamed": ("IMP-102", "a.xlsx", PNG),
    "HTML renamed": ("IMP-102", "a.xls", b"\xef\xbb\xbf\n<!DOCTYPE html><html><table><tr><td>1</table></html>"),
    "old .xls": ("IMP-103", "a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000)),
    "truncated": ("IMP-104", "a.xlsx", GOOD[: len(GOOD) // 2]),
    "truncated in its last bytes": ("IMP-104", "a.xlsx", GOOD[:-5]),
    "trailing junk": ("IMP-105", "a.xlsx", GOOD + b"MZ junk"),
    "a lot of trailing junk": ("IMP-105", "a.xlsx", GOOD + b"junk " * 50_000),
    "leading junk": ("IMP-105", "a.xlsx", b"MZ junk" + GOOD),
    "leading archive": ("IMP-105", "a.xlsx", files.pack({"a": b"b"}) + GOOD),
    "comment behind": ("IMP-105", "a.xlsx", GOOD[:-2] + b"\x04\x00junk"),
    "ordinary zip": ("IMP-102", "a.xlsx", files.pack({"hello.txt": b"hello"})),
    "empty zip": ("IMP-102", "a.xlsx", files.pack({})),
    "text document": ("IMP-102", "a.xlsx", files.pack({files.CONTENT_TYPES: b"<x/>", "word/document.xml": b"<x/>"})),
    "open document": ("IMP-103", "a.ods", files.pack({"mimetype": b"x", "content.xml": b"<x/>"})),
    "binary workbook": ("IMP-103", "a.xlsb", files.with_part("xl/workbook.bin", b"x")),
    "no content types": ("IMP-106", "a.xlsx", files.pack({k: v for k, v in files.parts().items() if k[0] != "["})),
    "too many parts": (
        "IMP-203",
        "a.xlsx",
        files.pack({**files.parts(), **{f"xl/media/{i}": b"" for i in range(1_001)}}),
    ),
    "macros": ("IMP-302", "a.xlsm", files.with_part("xl/vbaProject.bin", b"x")),
    "external links": ("IMP-303", "a.xlsx", files.with_part("xl/externalLinks/externalLink1.xml", b"<x/>")),
    "part above the archive": ("IMP-304", "a.xlsx", files.renamed_part("xl/../../evil.xml")),
    "part at the root": ("IMP-304", "a.xlsx", files.renamed_part("/etc/evil.xml")),
    "part on a drive": ("IMP-304", "a.xlsx", files.renamed_part("c:\\evil.xml")),
    "repeated part": ("IMP-305", "a.xlsx", files.repeated_part()),
    "repeated part in capitals": ("IMP-305", "a.xlsx", files.with_part("XL/workbook.xml", b"<x/>")),
    "encrypted part": ("IMP-103", "a.xlsx", files.with_flag()),
    "bzip2 parts": ("IMP-306", "a.xlsx", files.pack(files.parts(), zipfile.ZIP_BZIP2)),
    "LZMA parts": ("IMP-306", "a.xlsx", files.pack(files.parts(), zipfile.ZIP_LZMA)),
    # Made when it is asked for: to pack it takes seconds, which every worker would spend on reading this file.
    "zip bomb": ("IMP-201", "a.xlsx", lambda: files.with_part(files.SHEET, (b" " * (1 << 20) for _ in range(300)))),
    "dense unused part": ("IMP-201", "a.xlsx", files.with_part("xl/media/a.bin", bytes(5 << 20))),
    "declared as enormous": ("IMP-201", "a.xlsx", files.with_false_size(3 << 30)),
    "csv with NUL": ("IMP-108", "a.csv", b"MPRN,name\n" + b"12345678,al\0ice\n" * 50),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_opened_is_refused_with_its_code_and_a_plain_sentence(name: str) -> None:
    code, file_name, content = REFUSED[name]
    with pytest.raises(UnreadableUpload) as caught:
        guard(file_name, content() if callable(content) else content)
    assert caught.value.code == code
    assert_plain(caught.value)


ACCEPTED = {
    "workbook": ("a.xlsx", GOOD, "xlsx"),
    "workbook called csv": ("a.csv", GOOD, "xlsx"),
    "workbook stored unpacked": ("a.xlsx", files.pack(files.parts(), zipfile.ZIP_STORED), "xlsx"),
    "workbook of openpyxl": ("a.xlsx", files.library_book(["a"], [1]), "xlsx"),
    "csv called xlsx": ("a.xlsx", b"MPRN,name\n12345678,alice\n", "csv"),
    "csv in UTF-8 with mark": ("a.csv", "\ufeffMPRN;n\n1;é\n".encode(), "csv"),
    "csv in UTF-16": ("a.csv", "MPRN,name\n1,é\n".encode("utf-16"), "csv"),
    "csv in UTF-16 without mark": ("a.csv", "MPRN,name\n1,alice\n".encode("utf-16-le"), "csv"),
    "csv in cp1252": ("a.csv", "MPRN,name\n1,café £5\n".encode("cp1252"), "csv"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_contents_and_not_the_name_tell_the_kind_of_file(name: str) -> None:
    file_name, content, kind = ACCEPTED[name]
    assert guard(file_name, content) == kind


def test_no_cut_of_a_workbook_passes_or_fails_otherwise_than_by_a_refusal() -> None:
    for length in range(0, len(GOOD), 7):
        with pytest.raises(UnreadableUpload):
            guard("a.xlsx", GOOD[:length])


def test_a_workbook_with_a_damaged_byte_passes_or_is_refused_and_nothing_else() -> None:
    chance = random.Random(3)
    for _ in range(2_000):
        content = bytearray(GOOD)
        content[chance.randrange(4, len(content))] = chance.randrange(256)
        try:
            guard("a.xlsx", bytes(content))
        except UnreadableUpload as error:
            assert_plain(error)
