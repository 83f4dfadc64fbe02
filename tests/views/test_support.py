"""Support requests: asked signed out, answered the same whatever is typed, worked in a queue."""

from datetime import timedelta

from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, OutgoingMail, SupportRequest
from app.services import support
from app.services.request_keys import new_key
from app.views.about.security_officers import SENT

TYPED = {
    "organisation_typed": "Alder Energy",
    "name": "Nell Ode",
    "email": "nell@alder.example",
    "need": "Our LSO has left.\nWho is the next?",
}


def ask(person, **changes):
    return person.post("/about/lso/ask/", {**TYPED, "request_key": new_key(), **changes})


def count(acting) -> int:
    with acting("system"):
        return db.session.scalar(select(func.count()).select_from(SupportRequest)) or 0


def test_whoever_is_signed_out_asks_and_is_told_the_same_whatever_they_typed(acting, browser) -> None:
    nobody = browser("nobody")
    nobody.get("/about/lso/ask/")
    answers = [ask(nobody, organisation_typed=name) for name in ("ALD", "Alder Energy", "No such firm", "<b>")]
    assert SENT in nobody.get("/about/lso/").get_data(as_text=True)
    assert {(answer.status_code, answer.location) for answer in answers} == {(302, "/about/lso/")}
    assert count(acting) == 4
    with acting("system"):
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "support:ask")).all()
        assert len(events) == 4 and not any("Nell" in repr(vars(one)) for one in events)


def test_whoever_is_signed_in_asks_as_well(acting, browser) -> None:
    ann = browser("ann")
    assert "ann@alder.example" in ann.get("/about/lso/ask/").get_data(as_text=True)
    assert ask(ann).status_code == 302 and count(acting) == 1


def test_a_form_sent_twice_is_one_request(acting, browser) -> None:
    nobody, key = browser("nobody"), new_key()
    nobody.get("/about/lso/ask/")
    assert {ask(nobody, request_key=key).status_code for _ in range(3)} == {302}
    assert count(acting) == 1


def test_one_address_asks_five_times_an_hour(acting, browser, monkeypatch) -> None:
    nobody = browser("nobody")
    nobody.get("/about/lso/ask/")
    statuses = [ask(nobody).status_code for _ in range(support.MOST_AN_HOUR + 1)]
    assert statuses == [302] * support.MOST_AN_HOUR + [429] and count(acting) == support.MOST_AN_HOUR
    later = clock.now() + timedelta(minutes=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    nobody.get("/about/lso/ask/")
    assert ask(nobody).status_code == 302


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(acting, browser) -> None:
    nobody = browser("nobody")
    nobody.get("/about/lso/ask/")
    unfit = [("name", ""), ("email", "nell"), ("email", "né@alder.example"), ("need", "x" * 2001), ("name", "a\0b")]
    for wrong in [{name: value} for name, value in [*unfit, ("request_key", "?")]]:
        answer = ask(nobody, **wrong)
        assert answer.status_code == 200 and b"There is a problem" in answer.data, wrong
    assert count(acting) == 0


def test_a_request_is_taken_by_one_answered_and_closed(acting, browser) -> None:
    nobody = browser("nobody")
    nobody.get("/about/lso/ask/")
    ask(nobody)
    xena, root = browser("xena"), browser("root")
    page = xena.get("/support/").get_data(as_text=True)
    assert "Alder Energy" in page
    code = page.split("/support/details/?id=")[1].split('"')[0]
    assert root.post(f"/support/{code}/answer/", {"version": "1", "answer": "Hello"}).status_code == 422
    assert xena.post(f"/support/{code}/take/", {"version": "1"}).status_code == 302
    assert root.post(f"/support/{code}/take/", {"version": "1"}).status_code == 409
    assert root.post(f"/support/{code}/take/", {"version": "2"}).status_code == 409
    refused = root.post(f"/support/{code}/close/", {"version": "2", "reason": "Mine"})
    assert b"Take this request first" in refused.data
    assert xena.post(f"/support/{code}/answer/", {"version": "2", "answer": "Ask Lena."}).status_code == 302
    again = xena.post(f"/support/{code}/close/", {"version": "3", "reason": "Done"})
    assert b"This request is closed." in again.data
    with acting("system"):
        acts = select(AuditEvent.action).where(AuditEvent.object_type == "support_request").order_by(AuditEvent.id)
        assert list(db.session.scalars(acts)) == ["support:ask", "support:take", "support:answer"]
        posted = db.session.execute(select(OutgoingMail.kind, OutgoingMail.address).order_by(OutgoingMail.id)).all()
    assert posted == [("support_request_received", TYPED["email"]), ("support_answer", TYPED["email"])]


def test_a_request_may_be_closed_without_an_answer(browser) -> None:
    nobody, xena = browser("nobody"), browser("xena")
    nobody.get("/about/lso/ask/")
    ask(nobody)
    code = xena.get("/support/").get_data(as_text=True).split("/support/details/?id=")[1].split('"')[0]
    xena.post(f"/support/{code}/take/", {"version": "1"})
    assert b"Say why no answer is needed" in xena.post(f"/support/{code}/close/", {"version": "2"}).data
    assert xena.post(f"/support/{code}/close/", {"version": "2", "reason": "Twice"}).status_code == 302
    assert "Twice" in xena.get(f"/support/details/?id={code}").get_data(as_text=True)
