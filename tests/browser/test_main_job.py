"""A newcomer's day: template, twenty rows with five mistakes, upload, good rows, and what others see of it."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.domain.identifiers import mprn_check_digits
from tests.browser.live import take_picture as picture

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MISTAKES = {
    4: ("MPRN", "1234567890"),
    7: ("MPRN", ""),
    11: ("Correct postcode", "B91"),
    15: ("What is wrong with the address", "Ghosts"),
    20: ("Description", ""),
}


def fill_template(template: Path) -> None:
    """Twenty rows in the user's own rows 2 to 21, five of them wrong."""
    book = load_workbook(template)
    sheet = book["Contacts"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, 22):
        body = f"{20000000 + row * 137}"
        values = {
            "MPRN": body + mprn_check_digits(body),
            "What is wrong with the address": "Spelling or numbering",
            "Correct address": f"{row} Station Road, Solihull",
            "Correct postcode": "b913ql",
            "Description": f"The register says {row + 100} Station Road.",
            "Your reference": f"AMEND-{row}",
        }
        for header, value in values.items():
            sheet.cell(row, columns[header], value)
        if row in MISTAKES:
            header, value = MISTAKES[row]
            sheet.cell(row, columns[header]).value = value or None
    book.save(template)


def resave_with_a_spreadsheet_program(workbook: Path) -> None:
    """What saving in LibreOffice does to a workbook, where there is one."""
    program = shutil.which("soffice")
    if program:
        out = workbook.parent / "saved"
        subprocess.run(
            [program, f"-env:UserInstallation=file://{workbook.parent}/profile", "--headless", "--convert-to",
             "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(workbook)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        shutil.copy(out / workbook.name, workbook)


def test_the_main_job_from_template_to_resolution(sign_in: Callable[[str], Page], tmp_path: Path) -> None:
    ann = sign_in("ALD-ANN")
    picture(ann, "01-home")
    ann.get_by_role("link", name="Upload contacts").first.click()
    picture(ann, "02-upload")
    with ann.expect_download() as download:
        ann.get_by_role("link", name="ADD Address amendment").click()
    template = tmp_path / "November.xlsx"
    download.value.save_as(template)
    fill_template(template)
    resave_with_a_spreadsheet_program(template)

    ann.get_by_label("Contact type").select_option("ADD")
    ann.get_by_label("File").set_input_files(str(template))
    ann.get_by_role("button", name="Upload and check").click()
    expect(ann.get_by_role("heading", name="15 of 20 rows can be raised")).to_be_visible(timeout=60_000)
    picture(ann, "03-preview")
    wrong = ann.get_by_role("table", name="Errors by kind").inner_text()
    for row in MISTAKES:
        assert re.search(rf"Row {row}\b", wrong), wrong
    assert "1234567890" in wrong
    assert "Ghosts" in wrong
    ann.get_by_role("button", name="Raise the 15 good rows").click()
    expect(ann.get_by_role("heading", name="15 contacts raised")).to_be_visible(timeout=60_000)
    picture(ann, "04-receipt")
    upload = ann.url
    with ann.expect_download() as download:
        ann.get_by_role("link", name="All references").click()
    receipt = Path(download.value.path()).read_text()
    assert receipt.count("AMEND-") == 15

    ann.get_by_label("Search contacts").fill("AMEND-2")
    ann.get_by_label("Search contacts").press("Enter")
    reference = re.search(r"([0-9A-Z-]{11}),AMEND-2,", receipt)[1]  # type: ignore[index]
    expect(ann.get_by_role("link", name=reference, exact=True)).to_be_visible()
    picture(ann, "05-found")
    ann.get_by_role("link", name=reference, exact=True).click()
    expect(ann.get_by_text("2 Station Road, Solihull", exact=True)).to_be_visible()
    picture(ann, "06-contact")
    contact = ann.url

    bob = sign_in("BIR-BOB")
    bob.get_by_label("Search contacts").fill("AMEND-2")
    bob.get_by_label("Search contacts").press("Enter")
    expect(bob.get_by_text("0 contacts")).to_be_visible()
    picture(bob, "07-the-other-shipper")
    for address in (contact, upload):
        bob.goto(address)
        expect(bob.get_by_role("heading", name="Page not found")).to_be_visible()
    picture(bob, "08-not-found")

    ada = sign_in("XOS-ADA")
    ada.get_by_label("Search contacts").fill(reference)
    ada.get_by_label("Search contacts").press("Enter")
    ada.get_by_role("link", name=reference, exact=True).click()
    picture(ada, "09-advocate")
    ada.get_by_role("button", name="Claim").click()
    expect(ada.get_by_text(f"You claimed {reference}.")).to_be_visible()
    ada.locator("#resolve-outcome_code").select_option(index=1)
    ada.locator("#resolve-message").fill("The address was corrected today.")
    picture(ada, "10-resolving")
    ada.get_by_role("button", name="Resolve").click()
    expect(ada.get_by_text(f"{reference} is resolved.")).to_be_visible()

    ann.reload()
    expect(ann.get_by_text("The address was corrected today.")).to_be_visible()
    expect(ann.locator(".cms-strip .cms-status")).to_have_text("Resolved")
    picture(ann, "11-resolved")


def test_a_contact_is_raised_on_screen_with_mistakes_on_the_way(sign_in: Callable[[str], Page]) -> None:
    ann = sign_in("ALD-ANN")
    ann.get_by_role("link", name="Raise a contact").first.click()
    ann.get_by_label("Find a type").fill("enquiry")
    expect(ann.get_by_role("link", name="ADD Address amendment")).to_be_hidden()
    picture(ann, "20-choose")
    ann.get_by_role("link", name="ENQ General enquiry").click()
    ann.get_by_label("MPRN").fill("12")
    ann.get_by_role("button", name="Continue").click()
    summary = ann.get_by_role("alert")
    expect(summary).to_be_focused()
    picture(ann, "21-errors")
    expect(ann.get_by_label("MPRN")).to_have_value("12")
    ann.get_by_label("MPRN").fill("3938424403")
    ann.get_by_label("What it is about").select_option(index=1)
    ann.get_by_label("Description").fill("When will the register show the new meter?\n=1+1 <script>alert(1)</script>")
    ann.get_by_role("button", name="Continue").click()
    expect(ann.get_by_text("Check your answers")).to_be_visible()
    picture(ann, "22-check")
    ann.get_by_role("button", name="Raise this contact").dblclick()
    expect(ann.get_by_text("Your contact reference is")).to_be_visible()
    picture(ann, "23-done")
    ann.get_by_role("link", name="Go to the contact").click()
    expect(ann.get_by_text("<script>alert(1)</script>")).to_be_visible()
    ann.get_by_label("Search contacts").fill("3938424403")
    ann.get_by_label("Search contacts").press("Enter")
    expect(ann.get_by_text("1 contact", exact=True)).to_be_visible()
