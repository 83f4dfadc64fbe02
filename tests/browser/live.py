"""The busy world on a port of this machine, served by a thread of the tests, and what goes wrong in its pages."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser.served import fault_of
from tests.cast import PASSWORD, PEOPLE
from tests.clients import open_browser

WIDTHS = (1280, 360)
HEIGHT = 900
THEMES = ("light", "dark")
# What a browser calls the files that a page is made of.
FILES = frozenset({"font", "image", "manifest", "media", "other", "script", "stylesheet"})
# Where a person who wants to look finds the pictures: CMS_SCREENSHOTS=folder.
PICTURES = os.environ.get("CMS_SCREENSHOTS", "")
# Reports what the browser refuses and what moves, from the first byte on. Runs outside the page's own policy.
LISTEN = """
window.seen = { refused: [], shift: 0, moved: [] };
document.addEventListener("securitypolicyviolation", (event) => window.seen.refused.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sample || ""} at ${event.sourceFile}:${event.lineNumber}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.seen.shift += entry.value;
    window.seen.moved.push(...entry.sources.map(({ node }) => `${node?.nodeName} ${node?.className || ""}`));
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, and keeps the report of the tests readable."""

    protocol_version = "HTTP/1.1"

    def log(self, *args: Any) -> None:
        pass


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """The address of a server of this application."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Watch:
    """What a browser complains about on any page of its contexts; `troubles` is empty when all is well."""

    def __init__(self, origin: str) -> None:
        self.troubles: list[str] = []
        self.requests: list[Request] = []
        self._origin, self._host = origin, urlsplit(origin).netloc

    def follow(self, context: BrowserContext, *, has_scripts: bool = True) -> None:
        """Listen to every page of a context, those opened later included."""
        if has_scripts:
            context.add_init_script(LISTEN)
        context.on("page", self._open)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)

    def _open(self, page: Page) -> None:
        page.on("console", lambda message: self._console(page, message.type, message.text))
        page.on("pageerror", lambda error: self._add(page, f"page error: {error}"))
        page.on("dialog", self._dialog)

    def _add(self, page: Page, text: str) -> None:
        self.troubles.append(f"{page.url}: {text}")

    def _console(self, page: Page, kind: str, text: str) -> None:
        # An answer of 4xx or 5xx to the page itself is part of the crawl; to a file it is seen in `_request`.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self._add(page, f"{kind}: {text}")

    def _dialog(self, dialog: Any) -> None:
        self.troubles.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self._host:
            self.troubles.append(f"a request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # A download is a navigation that ends before a page is there.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.url}: {request.failure}")

    def look(self, page: Page) -> None:
        """Take what the page itself has noted so far."""
        for report in page.evaluate("() => window.seen.refused.splice(0)"):
            self._add(page, f"refused by the content security policy: {report}")

    def bad_files(self) -> list[str]:
        """Files that pages asked for and did not get, and what is wrong with those they got."""
        bad = []
        for request in self.requests:
            answer, parts = request.existing_response, urlsplit(request.url)
            if request.resource_type == "document" or answer is None:
                continue
            if answer.status >= 400:
                bad.append(f"{request.url}: {answer.status}")
            elif request.resource_type in FILES and parts.netloc == self._host:
                fault = fault_of(self._origin, parts.path)
                bad += [f"{request.url}: {fault}"] if fault else []
        return bad


class Visitor:
    """One person's browser: watched, and with a picture of what was seen for those who want to look."""

    def __init__(self, context: BrowserContext, watch: Watch, name: str) -> None:
        self.context, self.watch, self.name = context, watch, name
        self.page = context.new_page()

    def sign_in_with(self, app: Flask, origin: str) -> None:
        """Show the home page, signed in: what the page of signing in does has tests of its own."""
        cookie = open_browser(app, self.name).client.get_cookie("cms")
        assert cookie is not None
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": origin, "httpOnly": True}])
        self.page.goto("/")

    def sign_in(self) -> None:
        """By the page, as everybody does."""
        self.page.goto("/sign-in")
        self.page.get_by_label("User ID").fill(PEOPLE[self.name].user_id)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", level=1).wait_for()
        # Scripts have run: keys mean what they will mean.
        self.page.wait_for_load_state()

    def choose_theme(self, theme: str, origin: str) -> None:
        """Light, dark or system, as the switch remembers it."""
        self.context.add_cookies([{"name": "cms_theme", "value": theme, "url": origin}])

    def send(self, path: str, data: dict[str, str]) -> None:
        """Send a form to an address, as a button of the page before would: an error page can only be reached so."""
        with self.page.expect_navigation():
            self.page.evaluate(
                """([path, data]) => {
                  const form = document.createElement("form");
                  form.method = "post";
                  form.action = path;
                  for (const [name, value] of Object.entries(data)) {
                    const field = document.createElement("textarea");
                    field.name = name;
                    field.value = value;
                    form.append(field);
                  }
                  document.body.append(form);
                  form.submit();
                }""",
                [path, data],
            )

    def picture(self, name: str) -> None:
        """Keep what is shown now when pictures are wanted."""
        take_picture(self.page, name)


def take_picture(page: Page, name: str) -> None:
    """The page in full as NAME.png in the folder that CMS_SCREENSHOTS names; nothing without it."""
    if PICTURES:
        path = Path(PICTURES) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(path), full_page=True)


def widths_of(page: Page) -> Iterator[int]:
    """Each of the widths in turn, the one the page has first: it keeps the last, so that the next page costs one."""
    for width in sorted(WIDTHS, key=lambda one: one != (page.viewport_size or {})["width"]):
        if width != (page.viewport_size or {})["width"]:
            page.set_viewport_size({"width": width, "height": HEIGHT})
        yield width


def load_still(page: Page, address: str) -> None:
    """Load a page and see that nothing moves in it.

    A browser short of time paints a page before it has read all of it, and what is aligned to the right then moves by
    a little. That is chance: what moves for a reason of the page moves each of three times.
    """
    for _ in range(3):
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(300)
        seen = page.evaluate("() => window.seen")
        if seen["shift"] == 0:
            return
    raise AssertionError((address, seen["shift"], seen["moved"]))


OpenVisitor = Callable[..., Visitor]


def visitors(chromium: Browser, origin: str, app: Flask) -> Iterator[OpenVisitor]:
    """`visit("ann", theme="dark", width=360)`; whatever a browser complained about fails the test at its end.

    A person is signed in and sees the home page, by the page of signing in where a test asks for that (`by_page`).
    """
    watch = Watch(origin)
    contexts: list[BrowserContext] = []

    def open_visitor(
        name: str,
        *,
        theme: str = "light",
        width: int = WIDTHS[0],
        has_scripts: bool = True,
        goes: bool = True,
        by_page: bool = False,
    ) -> Visitor:
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=has_scripts,
            reduced_motion="reduce",
            accept_downloads=True,
            locale="en-GB",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        watch.follow(context, has_scripts=has_scripts)
        visitor = Visitor(context, watch, name)
        visitor.choose_theme(theme, origin)
        if name == "nobody":
            if goes:
                visitor.page.goto("/sign-in")
        elif by_page:
            visitor.sign_in()
        else:
            visitor.sign_in_with(app, origin)
        return visitor

    yield open_visitor
    for context in contexts:
        for page in context.pages:
            try:
                watch.look(page)
            except Error:  # without scripts, or not a page of ours any more
                continue
    bad = watch.bad_files()
    for context in contexts:
        context.close()
    assert not watch.troubles + bad, "\n".join(watch.troubles + bad)
