"""Choosing rows of the list of contacts and moving them, from the list to the outcome."""

import re

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import Contact, Job
from app.services import contact_bulk
from app.views import moving
from tests.views.test_listing import raise_many, rows_of


def references(person, query: str = "") -> list[str]:
    """What the list shows."""
    return [address.split("/")[-2] for address in rows_of(person.get(f"/contacts/{query}").text)]


def fields(text: str) -> dict[str, list[str]]:
    """The hidden fields of a confirmation page."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(action|chosen|up_to)" value="([^"]*)"', text):
        found.setdefault(name, []).append(value)
    return found


def address_of(text: str) -> str:
    return re.search(r'action="(/move/done/[^"]*)"', text)[1].replace("&amp;", "&")


def states(acting) -> dict[str, str]:
    with acting("system"):
        return {one.reference: one.status for one in db.session.scalars(select(Contact))}


@pytest.fixture
def ann(acting, browser):
    """Ann's browser, beside five contacts of alder's."""
    with acting("ann"):
        raise_many(5)
    return browser("ann")


def test_boxes_are_there_for_whoever_has_something_to_do_with_rows(ann, browser) -> None:
    for name, labels in {"ann": ["Withdraw"], "ada": ["Claim", "Release"], "vic": [], "mo": [], "root": []}.items():
        text = browser(name).get("/contacts/").text
        select_box = re.search(r'name="action">(.*?)</select>', text, re.DOTALL)
        assert re.findall(r"<option[^>]*>([^<]+)<", select_box[1] if select_box else "") == labels, name
        assert text.count('name="pick"') == (5 if labels else 0), name


def test_the_rows_ticked_are_confirmed_and_moved(acting, ann) -> None:
    shown = references(ann)
    page = ann.post("/move/?status=open&sort=newest", {"action": "withdraw", "which": "ticked", "pick": shown[:2]})
    assert page.status_code == 200 and "Withdraw 2 contacts" in page.text
    assert fields(page.text)["chosen"] == [f"{reference}:1" for reference in reversed(shown[:2])]
    assert set(states(acting).values()) == {"logged"}, "nothing happens before it is confirmed"
    empty = ann.post(address_of(page.text), {**fields(page.text), "message": ""})
    assert (
        empty.status_code == 422
        and "Say why it is withdrawn." in empty.text
        and fields(empty.text) == fields(page.text)
    )
    done = ann.post(address_of(page.text), {**fields(page.text), "message": "A slip."})
    assert done.status_code == 302 and done.location == "/contacts/?status=open&sort=newest"
    assert "2 withdrawn." in ann.get(done.location).text
    assert [states(acting)[reference] for reference in shown] == ["withdrawn"] * 2 + ["logged"] * 3


def test_the_whole_page_and_all_that_match_need_no_script(acting, ann) -> None:
    shown = references(ann)
    page = ann.post("/move/", {"action": "withdraw", "which": "page", "shown": ",".join(shown[1:])})
    assert "Withdraw 4 contacts" in page.text
    every = ann.post("/move/?q=N3", {"action": "withdraw", "which": "all"})
    assert "Withdraw 1 contact<" in every.text and "q=N3" in address_of(every.text)


def test_those_that_do_not_fit_are_left_out_and_said_so(acting, browser, ann) -> None:
    shown = references(ann)
    ada = browser("ada")
    first = ada.post("/move/", {"action": "claim", "pick": shown[:2]})
    ada.post("/move/done/", fields(first.text))
    page = ada.post("/move/", {"action": "claim", "pick": shown}).text
    assert "3 contacts of the 5 contacts you chose can be claimed now" in page
    none = ada.post("/move/", {"action": "claim", "pick": shown[:2]}).text
    assert "None of the 2 contacts you chose can be claimed now" in none and not fields(none)


def test_what_changed_between_the_list_and_the_answer_is_named_with_a_link(acting, browser, ann) -> None:
    shown = references(ann)
    ada, lia = browser("ada"), browser("lia")
    page = ada.post("/move/", {"action": "claim", "pick": shown})
    other = lia.post("/move/", {"action": "claim", "pick": shown[:2]})
    lia.post("/move/done/", fields(other.text))
    done = ada.post("/move/done/", fields(page.text))
    text = ada.get(done.location).text
    assert "3 claimed, 2 were not: they changed meanwhile." in text
    for reference in shown[:2]:
        assert f'<a href="/contacts/{reference}/">{reference}</a>' in text


def test_a_foreign_or_malformed_reference_is_404_and_moves_nothing(acting, busy, browser) -> None:
    ann = browser("ann")
    own, foreign = busy["alder"].reference, busy["birch"].reference
    before = states(acting)
    for odd in (foreign, "AAA-AAA-AAA", "x"):
        assert ann.post("/move/", {"action": "withdraw", "pick": [own, odd]}).status_code == 404
        chosen = {"action": "withdraw", "message": "x", "chosen": [f"{own}:4", f"{odd}:4"]}
        assert ann.post("/move/done/", chosen).status_code == 404
    for odd in ("", ":", f"{own}:x", f"{own}:-1", own, f"{own}:{'9' * 30}"):
        answer = ann.post("/move/done/", {"action": "withdraw", "message": "x", "chosen": [odd]})
        assert answer.status_code in (404, 409), odd
    for odd in ("x", "4F7-K2M", "9" * 30):
        assert ann.post("/move/done/", {"action": "withdraw", "message": "x", "up_to": odd}).status_code == 404
    assert states(acting) == before


def test_odd_forms_are_refused_and_never_a_fault(ann, browser) -> None:
    ada = browser("ada")
    assert ann.post("/move/", {}).status_code == 404
    assert ann.post("/move/", {"action": "claim"}).status_code == 403
    assert ann.post("/move/", {"action": "odd"}).status_code == 404
    nothing = ada.post("/move/", {"action": "claim", "which": "odd"})
    assert nothing.status_code == 302 and "Choose at least one row" in ada.get(nothing.location).text
    assert ada.post("/move/?status=odd", {"action": "claim", "which": "all"}).status_code == 409
    many = {"action": "claim", "pick": [f"R{number}" for number in range(300)]}
    assert ada.post("/move/", many).status_code == 409


def test_more_than_fit_into_a_request_are_moved_by_a_worker(acting, ann, browser, run_jobs, monkeypatch) -> None:
    monkeypatch.setattr(moving, "MOST_AT_ONCE", 3)
    ada = browser("ada")
    page = ada.post("/move/?status=logged", {"action": "claim", "which": "all"})
    assert "Claim 5 contacts" in page.text and "chosen" not in fields(page.text)
    asked = ada.post(address_of(page.text), fields(page.text))
    assert asked.status_code == 302 and asked.location.startswith("/jobs/")
    waiting = ada.get(asked.location).text
    assert "Waiting to start." in waiting and 'http-equiv="refresh"' in waiting
    run_jobs()
    done = ada.get(asked.location).text
    assert "5 claimed." in done and "refresh" not in done
    assert set(states(acting).values()) == {"assigned"}
    assert asked.location in ada.get("/jobs/").text
    for name, status in {"lia": 200, "mo": 200, "ann": 404, "bob": 404, "lena": 403}.items():
        assert browser(name).get(asked.location).status_code == status, name
        assert name == "lena" or (asked.location in browser(name).get("/jobs/").text) == (status == 200)


def test_a_worker_is_asked_for_a_message_too(acting, ann, monkeypatch) -> None:
    monkeypatch.setattr(moving, "MOST_AT_ONCE", 3)
    page = ann.post("/move/", {"action": "withdraw", "which": "all"})
    empty = ann.post("/move/done/", fields(page.text))
    assert (
        empty.status_code == 422
        and "Say why it is withdrawn." in empty.text
        and fields(empty.text).keys() == {"action", "up_to"}
    )
    with acting("system"):
        assert db.session.scalars(select(Job)).all() == []


def test_a_job_that_failed_says_so_and_how_far_it_came(acting, ann, browser, run_jobs, monkeypatch) -> None:
    with acting("ada"):
        job = contact_bulk.move_later({}, "claim", up_to=contact_bulk.newest_id())
        job.state, job.error = "failed", "It rained."
        db.session.commit()
    ada = browser("ada")
    address = re.search(r'"(/jobs/[^"/]+/)"', ada.get("/jobs/").text)[1]
    text = ada.get(address).text
    assert "It rained." in text and "0 claimed." in text


def test_only_moves_of_contacts_are_shown_as_jobs(acting, busy, browser, app) -> None:
    from app.views.public_ids import encode_id

    with acting("system"):
        others = db.session.scalars(select(Job.id).where(Job.kind != contact_bulk.JOB)).all()
    ann = browser("ann")
    with app.app_context():
        addresses = [f"/jobs/{encode_id(pk)}/" for pk in others]
    assert addresses and all(ann.get(address).status_code == 404 for address in addresses)
    assert ann.get("/jobs/x/").status_code == 404
