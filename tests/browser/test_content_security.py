"""The policy holds in a real browser: nothing is refused, nothing strange is served, nothing that was typed runs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.views import static_files
from tests.browser.live import OpenVisitor, Visitor, visitors
from tests.browser.served import fault_of, is_unmaintained
from tests.conftest import World
from tests.html_pages import addresses_of_files
from tests.injections import INJECTIONS
from tests.planting import put_planted

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]


def test_nothing_unmaintained_lies_among_the_files_that_can_be_served() -> None:
    served = [path for path in static_files.FOLDER.rglob("*") if path.is_file()]
    assert len(served) > 15
    for path in served:
        text = path.read_text(errors="replace") if path.suffix in (".js", ".css") else ""
        assert not is_unmaintained(path.name, text), path


def test_every_file_that_is_served_is_kept_for_a_year(live: str) -> None:
    addresses = addresses_of_files()
    assert len(addresses) > 15
    assert {path: fault for path in addresses if (fault := fault_of(live, path))} == {}


FAULTS: dict[str, Callable[[str], str]] = {
    "an inline style": lambda html: html.replace("<h1", '<h1 style="color: red"', 1),
    "an inline script": lambda html: html.replace("</body>", "<script>window.ran = 1</script></body>", 1),
    "an inline handler": lambda html: html.replace("<h1", '<img src="data:," alt="" onerror="window.ran = 1"><h1', 1),
    "another host": lambda html: html.replace("</body>", '<img alt="" src="http://127.0.0.2:9/a.png"></body>', 1),
    "no file of ours": lambda html: html.replace("</body>", '<img alt="" src="/healthz"></body>', 1),
    "a missing file": lambda html: html.replace("</body>", '<img alt="" src="/static/none.png"></body>', 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_watch_on_every_page_sees_a_fault(live: str, app: Flask, chromium: Browser, fault: str) -> None:
    """The other tests are green because nothing is wrong, not because nobody looks."""
    watched = visitors(chromium, live, app)
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
    planted = put_planted(worlds["sqlite"], client)
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
