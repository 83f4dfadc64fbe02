"""Saved views of a list: which one is open, and the tabs above the list."""

from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from app.access.actor import current_actor
from app.models import SavedView
from app.services import saved_views
from app.views.listing import Asked
from app.views.listing_shown import Tab
from app.views.public_ids import decode_id, encode_id

ALL = "all"
MOST_TABS = 6
GONE = "That saved view does not exist any more, or is not shared with you. This is the whole list."


class Opened(NamedTuple):
    """The open view, if any, and a sentence when the one asked for is not there."""

    view: SavedView | None
    refusal: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What the view holds."""
        return parse_qsl(self.view.query) if self.view else []


def find_open_view(args: MultiDict[str, str], page: str, views: list[SavedView]) -> Opened:
    """The view that an address names; the person's default where it says nothing at all."""
    by_id = {view.id: view for view in views}
    if not args:
        # A default that is gone is no news every time the list opens.
        return Opened(by_id.get(current_actor().preferences.default_views.get(page, 0)))
    named = args.get("view", "")
    if not named or named == ALL:
        return Opened(None)
    view = by_id.get(decode_id(named) or 0)
    return Opened(view, "" if view else GONE)


def make_tabs(views: list[SavedView], opened: SavedView | None, base_url: str) -> tuple[list[Tab], list[Tab]]:
    """(tabs that are seen at once, tabs folded away): all, one's own, then those shared by others."""
    tabs = [Tab("All", f"{base_url}?view={ALL}", opened is None)]
    tabs += [
        Tab(
            view.name,
            f"{base_url}?view={encode_id(view.id)}",
            view is opened,
            "" if saved_views.is_own(view) else view.maker_name,
        )
        for view in views
    ]
    seen, folded = tabs[:MOST_TABS], tabs[MOST_TABS:]
    for place, tab in enumerate(folded):
        if tab.is_current:
            seen[-1], folded[place] = tab, seen[-1]
    return (seen, folded) if views else ([], [])


def save_addresses(asked: Asked, page: str, opened: SavedView | None) -> list[tuple[str, str]]:
    """(label, address) of the ways to keep what differs from the open view."""
    if not asked.differs:
        return []
    query = urlencode(asked.parameters)
    ways = [("Save this view", url_for("saved_views.create_view", page=page, query=query))]
    if opened is not None and saved_views.is_own(opened):
        ways.insert(0, ("Save changes", url_for("saved_views.edit_view", id=encode_id(opened.id), query=query)))
        ways[1] = ("Save as a new view", ways[1][1])
    return ways


def with_view(asked: Asked, saved: Asked, opened: Opened) -> Asked:
    """What was asked, with the view it started from."""
    name = encode_id(opened.view.id) if opened.view else ""
    refusals = (*asked.refusals, opened.refusal) if opened.refusal else asked.refusals
    return replace(asked, view=name, saved=saved.parameters, refusals=refusals)
