"""axe-core finds nothing on any page of anybody, light and dark, wide and narrow; nothing is refused or too wide."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error, Page
from werkzeug.exceptions import default_exceptions

from app.services import contact_list
from app.views import errors
from tests.browser import axe
from tests.browser.live import PICTURES, THEMES, OpenVisitor, Visitor, widths_of
from tests.stops import Places, Stop, different_people, stops_of

# One worker looks at everybody's pages, for it remembers which it has seen.
PEOPLE = [pytest.param(name, marks=pytest.mark.xdist_group("crawl-0")) for name in different_people()]
pytestmark = pytest.mark.browser
# What a page is made of, its frame and its content: each element with those around it, as numbers. Of attributes the
# values count that rules ask about, and of text whether there is any; where a link leads and what is written does not.
# What a page lacks is not told by this: labels, names and references are looked at on every page in tests/test_pages.
ELEMENTS = """() => {
  const found = { frame: new Set(), content: new Set() };
  const mix = ([one, two], text) => {
    for (let at = 0; at < text.length; at++) {
      one = Math.imul(one ^ text.charCodeAt(at), 2654435761);
      two = Math.imul(two ^ text.charCodeAt(at), 1597334677);
    }
    return [one, two];
  };
  const plain = (attribute) => /^(id|for|name|type|role|scope|lang|tabindex|aria-.*)$/.test(attribute.name);
  const name = (one) => "<" + one.tagName + "." + [...one.classList].sort().join(".") + "[" + [...one.attributes].map(
    (attribute) => attribute.name + (plain(attribute) ? "=" + attribute.value : attribute.value.trim() ? "" : "=")
  ) + "]";
  const look = (element, around, part) => {
    const place = mix(around, name(element));
    const within = element.tagName === "MAIN" ? "content" : part;
    let hasText = false;
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) hasText ||= node.data.trim() !== "";
      if (node.nodeType === Node.ELEMENT_NODE) hasText = look(node, place, within) || hasText;
    }
    const [one, two] = mix(place, hasText ? "text" : "");
    found[within].add((two & 0xfffff) * 0x100000000 + (one >>> 0));
    return hasText;
  };
  for (const element of document.body.children) look(element, [0x9e3779b9, 0x85ebca6b], "frame");
  return JSON.stringify(Object.values(found).map((one) => [...one]));
}"""
# Elements that were looked at, so that what ten people are shown is looked at once.
LOOKED_AT: set[int] = set()
# Whether everything stands where it stood when this was last asked of the page, and the same of it is there.
STANDS = """() => {
  const before = window.places;
  window.places = [...document.querySelectorAll("body *")].map((one) => {
    const box = one.getBoundingClientRect();
    const isSeen = one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return [one.tagName, box.x, box.y, box.width, box.height, isSeen].join(" ");
  }).join();
  return window.places === before;
}"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


def elements_of(page: Page) -> tuple[set[int], set[int]]:
    """(those of the frame, those of the content); as text, for the driver is slow with long lists."""
    frame, content = json.loads(page.evaluate(ELEMENTS))
    return set(frame), set(content)


