"""What an upload may hold: the figures, and the check of one cell's text against them."""

import re
from typing import Final

from app.imports.messages import refusal, sentence

MIB: Final = 1 << 20

FILE_BYTES: Final = 10 * MIB
UNPACKED_BYTES: Final = 100 * MIB
# No less for one part: 50,000 rows of 15 texts of 70 characters are an honest sheet of 85 MiB.
# What bursts is told by the ratio below, at any size.
PART_BYTES: Final = UNPACKED_BYTES
# Honest sheets reach 24:1 (the same short row 50,000 times), at most 48:1 (the same sentence written
# into each of 15 cells); a file made to burst reaches 1,000:1.
RATIO: Final = 100
RATIO_FROM_BYTES: Final = MIB
PARTS: Final = 1_000
SHEETS: Final = 20

DATA_ROWS: Final = 50_000
SPARE_ROWS: Final = 30  # titles and headers above the data
FURTHEST_ROW: Final = 100_000  # data may have gaps, but none further down than this
SHEET_ROWS: Final = 1_048_576  # what the format itself allows
SHEET_COLUMNS: Final = 16_384
COLUMNS: Final = 200
CELL_CHARS: Final = 4_000
NUMBER_CHARS: Final = 330  # the longest finite number written without an exponent has 309 digits

MERGES: Final = 1_000
MERGE_CELLS: Final = 10_000
VALIDATIONS: Final = 10_000
DEPTH: Final = 100
# More than any honest workbook has, each of them work for whoever opens it.
ELEMENTS: Final = {"definedName": 10_000, "xf": 65_500, "font": 10_000}

CHILD_CPU_SECONDS: Final = 30
CHILD_MEMORY_BYTES: Final = 512 * MIB
CHILD_OPEN_FILES: Final = 16
SILENCE_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 120.0

BATCH_ROWS: Final = 500
BATCH_CHARS: Final = 500_000
LINE_BYTES: Final = 32 * MIB

EXCEL_ERRORS: Final = frozenset(
    ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"]
)

Problem = tuple[str, str]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LEADING: Final = frozenset(" '#")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescape(match: re.Match[str]) -> str:
    """Return the control character or line break an escape stands for, any other escape as it was typed.

    A typed escape can no longer be told from a coded one here, so only those that matter are decoded.
    """
    character = chr(int(match[1], 16))
    return character if character in "\t\n\r" or _FORBIDDEN.match(character) else match[0]


def is_settled(text: str) -> bool:
    """Tell quickly that `check_text` would return this text as it is, without a problem; most texts are such."""
    return (
        text.isprintable()
        and len(text) <= CELL_CHARS
        and text[-1:] != " "
        and text[:1] not in _LEADING
        and "_x" not in text
    )


def check_text(text: str) -> tuple[str, Problem | None]:
    """Return the text as it counts (trimmed, line breaks as LF, no apostrophe in front) and what is wrong with it.

    With a problem the text is only fit to be shown: cut to the limit, forbidden characters as U+FFFD.
    """
    if "_x" in text:
        text = _ESCAPE.sub(_unescape, text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip()
    if text.startswith("'"):
        text = text[1:].strip()
    if len(text) > CELL_CHARS:
        return _FORBIDDEN.sub("\ufffd", text[:CELL_CHARS]), ("IMP-404", sentence("IMP-404", length=f"{len(text):,}"))
    if _FORBIDDEN.search(text):
        return _FORBIDDEN.sub("\ufffd", text), ("IMP-403", sentence("IMP-403"))
    if text.startswith("#") and text.upper() in EXCEL_ERRORS:
        return text, ("IMP-406", sentence("IMP-406", found=text))
    return text, None


def check_row_count(count: int, where: str, row: int) -> None:
    """Refuse the file when `count` rows holding data, the last one at `row`, are too many or too far down."""
    if count > DATA_ROWS + SPARE_ROWS or row > FURTHEST_ROW:
        raise refusal("IMP-202", where=where, row=f"{row:,}")
