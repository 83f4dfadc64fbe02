"""What script adds to pages: progress without reloading, look-ups, copying; and what is there without it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect

from app.domain.identifiers import mprn_check_digits
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HEADER = [
    "MPRN",
    "What is wrong with the address",
    "Correct address",
    "Correct postcode",
    "Description",
    "Your reference",
]


def workbook(path: Path, count: int, first: int) -> Path:
    """Good rows, no two of one meter point."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    sheet.append(HEADER)
    for number in range(first, first + count):
        body = f"{40000000 + number}"
        sheet.append(
            [body + mprn_check_digits(body), "SPELLING", f"{number} High Street", "B91 3QL", "Wrong.", f"P{number}"]
        )
    book.save(path)
    return path


def test_an_upload_is_followed_without_reloading_the_page(sign_in: Callable[[str], Page], tmp_path: Path) -> None:
    ann = sign_in("ALD-ANN")
    ann.goto("/uploads/new/")
    ann.get_by_label("Find a template").fill("theft")
    expect(ann.get_by_role("link", name="ADD Address amendment")).to_be_hidden()
    ann.get_by_label("Contact type").select_option("ADD")
    ann.get_by_label("File", exact=True).set_input_files(str(workbook(tmp_path / "Many.xlsx", 8_000, 0)))
    asked: list[tuple[str, str]] = []
    ann.on("request", lambda request: asked.append((request.resource_type, request.url)))
    ann.get_by_role("button", name="Upload and check").click()
    ann.get_by_role("button", name="Raise all 8,000 contacts").click(timeout=120_000)
    expect(ann.get_by_role("heading", name="8,000 contacts raised")).to_be_visible(timeout=120_000)
    fragments = [url for kind, url in asked if kind == "fetch" and url.endswith("/progress")]
    pages = [url for kind, url in asked if kind == "document" and url == ann.url]
    # However long the work takes, the whole page comes when it begins and when it ends, for checking and for raising.
    assert fragments and len(pages) <= 4, asked


def test_without_script_the_page_of_an_upload_renews_itself(panel: str, chromium: Browser, tmp_path: Path) -> None:
    context = chromium.new_context(base_url=panel, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User ID").fill("ald-ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/uploads/new/")
    page.get_by_label("Contact type").select_option("ADD")
    page.get_by_label("File", exact=True).set_input_files(str(workbook(tmp_path / "Few.xlsx", 5, 30_000)))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="Every row is good")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Raise all 5 contacts").click()
    expect(page.get_by_role("heading", name="5 contacts raised")).to_be_visible(timeout=60_000)
    context.close()


def test_contacts_of_an_organisation_found_by_typing(sign_in: Callable[[str], Page]) -> None:
    ada = sign_in("XOS-ADA")
    ada.goto("/contacts/")
    ada.get_by_role("combobox", name="Organisation").press_sequentially("birch")
    expect(ada.get_by_role("option", name="Birch Gas Supply (BIR)")).to_be_visible()
    ada.keyboard.press("Enter")
    ada.get_by_role("button", name="Show").click()
    ada.wait_for_url("**/contacts/?*organisation=BIR*")
    expect(ada.get_by_role("link", name="Organisation: Birch Gas Supply (BIR)")).to_be_visible()
    ada.set_viewport_size({"width": 360, "height": 800})
    expect(ada.get_by_role("combobox", name="Organisation")).to_be_hidden()
    ada.get_by_text("Filters", exact=True).click()
    expect(ada.get_by_role("combobox", name="Organisation")).to_be_visible()


def test_a_person_of_an_organisation_found_by_typing(sign_in: Callable[[str], Page]) -> None:
    root = sign_in("XOS-ROOT")
    root.goto("/people/new/")
    field = root.get_by_role("combobox", name="Organisation")
    field.click()
    field.press_sequentially("birch")
    expect(root.get_by_role("option", name="Birch Gas Supply (BIR)")).to_be_visible()
    expect(root.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    expect(root.locator("#organisation")).to_have_value("BIR")
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_role("alert")).to_be_focused()
    expect(root.locator("#organisation")).to_have_value("BIR")
    root.goto("/people/new/")
    for label, text in (("User ID", "BIR-NEW"), ("Name", "New Person"), ("E-mail address", "new@birch.example")):
        root.get_by_label(label, exact=True).fill(text)
    root.get_by_role("button", name="Save").click()
    root.get_by_role("link", name="Choose an organisation by its name or short code.").click()
    expect(root.get_by_role("combobox", name="Organisation")).to_be_focused()


def test_a_contacts_reference_is_copied_and_its_due_date_explained(sign_in: Callable[[str], Page]) -> None:
    ann = sign_in("ALD-ANN")
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ann.goto("/contacts/?status=open")
    with ann.expect_navigation():
        ann.locator(".cms-list tbody th a").first.click()
    reference = ann.get_by_role("heading", level=1).inner_text().removeprefix("Contact ")
    ann.get_by_role("button", name="Copy reference").click()
    expect(ann.get_by_text("Copied")).to_be_visible()
    assert ann.evaluate("navigator.clipboard.readText()") == reference
    ann.get_by_text("Why is it due on").click()
    expect(ann.locator(".cms-lines li").last).to_contain_text("The contact is due.")
    ann.get_by_role("link", name="Status changes").click()
    expect(ann.get_by_role("link", name="Status changes")).to_have_attribute("aria-current", "true")


def test_going_back_from_an_error_leads_to_where_one_was(sign_in: Callable[[str], Page]) -> None:
    ann = sign_in("ALD-ANN")
    ann.goto("/uploads/")
    ann.goto("/nowhere")
    ann.get_by_role("button", name="Go back").click()
    expect(ann.get_by_role("heading", name="Uploads", level=1)).to_be_visible()
