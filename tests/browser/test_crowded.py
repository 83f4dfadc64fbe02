"""Names as long as they may be and more views than there is room for: no page grows wider than the screen."""

import pytest
from playwright.sync_api import Page

from tests.browser.live import WIDTHS, OpenVisitor, widths_of
from tests.browser.test_accessibility import go
from tests.conftest import World
from tests.crowded import VIEWS, crowd
from tests.stops import Places, put_places, stops_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("crawl-1")]

# What sticks out of the box it is in, unless that box scrolls or cuts it short on purpose.
STICKS_OUT = """() => {
  const found = [];
  for (const element of document.querySelectorAll("main *, header *, aside *, footer *")) {
    if (!element.clientWidth || element.scrollWidth <= element.clientWidth + 1) continue;
    const style = getComputedStyle(element);
    if (style.overflowX !== "visible" || style.display === "inline") continue;
    if (element.closest("svg, .visually-hidden")) continue;
    if ([...element.children].some((child) => getComputedStyle(child).position === "absolute")) continue;
    found.push(`${element.tagName}.${element.className}: ${element.scrollWidth} in ${element.clientWidth}`);
  }
  return found.slice(0, 5);
}"""


@pytest.fixture
def crowded(worlds: dict[str, World], places: Places) -> Places:
    """The busy world with everything in it as long as it may be."""
    world = worlds["sqlite"]

    def make() -> Places:
        made = put_places(world)
        crowd(world.app)
        return made

    made: Places = world.put("crowded", make)
    return made


def wide_by(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("name", ["nobody", "ann", "lena", "ada", "root"])
def test_nothing_sticks_out_of_a_crowded_page(visit: OpenVisitor, crowded: Places, name: str) -> None:
    visitor, wrong = visit(name), []
    for stop in stops_of(name, crowded):
        if stop.data is not None or not go(visitor, stop):
            continue
        for width in widths_of(visitor.page):
            visitor.picture(f"crowded-{name}/{stop.name}-{width}")
            if wide := max(wide_by(visitor.page), 0):
                wrong.append(f"{stop.name} at {width} px is {wide} px wider than the screen")
            wrong += [f"{stop.name} at {width} px: {line}" for line in visitor.page.evaluate(STICKS_OUT)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", WIDTHS)
def test_sixty_views_fold_away_and_can_be_reached(visit: OpenVisitor, crowded: Places, width: int) -> None:
    page = visit("ann", width=width).page
    page.goto("/contacts/")
    tabs = page.get_by_role("navigation", name="Saved views")
    assert tabs.get_by_role("link").count() < 12, "the rest is under More"
    tabs.get_by_text("More", exact=True).click()
    assert tabs.get_by_role("listitem").count() > sum(VIEWS.values()) and wide_by(page) <= 0
    last = tabs.locator(".cms-pop").get_by_role("link").last
    last.scroll_into_view_if_needed()
    with page.expect_navigation():
        last.click()
    assert tabs.locator("[aria-current=page]").count() == 1
