"""Charts in a real browser: drawn from their tables under the strict policy, and tables alone without script."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.live import OpenVisitor, load_still

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("charts")]

# How many pixels of each canvas are painted, in a colour of the theme.
PAINTED = """() => [...document.querySelectorAll("[data-chart] canvas")].map((canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at]) count += 1;
  return count;
})"""

# Each canvas as a picture that can be compared.
PICTURES = "() => [...document.querySelectorAll('[data-chart] canvas')].map((canvas) => canvas.toDataURL())"


def shown_tables(page: Page) -> list[Any]:
    return [table for table in page.locator("[data-chart] table").all() if table.is_visible()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_drawn_and_nothing_is_refused_or_moves(visit: OpenVisitor, theme: str) -> None:
    visitor = visit("mo", theme=theme)
    page = visitor.page
    load_still(page, "/")
    painted = page.evaluate(PAINTED)
    assert len(painted) == 2 and min(painted) > 500
    assert shown_tables(page) == []
    page.get_by_text("Show these figures as a table").first.click()
    assert len(shown_tables(page)) == 1
    visitor.watch.look(page)


def test_a_chart_keeps_its_height_on_a_phone(visit: OpenVisitor) -> None:
    page = visit("ann").page
    page.set_viewport_size({"width": 360, "height": 900})
    load_still(page, "/")
    assert min(page.evaluate(PAINTED)) > 500
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_script_the_table_stands_in_the_place_of_the_drawing(visit: OpenVisitor) -> None:
    page = visit("ann", has_scripts=False).page
    assert len(shown_tables(page)) == 1
    assert not page.locator("[data-chart] canvas").is_visible()
    assert not page.get_by_text("Show these figures as a table").is_visible()


def test_charts_follow_a_system_that_goes_dark_while_they_are_there(visit: OpenVisitor) -> None:
    page = visit("mo", theme="system").page
    page.emulate_media(color_scheme="light")
    page.goto("/")
    page.wait_for_load_state("networkidle")
    by_day = page.evaluate(f"({PICTURES})()")
    # A browser tells the page of its new scheme with the next frame, so the pictures are waited for.
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"by_day => ({PICTURES})().every((picture, at) => picture !== by_day[at])", arg=by_day)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"by_day => ({PICTURES})().every((picture, at) => picture === by_day[at])", arg=by_day)
