"""The page of one upload in each of its states."""

import io
import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from app.extensions import db
from app.models import Job, Upload, User
from app.views.uploads import STATES
from tests.html_pages import check_page
from tests.worlds import workbook

MPRN = "3938424403"
GOOD = [MPRN, "SPELLING", "1 High Street", "B91 3QL", "The number is wrong.", "ALD/1"]


@pytest.fixture
def send(browser):
    """`send("ann", rows)`: the address of an upload just made."""

    def upload(name: str, rows: list[list[object]], code: str = "ADD") -> str:
        form = {"type_code": code, "file": (io.BytesIO(workbook(rows)), "contacts.xlsx")}
        answer = browser(name).post("/uploads/new/", form)
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


def let_sign_in(acting, user_id: str, may: bool) -> None:
    with acting("system"):
        db.session.scalars(select(User).where(User.user_id == user_id)).one().is_active = may
        db.session.commit()


def test_a_check_that_failed_says_why_and_offers_another(acting, browser, send, run_jobs) -> None:
    address = send("ann", [GOOD])
    let_sign_in(acting, "ALD-ANN", False)
    run_jobs()
    sue, ada = browser("sue"), browser("ada")
    text = page(sue, address)
    assert "could not be checked" in text and "can no longer sign in" in text and "Nothing was raised" in text
    assert 'http-equiv="refresh"' not in text and "Check the file again" in text
    assert "Check failed" in page(sue, "/uploads/?state=failed")
    seen = page(ada, address)
    assert "Check the file again" not in seen and "Somebody who may raise contacts" in seen
    assert sue.post(address + "check/").location == address
    assert sue.post(address + "check/").status_code == 409
    assert "Checking your file" in page(sue, address)
    run_jobs()
    assert "Every row is good" in page(sue, address)


def test_raising_that_stopped_says_what_was_raised_and_offers_the_rest(acting, browser, send, run_jobs) -> None:
    address = send("ann", [GOOD])
    run_jobs()
    ann, sue, ada = browser("ann"), browser("sue"), browser("ada")
    assert ann.post(address + "commit/", {"choice": "all"}).status_code == 302
    let_sign_in(acting, "ALD-ANN", False)
    run_jobs()
    text = page(sue, address)
    assert "Raising stopped before the end" in text and "can no longer sign in" in text
    assert "0 of 1 contacts were raised" in text and "Go on with the remaining rows" in text
    assert 'http-equiv="refresh"' not in text
    assert "Stopped" in page(sue, "/uploads/?state=stopped")
    assert "Go on with the remaining rows" not in page(ada, address)
    assert sue.post(address + "commit/", {"choice": "good"}).status_code == 302
    run_jobs()
    assert "1 contact raised" in page(sue, address)


def test_the_preview_shows_the_good_rows_as_they_were_read(browser, send, run_jobs) -> None:
    address = send("ann", [GOOD, ["1"], [MPRN, "Spelling or numbering", "<b>2</b>", "b913ql", "Wrong."]])
    run_jobs()
    ann = browser("ann")
    page(ann, address)
    soup = BeautifulSoup(ann.get(address).get_data(as_text=True), "html.parser")
    table = soup.find("section", attrs={"aria-labelledby": "samples-title"}).table
    assert table.caption.text == "First good rows as read"
    headings = [cell.text for cell in table.thead.find_all("th", scope="col")]
    assert headings[:2] == ["Row", "MPRN"] and "Type" not in headings
    rows = [[cell.text for cell in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]
    assert [row[0] for row in rows] == ["2", "4"] and all(
        row.th["scope"] == "row" for row in table.tbody.find_all("tr")
    )
    read = [dict(zip(headings, row, strict=True)) for row in rows]
    assert {row["Correct postcode"] for row in read} == {"B91 3QL"}
    assert (read[1]["Correct address"], read[1]["Your reference"]) == ("<b>2</b>", "")


def test_no_upload_ends_in_a_state_without_words(acting, browser, send, run_jobs) -> None:
    address = send("ann", [GOOD])
    sue = browser("sue")
    for state in STATES:
        with acting("system"):
            upload = db.session.scalars(select(Upload)).one()
            upload.state, upload.refusal, upload.refusal_code = state, "A reason.", "IMP-000"
            upload.preview = {"columns": [], "header_row": 1}
            db.session.commit()
        assert STATES[state] in page(sue, address), state
    with acting("system"):
        assert db.session.scalars(select(Job)).one().state == "ready"
