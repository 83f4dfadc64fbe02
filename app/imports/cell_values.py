"""The text of a cell by what it stores and how that is shown: a number, a date, a shared text and so on."""

import math
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from app.imports import limits
from app.imports.limits import Problem, check_text, is_settled
from app.imports.messages import sentence
from app.imports.shared_strings import SharedStrings
from app.imports.styles import Shown, Styles

Convert = Callable[[str], str | None]
"""Returns the text of what is stored, None where `CellValues.look_closer` has to."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Up to 15 digits without idle zeros come out of a float as they went in.
_SHORT_DECIMAL: Final = re.compile(r"-?(?:0|[1-9]\d*)\.\d*[1-9]", re.ASCII)
_SHORT_CHARS: Final = 16
_LAST_SERIAL: Final = 2_957_003  # the last day of 9999 in the 1904 epoch; the other ends 1,462 days later
_EPOCH: Final = datetime(1899, 12, 30)
_EPOCH_1904: Final = datetime(1904, 1, 1)
_DAY_MILLISECONDS: Final = 86_400_000
_FALSE_LEAP_DAY: Final = 60  # serial of 1900-02-29, which never was: before it, serials are one day behind
_HALF_SECOND: Final = timedelta(milliseconds=500)
_MEMO_ENTRIES: Final = 20_000
_TRUTH: Final = {"0": "FALSE", "1": "TRUE"}


class BadCell(Exception):
    """A cell for which the whole file is refused; `code` is IMP-106, IMP-405 or IMP-407."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CellValues:
    """What the cells of one workbook say."""

    def __init__(self, strings: SharedStrings, styles: Styles, *, is_1904: bool) -> None:
        self._strings = strings
        self._styles = styles
        self._epoch = _EPOCH_1904 if is_1904 else _EPOCH
        self.by_style = _ByStyle(
            styles,
            {
                Shown.NUMBER: number_text,
                Shown.DATE: _remembering(lambda value: _date_text(value, self._epoch)),
                Shown.DURATION: _remembering(_duration_text),
            },
        )
        """How a cell of type 'n' is converted, by its reference to a format."""
        self.by_kind: dict[str, Convert] = {"s": _shared(strings), "str": plain_text, "b": _TRUTH.get}
        """How a cell of any other type that is common is converted."""

    def look_closer(self, kind: str, style: str | None, stored: str) -> tuple[str, Problem | None]:
        """Return the text of any cell that is not blank, and what is wrong with it."""
        if kind in ("str", "inlineStr"):
            return check_text(stored)
        stored = stored.strip()
        if kind == "n":
            return self._number(style, stored)
        if kind == "s":
            index = int(stored) if stored.isascii() and stored.isdigit() and len(stored) < 10 else -1
            if 0 <= index < len(self._strings.texts):
                return self._strings.look_up(index)
        elif kind == "b" and stored in _TRUTH:
            return _TRUTH[stored], None
        elif kind == "e":
            text = check_text(stored)[0]
            return text, ("IMP-406", sentence("IMP-406", found=text or "#N/A"))
        elif kind == "d":
            return _written_date(stored), None
        raise BadCell("IMP-106")

    def _number(self, style: str | None, stored: str) -> tuple[str, Problem | None]:
        value = _number_of(stored)
        if value is None:
            raise BadCell("IMP-405")
        shown = self._styles.shown(style)
        if shown is Shown.NUMBER:
            text, code = _canonical(value), "IMP-405"
        else:
            text = _date_text(value, self._epoch) if shown is Shown.DATE else _duration_text(value)
            code = "IMP-407"
        return ("", (code, sentence(code, where="This cell"))) if text is None else (text, None)


class _ByStyle(dict[str | None, Convert]):
    """Finds out once for each format how its numbers are converted."""

    def __init__(self, styles: Styles, converts: dict[Shown, Convert]) -> None:
        super().__init__()
        self._styles, self._converts = styles, converts

    def __missing__(self, style: str | None) -> Convert:
        self[style] = convert = self._converts[self._styles.shown(style)]
        return convert


