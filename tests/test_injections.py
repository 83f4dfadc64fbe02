"""What people type is shown as text: no element, attribute or script comes of it, on any page, in any file."""

import csv
import io
import re
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest
from openpyxl import load_workbook

from tests.injections import HARMLESS, INJECTIONS
from tests.planting import OpenBrowser, Planted, plant, put_planted

# Addresses that hold what was typed, with and without an ending that some pages read apart.
ECHOES = (
    "/contacts/?q={}",
    "/contacts/?{}=1&status={}&type={}&due={}&sort={}&after={}",
    "/people/?q={}&state={}&sort={}",
    "/organisations/?q={}&kind={}",
    "/activity/?about={}&before={}",
    "/data-items/?type={}",
    "/contacts/{}/",
    "/uploads/new/?type={}",
    "/raise/{}/",
    "/{}",
    "/data-items/new/?type={}",
    "/people/details/?id={}",
)
FORMS = (
    ("nobody", "/sign-in", ("user_id", "password")),
    ("ann", "/raise/ADD/", ("MPRN", "ADDRESS_REASON", "ADDRESS", "POSTCODE", "DESCRIPTION", "OWN_REFERENCE")),
    ("ann", "/uploads/new/", ("type_code",)),
    ("ann", "/account/password", ("old_password", "new_password", "again")),
    ("lena", "/people/new/", ("user_id", "name", "email", "roles", "organisation_id")),
    ("root", "/people/new/", ("user_id", "name", "email", "roles", "organisation_id")),
    ("root", "/organisations/new/", ("short_code", "kind_code", "parent_id", "advocate_name")),
    ("root", "/contact-types/new/", ("code", "targets", "family", "raisers", "starts_on", "ends_on")),
    ("root", "/data-items/new/?type=ADD", ("code", "kind", "choices", "position", "starts_on")),
)
# What a field that is refused gains.
MARKS = {"aria-invalid", "aria-describedby", "data-module", "role", "tabindex"}


class _Skeleton(HTMLParser):
    """Collects the elements of a page; five times quicker than a tree of them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted({name for name, _ in attrs} - {"aria-current"}))))


def skeleton(body: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element of a page with the names of its attributes, and nothing of its text.

    Which section is marked as current is left out: a text with a slash in it makes an address of no section.
    """
    parser = _Skeleton()
    parser.feed(body)
    parser.close()
    return parser.found


def attributes(found: list[tuple[str, tuple[str, ...]]]) -> set[str]:
    """The names of all attributes of a skeleton."""
    return {name for _, names in found for name in names}


def plain(text: str) -> str:
    """Text as it is compared: white space does not count."""
    return re.sub(r"\s+", "", text)


