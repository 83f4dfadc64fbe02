"""Workbooks to import, as a spreadsheet program saves them: shared strings, real dates, real numbers."""

import hashlib
import random
from datetime import date
from pathlib import Path

import xlsxwriter

from app.domain.item import Item
from app.services.definition import OWN_REFERENCE
from bench.worlds.answers import ANSWERS
from bench.worlds.world import data_folder
from seed.load import read_reference

# Nine data items and the customer's own reference make ten columns.
TYPE_CODE = "CDQ"
_NUMBERS = frozenset({"meter_reading", "decimal", "whole_number", "money"})


def headings() -> dict[str, str]:
    """Column heading by item code, in order."""
    return {item.code: item.label for item in _items()}


def kept_workbook(rows: int) -> Path:
    """A file of so many good rows, made if it is not there; its name changes with its recipe."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + repr(_items()).encode()).hexdigest()
    path = data_folder() / f"{TYPE_CODE.lower()}_{rows}_{recipe[:8]}.xlsx"
    if not path.exists():
        _write(path, rows)
    return path


def _items() -> list[Item]:
    found = [row for (table, key), row in read_reference().items() if table == "item" and key.split()[0] == TYPE_CODE]
    data_items = [
        Item(code=row["code"], label=row["label"], kind=row["kind"], limits=row.get("limits") or {}) for row in found
    ]
    return [*data_items, OWN_REFERENCE]


def _write(path: Path, rows: int) -> None:
    draw = random.Random(5)
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet("Contacts"), book.add_format({"num_format": "dd/mm/yyyy"})
        items = _items()
        for column, item in enumerate(items):
            sheet.write_string(0, column, item.label)
        for row in range(1, rows + 1):
            for column, item in enumerate(items):
                text = f"UPLOAD-{row:06d}" if item.code == "OWN_REFERENCE" else ANSWERS[item.kind](draw, item)
                if item.kind == "date":
                    sheet.write_datetime(row, column, date.fromisoformat(text), day)
                elif item.kind in _NUMBERS:
                    sheet.write_number(row, column, float(text))
                else:
                    sheet.write_string(row, column, text)
