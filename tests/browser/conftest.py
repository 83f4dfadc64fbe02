"""A real panel, a real worker and a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from tests import system_packages
from tests.browser.live import OpenVisitor, serve, visitors
from tests.conftest import Browser as Client
from tests.conftest import World, open_browser, run_waiting_jobs
from tests.databases import URL_VARIABLE, create_database, drop_database
from tests.stops import Places, put_places

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "meter-point-demo-2026"
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def panel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a panel started as a newcomer starts it, with demo data and a worker."""
    folder = tmp_path_factory.mktemp("panel")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}
    environment |= {"CMS_INSTANCE_PATH": str(folder), "FLASK_APP": "wsgi"}
    name = f"cms_browser_{os.getpid()}"
    if request.param == "postgresql":
        environment["CMS_DATABASE_URL"] = create_database(os.environ[URL_VARIABLE], name)
    port = free_port()
    log = (folder / "panel.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "up", "--port", str(port), "--workers", "1"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process, folder / "panel.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()
        if request.param == "postgresql":
            drop_database(os.environ[URL_VARIABLE], name)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(log.read_text())
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own panel
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the panel did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this worker."""
    path = system_packages.chromium_path()
    if path is None:
        if system_packages.is_ci():
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is missing; the summary says how to get it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(panel: str, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """`sign_in("ALD-ANN")` is a signed-in page whose console errors fail the test."""
    contexts, troubles = [], []

    def open_page(user_id: str) -> Page:
        context = chromium.new_context(base_url=panel, viewport={"width": 1280, "height": 900}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto("/sign-in")
        page.get_by_label("User ID").fill(user_id)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", level=1).wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A page that is meant not to exist is reported by the console too.
    assert not [trouble for trouble in troubles if "404" not in trouble], troubles


@pytest.fixture(scope="session")
def live(worlds: dict[str, World]) -> Iterator[str]:
    """The address of the tests' own world on SQLite, served by this process."""
    with serve(worlds["sqlite"].app) as origin:
        yield origin


@pytest.fixture
def places(worlds: dict[str, World]) -> Places:
    """The busy world, fresh, with an upload in each state."""
    return put_places(worlds["sqlite"])


@pytest.fixture
def app(worlds: dict[str, World], places: Places) -> Flask:
    """The application of the busy world that the browsers see."""
    return worlds["sqlite"].app


@pytest.fixture
def visit(live: str, app: Flask, chromium: Browser) -> Iterator[OpenVisitor]:
    """`visit("ann")` is ann's browser on the busy world; whatever it complains about fails the test."""
    yield from visitors(chromium, live, app)


@pytest.fixture
def client(worlds: dict[str, World], places: Places) -> Callable[[str], Client]:
    """`client("ann")` is ann's test client on the same busy world."""
    return partial(open_browser, worlds["sqlite"].app)


@pytest.fixture
def work(worlds: dict[str, World], places: Places) -> Callable[[], int]:
    """Do what a worker would do now, while the browsers wait."""
    return partial(run_waiting_jobs, worlds["sqlite"].app)
