"""Odd addresses of lists: a sentence and the list without what makes no sense, never a fault."""

import json
from urllib.parse import quote, urlencode

import pytest

from app.views import public_ids
from tests.conftest import Browser
from tests.html_pages import check_page
from tests.routes import ROUTES
from tests.worlds import Owned

# Addresses of lists name no row.
NO_ROW = Owned("", 0, 0, 0, 0, "", "", "")
ODD = ("", " ", "0", "-1", "9" * 60, "null", "%00", "\ud7ff", "１", "' OR 1=1 --", "../..", "a" * 3000, "[]", "=", "&", "£")
TOKENS = ("after", "before")


def lists_of(person: Browser) -> list[str]:
    """The addresses of every list of the panel that this person may read: new ones come by themselves."""
    found = []
    for (endpoint, method), route in ROUTES.items():
        if endpoint.endswith(".index_view") and method == "GET":
            answer = person.get(address := route.address(NO_ROW))
            if answer.status_code == 200 and b"cms-filters" in answer.data:
                found.append(address)
    return found


def refused(person: Browser, address: str, words: str = "") -> str:
    """A whole list page that says what was left out."""
    answer = person.get(address)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 200, (address, answer.status_code)
    soup = check_page(body, address)
    said = " ".join(alert.get_text(" ", strip=True) for alert in soup.select(".alert"))
    assert said and words in said, (address, said)
    return body


def names_of(person: Browser, address: str) -> list[str]:
    """The filters a list offers."""
    soup = check_page(person.get(address).get_data(as_text=True), address)
    return [str(field["name"]) for field in soup.select(".cms-filters select") if field["name"] not in ("sort", "q")]


def test_an_unknown_filter_is_named_and_the_list_is_shown_without_it(browser, busy) -> None:
    root = browser("root")
    assert len(lists_of(root)) >= 7
    for address in lists_of(root):
        body = refused(root, f"{address}?colour=red", "“colour” is not a filter of this list")
        assert "<table" in body or "empty" in body
        refused(root, f"{address}?{urlencode({'<b>': '1', 'é': '2'})}")


def test_an_unknown_value_of_a_filter_is_named_and_the_list_is_shown_without_it(browser, busy) -> None:
    root, tried = browser("root"), 0
    for address in lists_of(root):
        for name in names_of(root, address):
            for value in ("none-of-these", "0x", "' OR 1=1", "None", "１"):
                refused(root, f"{address}?{urlencode({name: value})}")
                tried += 1
    assert tried >= 25


def test_an_unknown_order_is_named_and_the_usual_one_is_shown(browser, busy) -> None:
    root = browser("root")
    for address in lists_of(root):
        refused(root, f"{address}?sort=colour", "cannot be sorted")
        refused(root, f"{address}?sort=-id", "cannot be sorted")


def test_a_place_of_another_list_or_of_none_is_said_so(app, browser, busy) -> None:
    root = browser("root")
    with app.test_request_context():
        strange = [public_ids.seal(text) for text in ("", "[]", '["newest"]', '["newest", "x", "y", "z"]', "{}", "null")]
    for address in lists_of(root):
        for token in (*strange, "old", "A" * 4000, "é"):
            for name in TOKENS:
                refused(root, f"{address}?{name}={quote(token)}", "belongs to another list")


def test_a_page_beyond_the_end_is_an_empty_page_with_a_way_back(app, browser, busy) -> None:
    root = browser("root")
    with app.test_request_context():
        beyond = {
            "/contacts/": ("newest", ["newest", 0]),
            "/uploads/": ("newest", ["newest", 0]),
            "/people/": ("newest", ["newest", 0]),
            "/activity/": ("newest", ["newest", 0]),
            "/organisations/": ("name", ["name", "\U0010ffff", 2**62]),
            "/contact-types/": ("code", ["code", "zzzz", 2**62]),
        }
        addresses = {
            f"{address}?sort={sort}&after={public_ids.seal(json.dumps(key))}" for address, (sort, key) in beyond.items()
        }
    for address in addresses:
        answer = root.get(address)
        assert answer.status_code == 200, address
        check_page(answer.get_data(as_text=True), address)


@pytest.mark.parametrize("name", ["ann", "lena", "root"])
def test_no_odd_value_anywhere_in_the_address_of_a_list_is_a_fault(browser, busy, name) -> None:
    person = browser(name)
    for address in lists_of(person):
        names = {*names_of(person, address), "q", "sort", *TOKENS, "page", "columns", "view", "density"}
        for value in ODD:
            query = urlencode(dict.fromkeys(sorted(names), value), errors="surrogatepass")
            assert person.get(f"{address}?{query}").status_code == 200, (address, value)
            assert person.get(f"{address}?{query}&{query}").status_code == 200, (address, value)
