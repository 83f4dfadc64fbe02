"""One contact's page: the due date explained, the timeline narrowed, and what else is about its meter point."""

from bs4 import BeautifulSoup

from app.domain.item import show_date
from app.extensions import db
from app.services import contacts
from tests.worlds import CANARY, MPRNS, raise_one


def read(answer) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def test_the_due_date_is_explained_and_ends_with_itself(browser, busy, acting) -> None:
    reference = busy["alder"].reference
    soup = read(browser("ann").get(f"/contacts/{reference}/"))
    with acting("ann"):
        due_on = contacts.get_contact(reference).due_on
    lines = [" ".join(line.text.split()) for line in soup.select(".cms-lines li")]
    assert lines[-1] == f"{show_date(due_on)} The contact is due."
    assert any("our clock stood 0 business days" in line for line in lines)


def test_the_timeline_can_be_narrowed_from_the_address(browser, busy) -> None:
    ada, address = browser("ada"), f"/contacts/{busy['alder'].reference}/"
    counts = {
        shown: len(read(ada.get(f"{address}?show={shown}")).select(".cms-timeline li"))
        for shown in ("all", "messages", "status")
    }
    assert counts == {"all": 4, "messages": 2, "status": 4}
    odd = read(ada.get(f"{address}?show=<b>x"))
    assert "not a timeline filter" in odd.text and len(odd.select(".cms-timeline li")) == 4


def test_other_contacts_on_the_meter_point_are_ones_own(browser, busy, acting) -> None:
    with acting("bob"):
        raise_one(MPRNS["alder"], CANARY, "ADD")
        db.session.commit()
    for _ in range(6):
        with acting("ann"):
            raise_one(MPRNS["alder"], "Another", "ADD")
            db.session.commit()
    address = f"/contacts/{busy['alder'].reference}/"
    rows = read(browser("ann").get(address)).select(".cms-rows li")
    assert len(rows) == 5
    with acting("ann"):
        for row in rows:
            assert contacts.get_contact(row.a.text).mprn == MPRNS["alder"]
    assert len(read(browser("ada").get(address)).select(".cms-rows li")) == 5


def test_the_first_move_is_at_hand_and_the_rest_under_more(browser, busy) -> None:
    soup = read(browser("ada").get(f"/contacts/{busy['alder'].reference}/"))
    moves = soup.select_one(".cms-moves")
    assert moves.h3.text == "Resolve" and moves.select_one(".btn-primary").text == "Resolve"
    assert [summary.text for summary in moves.select(".cms-more summary")] == ["More", "Ask for information", "Reject"]
    ann = read(browser("ann").get(f"/contacts/{busy['alder'].reference}/")).select_one(".cms-moves")
    assert ann.select_one(".btn-primary") is None, "withdrawing is never urged on anybody"


def test_a_wrong_move_under_more_is_open_with_its_error(browser, busy) -> None:
    answer = browser("ada").post(f"/contacts/{busy['alder'].reference}/ask/", {"version": "4"})
    soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    assert soup.select_one(".cms-more").has_attr("open")
    assert soup.find(id="ask-message").find_parent("details").has_attr("open")
