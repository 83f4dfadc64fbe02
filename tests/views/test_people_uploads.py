"""The pages of files of people, from the upload to the receipt, and who is shown them."""

import csv
import io
import re

import openpyxl
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from app.extensions import db
from app.models import Notification, Upload
from app.views.upload_words import PEOPLE
from tests.html_pages import check_page
from tests.imports.people import HEADER, new, people_workbook, row
from tests.services.access import find, pk_of

ROWS = [new("ALD-NEW", service="Contacts", role="Member"), row("Disable", "ALD-ANN"), row("Sack", "ALD-SUE")]


@pytest.fixture
def send(browser):
    """`send("lena", rows)`: the address of an upload just made."""

    def upload(name: str, rows: list[list[object]], person=None, **form: str) -> str:
        file = (io.BytesIO(people_workbook(rows)), "people.xlsx")
        answer = (person or browser(name)).post("/people-uploads/new/", {"file": file, **form})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return answer.location

    return upload


def page(person, address: str) -> str:
    """The page's text with its spaces as one."""
    answer = person.get(address)
    assert answer.status_code == 200
    body = answer.get_data(as_text=True)
    check_page(body, address)
    return re.sub(r"\s+", " ", body)


def test_a_file_is_checked_done_and_receipted_on_screen(acting, browser, send, run_jobs) -> None:
    address = send("lena", ROWS)
    lena = browser("lena")
    assert "Checking your file" in page(lena, address)
    run_jobs()
    text = page(lena, address)
    assert "2 of 3 rows can be done" in text and "“Sack” is not an action" in text and "Do the 2 good rows" in text
    assert lena.post(address + "commit/", {"choice": "all"}).status_code == 409
    assert lena.post(address + "commit/", {"choice": "good"}).location == address
    assert lena.post(address + "commit/", {"choice": "good"}).status_code == 409
    run_jobs()
    text = page(lena, address)
    assert "2 rows done" in text and "1 row had errors" in text and "ALD-NEW" in text
    receipt = list(csv.reader(io.StringIO(lena.get(address + "receipt.csv").get_data(as_text=True))))
    assert [line[:4] for line in receipt if line and line[0] in "23"] == [
        ["2", "Create", "ALD-NEW", "Done"],
        ["3", "Disable", "ALD-ANN", "Done"],
    ]
    assert "IMP-410" in lena.get(address + "errors.csv").get_data(as_text=True)
    with acting("lena"):
        assert not find("ann").is_active
        told = db.session.scalars(select(Notification).where(Notification.user_id == pk_of("lena"))).all()
        assert {one.text for one in told} >= {"people.xlsx is finished: 2 rows done."}
    assert "people.xlsx is finished" in page(lena, "/notifications/")


def test_no_state_is_without_words(acting, browser, send) -> None:
    address = send("lena", ROWS)
    lena = browser("lena")
    for state, words in PEOPLE.states.items():
        with acting("system"):
            upload = db.session.scalars(select(Upload)).one()
            upload.state, upload.refusal, upload.refusal_code = state, "A reason.", "IMP-000"
            upload.preview = {"columns": [], "header_row": 1}
            db.session.commit()
        text = page(lena, address)
        assert words in text and "raise" not in text.lower().replace("raised", ""), state


def test_the_template_comes_back_without_an_error(browser, send, run_jobs) -> None:
    lena = browser("lena")
    book = openpyxl.load_workbook(io.BytesIO(lena.get("/people-uploads/template/people.xlsx").data))
    assert [cell.value for cell in book["People"][1]] == HEADER
    lists = {cell.value for line in book["Lists"].iter_rows() for cell in line}
    assert {"Give role", "Contacts", "Supervisor"} <= lists and not lists & {"Administrator", "Advocate"}
    for place, value in enumerate(row("Disable", "ALD-ANN"), 1):
        book["People"].cell(2, place, value or None)
    out = io.BytesIO()
    book.save(out)
    answer = lena.post("/people-uploads/new/", {"file": (io.BytesIO(out.getvalue()), "people.xlsx")})
    run_jobs()
    assert "Every row is good" in page(lena, answer.location)