def plain_text(stored: str) -> str | None:
    """Convert a text that is stored in the cell itself."""
    return stored if is_settled(stored) else None


def number_text(stored: str) -> str | None:
    """Convert a number that is shown as one."""
    if stored.isdecimal() and stored.isascii() and len(stored) <= limits.NUMBER_CHARS:
        return stored if stored[0] != "0" else str(int(stored))
    if len(stored) <= _SHORT_CHARS and _SHORT_DECIMAL.fullmatch(stored):
        return stored
    value = _number_of(stored)
    return None if value is None else _canonical(value)


def _shared(strings: SharedStrings) -> Convert:
    texts = strings.texts
    count = len(texts)

    def convert(stored: str) -> str | None:
        if stored.isdecimal() and stored.isascii() and len(stored) < 10:
            index = int(stored)
            if index < count:
                return texts[index]
        return None

    return convert


def _remembering(text_of: Callable[[int | float], str | None]) -> Convert:
    """Return a conversion of stored numbers that keeps its latest answers: the same days come again and again."""
    memo: dict[str, str] = {}

    def convert(stored: str) -> str | None:
        text = memo.get(stored)
        if text is None:
            value = _number_of(stored)
            text = None if value is None else text_of(value)
            if text is not None:
                if len(memo) >= _MEMO_ENTRIES:
                    memo.clear()
                memo[stored] = text
        return text

    return convert


def _number_of(stored: str) -> int | float | None:
    if len(stored) > limits.NUMBER_CHARS or not _NUMBER.fullmatch(stored):
        return None
    return float(stored) if "." in stored or "e" in stored or "E" in stored else int(stored)


def _canonical(value: int | float) -> str | None:
    """Return the text of a number without exponent; None for one that is too large to be told."""
    if isinstance(value, int):
        return str(value)
    if math.isinf(value):
        return None
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _date_text(value: int | float, epoch: datetime) -> str | None:
    """Return the text of a serial number that is shown as a date or time; None where there is no such date."""
    if value < 0 or value >= _LAST_SERIAL + 1:
        return None
    day, fraction = divmod(value, 1)
    milliseconds = round(fraction * _DAY_MILLISECONDS)
    if value < 1 and milliseconds < _DAY_MILLISECONDS:
        minutes, seconds = divmod(milliseconds // 1000, 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if 0 < value < _FALSE_LEAP_DAY and epoch == _EPOCH:
        day += 1
    # Serial numbers carry rounding noise; a whole second is what was typed.
    seconds = (milliseconds + 500) // 1000
    try:
        text = (epoch + timedelta(days=day, seconds=seconds)).isoformat(" ", "seconds")
    except OverflowError:
        return None
    return text.removesuffix(" 00:00:00")


def _duration_text(value: int | float) -> str | None:
    """Return the text of a number of days that is shown as hours, minutes and seconds."""
    if value < 0 or value >= _LAST_SERIAL + 1:
        return None
    length = timedelta(days=value)
    # To the millisecond first: half a second is then rounded as the eye would.
    whole = timedelta(days=length.days, seconds=length.seconds, milliseconds=round(length.microseconds / 1000))
    seconds = round(whole.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _written_date(stored: str) -> str:
    """Return the text of a date or time that is written out as ISO 8601 has it; its time zone does not count."""
    try:
        moment = datetime.fromisoformat(stored).replace(tzinfo=None)
        return (moment + _HALF_SECOND).isoformat(" ", "seconds").removesuffix(" 00:00:00")
    except ValueError:
        pass
    except OverflowError:
        raise BadCell("IMP-407") from None
    try:
        # Without a colon it is no time but a number that somebody took for a date.
        return time.fromisoformat(stored if ":" in stored else "").replace(tzinfo=None).isoformat("seconds")
    except ValueError:
        raise BadCell("IMP-407") from None
