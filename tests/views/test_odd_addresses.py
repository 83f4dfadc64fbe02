"""Odd addresses of any list: a sentence and the list without what makes no sense, never a fault."""

import json
import re
from datetime import date, datetime
from html import unescape
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.services.sorting import Sort
from app.views import public_ids
from app.views.list_page import ListPage
from tests.conftest import Browser
from tests.html_pages import check_page
from tests.routes import ROUTES

ODD = ("", " ", "0", "-1", "9" * 60, "null", "%00", "１", "' OR 1=1 --", "../..", "a" * 3000, "[]", "=", "&", "£")
TOKENS = ("after", "before")
# What a list says above its rows is plain text.
ALERTS = re.compile(r'<div class="alert [^>]*>([^<]+)</div>')


def lists_of(app: Flask, person: Browser) -> dict[str, ListPage]:
    """Every list of the panel that this person may read, by its address: new ones come by themselves."""
    found = {}
    for view in app.extensions["admin"][0]._views:
        if isinstance(view, ListPage) and (f"{view.endpoint}.index_view", "GET") in ROUTES:
            answer = person.get(view.base_url)
            assert answer.status_code in (200, 403), view.endpoint
            if answer.status_code == 200:
                found[view.base_url] = view
    return found


def page_of(answer: Any, address: str) -> BeautifulSoup:
    """A well-made page, to look into."""
    body = answer.get_data(as_text=True)
    check_page(body, address)
    return BeautifulSoup(body, "html.parser")


def refused(person: Browser, address: str, words: str = "") -> None:
    """A whole list page that says what was left out."""
    answer = person.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    body = answer.get_data(as_text=True)
    check_page(body, address)
    said = " ".join(unescape(alert) for alert in ALERTS.findall(body))
    assert said and words in said, (address, said)
    assert 'class="card cms-list' in body, address


def names_of(person: Browser, address: str) -> list[str]:
    """The filters a list offers this person."""
    soup = page_of(person.get(address), address)
    return [str(field["name"]) for field in soup.select(".cms-filters select")]


def test_unknown_filters_orders_columns_and_views_are_named_and_left_out(app, browser, busy) -> None:
    root = browser("root")
    lists = lists_of(app, root)
    assert len(lists) >= 7
    for address, view in lists.items():
        refused(root, f"{address}?colour=red", "“colour” is not a filter of this list")
        refused(root, f"{address}?{urlencode({'<b>': '1', 'é': '2'})}")
        refused(root, f"{address}?sort=colour", "cannot be sorted")
        refused(root, f"{address}?sort=-id", "cannot be sorted")
        refused(root, f"{address}?columns=colour", "column")
        refused(root, f"{address}?density=colour", "density")
        if view.has_views:
            refused(root, f"{address}?view=4F7-K2M-9QX", "saved view")


def test_an_unknown_value_of_any_filter_is_named_and_left_out(app, browser, busy) -> None:
    root, tried = browser("root"), 0
    for address in lists_of(app, root):
        for name in names_of(root, address):
            for value in ("none-of-these", "0x", "' OR 1=1", "None", "１"):
                refused(root, f"{address}?{urlencode({name: value})}")
                tried += 1
    assert tried >= 25


def test_a_place_of_another_list_or_of_none_is_said_so(app, browser, busy) -> None:
    root = browser("root")
    lists = lists_of(app, root)
    with app.test_request_context():
        strange = [
            public_ids.seal(text) for text in ("", "[]", '["newest"]', '["newest", "x", "y", "z"]', "{}", "null")
        ]
        own = {address: beyond(view) for address, view in lists.items()}
    for address in lists:
        for token in (*strange, "old", "A" * 4000, "é"):
            for name in TOKENS:
                answer = root.get(f"{address}?{name}={quote(token)}")
                assert answer.status_code == 200, (address, token)
    for other, address in pairwise([*lists, *list(lists)[:1]]):
        refused(root, f"{other}?after={own[address]}", "belongs to another list")


def end_of(sort: Sort) -> object:
    """A key after the last row's."""
    kind = sort.column.type.python_type
    if issubclass(kind, str):
        return "" if sort.is_descending else "\U0010ffff"
    if issubclass(kind, datetime):
        return "0001-01-02T00:00:00+00:00" if sort.is_descending else "9999-12-30T00:00:00+00:00"
    if issubclass(kind, date):
        return "0001-01-01" if sort.is_descending else "9999-12-31"
    return 0 if sort.is_descending else 2**62


def beyond(view: ListPage) -> str:
    """A token of a page beyond the end of a list."""
    name, sort = next(iter(view.sorts.items()))
    key = [end_of(sort)] if sort.column.key == "id" else [end_of(sort), 0 if sort.is_descending else 2**62]
    return public_ids.seal(json.dumps([f"{view.endpoint}/{name}", 500, *key]))


def test_a_page_beyond_the_end_is_the_first_one_and_says_so(app, browser, busy) -> None:
    root = browser("root")
    for address, view in lists_of(app, root).items():
        with app.test_request_context():
            token = beyond(view)
        refused(root, f"{address}?after={token}", "no such page any more")


@pytest.mark.parametrize("name", ["ann", "lena", "root"])
def test_no_odd_value_anywhere_in_the_address_of_a_list_is_a_fault(app, browser, busy, name) -> None:
    person = browser(name)
    for address in lists_of(app, person):
        names = {*names_of(person, address), "q", "sort", *TOKENS, "page", "columns", "view", "density"}
        for value in ODD:
            query = urlencode(dict.fromkeys(sorted(names), value))
            assert person.get(f"{address}?{query}").status_code == 200, (address, value)
            assert person.get(f"{address}?{query}&{query}").status_code == 200, (address, value)
