"""Reading a list's address bar, and fetching one page of rows by key."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func, select, tuple_
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.services.sorting import Sort
from app.views.public_ids import seal, unseal

COUNT_CAP = 1000
_OWN_NAMES = frozenset({"sort", "after", "before", "q"})


@dataclass(frozen=True)
class ListFilter:
    """One drop-down of the filter bar; `choices` is asked at each request, never at start-up."""

    name: str
    label: str
    choices: Callable[[], Sequence[tuple[str, str]]]
    apply: Callable[[Select[Any], str], Select[Any]] = lambda statement, value: statement


@dataclass(frozen=True)
class Asked:
    """What the address bar says, cleaned; `refusals` are sentences about what made no sense."""

    filters: dict[str, str]
    sort: str
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    refusals: tuple[str, ...] = ()

    def without(self, name: str | None, message: str) -> "Asked":
        """The same with one filter dropped, or all when it is not known which."""
        kept = {key: value for key, value in self.filters.items() if name and key != name}
        return replace(self, filters=kept, after=None, before=None, refusals=(*self.refusals, message))

    def address(self, **changes: Any) -> str:
        """The query string of this list with some parameters changed; None or "" removes one."""
        values = {**self.filters, "sort": self.sort, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class Listing:
    """What a list page shows."""

    asked: Asked
    rows: list[Any]
    count: int
    before: str | None
    after: str | None
    filters: list[ListFilter]
    sorts: Mapping[str, Sort]
    search_hint: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def count_text(self) -> str:
        """Exact up to a thousand, then "1,000+"."""
        return f"{self.count:,}" if self.count <= COUNT_CAP else f"{COUNT_CAP:,}+"

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """(filter label, chosen label, address without it) of every filter in force."""
        asked = self.asked
        chips = [
            (
                choice.label,
                dict(choice.choices()).get(asked.filters[choice.name], asked.filters[choice.name]),
                asked.address(**{choice.name: None}),
            )
            for choice in self.filters
            if asked.filters.get(choice.name)
        ]
        if asked.filters.get("q"):
            chips.insert(0, ("Search", asked.filters["q"], asked.address(q=None)))
        return chips


def read_parameters(args: MultiDict[str, str], filters: Sequence[ListFilter], sorts: Mapping[str, Sort]) -> Asked:
    """The address bar's parameters; unknown names and values are left out and said so."""
    known = {choice.name for choice in filters}
    refusals = [f"“{name[:40]}” is not a filter of this list." for name in args if name not in known | _OWN_NAMES]
    # No text in the database holds NUL, and PostgreSQL does not take it.
    given = {name: args[name].replace("\0", "").strip()[:200] for name in args if name in known | {"q"}}
    wanted = {name: value for name, value in given.items() if value}
    for choice in filters:
        value = wanted.get(choice.name)
        if value is not None and value not in {str(one) for one, _ in choice.choices()}:
            refusals.append(f"“{value[:40]}” is not a choice of the filter {choice.label}.")
            del wanted[choice.name]
    sort = args.get("sort") or next(iter(sorts))
    if sort not in sorts:
        refusals.append(f"This list cannot be sorted by “{sort[:40]}”.")
        sort = next(iter(sorts))
    tokens: dict[str, tuple[Any, ...] | None] = {"after": None, "before": None}
    for name in tokens:
        if args.get(name):
            tokens[name] = _read_token(args[name], sort, sorts[sort])
            if tokens[name] is None:
                refusals.append("That page belongs to another list, so this is the first page.")
    return Asked(wanted, sort, tokens["after"], tokens["before"], tuple(refusals))


def fetch_page(statement: Select[Any], sort: Sort, asked: Asked, size: int) -> tuple[list[Any], str | None, str | None]:
    """Rows of one page, and the tokens of the pages before and after it (None where there is none).

    By key, never by OFFSET: the page at row 500,000 costs what the first one costs.
    """
    key = sort.column.class_.id
    columns = [sort.column] if sort.column.key == "id" else [sort.column, key]
    is_backward = asked.before is not None
    token = asked.before or asked.after
    is_descending = sort.is_descending != is_backward
    if token is not None:
        left = tuple_(*columns) if len(columns) > 1 else columns[0]
        right = tuple_(*token) if len(columns) > 1 else token[0]
        statement = statement.where(left < right if is_descending else left > right)
    ordered = statement.order_by(*sort.keys(reverse=is_backward))
    rows = list(db.session.scalars(ordered.limit(size + 1)).unique())
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backward:
        rows.reverse()
    has_before = has_more if is_backward else token is not None
    has_after = is_backward or has_more
    before = _make_token(rows[0], asked.sort, columns) if rows and has_before else None
    after = _make_token(rows[-1], asked.sort, columns) if rows and has_after else None
    return rows, before, after


def count_up_to_cap(statement: Select[Any]) -> int:
    """How many rows there are, at most one more than the cap."""
    model = statement.column_descriptions[0]["entity"]
    some = statement.with_only_columns(model.id).order_by(None).limit(COUNT_CAP + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _make_token(row: Any, sort: str, columns: Sequence[Any]) -> str:
    values = [getattr(row, column.key) for column in columns]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return seal(json.dumps([sort, *plain]))


def _read_token(text: str, sort: str, spec: Sort) -> tuple[Any, ...] | None:
    """The key values of a token, or None when it is not one of this order."""
    try:
        named, *values = json.loads(unseal(text) or "")
        python_type = spec.column.type.python_type
        if named != sort or len(values) != (1 if spec.column.key == "id" else 2):
            return None
        first = python_type.fromisoformat(values[0]) if issubclass(python_type, date) else python_type(values[0])
        rest = [int(value) for value in values[1:]]
        if isinstance(first, str):
            first.encode()  # half a character is no text
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in (first, *rest)):
        return None
    if isinstance(first, str) and "\0" in first:
        return None
    return (first, *rest)
