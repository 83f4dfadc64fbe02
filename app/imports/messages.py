"""The sentences with which a file, or a cell that cannot be read, is refused, by IMP code."""

from typing import Final

from app.domain.errors import UnreadableUpload

_SAVE_AGAIN = "Open it in your spreadsheet program, save it as .xlsx and upload it again."

SENTENCES: Final[dict[str, str]] = {
    # the file as such
    "IMP-101": "This file is empty. Choose the file again and upload it.",
    "IMP-102": "This is not a spreadsheet that can be read. Upload an .xlsx workbook or a .csv file.",
    "IMP-103": "This file is protected with a password or in a format that cannot be read, such as the old .xls. "
    "Open it in your spreadsheet program, save it as .xlsx without a password and upload it again.",
    "IMP-104": "This file is incomplete or was damaged on its way. Upload it again from the original.",
    "IMP-105": f"This file holds extra data outside the workbook. {_SAVE_AGAIN}",
    "IMP-106": f"This workbook is damaged{{where}}. {_SAVE_AGAIN}",
    "IMP-107": 'This workbook was saved in the format "Strict Open XML", which cannot be read. '
    "Save it as an ordinary Excel Workbook (.xlsx) and upload it again.",
    "IMP-108": "This text file holds characters that cannot be read. "
    "Open it in your spreadsheet program, save it as CSV UTF-8 and upload it again.",
    "IMP-109": "The quotation mark opened in row {row} is never closed, so the rows below cannot be told apart. "
    "Correct that row and upload the file again.",
    # too much of it
    "IMP-200": "This file is larger than {limit} MB. Split it into smaller files and upload them one by one.",
    "IMP-201": "This workbook unpacks to far more data than its contents call for{where}. "
    "Copy the rows into a new workbook and upload that.",
    "IMP-202": "{where} is in use down to row {row}, which is more than the 50,000 rows allowed. "
    "Delete rows that are not needed (empty ones too), or split the file, and upload it again.",
    "IMP-203": "This workbook is made of more than {limit} parts. Copy the rows into a new workbook and upload that.",
    "IMP-204": f"{{where}} holds a row or cell whose position is not valid ({{found}}). {_SAVE_AGAIN}",
    "IMP-205": "{where} has too many or too large merged cells ({found}). "
    "Unmerge the cells of the list and upload the file again.",
    "IMP-206": "This workbook has {count} sheets; at most {limit} are allowed. "
    "Copy the sheet that is needed into a new workbook and upload that.",
    "IMP-207": "This workbook is too complex ({found}). Copy the rows as values into a new workbook and upload that.",
    "IMP-208": "This file is too complex to read in the time or memory allowed. "
    "Copy the rows as values into a new workbook, or split the file, and upload it again.",
    "IMP-209": "{where} has a value in column {column}, beyond the {limit} columns allowed. "
    "Delete the columns that are not needed and upload the file again.",
    "IMP-210": "This file has more than {limit} rows about people. Split it into smaller files and upload them one by "
    "one.",
    # not allowed in it
    "IMP-301": f"This workbook holds content that is not allowed{{where}}. {_SAVE_AGAIN}",
    "IMP-302": "Macros are not allowed. Save the workbook as .xlsx, which leaves them out, and upload it again.",
    "IMP-303": "Links to other workbooks are not allowed. "
    "Break the links or paste the cells as values, save and upload the file again.",
    "IMP-304": f"This workbook holds a part whose name or place is not safe. {_SAVE_AGAIN}",
    "IMP-305": f"This workbook holds the same part twice. {_SAVE_AGAIN}",
    "IMP-306": f"This workbook is packed in a way that is not allowed. {_SAVE_AGAIN}",
    # cells
    "IMP-401": "This cell holds a formula whose result is not stored in the file. "
    "Copy the cells, paste them as values, and upload the file again.",
    "IMP-403": "This cell holds characters that are not allowed. Type its text again.",
    "IMP-404": "This cell holds {length} characters; at most 4,000 are allowed. Shorten the text.",
    "IMP-405": "{where} holds a value stored as a number that is not a number. Type the value again.",
    "IMP-406": "This cell holds the spreadsheet error {found}. Replace it by the value that should stand there.",
    "IMP-407": "{where} is formatted or stored as a date but holds no date. "
    "Type the date again, for example 2024-03-31.",
    # sheets
    "IMP-501": 'The sheet "{name}" is hidden. Unhide it, or move the rows to a sheet that can be seen, '
    "and upload the file again.",
    "IMP-502": "This workbook has no sheet with rows, only charts. Upload the workbook that holds the rows.",
    "IMP-505": "There are no rows below the header in this file. Fill in at least one and upload it again.",
    "IMP-506": 'There is no sheet called "{name}". This workbook has: {names}.',
    "IMP-507": "The header is spread over rows {first} and {second}. Put each column's name into one row "
    "and upload the file again.",
    # taken before
    "IMP-602": "The same file was already imported on {day} as {name}. Upload a file with other rows.",
}

NOTES: Final[dict[str, str]] = {
    "hidden rows": "Hidden rows were left out: {found}.",
    "hidden columns": "Hidden columns were left out: {found}.",
    "hidden sheet": 'The hidden sheet "{name}" was left out.',
    "other sheet": 'The sheet "{name}" was not read; only "{chosen}" was.',
    "merged": "Merged cells were read as if every cell of the block held its value: {found}.",
    "blank tail": "{count} empty rows below row {row} were ignored.",
    "utf-16": "The file is in the UTF-16 encoding.",
    "utf-16 guessed": "The file does not name its encoding; it was read as UTF-16. Check accented letters.",
    "cp1252": "The file is not in UTF-8; it was read as Windows text (cp1252). "
    "Check accented letters and the pound sign.",
    "delimiter": "Columns are separated by a {name}.",
}


def sentence(code: str, /, **facts: object) -> str:
    """Return the sentence of a code, its gaps filled with `facts`."""
    return SENTENCES[code].format(**facts)


def note(name: str, /, **facts: object) -> str:
    """Return the remark of that name, its gaps filled with `facts`."""
    return NOTES[name].format(**facts)


def refusal(code: str, /, **facts: object) -> UnreadableUpload:
    """Return the refusal of the whole file with the sentence of its code."""
    return UnreadableUpload(code, sentence(code, **facts))


def name_all(names: list[str], most: int = 12) -> str:
    """Return the names as a list in words, the rest counted: 'a, b and 3 more'."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"
