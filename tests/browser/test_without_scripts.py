"""The main journeys in a browser that runs no scripts at all."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.live import OpenVisitor
from tests.signing_in import last_link
from tests.stops import GOOD, WRONG, Places
from tests.worlds import workbook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]


def open_page(visit: OpenVisitor, name: str) -> Page:
    """Signed in by the page, without scripts."""
    return visit(name, has_scripts=False, by_page=True).page


def press(page: Page, name: str) -> None:
    """Press the first button of that name."""
    page.get_by_role("button", name=name).first.click()


def test_finding_asking_and_answering(visit: OpenVisitor, places: Places) -> None:
    reference = places.owned.reference
    ada, ann = open_page(visit, "ada"), open_page(visit, "ann")
    ada.get_by_label("Search contacts").fill(reference)
    ada.get_by_role("button", name="Search").first.click()
    ada.get_by_role("link", name=reference, exact=True).click()
    for summary in ("More", "Ask for information"):
        ada.locator("summary").filter(has_text=summary).first.click()
    ada.locator("#ask-message").fill("Which flat is it?")
    ada.locator("form:has(#ask-message) button[type=submit]").click()
    expect(ada.get_by_text(f"Your question about {reference} was sent.")).to_be_visible()

    ann.goto("/contacts/?status=awaiting_information")
    ann.get_by_role("link", name=reference, exact=True).click()
    ann.locator("#answer-message").fill("Flat 2")
    ann.locator("form:has(#answer-message) button[type=submit]").click()
    expect(ann.get_by_text("Flat 2")).to_be_visible()
    with ann.expect_download() as download:
        ann.goto("/contacts/")
        ann.locator("summary").filter(has_text="Export").click()
        press(ann, "Text (csv)")
    assert reference in Path(download.value.path()).read_text()


def test_raising_with_a_mistake_on_the_way(visit: OpenVisitor, places: Places) -> None:
    ann = open_page(visit, "ann")
    ann.get_by_role("link", name="Raise a contact").first.click()
    ann.get_by_role("link", name="ADD Address amendment").click()
    ann.get_by_label("MPRN").fill("12")
    press(ann, "Continue")
    expect(ann.get_by_role("alert")).to_contain_text("There is a problem")
    expect(ann.get_by_label("MPRN")).to_have_value("12")
    ann.get_by_label("MPRN").fill("3938424403")
    ann.get_by_label("What is wrong with the address").select_option("SPELLING")
    ann.get_by_label("Correct address").fill("7 High Street, Solihull")
    ann.get_by_label("Correct postcode").fill("B91 3QL")
    ann.get_by_label("Description").fill("The house number is wrong.")
    press(ann, "Continue")
    press(ann, "Raise this contact")
    expect(ann.get_by_text("Your contact reference is")).to_be_visible()


def test_uploading_looking_at_the_errors_and_committing(
    visit: OpenVisitor, places: Places, work: Callable[[], None], tmp_path: Path
) -> None:
    file = tmp_path / "contacts.xlsx"
    file.write_bytes(workbook([[*GOOD[:4], "Without scripts", "NOJS/1"], WRONG]))
    ann = open_page(visit, "ann")
    ann.get_by_role("link", name="Upload contacts").first.click()
    ann.get_by_label("Contact type").select_option("ADD")
    ann.get_by_label("File").set_input_files(str(file))
    press(ann, "Upload and check")
    expect(ann.get_by_text("Checking your file")).to_be_visible()
    work()
    # The page asks for itself again.
    expect(ann.get_by_role("heading", name="1 of 2 rows can be raised")).to_be_visible(timeout=20_000)
    expect(ann.get_by_text("1234567890").first).to_be_visible()
    press(ann, "Raise the 1 good row")
    expect(ann.get_by_role("heading", name="Raising contacts")).to_be_visible()
    work()
    expect(ann.get_by_role("heading", name="1 contact raised")).to_be_visible(timeout=20_000)


def test_adding_a_person_who_then_chooses_a_password(app: Flask, visit: OpenVisitor, places: Places) -> None:
    lena = open_page(visit, "lena")
    lena.get_by_role("link", name="People").first.click()
    lena.get_by_role("link", name="Add a person").click()
    lena.get_by_label("User ID").fill("ALD-KIM")
    lena.get_by_label("Name", exact=True).fill("Kim Keys")
    lena.get_by_label("E-mail address").fill("kim@alder.example")
    press(lena, "Save")
    expect(lena.get_by_role("heading", level=1)).to_contain_text("Kim Keys")
    kim = visit("nobody", has_scripts=False).page
    kim.goto(f"/link/{last_link(app)}")
    kim.get_by_label("New password", exact=True).fill("several-unrelated-words")
    kim.get_by_label("New password again").fill("several-unrelated-words")
    press(kim, "Keep this password")
    kim.get_by_label("User ID").fill("ALD-KIM")
    kim.get_by_label("Password").fill("several-unrelated-words")
    press(kim, "Sign in")
    expect(kim.get_by_role("heading", level=1)).to_contain_text("Kim")


def test_menus_open_and_a_theme_is_chosen(visit: OpenVisitor, places: Places) -> None:
    ann = visit("ann", has_scripts=False, width=360, by_page=True).page
    ann.get_by_label("Menu", exact=True).click()
    ann.get_by_role("navigation", name="Menu of sections").get_by_role("link", name="Contacts").click()
    expect(ann.get_by_role("heading", level=1)).to_have_text("Contacts")
    ann.locator(".cms-user > summary").click()
    press(ann, "Dark")
    expect(ann.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert re.search(r"/contacts/", ann.url)
