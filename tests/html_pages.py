"""What every page's HTML must be: valid, titled, ordered, labelled, and free of inline code."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape

import html5lib
from bs4 import BeautifulSoup, Tag

from app.views import static_files
from tools.vendor import CUT

SERVICE = " - Contact Management Service"
UNLABELLED_KINDS = {"hidden", "submit", "button", "reset", "image"}
REFERRING = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "form", "list")


# What HTML allows in no text.
_UNFIT = r"\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
# How the characters that mean something are written.
_WRITTEN = "&(?:amp|lt|gt|#34|#39);"
_WORDS = re.compile(rf"(?<=>)(?:[^<&{_UNFIT}]|{_WRITTEN})*(?:[^<&\s{_UNFIT}]|{_WRITTEN})(?:[^<&{_UNFIT}]|{_WRITTEN})*")
_HELD = re.compile(
    r'(?<= )(href|src|value|title|content|datetime|nonce|action)="(?!\s*javascript:)'
    rf'(?:[^"&#\x00-\x1f\x7f-\x9f]|{_WRITTEN})+"',
    re.IGNORECASE,
)
# Classes of Tabler that are not served: an element that has one looks as if it had none.
CUT_CLASSES = frozenset(CUT.read_text().split())
# The files a page is made of: also those that no browser of the tests asks for, such as the icon of its tab.
_FILES = re.compile(r'<(?:script|link|img)\b[^>]*?\s(?:src|href)="([^"]*)"')
_MAIN = re.compile(r"<main\b.*</main>", re.DOTALL)
# What was looked at, as shapes: the same page of ten people is looked at once.
_KNOWN: set[int] = set()


def shapes_of(body: str) -> set[int]:
    """What the checks depend on, of the frame and of the main part: all but words between elements and what is held.

    Characters that no page may hold, and addresses that are scripts, stay: they are what is looked for. So do names
    that stand for two elements, which only the whole page tells.
    """
    plain = _HELD.sub(r'\1="some"', _WORDS.sub("words", body))
    ids = re.findall(r'\bid="([^"]*)"', plain)
    twice = {one for one in ids if ids.count(one) > 1}
    return {hash(_MAIN.sub("", plain)), hash("".join(_MAIN.findall(plain))), hash(tuple(sorted(twice)))}


class Page:
    """A page read once: its elements in order, and those of some names."""

    def __init__(self, body: str) -> None:
        soup = BeautifulSoup(body, "html.parser")
        self.all: list[Tag] = [one for one in soup.descendants if isinstance(one, Tag)]

    def named(self, *names: str) -> list[Tag]:
        """The elements of these names, in order."""
        return [tag for tag in self.all if tag.name in names]


@cache
def addresses_of_files() -> frozenset[str]:
    """Where everything under static/ is served, by the hash of its content."""
    return frozenset(static_files.PREFIX + name for name in static_files._names()[1])


def check_page(body: str, address: str) -> None:
    """Hold a page to all of it."""
    assert len(title_of(body)) >= 3, (address, "no sensible title")
    for file in _FILES.findall(body):
        assert file in addresses_of_files(), (address, f"not a file that is served: {file}")
    shapes = shapes_of(body)
    if shapes <= _KNOWN:
        return
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(body)
    assert not parser.errors, (address, parser.errors[:3])
    page = Page(body)
    checks = (_frame, _code, _styles, _order, _references, _names, _tables)
    faults = [fault for check in checks for fault in check(page)]
    assert not faults, (address, faults)
    _KNOWN.update(shapes)


def title_of(body: str) -> str:
    """What the page calls itself, without the service's name."""
    found = re.search(rf"<title>(.*?){SERVICE}</title>", body, re.DOTALL)
    return unescape(found[1]).strip() if found else ""


def _frame(page: Page) -> Iterator[str]:
    if [tag.get("lang") for tag in page.named("html")] != ["en-GB"]:
        yield "no language"
    if len(page.named("h1")) != 1:
        yield f"{len(page.named('h1'))} h1"
    if [tag.get("id") for tag in page.named("main")] != ["content"]:
        yield "not one main part that the skip link leads to"


