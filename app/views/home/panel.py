"""What a panel is, and the figures that lead from it to lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import url_for

from app.access.actor import Actor
from app.domain.roles import Permission
from app.services import contact_list
from app.views.listing_paging import COUNT_CAP, count_up_to_cap

P = Permission
# Where a panel stands: across the page, in the main column or beside it.
TOP, MAIN, SIDE = "top", "main", "side"
ROWS = 6


@dataclass(frozen=True)
class Panel:
    """One part of the home page, for those who hold all it `needs` and none of what it is `not_for`.

    `data` is asked only then; what it returns is `data` in the template. A panel that is a figure has its own heading.
    """

    key: str
    title: str
    template: str
    data: Callable[[], Mapping[str, Any]]
    needs: frozenset[Permission]
    not_for: frozenset[Permission] = frozenset()
    place: str = MAIN
    is_figure: bool = False

    def is_for(self, actor: Actor) -> bool:
        """Whether this person is shown it."""
        return self.needs <= actor.permissions and not self.not_for & actor.permissions


class Figure(NamedTuple):
    """A number, in words that say what it counts; it may lead to its list."""

    label: str
    text: str
    url: str | None = None
    note: str = ""


def contacts_url(filters: Mapping[str, str], sort: str | None = None) -> str:
    """The address of the list that these filters leave."""
    return url_for("contacts.index_view", **filters, sort=sort)  # type: ignore[arg-type]


def count_contacts(asks: Sequence[tuple[str, Mapping[str, str]]]) -> list[Figure]:
    """A figure for each (label, filters), counted up to a thousand."""
    figures = []
    for label, filters in asks:
        count = count_up_to_cap(contact_list.select_contacts(filters, "newest"))
        text = f"{count:,}" if count <= COUNT_CAP else f"{COUNT_CAP:,}+"
        figures.append(Figure(label, text, contacts_url(filters, None if "status" in filters else "due")))
    return figures
