"""What a list's address bar says, and what a list page shows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.services.sorting import Sort
from app.views.listing_columns import COMPACT, DENSITIES, Column, read_columns
from app.views.listing_paging import COUNT_CAP, Place, counting, read_token

# What a list keeps besides its filters, in the order of addresses.
_KEPT = ("q", "sort", "columns", "density")
_OWN_NAMES = frozenset({*_KEPT, "after", "before", "view"})


@dataclass(frozen=True)
class ListFilter:
    """One drop-down of the filter bar; `choices` is asked at each request, never at start-up."""

    name: str
    label: str
    choices: Callable[[], Sequence[tuple[str, str]]] = lambda: ()
    apply: Callable[[Select[Any], str], Select[Any]] = lambda statement, value: statement

    @classmethod
    def by_column(
        cls, column: Any, name: str, label: str, choices: Callable[[], Sequence[tuple[str, str]]]
    ) -> "ListFilter":
        """Leaves the rows whose column holds the value."""
        return cls(name, label, choices, lambda statement, value: statement.where(column == value))

    def find(self, text: str) -> tuple[str, str] | None:
        """(value, label) of what an address says, or None where it is no choice."""
        return next(((str(value), label) for value, label in self.choices() if str(value) == text), None)


@dataclass(frozen=True)
class LookUpFilter(ListFilter):
    """A filter with too many choices to list: `kind` names the look-up its field asks, `find_one` reads an address."""

    kind: str = ""
    find_one: Callable[[str], tuple[str, str] | None] = lambda text: None

    def find(self, text: str) -> tuple[str, str] | None:
        return self.find_one(text)


@dataclass(frozen=True)
class Bar:
    """What this person may ask of a list: its name, and filters, orders and columns within reach."""

    name: str
    filters: Sequence[ListFilter]
    sorts: Mapping[str, Sort]
    columns: Sequence[Column]
    _found: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict, compare=False)

    def find(self, choice: ListFilter, text: str) -> tuple[str, str] | None:
        """(value, label) of what an address says of a filter; a page asks for it in several places, and once."""
        if (choice.name, text) not in self._found:
            self._found[choice.name, text] = choice.find(text)
        return self._found[choice.name, text]

    @property
    def first_sort(self) -> str:
        """The order of a list that names none."""
        return next(iter(self.sorts))


@dataclass(frozen=True)
class Asked:
    """What the address bar says, cleaned; `refusals` are sentences about what made no sense.

    `columns` is empty for the columns a list begins with. `view` is the id of the open saved view as it stands in
    addresses and `saved` what that view holds, so that an address names the view and what differs from it.
    """

    filters: dict[str, str]
    sort: str
    after: Place | None = None
    before: Place | None = None
    refusals: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    density: str = ""
    view: str = ""
    saved: Mapping[str, str] = field(default_factory=dict)

    def without(self, name: str | None, message: str) -> "Asked":
        """The same with one filter dropped, or all when it is not known which."""
        kept = {key: value for key, value in self.filters.items() if name and key != name}
        return replace(self, filters=kept, after=None, before=None, refusals=(*self.refusals, message))

    def turned_back(self, message: str) -> "Asked":
        """The same at the first page."""
        return replace(self, after=None, before=None, refusals=(*self.refusals, message))

    def parameters(self) -> dict[str, str]:
        """What is asked for, without the place in the list."""
        values = {**self.filters, "sort": self.sort, "columns": ",".join(self.columns), "density": self.density}
        return {name: value for name, value in values.items() if value}

    def pairs(self, **changes: Any) -> dict[str, str]:
        """The parameters of an address, some changed; None or "" removes one."""
        values = {name: str(value) for name, value in {**self.parameters(), **changes}.items() if value}
        if not self.view:
            return values
        names = dict.fromkeys((*self.saved, *values))
        differing = {name: values.get(name, "") for name in names if values.get(name) != self.saved.get(name)}
        return {"view": self.view, **differing}

    def address(self, **changes: Any) -> str:
        """The query string of this list with some parameters changed; None or "" removes one."""
        return "?" + urlencode(self.pairs(**changes))

    def full_address(self) -> str:
        """The query string with all there is, for pages that do not know the open view."""
        return "?" + urlencode(self.parameters())

    def kept(self, *changed: str) -> list[tuple[str, str]]:
        """(name, value) that a form must hand on when it sets the parameters named."""
        return [(name, value) for name, value in self.pairs().items() if name not in changed]

    @property
    def differs(self) -> bool:
        """Whether this is not just what the open view holds."""
        return self.parameters() != dict(self.saved)


@dataclass(frozen=True)
class Tab:
    """A saved view above the list; `maker` is named for those of other people."""

    label: str
    address: str
    is_current: bool
    maker: str = ""


class Heading(NamedTuple):
    """The head of a column: where a press leads ("" where it cannot sort) and how the list is sorted by it."""

    column: Column
    address: str
    direction: str


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
    def headings(self) -> list[Heading]:
        """The head of each column shown; a press sorts by it, another turns the order round."""
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        first, second = self.heading_sorts.get(column.name, ("", ""))
        if not first:
            return Heading(column, "", "")
        sort = self.asked.sort
        way = "descending" if self.bar.sorts[sort].is_descending else "ascending"
        address = self.asked.address(sort=second if sort == first else first)
        return Heading(column, address, way if sort in (first, second) else "")

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

    def options_of(self, choice: ListFilter) -> Markup:
        """What a filter's drop-down offers, the value in force chosen."""
        return _write_options(tuple(choice.choices()), self.asked.filters.get(choice.name, ""))

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


