"""The first look at an upload: what kind of file it is, and whether it may be opened at all."""

import codecs
import io
import re
import zipfile
from typing import Final

from app.imports import limits
from app.imports.archive import check_directory
from app.imports.messages import refusal

OLE2: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # old .xls, and the wrapper of protected workbooks
ZIP: Final = b"PK\x03\x04"

_SAMPLE_BYTES = 65_536
_KNOWN_BINARY = (b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"%PDF", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|table|meta|\?xml|script|svg)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")


def guard(file_name: str, content: bytes) -> str:
    """Return 'xlsx' or 'csv', or raise UnreadableUpload.

    The contents decide, not `file_name`: a workbook called .csv is read as the workbook it is.
    """
    if not content:
        raise refusal("IMP-101")
    if len(content) > limits.FILE_BYTES:
        raise refusal("IMP-200", limit=limits.FILE_BYTES // limits.MIB)
    if content.startswith(OLE2):
        raise refusal("IMP-103")
    if content.startswith(ZIP):
        check_directory(content)
        return "xlsx"
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise refusal("IMP-102" if content.startswith(b"PK\x05\x06") else "IMP-105")
    _check_text(content)
    return "csv"


def utf16_codec(content: bytes) -> str | None:
    """Return the UTF-16 codec that the bytes are plainly in (by mark, or by every other byte being NUL), or None."""
    if content.startswith(codecs.BOM_UTF32_LE):
        return None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = content[:_SAMPLE_BYTES]
    half = max(1, len(sample) // 2)
    odd, even = sample[1::2].count(0) / half, sample[0::2].count(0) / half
    if odd > 0.7 and even < 0.1:
        return "utf-16-le"
    if even > 0.7 and odd < 0.1:
        return "utf-16-be"
    return None


def _check_text(content: bytes) -> None:
    sample = content[:_SAMPLE_BYTES]
    if utf16_codec(content):
        return
    if sample.startswith(_KNOWN_BINARY) or _MARKUP.match(sample.removeprefix(codecs.BOM_UTF8)):
        raise refusal("IMP-102")
    # A stray control character is the fault of one cell; one byte in a hundred is no text at all.
    if len(_CONTROL.findall(sample)) > max(4, len(sample) // 100) or sample.count(0) > len(sample) // 8:
        raise refusal("IMP-102")
    if 0 in content:
        raise refusal("IMP-108")
