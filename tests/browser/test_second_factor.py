"""Signing in with a second factor and by a mailed link, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from app.access.actor import SYSTEM, acting_as
from app.extensions import db
from app.services import links, passkeys
from tests.browser.keys import Keys
from tests.browser.live import OpenVisitor, Visitor, visitors
from tests.browser.test_accessibility import Findings
from tests.browser.test_keyboard import sign_in
from tests.cast import PASSWORD
from tests.signing_in import NEW, code, find, give_app, last_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]


@pytest.fixture
def visit_by_name(live: str, app: Flask, chromium: Browser) -> Iterator[OpenVisitor]:
    """The same panel by a name instead of a number: passkeys are good for names only."""
    origin = live.replace("127.0.0.1", "localhost")
    passkeys.configure(base_url=origin)
    yield from visitors(chromium, origin, app)


def invite(app: Flask, name: str) -> str:
    """Mail somebody an invitation; the address in it."""
    with app.app_context(), acting_as(SYSTEM):
        links.invite(find(name))
        db.session.commit()
    return f"/link/{last_link(app)}"


def give_authenticator(visitor: Visitor) -> None:
    """Let Chromium pretend to be a laptop with a finger always on it."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "automaticPresenceSimulation": True}})


def read_seed(page: Page) -> str:
    """The key as text."""
    return page.locator(".cms-secret-key").inner_text().replace(" ", "")


def test_a_passkey_is_made_and_signs_in(visit_by_name: OpenVisitor) -> None:
    visitor = visit_by_name("ann")
    give_authenticator(visitor)
    page = visitor.page
    page.goto("/account/sign-in/")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_text("Passkeys are made and used only")).to_have_count(0)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    expect(page.locator(".cms-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("rowheader", name="Work laptop")).to_be_visible()
    page.locator(".cms-user > summary").click()
    page.get_by_role("button", name="Sign out").click()
    for _ in range(2):
        page.get_by_label("User ID").fill("ALD-ANN")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Show that it is you")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ann")
        page.locator(".cms-user > summary").click()
        page.get_by_role("button", name="Sign out").click()


def test_where_there_is_no_passkey_a_sentence_says_so(visit_by_name: OpenVisitor) -> None:
    page = visit_by_name("sue").page
    page.goto("/account/sign-in/passkey/")
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("No passkey was used. Try again, or use another way.")).to_be_visible()


def test_an_app_is_added_and_asked_for_by_keys_alone(visit: OpenVisitor) -> None:
    ann = sign_in(visit)
    ann.tab_to("Ann", "summary")
    ann.press("Enter")
    ann.activate("My account", "a")
    ann.activate("Signing in", "a")
    ann.activate("Add an authenticator app", "button")
    seed = read_seed(ann.page)
    ann.type_into("Code that the app shows now", "123")
    ann.activate("Add this app", "button")
    assert ann.look()["name"].startswith("There is a problem")
    assert read_seed(ann.page) == seed, "the picture stays the same"
    ann.type_into("Code that the app shows now", code(seed))
    ann.activate("Add this app", "button")
    assert ann.heading() == "Your recovery codes"
    ann.activate("I have kept them", "a")
    ann.tab_to("Ann", "summary")
    ann.press("Enter")
    ann.activate("Sign out", "button")

    again = Keys(visit("nobody").page)
    again.type_into("User ID", "ALD-ANN")
    again.type_into("Password", PASSWORD)
    again.press("Enter")
    again.page.wait_for_url("**/sign-in/second/**")
    again.type_into("Code of your authenticator app", code(seed, steps=1))
    again.press("Enter")
    expect(again.page.get_by_role("heading", level=1)).to_have_text("Hello, Ann")


def test_an_invitation_and_an_app_need_no_scripts(visit: OpenVisitor, app: Flask) -> None:
    page = visit("nobody", has_scripts=False).page
    page.goto(invite(app, "ann"))
    assert re.search(r"/choose-password$", page.url)
    expect(page.get_by_label("Your user ID")).to_have_value("ALD-ANN")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Keep this password").click()
    expect(page.get_by_text("Your password was set.")).to_be_visible()
    seed = give_app(app)
    page.get_by_label("User ID").fill("ALD-ANN")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code of your authenticator app").fill(code(seed))
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ann")


def press(what: Locator) -> None:
    """Press what leads to another page, and be there: axe would else begin on the page that goes away."""
    with what.page.expect_navigation():
        what.click()


def test_axe_finds_nothing_on_the_pages_on_the_way(visit: OpenVisitor, app: Flask) -> None:
    findings = Findings(visit("nobody", theme="system"))
    page = findings.visitor.page
    page.goto(invite(app, "sue"))
    findings.look("choose-password")
    page.goto("/link/of-nobody")
    findings.look("link-refused")
    page.goto("/forgotten")
    page.get_by_label("User ID").fill("ALD-ANN")
    press(page.get_by_role("button", name="Send the link"))
    findings.look("asked")
    give_app(app)
    page.goto("/sign-in")
    page.get_by_label("User ID").fill("ALD-ANN")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page.get_by_role("button", name="Sign in"))
    page.get_by_label("Code of your authenticator app").fill("12")
    press(page.get_by_role("button", name="Continue", exact=True))
    findings.look("second-step")
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill("aaaaa-22222")
    press(page.get_by_role("button", name="Continue with this code"))
    page.goto("/account/sign-in/")
    findings.look("factors")
    page.goto("/account/confirm/")
    findings.look("confirm")
    page.goto("/account/sign-in/")
    press(page.get_by_role("link", name="Remove Phone"))
    findings.look("remove")
    page.goto("/account/sign-in/")
    press(page.get_by_role("button", name="Add an authenticator app"))
    findings.look("app")
    page.goto("/account/sign-in/")
    press(page.get_by_role("button", name="Make new recovery codes"))
    findings.look("codes")
    findings.judge()
