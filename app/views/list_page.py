"""`ListPage`: a list of rows with a page for each."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Select, or_, select
from werkzeug.datastructures import MultiDict

from app.access.actor import current_actor
from app.domain.errors import DomainError
from app.services import saved_views
from app.services.sorting import Sort
from app.views.listing import Asked, Bar, ListFilter, merge_arguments, read_parameters
from app.views.listing_columns import Column, shown_columns
from app.views.listing_paging import Rows, fetch_page
from app.views.listing_rows import render_rows
from app.views.listing_shown import Listing
from app.views.listing_views import find_open_view, make_tabs, save_addresses, with_view
from app.views.row_pages import RowPages


class ListPage(RowPages):
    """A list: filters, orders, columns, saved views, and what may be done to several rows at once."""

    filters: ClassVar[tuple[ListFilter, ...]] = ()
    sorts: ClassVar[dict[str, Sort]] = {}
    # Column -> the orders its heading gives, the one of the first press first.
    heading_sorts: ClassVar[dict[str, tuple[str, str]]] = {}
    # Columns of `column_list` that are shown only when chosen.
    optional_columns: ClassVar[frozenset[str]] = frozenset()
    has_views: ClassVar[bool] = True
    has_row_actions: ClassVar[bool] = False
    # Whether `prepare_rows` adds so much that it is asked of the rows of a page only.
    prepares_late: ClassVar[bool] = False
    search_hint: ClassVar[str] = ""
    search_columns: ClassVar[tuple[Any, ...]] = ()
    # What is said under an empty list: without any filter, and with one.
    empty_hint: ClassVar[str] = "There is nothing to list yet."
    unmatched_hint: ClassVar[str] = "Nothing matches. Remove a filter to see more."

    page_size = 50
    list_template = "admin/model/list.html"

    # -- what this person is offered -----------------------------------------------------------

    def visible_filters(self) -> list[ListFilter]:
        """The filters this person is offered."""
        return list(self.filters)

    def visible_columns(self) -> list[tuple[Any, str]]:
        """(name, heading) of the columns this person may choose from."""
        return list(self._list_columns)

    def is_first_shown(self, name: str) -> bool:
        """Whether this person's list begins with a column."""
        return name not in self.optional_columns

    def bar(self) -> Bar:
        """Filters, orders and columns within reach."""
        columns = [Column(name, label, self.is_first_shown(name)) for name, label in self.visible_columns()]
        return Bar(self.endpoint, self.visible_filters(), self.sorts, columns)

    def bulk_choices(self) -> list[tuple[str, str]]:
        """(value, label) of what this person may do to several rows at once."""
        return []

    def bulk_url(self) -> str:
        """Where chosen rows are sent."""
        return ""

    def pick_id(self, row: Any) -> str:
        """The row's name among chosen rows."""
        return self.address_id(row)

    def pick_ids(self, rows: Sequence[Any]) -> str:
        """The names of these rows, as the form sends them."""
        return ",".join(map(self.pick_id, rows))

    def row_actions(self, row: Any) -> Sequence[tuple[str, str]]:
        """(label, address) of what a row offers besides its own page."""
        return ()

    # -- reading -----------------------------------------------------------------------------

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        """The rows the filters leave, not ordered."""
        statement = select(self.model)
        for choice in self.filters:
            if value := parameters.get(choice.name):
                statement = choice.apply(statement, value)
        if self.search_columns and (text := parameters.get("q")):
            found = [column.icontains(text, autoescape=True) for column in self.search_columns]
            statement = statement.where(or_(*found))
        return statement

    @expose("/")
    def index_view(self) -> str:
        listing = self.listing()
        return self.render(self.list_template, listing=listing, table=self.render_rows(listing))

    def listing(self) -> Listing:
        """One page of rows and what the bar above them needs."""
        views = saved_views.list_views(self.endpoint) if self.has_views else []
        opened = find_open_view(request.args, self.endpoint, views)
        bar = self.bar()
        asked = self.read_asked(bar, opened.pairs)
        saved = self.interpret(read_parameters(MultiDict(opened.pairs), bar))
        asked, statement = self._select(with_view(asked, saved, opened))
        page = self._fetch(statement, asked)
        if not page.rows and (asked.after or asked.before):
            asked = asked.turned_back("There is no such page any more, so this is the first page.")
            page = self._fetch(statement, asked)
        tabs, more_tabs = make_tabs(views, opened.view, self.base_url)
        return Listing(
            asked=asked,
            bar=bar,
            rows=page.rows,
            count=page.matching,
            before=page.before,
            after=page.after,
            first_number=page.first_number,
            columns=shown_columns(asked.columns, bar.columns),
            heading_sorts=self.heading_sorts,
            tabs=tabs,
            more_tabs=more_tabs,
            save_addresses=save_addresses(asked, self.endpoint, opened.view) if self.has_views else (),
            bulk=self.bulk_choices(),
            search_hint=self.search_hint,
            has_row_actions=self.has_row_actions,
        )

    def read_asked(self, bar: Bar, saved: list[tuple[str, str]]) -> Asked:
        """What the address bar asks for, on top of what a saved view holds."""
        return self.interpret(read_parameters(merge_arguments(saved, request.args), bar))

    def _select(self, asked: Asked) -> tuple[Asked, Select[Any]]:
        """The rows, once every filter that means nothing is left out."""
        while True:
            try:
                return asked, self.select_rows(asked.filters, asked.sort)
            except DomainError as refusal:
                # Taken off the list of filters, so this ends.
                asked = asked.without(refusal.field, refusal.message)

    def _fetch(self, statement: Select[Any], asked: Asked) -> Rows:
        return fetch_page(
            statement,
            self.endpoint,
            asked.sort,
            self.sorts[asked.sort],
            self.page_size,
            asked.after,
            asked.before,
            self.prepare_rows,
            prepares_late=self.prepares_late,
        )

    def interpret(self, asked: Asked) -> Asked:
        """What a question means beyond its words."""
        return asked

    def render_rows(self, listing: Listing) -> Markup:
        """The table's rows as HTML."""
        return render_rows(
            self,
            listing.rows,
            listing.columns,
            pick_id=self.pick_id if listing.bulk else None,
            actions=self.row_actions if self.has_row_actions else None,
        )

    def actor_sees_all(self) -> bool:
        """Whether rows of several organisations meet in this list."""
        return current_actor().reaches_all or len(current_actor().access_ids) > 1
