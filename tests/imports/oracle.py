"""What openpyxl makes of a workbook, as the text of every cell: the reference that our own reading is held against."""

import io
import warnings
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import openpyxl
from openpyxl.styles.numbers import is_date_format

from app.imports import limits

Found = list[tuple[int, tuple[str, ...], dict[int, str]]]
"""Row number, texts up to the last that is not blank, and problem codes by 0-based column."""

_INFINITE = (float("inf"), float("-inf"))
_LAST_SERIAL = 2_957_003  # of a date; openpyxl has no limit for durations


def read_with_openpyxl(content: bytes) -> Found:
    """Return the rows of the first sheet that hold something; knows neither hidden nor merged cells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles it misses and dates it cannot tell
        results, formulas = (_rows(content, data_only=data_only) for data_only in (True, False))
    found: Found = []
    for number, (row, formula_row) in enumerate(zip(results, formulas, strict=True), 1):
        texts: list[str] = []
        codes: dict[int, str] = {}
        for column, (cell, formula) in enumerate(zip_longest(row, formula_row)):
            text, code = _read(cell, formula.data_type == "f")
            texts.append(text)
            if code:
                codes[column] = code
        while texts and not texts[-1]:
            texts.pop()
        if texts or codes:
            found.append((number, tuple(texts), codes))
    return found


def _rows(content: bytes, *, data_only: bool) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    return list(sheet.iter_rows())


def _read(cell: Any, is_formula: bool) -> tuple[str, str]:
    value = cell.value
    if value is None:
        return "", "IMP-401" if is_formula else ""
    if cell.data_type == "e":
        no_date = value == "#VALUE!" and is_date_format(cell.number_format)
        return ("", "IMP-407") if no_date else (limits.check_text(value)[0], "IMP-406")
    if isinstance(value, str):
        text, problem = limits.check_text(value)
        return text, problem[0] if problem else ""
    if value in _INFINITE:
        return "", "IMP-405"
    if _is_no_date(value, cell.parent.parent.epoch):
        return "", "IMP-407"
    return as_text(value), ""


def _is_no_date(value: object, epoch: datetime) -> bool:
    if isinstance(value, datetime):
        return value < epoch
    return isinstance(value, timedelta) and not timedelta(0) <= value < timedelta(_LAST_SERIAL + 1)


def as_text(value: object) -> str:
    """Return the canonical text of a number, date, time or truth value; never an exponent."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
        return value.replace(tzinfo=None).isoformat(" ", "seconds").removesuffix(" 00:00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("seconds")
    assert isinstance(value, timedelta)
    seconds = round(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