def test_each_kind_of_file_has_its_own_list_and_address(browser, busy) -> None:
    alder = busy["alder"]
    of_contacts, of_people = f"/uploads/{alder.upload_code}/", f"/people-uploads/{alder.people_upload_code}/"
    crossed = (of_contacts.replace("/uploads", "/people-uploads"), of_people.replace("/people-uploads", "/uploads"))
    for name in ("root", "eli"):
        person = browser(name)
        for address in crossed:
            assert person.get(address).status_code == 404
            for step in ("progress", "errors.csv", "receipt.csv"):
                assert person.get(address + step).status_code == 404
            for step in ("commit/", "check/"):
                assert person.post(address + step).status_code in (403, 404)
    ann, lena, ada, eli = (browser(name) for name in ("ann", "lena", "ada", "eli"))
    assert "Alder-people.csv" not in page(ann, "/uploads/") + page(ann, "/") + page(ada, "/uploads/")
    assert "Alder-people.csv" in page(lena, "/people-uploads/") and "Alder.xlsx" not in page(lena, "/people-uploads/")
    assert "Alder-people.csv" in page(eli, "/people-uploads/") and "Alder" not in page(eli, "/uploads/")
    assert eli.get(of_contacts).status_code == 404 and eli.get(of_people).status_code == 200
    for person in (ann, ada):
        assert person.get(of_people).status_code == 403


def test_a_groups_lso_chooses_the_organisation_first(acting, browser, send, run_jobs) -> None:
    eli = browser("eli")
    content = people_workbook([row("Disable", "ALD-ANN")])
    for chosen in ("", "BIR", "nothing"):
        form = {"file": (io.BytesIO(content), "people.xlsx"), "organisation": chosen}
        answer = eli.post("/people-uploads/new/", form)
        assert answer.status_code == 422 and "Choose an organisation" in answer.get_data(as_text=True)
    address = send("eli", [row("Disable", "ALD-ANN")], organisation="ALD")
    run_jobs()
    assert "Every row is good" in page(eli, address) and "Alder Energy" in page(eli, address)
    assert 'name="organisation"' not in page(browser("lena"), "/people-uploads/new/")
    assert "Every row is good" in page(browser("lena"), address), "it is about her people"


def test_what_is_asked_while_acting_is_done_while_that_lasts(acting, browser, send, run_jobs) -> None:
    xena = browser("xena")
    assert xena.get("/people-uploads/new/").status_code == 403
    assert xena.post("/acting/", {"organisation": "ALD", "reason": "They asked"}).status_code == 302
    first = send("", [row("Disable", "ALD-ANN")], xena)
    run_jobs()
    assert "Every row is good" in page(xena, first)
    xena.post(first + "commit/", {"choice": "all"})
    run_jobs()
    assert "1 row done" in page(xena, first)
    second = send("", [row("Disable", "ALD-SUE")], xena)
    run_jobs()
    xena.post(second + "commit/", {"choice": "all"})
    xena.post("/acting/end/")
    run_jobs()
    lena = browser("lena")
    assert "no longer acts for the organisation" in page(lena, second)
    with acting("lena"):
        assert not find("ann").is_active and find("sue").is_active
    assert lena.post(second + "commit/", {"choice": "good"}).status_code == 302, "their own LSO can go on"
    run_jobs()
    with acting("lena"):
        assert not find("sue").is_active


def test_the_menu_says_that_files_of_people_belong_to_people(browser) -> None:
    page = BeautifulSoup(browser("lena").get("/people-uploads/").get_data(as_text=True), "html.parser")
    assert [link.get_text(strip=True) for link in page.select(".cms-side a[aria-current=page]")] == ["People"]