def _code(page: Page) -> Iterator[str]:
    for tag in page.all:
        for name, value in tag.attrs.items():
            if name.startswith("on") or name == "style" or str(value).strip().lower().startswith("javascript:"):
                yield f"inline code in {tag.name}: {name}"
    for script in page.named("script"):
        if not script.get("nonce") or not script.get("src") or script.get_text(strip=True):
            yield f"an inline script, or one without a nonce: {str(script)[:80]}"
    if page.named("style"):
        yield "an inline style sheet"


def _styles(page: Page) -> Iterator[str]:
    used = {name for tag in page.all for name in tag.get("class", ())}
    yield from (f"the class {name} was cut from Tabler's styles: make vendor" for name in sorted(used & CUT_CLASSES))


def _order(page: Page) -> Iterator[str]:
    levels = [int(tag.name[1]) for tag in page.named("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels and levels[0] != 1:
        yield f"the first heading is h{levels[0]}"
    yield from (f"h{one} is followed by h{two}" for one, two in zip(levels, levels[1:], strict=False) if two > one + 1)


def _references(page: Page) -> Iterator[str]:
    ids = [str(tag["id"]) for tag in page.all if tag.has_attr("id")]
    yield from (f"two elements are called {one}" for one in sorted({one for one in ids if ids.count(one) > 1}))
    for tag in page.all:
        for name in REFERRING:
            value = tag.get(name, "")
            for wanted in value if isinstance(value, list) else str(value).split():
                if wanted not in ids:
                    yield f"{tag.name} {name} names {wanted}, which is not there"
        target = str(tag.get("href", ""))
        if tag.name == "a" and target.startswith("#") and target[1:] not in ids:
            yield f"a link leads to {target}, which is not there"


def words_of(tag: Tag) -> str:
    """What a screen reader says for an element: its own label or its visible words and pictures."""
    if label := str(tag.get("aria-label", "")).strip():
        return label
    within = [one for one in tag.descendants if isinstance(one, Tag)]
    pictures = [str(one.get("alt", "")) for one in within if one.name == "img"]
    return " ".join([tag.get_text(" ", strip=True), *pictures]).strip()


def _names(page: Page) -> Iterator[str]:
    labels = {str(label["for"]): words_of(label) for label in page.named("label") if label.has_attr("for")}
    for control in page.named("input", "select", "textarea"):
        if control.get("type") in UNLABELLED_KINDS or control.has_attr("hidden"):
            continue
        around = control.find_parent("label")
        named = labels.get(str(control.get("id"))) or (around and words_of(around)) or control.get("aria-labelledby")
        if not (named or control.get("aria-label")):
            yield f"no label: {str(control)[:120]}"
    for tag in page.named("a", "button", "summary", "legend", "label", "h1", "h2", "h3", "h4", "option", "dt"):
        is_choice_of_nothing = tag.name == "option" and tag.get("value") == ""
        if not words_of(tag) and not is_choice_of_nothing:
            yield f"no words: {str(tag)[:120]}"
    yield from (f"no alt: {str(image)[:80]}" for image in page.named("img") if not image.has_attr("alt"))
    for drawing in page.named("svg"):
        if drawing.get("aria-hidden") != "true" and not drawing.get("aria-label"):
            yield f"a drawing without a name: {str(drawing)[:80]}"
    for tag in page.named("nav", "aside", "dialog", "progress", "canvas"):
        if not (tag.get("aria-label") or tag.get("aria-labelledby")):
            yield f"a {tag.name} without a name"
    for form in page.named("form"):
        if form.get("method") == "post" and not form.find("input", attrs={"name": "csrf_token"}):
            yield f"a form without its token: {form.get('action')}"


def _tables(page: Page) -> Iterator[str]:
    for table in page.named("table"):
        if table.caption is None or not words_of(table.caption) or not table.find("th", scope="col"):
            yield "a table without a caption or heads"
        yield from (
            f"a head without a scope: {str(head)[:80]}" for head in table.find_all("th") if not head.get("scope")
        )
    for details in page.named("details"):
        if details.find("summary", recursive=False) is None:
            yield "details without a summary"