class _Shown(HTMLParser):
    """Collects the text of a page, and what stands in its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.values: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.values.append(dict(attrs).get("value") or "")


def shown_on(body: str) -> str:
    """What a reader sees of a page: its text and what stands in its fields."""
    parser = _Shown()
    parser.feed(body)
    parser.close()
    return plain("".join(parser.texts) + " ".join(parser.values))


def read_pages(browser: OpenBrowser, planted: Planted) -> dict[tuple[str, str], str]:
    """Every page and file of the planted world, and the pages of the events that came of it."""
    bodies = {}
    people = {name: browser(name) for name in {name for name, _ in planted.pages}}
    waiting = list(dict.fromkeys(planted.pages))
    for name, address in waiting:
        answer = people[name].get(address)
        assert answer.status_code == 200, (name, address)
        body = answer.get_data(as_text=True)
        bodies[name, address] = body
        if address in ("/activity/", "/people/"):
            hrefs = re.findall(r'href="(/(?:activity|people)/details/\?id=[^"&]+)"', body)
            waiting += [(name, href) for href in hrefs if (name, href) not in bodies and (name, href) not in waiting]
    return bodies


# With the test that opens these pages in a real browser, which finds the texts there already.
@pytest.mark.xdist_group("browser-live")
@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_no_text_adds_an_element_or_an_attribute_to_any_page(world, browser) -> None:
    """Two worlds that differ by their texts only have pages that differ by their texts only."""
    world.busy()
    harmless = read_pages(browser, plant(world.app, browser, [f"{HARMLESS} {one}" for one in range(len(INJECTIONS))]))
    planted = put_planted(world, browser)
    hostile = read_pages(browser, planted)
    assert harmless.keys() == hostile.keys() and len(hostile) > 300
    for key, body in hostile.items():
        if not key[1].endswith(".csv"):
            assert skeleton(body) == skeleton(harmless[key]), key
    check_shown(planted, hostile)


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_every_text_is_kept_and_shown_as_it_was_typed(busy, app, browser) -> None:
    """As on the other database, which sees every page of the texts."""
    planted = plant(app, browser, INJECTIONS)
    people = {name: browser(name) for name in {name for name, _, _ in planted.shown}}
    addresses = dict.fromkeys((name, address) for name, address, _ in planted.shown)
    check_shown(planted, {key: people[key[0]].get(key[1]).get_data(as_text=True) for key in addresses})
    for file_format in ("csv", "xlsx"):
        _check_export(browser("ann").post("/contacts/export/", {"format": file_format}), file_format)


def check_shown(planted: Planted, bodies: dict[tuple[str, str], str]) -> None:
    """Every text stands on every page that must show it."""
    shown = {key: shown_on(bodies[key]) for key in {(name, address) for name, address, _ in planted.shown}}
    for name, address, text in planted.shown:
        assert plain(text) in shown[name, address], (name, address, text)


def _check_export(answer, file_format: str) -> None:
    """A file to keep, not to show, with every text in a cell of its own and no formula."""
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.mimetype != "text/html"
    if file_format == "csv":
        cells = {cell for row in csv.reader(io.StringIO(answer.get_data(as_text=True))) for cell in row}
    else:
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
        found = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not [cell for cell in found if cell.data_type == "f"]
        cells = {str(cell.value) for cell in found}
    for text in INJECTIONS:
        assert text[:30].rstrip() in {cell.lstrip("'")[:30].rstrip() for cell in cells} or text[0] in "'=+-@", text


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_text_in_an_address_or_a_refused_form_is_only_shown(world, busy, browser) -> None:
    people = {name: browser(name) for name in ("nobody", "ann", "lena", "ada", "root")}
    harmless: dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]] = {}
    for text in (HARMLESS, *INJECTIONS):
        for name, address in ((name, address) for name in ("ann", "root") for address in ECHOES):
            answer = people[name].get(address.replace("{}", quote(text, safe="")))
            assert answer.status_code in (200, 403, 404, 405), (name, address)
            found = skeleton(answer.get_data(as_text=True))
            known = harmless.setdefault((name, address), found)
            # A slash in a path makes it another address, so its page may be another one too.
            if "?" in address or "/" not in text:
                assert found == known, (name, address, text)
            assert {tag for tag, _ in found} <= {tag for tag, _ in known}, (name, address, text)
        for name, address, fields in FORMS:
            people[name].get("/sign-in" if name == "nobody" else "/account/")
            answer = people[name].post(address, dict.fromkeys(fields, text))
            assert answer.status_code in (200, 400, 422), (name, address)
            found = skeleton(answer.get_data(as_text=True))
            known = harmless.setdefault((name, address), found)
            # A long text is refused for its length as well, so a field may be marked that was not.
            assert {tag for tag, _ in found} <= {tag for tag, _ in known}, (name, address, text)
            assert attributes(found) <= attributes(known) | MARKS, (name, address, text)
        answer = people["ann"].post("/theme", {"theme": text, "back": text})
        assert answer.location == "/" and text not in str(answer.headers)
        asking = f"/contacts/{busy['alder'].reference}/ask/?{urlencode({text: text})}"
        lost = people["ada"].post(asking, {"version": "1", "message": text})
        assert lost.status_code == 409 and plain(text) in shown_on(lost.get_data(as_text=True))
