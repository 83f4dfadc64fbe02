"""What a list's address bar says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from app.services.sorting import Sort
from app.views.listing_columns import COMPACT, DENSITIES, Column, read_columns
from app.views.listing_paging import Place, read_token

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

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """What is asked for, without the place in the list."""
        values = {**self.filters, "sort": self.sort, "columns": ",".join(self.columns), "density": self.density}
        return {name: value for name, value in values.items() if value}

    def pairs(self, **changes: Any) -> dict[str, str]:
        """The parameters of an address, some changed; None or "" removes one."""
        values = {name: str(value) for name, value in {**self.parameters, **changes}.items() if value}
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
        return "?" + urlencode(self.parameters)

    def kept(self, *changed: str) -> tuple[tuple[str, str], ...]:
        """(name, value) that a form must hand on when it sets the parameters named."""
        return tuple((name, value) for name, value in self.pairs().items() if name not in changed)

    @property
    def differs(self) -> bool:
        """Whether this is not just what the open view holds."""
        return self.parameters != dict(self.saved)


def read_parameters(args: MultiDict[str, str], bar: Bar) -> Asked:
    """The address bar's parameters; unknown names and values are left out and said so."""
    given = args.to_dict()
    known = {choice.name for choice in bar.filters}
    refusals = [f"“{name[:40]}” is not a filter of this list." for name in given if name not in known | _OWN_NAMES]
    # No text in the database holds NUL, and PostgreSQL does not take it.
    clean = {name: given[name].replace("\0", "").strip()[:200] for name in given if name in known | {"q"}}
    wanted = {name: value for name, value in clean.items() if value}
    for choice in bar.filters:
        value = wanted.pop(choice.name, "")
        if value and (found := bar.find(choice, value)):
            wanted[choice.name] = found[0]
        elif value:
            refusals.append(f"“{value[:40]}” is not a choice of the filter {choice.label}.")
    sort = given.get("sort") or bar.first_sort
    if sort not in bar.sorts:
        refusals.append(f"This list cannot be sorted by “{sort[:40]}”.")
        sort = bar.first_sort
    places: dict[str, Place | None] = {"after": None, "before": None}
    for name in places:
        if given.get(name):
            places[name] = read_token(given[name], bar.name, sort, bar.sorts[sort])
            if places[name] is None:
                refusals.append("That page belongs to another list, so this is the first page.")
    columns, wrong = read_columns(args.getlist("columns"), bar.columns)
    density = given.get("density", "")
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


def merge_arguments(saved: Iterable[tuple[str, str]], given: MultiDict[str, str]) -> MultiDict[str, str]:
    """A saved view's parameters with those of the address over them; an empty one removes."""
    merged = MultiDict((name, value) for name, value in saved if name not in given)
    merged.update(given)
    return merged
