"""One page of rows, fetched by key."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, func, null, select, tuple_

from app.extensions import db
from app.services.sorting import Sort
from app.views.public_ids import seal, unseal

LARGEST = 2**63
COUNT_CAP = 1000


class Place(NamedTuple):
    """A row by its key in an order, and its number in the list when its page was shown."""

    key: tuple[Any, ...]
    number: int


class Rows(NamedTuple):
    """One page: its rows, the tokens of the pages before and after it, and the number of its first row.

    `matching` is how many rows match on all pages, at most one more than the cap; 0 where there are none here,
    or where nobody counts.
    """

    rows: list[Any]
    before: str | None
    after: str | None
    first_number: int
    matching: int


def count_up_to_cap(statement: Select[Any]) -> int:
    """How many rows there are, at most one more than the cap."""
    return db.session.scalar(_counting(statement, statement.column_descriptions[0]["entity"])) or 0


def _counting(statement: Select[Any], model: type[Any]) -> Select[Any]:
    some = statement.with_only_columns(model.id).order_by(None).limit(COUNT_CAP + 1).subquery()
    return select(func.count()).select_from(some)


def fetch_page(
    statement: Select[Any],
    list_name: str,
    sort_name: str,
    sort: Sort,
    size: int,
    after: Place | None,
    before: Place | None,
    prepare: Callable[[Select[Any]], Select[Any]] = lambda statement: statement,
    *,
    prepares_late: bool = False,
    counts: bool = True,
) -> Rows:
    """Rows of one page, and the tokens of the pages before and after it (None where there is none).

    By key, never by OFFSET: the page at row 500,000 costs what the first one costs. Where a page `counts`, the same
    statement does. What `prepare` adds is asked with the rows, or some columns are left of them; it `prepares_late`
    where that is asked of the rows of the page, because a database that has to sort would ask it of every row that
    matches.
    """
    model = sort.column.class_
    key = model.id
    columns = [sort.column] if sort.column.key == "id" else [sort.column, key]
    is_backward = before is not None
    place = before or after
    is_descending = sort.is_descending != is_backward
    matching = _counting(statement, model).scalar_subquery() if counts else null()
    if place is not None:
        left = tuple_(*columns) if len(columns) > 1 else columns[0]
        right = tuple_(*place.key) if len(columns) > 1 else place.key[0]
        statement = statement.where(left < right if is_descending else left > right)
    keys = sort.keys(reverse=is_backward)
    wanted = statement.order_by(*keys).limit(size + 1)
    if prepares_late:
        chosen = wanted.with_only_columns(*columns).subquery()
        wanted = select(model).join(chosen, chosen.c.id == key).order_by(*keys)
    result = db.session.execute(prepare(wanted).add_columns(matching))
    are_columns = len(result.keys()) > 2
    found = result.all() if are_columns else result.unique().all()
    rows = list(found) if are_columns else [row[0] for row in found]
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backward:
        rows.reverse()
    has_before = has_more if is_backward else place is not None
    has_after = is_backward or has_more
    first = 1 if not has_before or place is None else place.number - len(rows) if is_backward else place.number + 1
    first = max(first, 1)
    name = f"{list_name}/{sort_name}"
    return Rows(
        rows,
        make_token(rows[0], name, columns, first) if rows and has_before else None,
        make_token(rows[-1], name, columns, first + len(rows) - 1) if rows and has_after else None,
        first,
        (found[0][-1] or 0) if found else 0,
    )


def make_token(row: Any, name: str, columns: Sequence[Any], number: int) -> str:
    """A place in a list as an address holds it; `name` is list/order."""
    values = [getattr(row, column.key) for column in columns]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return seal(json.dumps([name, number, *plain]))


def read_token(text: str, list_name: str, sort_name: str, sort: Sort) -> Place | None:
    """The place of a token, or None when it is not one of this list in this order."""
    try:
        named, number, *values = json.loads(unseal(text) or "")
        python_type = sort.column.type.python_type
        if named != f"{list_name}/{sort_name}" or len(values) != (1 if sort.column.key == "id" else 2):
            return None
        first = python_type.fromisoformat(values[0]) if issubclass(python_type, date) else python_type(values[0])
        rest = [int(value) for value in values[1:]]
        number = int(number)
        if isinstance(first, str):
            first.encode()  # half a character is no text
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in (first, number, *rest)):
        return None
    if isinstance(first, str) and "\0" in first:
        return None
    return Place((first, *rest), number)
