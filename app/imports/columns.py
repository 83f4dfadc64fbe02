"""Columns and blocks of a sheet by their names: 'A', 'XFD', 'A1:B2'."""

import re
from typing import Final

from app.imports import limits

_LETTERS: Final = re.compile("[A-Z]{1,3}")
_BLOCK: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?", re.ASCII)

Block = tuple[int, int, int, int]
"""Top, left, bottom and right, all 1-based."""


def column_letter(index: int) -> str:
    """Return the letters of a 0-based column: 0 -> 'A'."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class ColumnNumbers(dict[str, int]):
    """The 1-based column of the letters asked for, 0 when there is no such column; remembers the good ones."""

    def __missing__(self, letters: str) -> int:
        if not _LETTERS.fullmatch(letters):
            return 0
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - 64
        if number > limits.SHEET_COLUMNS:
            return 0
        self[letters] = number
        return number


def find_block(reference: str) -> Block | None:
    """Return the block a reference names, None when it names none."""
    match = _BLOCK.fullmatch(reference)
    if not match:
        return None
    numbers = ColumnNumbers()
    left, top = numbers[match[1]], int(match[2])
    right, bottom = numbers[match[3] or match[1]], int(match[4] or match[2])
    return top, left, bottom, right


def name_block(block: Block) -> str:
    """Return the reference of a block: 'A1:B2'."""
    top, left, bottom, right = block
    return f"{column_letter(left - 1)}{top}:{column_letter(right - 1)}{bottom}"