def read_parameters(args: MultiDict[str, str], bar: Bar) -> Asked:
    """The address bar's parameters; unknown names and values are left out and said so."""
    known = {choice.name for choice in bar.filters}
    refusals = [f"“{name[:40]}” is not a filter of this list." for name in args if name not in known | _OWN_NAMES]
    # No text in the database holds NUL, and PostgreSQL does not take it.
    given = {name: args[name].replace("\0", "").strip()[:200] for name in args if name in known | {"q"}}
    wanted = {name: value for name, value in given.items() if value}
    for choice in bar.filters:
        value = wanted.pop(choice.name, "")
        if value and (found := bar.find(choice, value)):
            wanted[choice.name] = found[0]
        elif value:
            refusals.append(f"“{value[:40]}” is not a choice of the filter {choice.label}.")
    sort = args.get("sort") or bar.first_sort
    if sort not in bar.sorts:
        refusals.append(f"This list cannot be sorted by “{sort[:40]}”.")
        sort = bar.first_sort
    places: dict[str, Place | None] = {"after": None, "before": None}
    for name in places:
        if args.get(name):
            places[name] = read_token(args[name], bar.name, sort, bar.sorts[sort])
            if places[name] is None:
                refusals.append("That page belongs to another list, so this is the first page.")
    columns, wrong = read_columns(args.getlist("columns"), bar.columns)
    density = args.get("density", "")
    if density not in DENSITIES:
        refusals.append(f"There is no density “{density[:40]}”.")
    return Asked(
        wanted,
        sort,
        places["after"],
        places["before"],
        (*refusals, *wrong),
        columns,
        COMPACT if density == COMPACT else "",
    )


@lru_cache(maxsize=500)
def _write_options(choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    """Written once for those who are offered the same, because a template loop costs more than the rows below it."""
    option, selected = Markup('<option value="{}">{}</option>'), Markup('<option value="{}" selected>{}</option>')
    return Markup("").join(
        (selected if str(value) == chosen else option).format(value, label) for value, label in choices
    )


def merge_arguments(saved: Iterable[tuple[str, str]], given: MultiDict[str, str]) -> MultiDict[str, str]:
    """A saved view's parameters with those of the address over them; an empty one removes."""
    merged = MultiDict((name, value) for name, value in saved if name not in given)
    merged.update(given)
    return merged


def count_up_to_cap(statement: Select[Any]) -> int:
    """How many rows there are, at most one more than the cap."""
    return db.session.scalar(counting(statement)) or 0
