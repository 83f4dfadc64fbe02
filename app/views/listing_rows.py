"""Table rows as HTML. Written in Python because a template loop costs more than all else together."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from app.views.listing_columns import Column


def render_rows(
    view: Any,
    rows: Sequence[Any],
    columns: Sequence[Column],
    *,
    pick_id: Callable[[Any], str] | None,
    actions: Callable[[Any], Sequence[tuple[str, str]]] | None,
) -> Markup:
    """The rows of a list page: a box to choose each (with `pick_id`), its cells, what it offers (with `actions`)."""
    formatters, (first, *others) = view.column_formatters, columns
    title, head = formatters.get(first.name), f'<th scope="row" {_attributes(first)}>'
    cells = [(one.name, formatters.get(one.name), f"<td {_attributes(one)}>") for one in others]
    parts: list[str] = []
    for row in rows:
        parts.append("<tr>")
        if pick_id is not None:
            pick = escape(pick_id(row))
            parts.append(
                f'<td class="cms-pick"><label><input class="form-check-input" type="checkbox" name="pick" '
                f'value="{pick}"><span class="visually-hidden">Choose {pick}</span></label></td>'
            )
        value = title(view, None, row, first.name) if title else getattr(row, first.name)
        parts.append(f'{head}<a href="{escape(view.row_url(row))}">{_shown(value)}</a></th>')
        for name, formatter, cell in cells:
            value = formatter(view, None, row, name) if formatter else getattr(row, name)
            parts += (cell, value if type(value) is Markup else _shown(value), "</td>")
        if actions is not None:
            links = " ".join(f'<a href="{escape(address)}">{escape(label)}</a>' for label, address in actions(row))
            parts.append(f'<td class="cms-row-actions">{links}</td>')
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - every value above is escaped


def _attributes(column: Column) -> str:
    return f'class="c-{column.name}" data-label="{escape(column.label)}"'


def _shown(value: Any) -> str:
    return _escaped(value) if type(value) is str else "" if value is None else str(escape(value))


@lru_cache(maxsize=4000)
def _escaped(text: str) -> str:
    """The same few words and dates fill most cells of a list."""
    return str(escape(text))
