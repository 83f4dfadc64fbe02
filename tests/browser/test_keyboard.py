"""The main journeys by keyboard alone, with a focus that can be seen at every stop."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.live import OpenVisitor
from tests.cast import PASSWORD
from tests.signing_in import last_link
from tests.stops import GOOD, WRONG, Places
from tests.worlds import workbook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]


def sign_in(visit: OpenVisitor, user_id: str = "ALD-ANN", password: str = PASSWORD) -> Keys:
    """From the sign-in page to the start page."""
    keys = Keys(visit("nobody").page)
    keys.type_into("User ID", user_id)
    keys.type_into("Password", password)
    keys.press("Enter")
    keys.page.get_by_role("heading", level=1).filter(has_not_text="Sign in").wait_for()
    # Scripts have run: letters are shortcuts.
    keys.page.wait_for_load_state()
    return keys


def test_signing_in_finding_a_contact_answering_and_signing_out(visit: OpenVisitor, places: Places) -> None:
    reference = places.owned.reference
    ada = sign_in(visit, "XOS-ADA")
    ada.type_into("Search contacts", reference)
    ada.press("Enter")
    ada.page.wait_for_url("**/contacts/**")
    ada.activate(reference, "a")
    assert reference in ada.heading()
    for summary in ("More", "Ask for information"):
        ada.tab_to(summary, "summary")
        ada.press("Enter")
    ada.type_into("Your question", "Which flat is it?")
    ada.activate("Ask", "button")
    expect(ada.page.get_by_role("status").first).to_contain_text("was sent")

    ann = sign_in(visit)
    ann.press("Tab")
    ann.activate("Contacts", "a")
    ann.activate(reference, "a")
    ann.tab_to("Your answer")
    ann.page.keyboard.type("Flat 2")
    ann.activate("Answer", "button")
    expect(ann.page.get_by_text("Flat 2")).to_be_visible()
    ann.tab_to("Ann", "summary")
    ann.press("Enter")
    ann.activate("Sign out", "button")
    assert ann.heading() == "Sign in"
    assert ann.stops + ada.stops > 60


def test_raising_a_contact_with_a_mistake_on_the_way(visit: OpenVisitor, places: Places) -> None:
    ann = sign_in(visit)
    ann.activate("Raise a contact", "a")
    ann.type_into("Find a type", "address")
    ann.activate("ADD Address amendment", "a")
    ann.type_into("MPRN", "12")
    ann.activate("Continue", "button")
    # The summary has the focus; its first link leads to the field.
    assert ann.look()["name"].startswith("There is a problem")
    ann.press("Tab", "Enter")
    assert ann.look()["name"].startswith("MPRN")
    ann.type_into("MPRN", "3938424403")
    ann.choose("What is wrong with the address", "Spelling")
    ann.type_into("Correct address", "7 High Street, Solihull")
    ann.type_into("Correct postcode", "B91 3QL")
    ann.type_into("Description", "The house number is wrong.")
    ann.activate("Continue", "button")
    ann.activate("Raise this contact", "button")
    expect(ann.page.get_by_text("Your contact reference is")).to_be_visible()
    ann.activate("Go to the contact", "a")
    expect(ann.page.get_by_text("7 High Street, Solihull").first).to_be_visible()


def test_uploading_committing_and_exporting(
    visit: OpenVisitor, places: Places, work: Callable[[], None], tmp_path: Path
) -> None:
    file = tmp_path / "contacts.xlsx"
    file.write_bytes(workbook([[*GOOD[:4], "By keys", "KEY/1"], WRONG]))
    ann = sign_in(visit)
    ann.activate("Upload contacts", "a")
    ann.choose("Contact type", "ADD")
    ann.tab_to("File")
    # The window that the system opens is not the page's.
    ann.page.get_by_label("File").set_input_files(str(file))
    ann.activate("Upload and check", "button")
    expect(ann.page.get_by_text("Checking your file")).to_be_visible()
    work()
    expect(ann.page.get_by_role("heading", name="1 of 2 rows can be raised")).to_be_visible(timeout=20_000)
    ann.activate("Raise the 1 good row", "button")
    work()
    expect(ann.page.get_by_role("heading", name="1 contact raised")).to_be_visible(timeout=20_000)
    ann.activate("Contacts", "a")
    ann.tab_to("Export", "summary")
    ann.press("Enter")
    ann.tab_to("Text (csv)", "button")
    with ann.page.expect_download() as download:
        ann.press("Enter")
    assert "By keys" in Path(download.value.path()).read_text()


def test_adding_a_person_who_then_chooses_a_password(app: Flask, visit: OpenVisitor, places: Places) -> None:
    lena = sign_in(visit, "ALD-LENA")
    lena.activate("People", "a")
    lena.activate("Add a person", "a")
    lena.type_into("User ID", "ALD-KIM")
    lena.type_into("Name", "Kim Keys")
    lena.type_into("E-mail address", "kim@alder.example")
    lena.activate("Save", "button")
    assert "Kim Keys" in lena.heading()
    kim = Keys(visit("nobody").page)
    kim.page.goto(f"/link/{last_link(app)}")
    kim.type_into("New password", "several-unrelated-words")
    kim.type_into("New password again", "several-unrelated-words")
    kim.activate("Keep this password", "button")
    kim = sign_in(visit, "ALD-KIM", "several-unrelated-words")
    assert "Kim" in kim.heading()


def test_choosing_a_theme(visit: OpenVisitor, places: Places) -> None:
    ann = sign_in(visit)
    for theme in ("Dark", "Light", "System"):
        ann.tab_to("Ann", "summary")
        ann.press("Enter")
        ann.activate(theme, "button", key="Space")
        assert ann.page.locator("html").get_attribute("data-bs-theme") == theme.lower()


def test_the_first_stop_of_every_page_leads_to_its_content(visit: OpenVisitor, places: Places) -> None:
    ann = sign_in(visit)
    for address in ("/", "/contacts/", f"/contacts/{places.owned.reference}/", "/account/"):
        ann.page.goto(address)
        ann.press("Tab")
        assert ann.look()["name"] == "Skip to the content"
        ann.press("Enter", "Tab")
        assert ann.page.evaluate("() => document.getElementById('content').contains(document.activeElement)"), address


def test_menus_close_with_escape_and_give_the_focus_back(visit: OpenVisitor, places: Places) -> None:
    ann = sign_in(visit)
    ann.tab_to("Ann", "summary")
    ann.press("Enter")
    expect(ann.page.get_by_role("button", name="Sign out")).to_be_visible()
    ann.press("Tab", "Escape")
    expect(ann.page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert ann.look()["tag"] == "summary"


def test_shortcuts_and_their_switch(visit: OpenVisitor, places: Places) -> None:
    ann = sign_in(visit)
    sheet = ann.page.get_by_role("dialog", name="Keyboard shortcuts")
    ann.press("/")
    assert ann.look()["name"].startswith("Search contacts")
    ann.page.keyboard.type("g c?")
    assert ann.page.get_by_label("Search contacts").input_value() == "g c?"
    ann.page.goto("/")
    with ann.page.expect_navigation():
        ann.press("g", "c")
    assert ann.heading() == "Contacts"
    rows = ann.page.locator(".cms-list tbody tr")
    ann.press("j")
    first = ann.look()["name"]
    ann.press("j")
    assert ann.look()["name"] != first or rows.count() == 1
    ann.press("k")
    assert ann.look()["name"] == first
    with ann.page.expect_navigation():
        ann.press("Enter")
    assert first in ann.heading()
    ann.press("?")
    expect(sheet).to_be_visible()
    ann.press("Escape")
    expect(sheet).to_be_hidden()

    ann.page.goto("/account/")
    ann.tab_to("Keyboard shortcuts", "input")
    ann.press("Space")
    ann.activate("Save", "button")
    ann.press("?", "/", "g", "c")
    expect(sheet).to_have_count(0)
    assert ann.heading() == "My account" and ann.page.evaluate("() => document.activeElement.id") != "top-search"