class Findings:
    """What axe said of every page looked at, and which are wider than the screen."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.broken: list[str] = []
        self.advice: list[str] = []
        self.pages = 0

    def look(self, name: str, arrange: Callable[[Page], None] | None = None) -> None:
        """The page as it stands, at both widths and in both themes; `arrange` opens something first.

        360 px is also 1,280 px at more than three times the size. The dark theme may change colours alone: where
        nothing else differs, only what depends on colours is asked again.
        """
        page = self.visitor.page
        self.pages += 1
        frame, content = elements_of(page)
        is_new = arrange is not None or not frame | content <= LOOKED_AT
        if is_new:
            axe.load(page)
        within = "main" if arrange is None and frame <= LOOKED_AT else None
        for width in widths_of(page):
            if arrange is not None:
                arrange(page)
            if (wide := page.evaluate(WIDER)) > 0:
                self.broken.append(f"{name} is {wide} px wider than a screen of {width} px")
            for theme in THEMES if is_new else ():
                page.emulate_media(color_scheme=theme)
                stands = page.evaluate(STANDS) and theme != THEMES[0]
                self._ask_axe(f"{name}-{theme}-{width}", within=within, has_only_colours=stands)
        self.visitor.watch.look(page)
        LOOKED_AT.update(frame, content)

    def _ask_axe(self, where: str, **how: Any) -> None:
        self.visitor.picture(f"{self.visitor.name}/{where}")
        broken, advice = axe.find_violations(self.visitor.page, has_advice=bool(PICTURES), **how)
        self.broken += [f"{where}: {line}" for line in broken]
        self.advice += [f"{where}: {line}" for line in advice]

    def judge(self) -> None:
        """A broken rule fails; advice is asked for and printed where somebody looks at pictures."""
        if self.advice:
            print("\n".join(sorted({line.split(": ", 1)[1][:300] for line in self.advice})))
        assert not self.broken, "\n".join(self.broken)


def go(visitor: Visitor, stop: Stop) -> bool:
    """Open the stop; False for one that is a file and no page."""
    page = visitor.page
    if stop.data is None:
        try:
            answer = page.goto(stop.path)
        except Error as error:
            if "Download is starting" not in error.message:
                raise
            return False
        return answer is not None and "text/html" in answer.headers.get("content-type", "")
    page.goto("/sign-in" if visitor.name == "nobody" else "/account/")
    token = page.locator("[name=csrf_token]").first.input_value()
    visitor.send(stop.path, {"csrf_token": token, **stop.data})
    return True


@pytest.mark.parametrize("name", PEOPLE)
def test_axe_finds_nothing_on_any_page_and_none_is_too_wide(visit: OpenVisitor, places: Places, name: str) -> None:
    visitor = visit(name, theme="system")
    findings = Findings(visitor)
    for stop in stops_of(name, places):
        if go(visitor, stop):
            findings.look(stop.name)
    assert findings.pages >= (3 if name == "nobody" else 4)
    findings.judge()


@pytest.mark.xdist_group("crawl-1")
def test_who_chose_a_theme_sees_what_the_system_would_choose(visit: OpenVisitor, live: str) -> None:
    """The crawl follows the system, which can change its mind while a page is there. The switch itself differs."""
    colours = """() => [...document.querySelectorAll("body, body *:not(script, [name=theme])")].map((one) => {
      const style = getComputedStyle(one);
      return [one.tagName, style.color, style.backgroundColor, style.borderTopColor, style.fill].join(" ");
    })"""
    visitor = visit("ann")
    for address in ("/", "/kit/", "/contacts/"):
        seen: dict[str, list[str]] = {}
        for theme in THEMES:
            for chosen in (theme, "system"):
                visitor.choose_theme(chosen, live)
                visitor.page.emulate_media(color_scheme=theme)
                visitor.page.goto(address)
                seen[f"{chosen} {theme}"] = visitor.page.evaluate(colours)
        assert seen["light light"] == seen["system light"] != seen["dark dark"] == seen["system dark"], address


def open_menus(page: Page) -> None:
    """Everything that folds away, unfolded one after the other as a person would; the last stays open."""
    for summary in page.locator("details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()


@pytest.mark.xdist_group("crawl-1")
def test_axe_finds_nothing_in_open_menus_and_dialogs(visit: OpenVisitor, places: Places) -> None:
    visitor = visit("root", theme="system")
    findings = Findings(visitor)
    visitor.page.goto("/")
    findings.look("menus", open_menus)
    for number in range(visitor.page.locator("details.cms-drop").count()):
        visitor.page.goto("/")

        def open_one(page: Page, number: int = number) -> None:
            summary = page.locator("details.cms-drop > summary").nth(number)
            if summary.is_visible() and not page.locator("details.cms-drop").nth(number).get_attribute("open"):
                summary.click()

        findings.look(f"menu-{number}", open_one)
    visitor.page.goto("/")
    visitor.page.keyboard.press("?")
    findings.look("shortcuts")
    visitor.page.goto("/kit/")
    visitor.page.get_by_role("button", name="Open a dialog").click()
    findings.look("dialog")
    findings.judge()


@pytest.mark.xdist_group("crawl-1")
def test_axe_finds_nothing_on_the_page_of_any_error(
    visit: OpenVisitor, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit("ann", theme="system")
    findings = Findings(visitor)
    for status in errors.ADVICE:

        def fail(*args: object, status: int = status) -> None:
            raise default_exceptions[status]()

        monkeypatch.setattr(contact_list, "select_contacts", fail)
        answer = visitor.page.goto("/contacts/")
        assert answer is not None and answer.status == status
        findings.look(f"error-{status}")
    findings.judge()


@pytest.mark.xdist_group("crawl-1")
def test_a_page_is_another_one_when_what_rules_ask_about_differs(visit: OpenVisitor, places: Places) -> None:
    """Or a fault that only some people's page has would pass for a page that was looked at."""
    page = visit("lena").page
    page.goto("/people/new/")

    def elements_after(change: str) -> tuple[set[int], set[int]]:
        page.evaluate(change)
        return elements_of(page)

    elements = elements_of(page)
    same = ("document.querySelector('main h1').textContent = 'Another'", "document.querySelector('main a').href = '/x'")
    for change in same:
        assert elements_after(change) == elements, change
    for change in (
        "document.querySelector('main label').htmlFor = 'nothing'",
        "document.querySelector('main h1').textContent = ''",
        "document.querySelector('main [aria-describedby]').setAttribute('aria-describedby', 'nothing')",
        "document.querySelector('main input[type=text]').id = 'csrf_token'",
        "document.querySelector('.cms-side a').removeAttribute('href')",
    ):
        before, elements = elements, elements_after(change)
        assert (elements[0] | elements[1]) - (before[0] | before[1]), change
