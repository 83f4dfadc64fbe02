"""The pages of access reviews and of leavers, as an LSO uses them."""

import re
from datetime import timedelta

from bs4 import BeautifulSoup
from sqlalchemy import select

from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, Review, ReviewAnswer
from app.services import people
from tests.services.access import WHY, find, pk_of


def begin(lena) -> str:
    """A review begun on the page; its address."""
    day = clock.today() + timedelta(days=30)
    page = lena.get("/reviews/new/").get_data(as_text=True)
    key = re.search(r'name="request_key" value="([^"]+)"', page)[1]
    answer = lena.post("/reviews/new/", {"due_on": day.isoformat(), "request_key": key})
    assert answer.status_code == 302 and answer.location.startswith("/reviews/details/?id=")
    return answer.location


def soup_of(page) -> BeautifulSoup:
    return BeautifulSoup(page.get_data(as_text=True), "html.parser")


def button(soup, act: str, name: str) -> str:
    """The value of a row's button."""
    row = next(row for row in soup.select("tbody tr") if row.th.a.text == name)
    return next(one["value"] for one in row.select("button") if one["value"].startswith(act))


def answer_url(soup) -> str:
    return soup.select_one("form#picks")["action"]


def test_an_lso_begins_a_review_and_answers_one_by_one(browser, acting) -> None:
    lena = browser("lena")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    assert "0 of 6 answered" in soup.text and len(soup.select("tbody tr")) == 6
    own = next(row for row in soup.select("tbody tr") if row.th.a.text == "Lena")
    assert not own.select("button, input") and "Another LSO, or Xoserve, answers for you." in own.text
    assert lena.post(answer_url(soup), {"one": button(soup, "confirm", "Ann")}).status_code == 302
    soup = soup_of(lena.get(address))
    assert "1 of 6 answered" in soup.text
    asked = soup_of(lena.post(answer_url(soup), {"one": button(soup, "withdraw", "Vic")}))
    form = {one["name"]: one["value"] for one in asked.select("main input[type=hidden]")}
    where = asked.select_one("main form")["action"]
    assert "Withdraw the access of Vic" in asked.h1.text
    assert lena.post(where, {**form, "reason": ""}).status_code == 422
    for _ in range(2):
        assert lena.post(where, {**form, "reason": "Left in May"}).status_code == 302
    page = lena.get(address).get_data(as_text=True)
    assert "2 of 6 answered" in page and "Left in May" in page
    with acting("lena"):
        assert find("vic").disabled_reason == "Access review: Left in May"


def test_all_that_are_not_answered_are_confirmed_at_once_but_oneself(browser, acting) -> None:
    lena = browser("lena")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    lena.post(answer_url(soup), {"which": "all", "action": "confirm"})
    page = lena.get(address).get_data(as_text=True)
    assert "5 people confirmed." in page and "5 of 6 answered" in page
    eli = browser("eli")
    soup = soup_of(eli.get(address))
    shown = soup.select_one("[name=shown]")["value"]
    eli.post(answer_url(soup), {"which": "page", "action": "confirm", "shown": shown})
    page = eli.get(address).get_data(as_text=True)
    assert "6 of 6 answered" in page and "Finished" in page and 'id="picks"' not in page
    assert "Finished" in lena.get("/reviews/?state=finished").get_data(as_text=True)


def test_answers_are_shown_one_kind_at_a_time_and_odd_places_are_the_beginning(browser) -> None:
    lena = browser("lena")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    lena.post(answer_url(soup), {"one": button(soup, "confirm", "Ann")})
    confirmed = soup_of(lena.get(f"{address}&answer=confirmed"))
    assert [row.th.a.text for row in confirmed.select("tbody tr")] == ["Ann"]
    for odd in ("answer=x", "page=0", "page=-1", "page=x", "page=", "answer=confirmed&page=１"):
        assert lena.get(f"{address}&{odd}").status_code == 200, odd
    assert "Nobody here" in lena.get(f"{address}&page=99999").get_data(as_text=True)


def test_what_makes_no_sense_answers_nobody(browser, acting) -> None:
    lena, bea = browser("lena"), browser("bea")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    url, pick = answer_url(soup), button(soup, "confirm", "Ann")
    assert bea.post(url, {"one": pick}).status_code == 404
    for data in ({}, {"one": "delete:X"}, {"one": "confirm:X"}, {"action": "x", "pick": "y"}, {"one": pick + "x"}):
        assert lena.post(url, data).status_code == 404, data
    assert lena.post(url, {"action": "confirm"}).status_code == 302
    with acting("lena"):
        assert not db.session.scalars(select(ReviewAnswer).where(ReviewAnswer.answer != "")).all()


