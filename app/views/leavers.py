"""Leavers: people who were disabled or deleted, and what they still have in hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for
from sqlalchemy import Select

from app.access.actor import allowed, current_actor
from app.domain.errors import NotFound
from app.domain.roles import Permission
from app.exports import leavers as leaver_export
from app.models import User
from app.services import leavers
from app.views.list_export import ExportingListPage
from app.views.listing import Asked, ListFilter
from app.views.lookups import organisation_filter
from app.views.people.words import state_tag
from app.views.words import show_instant


class LeaverPage(ExportingListPage):
    """Who left of the organisations within reach, the latest first; each leads to the person's own page."""

    permission = Permission.USER_READ
    noun, icon = "leaver", "user-off"
    key = "l"
    file_name = "leavers"
    list_template = "pages/leavers.html"
    has_views = False
    can_view_details = False
    search_hint = "Name or user ID"
    empty_hint = "Whoever is disabled or deleted is listed here."
    unmatched_hint = "Nobody who was disabled or deleted matches. Remove a filter to see more."
    sorts = leavers.SORTS
    heading_sorts = {"name": ("name", "name-last"), "disabled_at": ("latest", "earliest")}
    optional_columns = frozenset({"last_signed_in_at"})
    filters = (organisation_filter(), ListFilter("state", "State", lambda: leavers.STATE_FILTERS))
    column_list = (
        "name",
        "user_id",
        "organisation_id",
        "state",
        "disabled_at",
        "disabled_by",
        "disabled_reason",
        "work",
        "last_signed_in_at",
    )
    column_labels = {
        "name": "Name",
        "user_id": "User ID",
        "organisation_id": "Organisation",
        "state": "State",
        "disabled_at": "Left",
        "disabled_by": "By",
        "disabled_reason": "Reason",
        "work": "Open work",
        "last_signed_in_at": "Last signed in",
    }
    column_formatters = {
        "organisation_id": lambda view, context, user, name: user.organisation_name,
        "state": lambda view, context, user, name: state_tag(user),
        "disabled_at": lambda view, context, user, name: show_instant(user.disabled_at),
        "work": lambda view, context, user, name: leavers.work_words(user.open_contacts, user.open_jobs) or "None",
        "last_signed_in_at": lambda view, context, user, name: show_instant(user.last_signed_in_at) or "Never",
    }

    def row_url(self, row: User) -> str:
        return url_for("people.details_view", id=self.address_id(row))

    def visible_filters(self) -> list[ListFilter]:
        return [choice for choice in self.filters if self.actor_sees_all() or choice.name != "organisation"]

    def visible_columns(self) -> list[tuple[Any, str]]:
        return [column for column in self._list_columns if self.actor_sees_all() or column[0] != "organisation_id"]

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return leavers.select_leavers(parameters)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return leavers.with_work(statement)

    def may_export(self) -> bool:
        return allowed(leaver_export.record_leavers_export)

    def record_export(self, asked: Asked, file_format: str, picked: list[str] | None) -> None:
        if picked is not None:
            raise NotFound("Rows of this list are not chosen.")
        leaver_export.record_leavers_export(asked.filters, asked.sort, file_format)

    def stream_export(
        self, asked: Asked, file_format: str, picked: list[str] | None, headings: Mapping[str, str]
    ) -> Iterator[bytes]:
        return leaver_export.stream_leavers(current_actor(), asked.filters, asked.sort, file_format, headings)
