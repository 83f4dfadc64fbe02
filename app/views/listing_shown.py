"""What a list page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import url_for

from app.views.listing import Asked, Bar, ListFilter, LookUpFilter
from app.views.listing_columns import COMPACT, Column
from app.views.listing_paging import COUNT_CAP


@dataclass(frozen=True)
class Tab:
    """A saved view above the list; `maker` is named for those of other people."""

    label: str
    address: str
    is_current: bool
    maker: str = ""


class Heading(NamedTuple):
    """The head of a column: where a press leads ("" where it cannot sort) and how the list is sorted by it."""

    name: str
    label: str
    address: str
    direction: str


class FilterField(NamedTuple):
    """A field of the filter bar: a drop-down that offers `choices`, or one that asks the address `look_up`."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[Any, str], ...] = ()
    look_up: str = ""
    text: str = ""


@dataclass(frozen=True)
class Listing:
    """What a list page shows."""

    asked: Asked
    bar: Bar
    rows: list[Any]
    count: int
    before: str | None
    after: str | None
    first_number: int
    columns: Sequence[Column]
    heading_sorts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tabs: Sequence[Tab] = ()
    more_tabs: Sequence[Tab] = ()
    save_addresses: Sequence[tuple[str, str]] = ()
    bulk: Sequence[tuple[str, str]] = ()
    search_hint: str = ""
    has_row_actions: bool = False

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The head of each column shown; a press sorts by it, another turns the order round."""
        return tuple(self._heading(column) for column in self.columns)

    def _heading(self, column: Column) -> Heading:
        first, second = self.heading_sorts.get(column.name, ("", ""))
        if not first:
            return Heading(column.name, column.label, "", "")
        sort = self.asked.sort
        way = "descending" if self.bar.sorts[sort].is_descending else "ascending"
        address = self.asked.address(sort=second if sort == first else first)
        return Heading(column.name, column.label, address, way if sort in (first, second) else "")

    @property
    def filters(self) -> Sequence[ListFilter]:
        """The drop-downs of the filter bar."""
        return self.bar.filters

    @property
    def count_text(self) -> str:
        """Exact up to a thousand, then "1,000+"."""
        return f"{self.count:,}" if self.count <= COUNT_CAP else f"{COUNT_CAP:,}+"

    @property
    def range_text(self) -> str:
        """Which rows these are: "51-100 of 510"."""
        first, last = self.first_number, self.first_number + len(self.rows) - 1
        shown = f"{first:,}" if first == last else f"{first:,}\N{EN DASH}{last:,}"
        return f"{shown} of {self.count_text}"

    @property
    def is_compact(self) -> bool:
        """Whether rows are to be low."""
        return self.asked.density == COMPACT

    @property
    def is_wide(self) -> bool:
        """Whether more columns were chosen than are sure to fit."""
        return len(self.columns) > sum(column.is_first_shown for column in self.bar.columns)

    @property
    def has_look_up(self) -> bool:
        """Whether the bar has a field that needs the look-up's script."""
        return any(isinstance(choice, LookUpFilter) for choice in self.filters)

    @property
    def fields(self) -> tuple[FilterField, ...]:
        """The fields of the filter bar, the values in force filled in."""
        return tuple(self._field(choice) for choice in self.filters)

    def _field(self, choice: ListFilter) -> FilterField:
        value = self.asked.filters.get(choice.name, "")
        if isinstance(choice, LookUpFilter):
            address = url_for("lookups.look_up", kind=choice.kind)
            return FilterField(choice.name, choice.label, value, (), address, self.label_of(choice))
        return FilterField(choice.name, choice.label, value, tuple(choice.choices()))

    @property
    def kept_by_filters(self) -> tuple[tuple[str, str], ...]:
        """(name, value) that the filter bar hands on."""
        return self.asked.kept("q", *(choice.name for choice in self.filters))

    @property
    def view_words(self) -> dict[str, Any]:
        """What the menu of how the list is shown is written from (templates/pieces/view_menu.html)."""
        asked, bar = self.asked, self.bar
        kept = asked.kept("sort", "columns", "density")
        if asked.saved.get("columns"):
            kept = (*kept, ("columns", ""))  # none ticked are all that the list begins with, not those of the view
        # Those shown come first, in the order shown, so that the form keeps it; the first names the row and stays.
        hidden = [column for column in bar.columns if column not in self.columns]
        return {
            "kept": kept,
            "sorts": tuple((name, sort.label) for name, sort in bar.sorts.items()),
            "sort": asked.sort,
            "columns": tuple(
                (column.word, column.label, is_shown)
                for columns, is_shown in ((self.columns, True), (hidden, False))
                for column in columns
                if column != bar.columns[0]
            ),
            "is_compact": self.is_compact,
            "reset": asked.address(columns=None, density=None) if asked.columns or self.is_compact else "",
        }

    def label_of(self, choice: ListFilter) -> str:
        """How the value of a filter reads; "" for one that is not in force."""
        value = self.asked.filters.get(choice.name, "")
        found = self.bar.find(choice, value) if value else None
        return found[1] if found else value

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """(filter label, chosen label, address without it) of every filter in force."""
        asked = self.asked
        chips = [
            (choice.label, self.label_of(choice), asked.address(**{choice.name: None}))
            for choice in self.filters
            if asked.filters.get(choice.name)
        ]
        if asked.filters.get("q"):
            chips.insert(0, ("Search", asked.filters["q"], asked.address(q=None)))
        return chips
