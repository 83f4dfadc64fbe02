"""axe-core finds nothing on any page of anybody, light and dark, wide and narrow; and nothing is refused there."""

import pytest

from tests.browser import axe
from tests.browser.live import HEIGHT, THEMES, WIDTHS, OpenVisitor, Visitor
from tests.stops import Places, Stop, different_people, stops_of

# Two groups, so that two workers share the crawl and each starts one Chromium for it.
PEOPLE = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"crawl-{number % 2}"))
    for number, name in enumerate(different_people())
]
pytestmark = pytest.mark.browser


def go(visitor: Visitor, stop: Stop) -> bool:
    """Open the stop; False for one that is a file and no page."""
    page = visitor.page
    if stop.data is None:
        answer = visitor.context.request.head(stop.path)
        if "text/html" not in answer.headers.get("content-type", ""):
            return False
        page.goto(stop.path)
    else:
        page.goto("/sign-in" if visitor.name == "nobody" else "/account/")
        token = page.locator("[name=csrf_token]").first.input_value()
        visitor.send(stop.path, {"csrf_token": token, **stop.data})
    return True


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PEOPLE)
def test_axe_finds_nothing_on_any_page(visit: OpenVisitor, places: Places, name: str, theme: str) -> None:
    visitor = visit(name, theme=theme)
    page = visitor.page
    found, seen = [], 0
    for stop in stops_of(name, places):
        if not go(visitor, stop):
            continue
        seen += 1
        axe.load(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            visitor.picture(f"{name}/{stop.name}-{theme}-{width}")
            found += [f"{stop.name} {theme} {width}: {line}" for line in axe.find_violations(page, axe.TAGS)]
        visitor.watch.look(page)
        page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    assert not found, "\n".join(found)
    assert seen > 2
