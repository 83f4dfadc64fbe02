"""What the first view of the contacts list costs a browser, what the second does, and whether anything moves."""

from collections import defaultdict
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.live import WIDTHS, OpenVisitor, load_still
from tests.routes import ROUTES
from tests.stops import Places

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]

MOST_BYTES = 150_000
WEIGHED = {"Stylesheet", "Script", "Font"}


class Meter:
    """Bytes over the wire by kind, and what came out of a cache, as the browser's debugger tells it."""

    def __init__(self, page: Page) -> None:
        self.sizes: dict[str, int] = defaultdict(int)
        self.kinds: dict[str, str] = {}
        self.urls: dict[str, str] = {}
        self.cached: list[str] = []
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._received)
        session.on("Network.requestServedFromCache", lambda event: self.cached.append(event["requestId"]))
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = event["type"]
        self.urls[event["requestId"]] = event["response"]["url"]
        if event["response"].get("fromDiskCache"):
            self.cached.append(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] += int(event["encodedDataLength"])

    def weigh(self, kinds: set[str] = WEIGHED) -> dict[str, int]:
        """Bytes of each file of these kinds, by its address."""
        return {self.urls[one]: self.sizes[one] for one, kind in self.kinds.items() if kind in kinds}

    def forget(self) -> None:
        """Begin again, for the next view."""
        for kept in (self.sizes, self.kinds, self.urls, self.cached):
            kept.clear()


def fresh(visit: OpenVisitor, name: str) -> Page:
    """A browser that has never been here but is signed in."""
    signed_in = visit(name)
    stranger = visit("nobody", goes=False)
    stranger.context.add_cookies(signed_in.context.cookies())
    return stranger.page


def test_the_first_view_of_the_contacts_list_is_light_and_the_second_transfers_no_file(
    visit: OpenVisitor, places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    page = fresh(visit, "ann")
    meter = Meter(page)
    page.goto("/contacts/", wait_until="networkidle")
    first = meter.weigh()
    drawings = meter.weigh({"Image", "Other"})
    with capsys.disabled():
        print(f"\nfirst view of the contacts list: {sum(first.values()):,} bytes of css, js and fonts, compressed")
        for url, size in first.items():
            print(f"  {size:>7,}  {url.rsplit('/', 1)[1]}")
        print(f"  beside them {sum(drawings.values()):,} bytes of drawings")
    assert 10_000 < sum(first.values()) <= MOST_BYTES
    meter.forget()
    page.goto("/contacts/?status=open", wait_until="networkidle")
    again = meter.weigh()
    assert set(again) <= set(first) and len(again) == len(first)
    assert sum(again.values()) == 0 and len(meter.cached) >= len(again)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_a_page_is_made(visit: OpenVisitor, places: Places, width: int) -> None:
    for name, addresses in (
        ("ann", ("/contacts/", ROUTES["contacts.contact_view", "GET"].address(places.owned), "/")),
        ("ada", ("/contacts/", "/")),
        ("mo", ("/",)),
    ):
        visitor = visit(name, width=width)
        for address in addresses:
            load_still(visitor.page, address)
