"""The policy holds in a real browser: nothing is refused, nothing strange is served, nothing that was typed runs."""

import gzip
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from playwright.sync_api import Browser

from app.views import static_files
from tests.browser.live import OpenVisitor, Visitor, visitors
from tests.conftest import Browser as Client
from tests.conftest import World
from tests.injections import INJECTIONS
from tests.planting import plant
from tests.stops import Places, different_people, stops_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]

HASHED = re.compile(r"\.[0-9a-f]{12}\.(css|js|svg|png|ico)$")
# What the panel is not made of: by name and by what their files say of themselves.
BANNED = (
    "jquery",
    "select2",
    "moment",
    "x-editable",
    "fontawesome",
    "font-awesome",
    "bootstrap.js",
    "bootstrap.min.js",
)
BANNERS = (
    r"jQuery (JavaScript Library )?v\d", r"Select2 \d", r"moment\.js", r"X-editable", r"Font ?Awesome (Free|Pro)? ?\d",
    r"\* Bootstrap( JavaScript)? v?[34]\.", r"bootstrap\.js v[34]\.", r"window\.jQuery|require\(.jquery.\)",
)  # fmt: skip


def test_every_file_a_page_names_is_ours_hashed_and_kept_for_a_year(
    client: Callable[[str], Client], worlds: dict[str, World], places: Places
) -> None:
    named: set[str] = set()
    for name in different_people():
        person = client(name)
        for stop in stops_of(name, places):
            answer = person.get(stop.path) if stop.data is None else person.post(stop.path, stop.data)
            if answer.mimetype == "text/html":
                soup = BeautifulSoup(answer.data, "html.parser", parse_only=SoupStrainer(["script", "link", "img"]))
                found = [str(tag.get("src") or tag.get("href") or "") for tag in soup.find_all(True)]
                named |= {urlsplit(urljoin(stop.path, one)).path for one in found if one}
                assert not [one for one in found if urlsplit(one).netloc], stop
    assert len(named) > 6
    stranger = worlds["sqlite"].app.test_client()
    for path in sorted(named):
        answer = stranger.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == f"public, max-age={static_files.YEAR}, immutable", path
        assert HASHED.search(path), path
        assert not [one for one in BANNED if one in path.lower()], path
        packed = answer.headers.get("Content-Encoding") == "gzip"
        text = (gzip.decompress(answer.data) if packed else answer.data).decode(errors="replace")
        assert not [one for one in BANNERS if re.search(one, text, re.IGNORECASE)], path


def test_nothing_unmaintained_lies_among_the_files_that_can_be_served() -> None:
    served = [path for path in static_files.FOLDER.rglob("*") if path.is_file()]
    assert len(served) > 15
    for path in served:
        assert not [one for one in BANNED if one in path.name.lower()], path
        if path.suffix in (".js", ".css"):
            text = path.read_text(errors="replace")
            assert not [one for one in BANNERS if re.search(one, text, re.IGNORECASE)], path


FAULTS: dict[str, Callable[[str], str]] = {
    "an inline style": lambda html: html.replace("<h1", '<h1 style="color: red"', 1),
    "an inline script": lambda html: html.replace("</body>", "<script>window.ran = 1</script></body>", 1),
    "an inline handler": lambda html: html.replace("<h1", '<img src="data:," alt="" onerror="window.ran = 1"><h1', 1),
    "another host": lambda html: html.replace("</body>", '<img alt="" src="http://127.0.0.2:9/a.png"></body>', 1),
    "a missing file": lambda html: html.replace("</body>", '<img alt="" src="/static/none.png"></body>', 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_watch_on_every_page_sees_a_fault(live: str, places: Places, chromium: Browser, fault: str) -> None:
    """The other tests are green because nothing is wrong, not because nobody looks."""
    watched = visitors(chromium, live)
    visitor: Visitor = next(watched)("nobody")

    def spoil(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=FAULTS[fault](answer.text()))

    visitor.page.route("**/sign-in", spoil)
    visitor.page.goto("/sign-in", wait_until="networkidle")
    assert visitor.page.evaluate("() => window.ran") is None
    with pytest.raises(AssertionError):
        next(watched)


def test_no_typed_text_runs_in_a_browser(
    visit: OpenVisitor, worlds: dict[str, World], client: Callable[[str], Any]
) -> None:
    """Every page that shows one, opened; the watch fails the test for dialogs, refusals and strange requests."""
    planted = plant(worlds["sqlite"].app, client, INJECTIONS)
    visited = 0
    by_person: dict[str, list[str]] = {}
    for name, address in dict.fromkeys(planted.pages):
        if not address.endswith(".csv"):
            by_person.setdefault(name, []).append(address)
    for name, addresses in by_person.items():
        visitor = visit(name)
        for address in addresses:
            visitor.page.goto(address)
            assert visitor.page.evaluate("() => window.ran") is None, (name, address)
            visitor.watch.look(visitor.page)
            visited += 1
        for text in INJECTIONS[:5]:
            if name == "lena":
                break  # who has no search
            visitor.page.get_by_label("Search contacts").fill(text)
            with visitor.page.expect_navigation():
                visitor.page.keyboard.press("Enter")
            assert visitor.page.evaluate("() => window.ran") is None, (name, text)
    assert visited > 200