def test_a_review_is_taken_away_as_a_file_and_that_is_written_down(browser, acting) -> None:
    lena = browser("lena")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    lena.post(answer_url(soup), {"one": button(soup, "confirm", "Ann")})
    where = soup.select_one("form[action*=export]")["action"]
    text = lena.post(where, {"format": "csv"}).get_data(as_text=True)
    assert "Alder Energy,Ann,ALD-ANN" in text and "Confirmed,Lena" in text and "Dee,ALD-DEE,,Nothing" in text
    assert lena.post(where, {"format": "xlsx"}).data.startswith(b"PK")
    assert lena.post(where, {"format": "exe"}).status_code == 404
    with acting("lena"):
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "review:export").order_by(AuditEvent.id)
        ).all()
        assert [event.after["format"] for event in events] == ["csv", "xlsx"]


def test_who_looks_after_several_chooses_the_organisation(browser, acting) -> None:
    day = (clock.today() + timedelta(days=10)).isoformat()
    for name in ("eli", "root"):
        person = browser(name)
        assert "Choose an organisation" in person.post("/reviews/new/", {"due_on": day}).get_data(as_text=True)
    page = person.get("/reviews/new/").get_data(as_text=True)
    key = re.search(r'name="request_key" value="([^"]+)"', page)[1]
    person.post("/reviews/new/", {"due_on": day, "organisation": "BIR", "request_key": key})
    with acting("bea"):
        assert db.session.scalars(select(Review)).one().started_by == "Root"


def test_the_home_page_says_what_is_left(browser) -> None:
    lena = browser("lena")
    assert "No access review is running." in lena.get("/").get_data(as_text=True)
    begin(lena)
    assert "0 of 6 answered, 6 left" in soup_of(lena.get("/")).text


def test_leavers_are_listed_with_when_by_whom_why_and_what_they_have_in_hand(busy, browser, acting) -> None:
    with acting("root"):
        people.disable_user(pk_of("ada"), reason="Moved to another team")
        people.delete_user(pk_of("vic"), reason=WHY)
        people.disable_user(pk_of("rae"), reason=WHY)
        people.enable_user(pk_of("rae"), reason=WHY)
        db.session.commit()
    root = browser("root")
    rows = {row.th.a.text: row.text for row in soup_of(root.get("/leavers/")).select("tbody tr")}
    assert list(rows) == ["Vic", "Ada"]
    assert "Moved to another team" in rows["Ada"] and "2 open contacts" in rows["Ada"] and "Root" in rows["Ada"]
    assert "Deleted" in rows["Vic"] and WHY in rows["Vic"] and "None" in rows["Vic"]
    found = {query: [row.th.a.text for row in soup_of(root.get(f"/leavers/?{query}")).select("tbody tr")]
             for query in ("state=work", "state=deleted", "organisation=ALD", "q=ada", "sort=name")}  # fmt: skip
    assert found == {"state=work": ["Ada"], "state=deleted": ["Vic"], "organisation=ALD": ["Vic"], "q=ada": ["Ada"],
                     "sort=name": ["Ada", "Vic"]}  # fmt: skip
    text = root.post("/leavers/export/", {"format": "csv"}).get_data(as_text=True)
    assert "Moved to another team,2 open contacts" in text and text.count("Root") == 2
    assert [row.th.a.text for row in soup_of(browser("lena").get("/leavers/")).select("tbody tr")] == ["Vic"]
    assert not soup_of(browser("bea").get("/leavers/")).select("tbody tr")


def test_several_withdrawn_at_once_wait_for_approval_and_the_page_says_so(browser, acting) -> None:
    lena = browser("lena")
    address = begin(lena)
    soup = soup_of(lena.get(address))
    chosen = [
        box["value"] for row in soup.select("tbody tr") if row.th.a.text in ("Vic", "Rae") for box in row("input")
    ]
    asked = soup_of(lena.post(answer_url(soup), {"which": "ticked", "pick": chosen, "action": "withdraw"}))
    form = {one["name"]: one["value"] for one in asked.select("main input[type=hidden]")}
    hidden = [one["value"] for one in asked.select("main input[name=chosen]")]
    where = asked.select_one("main form")["action"]
    assert lena.post(where, {**form, "chosen": hidden, "reason": "Left in May"}).status_code == 302
    page = lena.get(address).get_data(as_text=True)
    assert "This needs approval." in page and "0 people withdrawn" not in page and "0 of 6 answered" in page
    with acting("lena"):
        assert find("vic").is_active and find("rae").is_active
