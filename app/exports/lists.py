"""Exports of any list: exactly its rows, in its order, with its columns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app.access.actor import Actor, acting_as
from app.domain import clock
from app.domain.table import Table, Value
from app.exports.writer import XLSX, write_csv, write_xlsx
from app.extensions import db
from app.models.connections import reading

FORMATS = {"csv": "text/csv", "xlsx": XLSX}
_FETCH_ROWS = 1000


class Source:
    """What is read for a column of an export, and how it is written."""

    def __init__(self, *columns: Any, show: Callable[..., Value] | None = None) -> None:
        self.columns = columns
        self.show = show


@dataclass(frozen=True)
class ListExport:
    """What a list is called, where its columns come from, and what must be joined for them."""

    noun: str
    sources: Mapping[str, Source]
    join: Callable[[Select[Any]], Select[Any]] = lambda statement: statement

    def stream(
        self,
        actor: Actor,
        choose: Callable[[], Select[Any]],
        order: Callable[[Select[Any]], Select[Any]],
        headings: Mapping[str, str],
        file_format: str,
    ) -> Iterator[bytes]:
        """The file, piece by piece, in memory that does not grow with the rows.

        `choose` gives the rows within the actor's reach, not ordered; `headings` are name -> heading. Runs in a
        transaction of its own, so that count and rows are of one moment.
        """
        with acting_as(actor), reading(one_moment=True):
            chosen = choose()
            key = chosen.column_descriptions[0]["entity"].id
            count = db.session.scalar(select(func.count()).select_from(chosen.with_only_columns(key).subquery())) or 0
            at = clock.now().astimezone(clock.LONDON)
            rows = f"{count:,} row{'' if count == 1 else 's'}"
            top = (f"{self.noun} as at {at.day} {at:%b %Y, %H:%M}, {rows}",)
            sources = [self.sources[name] for name in headings]
            columns = [column for source in sources for column in source.columns]
            found = db.session.execute(
                order(self.join(chosen).with_only_columns(*columns)).execution_options(yield_per=_FETCH_ROWS)
            )
            table = Table(list(headings.values()), _rows(found, sources))
            yield from write_csv(table, top) if file_format == "csv" else write_xlsx(table, top, self.noun)


def _rows(found: Any, sources: list[Source]) -> Iterator[list[Value]]:
    """Each row's columns, as the sources show them."""
    spans, start = [], 0
    for source in sources:
        spans.append((start, start + len(source.columns), source.show))
        start += len(source.columns)
    for row in found:
        yield [show(*row[first:last]) if show else row[first] for first, last, show in spans]
