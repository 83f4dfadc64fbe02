"""How cells are shown: whether the number a cell stores is a number, a date or a duration."""

import re
from enum import Enum
from typing import Final

from app.imports.archive import MAIN, Archive, new_parser

_FORMATS, _FORMAT, _STYLES, _STYLE = MAIN + "numFmts", MAIN + "numFmt", MAIN + "cellXfs", MAIN + "xf"
_CONTAINERS = (_FORMATS, _STYLES)

# The built-in formats of dates and times; the file names them by number only.
_BUILT_IN_DATES: Final = frozenset([*range(14, 23), 45, 46, 47])
_BUILT_IN_DURATION: Final = 46

_NOT_SHOWN: Final = re.compile(r'".*?"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]')  # words in quotes, colours, languages
_DATE_PART: Final = re.compile(r"(?<![_\\])[dmhysDMHYS]")
_DURATION: Final = re.compile(r"\[hh?\](:mm(:ss(\.0*)?)?)?|\[mm?\](:ss(\.0*)?)?|\[ss?\](\.0*)?", re.IGNORECASE)


class Shown(Enum):
    """What the number in a cell stands for."""

    NUMBER = 1
    DATE = 2
    DURATION = 3


class Styles:
    """What each cell format of a workbook shows, in the order in which cells refer to them."""

    def __init__(self, shown: list[Shown] | None = None) -> None:
        self._shown = shown or []

    def shown(self, style: str | None) -> Shown:
        """Return what the format of a cell shows, by the cell's own reference to it (None: the first)."""
        index = int(style) if style else 0
        return self._shown[index] if 0 <= index < len(self._shown) else Shown.NUMBER


def read_styles(archive: Archive, part: str) -> Styles:
    """Read the part that holds the cell formats; those of conditions and of named styles do not count."""
    codes: dict[int, str] = {}
    used: list[int] = []
    within = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal within
        if tag in _CONTAINERS:
            within = tag
        elif tag == _FORMAT and within == _FORMATS:
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif tag == _STYLE and within == _STYLES:
            used.append(int(attributes.get("numFmtId", 0)))

    def end(tag: str) -> None:
        nonlocal within
        if tag in _CONTAINERS:
            within = ""

    parser = new_parser(part)
    parser.StartElementHandler, parser.EndElementHandler = start, end
    archive.parse(part, parser)
    shown = {number: _what_shows(number, codes.get(number)) for number in set(used)}
    return Styles([shown[number] for number in used])


def _what_shows(number: int, code: str | None) -> Shown:
    if code is None:
        if number == _BUILT_IN_DURATION:
            return Shown.DURATION
        return Shown.DATE if number in _BUILT_IN_DATES else Shown.NUMBER
    code = code.split(";")[0]  # the others are for negative numbers, zero and text
    if not _DATE_PART.search(_NOT_SHOWN.sub("", code)):
        return Shown.NUMBER
    return Shown.DURATION if _DURATION.search(code) else Shown.DATE
