"""Every page of every member of the cast, as HTML: the list comes from the table of addresses and grows with it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.domain.roles import Role
from tests.conftest import Browser, World
from tests.html_pages import check_page, shapes_of, title_of
from tests.routes import ROUTES
from tests.stops import Places, different_people, put_places, roles_in_the_cast, stops_of

CAST = different_people()
# Of one page with the same parameters so many are followed: the others differ by their row only.
MOST_ALIKE = 2
# What is written on a page does not depend on the database; tests/test_matrix.py sees it answered on both.
# One worker looks at all, for it remembers what it has seen.
pytestmark = [pytest.mark.parametrize("world", ["sqlite"], indirect=True), pytest.mark.xdist_group("pages")]


@pytest.fixture
def places(world: World) -> Places:
    """The busy world with an upload in each state."""
    return put_places(world)


def check_answer(answer: Any, address: str) -> str | None:
    """Hold an answer to what holds for all; its title when it is a page."""
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "object-src 'none'" in policy and "frame-ancestors 'none'" in policy, address
    assert answer.headers["X-Content-Type-Options"] == "nosniff", address
    assert answer.headers["Cache-Control"] == "no-store" or address.startswith("/static/"), address
    if answer.mimetype != "text/html" or answer.status_code in (302, 303, 308):
        return None
    body = answer.get_data(as_text=True)
    check_page(body, f"{address} {answer.status_code}")
    return title_of(body)


def look(person: Browser, name: str, places: Places) -> Iterator[tuple[str, str]]:
    """(address, title) of every stop of a person."""
    for stop in stops_of(name, places):
        if stop.data is None:
            answer = person.get(stop.path)
        elif "csrf_token" in stop.data:
            answer = person.client.post(stop.path, data=stop.data, buffered=True)
        else:
            answer = person.post(stop.path, stop.data)
        assert answer.status_code == stop.status, (name, stop)
        title = check_answer(answer, stop.path)
        if title and stop.data is None and stop.status == 200:
            yield stop.path, title


def links_of(body: str) -> list[str]:
    """Where a page leads within the service."""
    found = re.findall(r'<a[^>]* href="(/[^"#]*|\?[^"#]*)"', body.replace("&amp;", "&"))
    return [href for href in found if "/static/" not in href]


def follow(app: Flask, person: Browser, start: list[str]) -> Iterator[tuple[str, str]]:
    """(address, title) of what links lead to, some of each kind."""
    adapter = app.url_map.bind("localhost")
    waiting, seen, alike = list(start), set(start), Counter[Any]()
    while waiting:
        address = waiting.pop()
        answer = person.get(address)
        assert answer.status_code < 400, f"a link leads to {address}: {answer.status_code}"
        if title := check_answer(answer, address):
            yield address, title
            for href in links_of(answer.get_data(as_text=True)):
                onward = urlsplit(address).path + href if href.startswith("?") else href
                parts = urlsplit(onward)
                kind = (adapter.match(parts.path)[0], *sorted(parse_qs(parts.query)))
                if onward not in seen and alike[kind] < MOST_ALIKE:
                    alike[kind] += 1
                    seen.add(onward)
                    waiting.append(onward)


def page_of(address: str) -> str:
    """What makes a page another one: its path and its row, not its filters, order and place in the list."""
    parts = urlsplit(address)
    return parts.path + "?" + "".join(parse_qs(parts.query).get("id", []))


@pytest.mark.parametrize("name", CAST)
def test_every_page_is_well_made_and_called_by_a_name_of_its_own(world, app, browser, places, name) -> None:
    person = browser(name)
    seen = list(look(person, name, places))
    seen += follow(app, person, ["/sign-in" if name == "nobody" else "/"])
    pages = defaultdict(set)
    for address, title in seen:
        pages[title].add(page_of(address))
    shared = {title: sorted(found) for title, found in pages.items() if len(found) > 1}
    assert not shared
    assert len(seen) >= (1 if name == "nobody" else 4)


@pytest.mark.parametrize("name", CAST)
def test_the_page_after_a_bad_form_is_well_made(world, app, busy, browser, name) -> None:
    person = browser(name)
    for (endpoint, method), route in ROUTES.items():
        if method != "POST" or endpoint == "session.sign_out":
            continue
        address = route.address(busy["alder"])
        if name == "nobody":
            person.get("/sign-in")
        check_answer(person.post(address, {}), f"POST {address} by {name}")
        check_answer(person.client.post(address), f"POST {address} by {name} without a token")


def test_every_role_is_in_the_cast(world: Any) -> None:
    assert roles_in_the_cast() == set(Role)


def test_a_page_is_another_one_when_what_is_checked_differs(world: Any) -> None:
    page = '<p title="a"><a href="/x">Words</a></p>'
    for same in ('<p title="b"><a href="/y?a=1&amp;b=2">Other, longer words &amp; more</a></p>',):
        assert shapes_of(same) == shapes_of(page)
    for other in (
        page.replace("/x", "javascript:x"), page.replace("/x", "#x"), page.replace("/x", ""),
        page.replace("Words", " "),
        page.replace("Words", "a & b"), page.replace("Words", "a\x01b"), page.replace("<p ", '<p id="x" '),
        page.replace("Words", "<main>Words</main>"), page.replace("</p>", '</p><i id="x"></i><main id="x"></main>'),
        page.replace("href", "style"), page.replace("Words", "<b>Words"),
    ):  # fmt: skip
        assert shapes_of(other) != shapes_of(page), other
