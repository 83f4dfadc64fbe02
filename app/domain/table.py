"""What a report returns and an export writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Value = str | int | Decimal | date | datetime | None


@dataclass(frozen=True)
class Table:
    """Column headings and a stream of rows of the same width; `rows` can be walked once."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Value]]
