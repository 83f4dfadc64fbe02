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
    cells = [(column.name, view.column_formatters.get(column.name), escape(column.label)) for column in columns]
    parts: list[str] = []
    for row in rows:
        parts.append("<tr>")
        if pick_id is not None:
            pick = escape(pick_id(row))
            parts.append(
                f'<td class="cms-pick"><label><input class="form-check-input" type="checkbox" name="pick" '
                f'value="{pick}"><span class="visually-hidden">Choose {pick}</span></label></td>'
            )
        for index, (name, formatter, label) in enumerate(cells):
            value = formatter(view, None, row, name) if formatter else getattr(row, name)
            shown = value if type(value) is Markup else _escaped(value) if type(value) is str else _shown(value)
            if index == 0:
                parts.append(
                    f'<th scope="row" class="c-{name}" data-label="{label}">'
                    f'<a href="{escape(view.row_url(row))}">{shown}</a></th>'
                )
            else:
                parts.append(f'<td class="c-{name}" data-label="{label}">{shown}</td>')
        if actions is not None:
            links = " ".join(f'<a href="{escape(address)}">{escape(label)}</a>' for label, address in actions(row))
            parts.append(f'<td class="cms-row-actions">{links}</td>')
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - every value above is escaped


@lru_cache(maxsize=4000)
def _escaped(text: str) -> str:
    """The same few words and dates fill most cells of a list."""
    return str(escape(text))


def _shown(value: Any) -> str:
    return "" if value is None else str(escape(value))
