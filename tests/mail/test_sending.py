"""app.mail.sending: what waits is sent, with a real server at the other end."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.extensions import db
from app.mail import sending
from app.models import OutgoingMail, User
from tests.mail.servers import Box, free_port, serving
from tests.services.racing import at_once


@pytest.fixture
def later(monkeypatch):
    """`later(minutes=5)`: so much time passes."""
    passed = timedelta()
    began = clock.now()

    def wait(**time: int) -> None:
        nonlocal passed
        passed += timedelta(**time)
        now = began + passed
        monkeypatch.setattr(clock, "now", lambda: now)

    wait()
    return wait


def test_a_mail_arrives_with_both_parts_and_is_sent_once(post, look, send) -> None:
    box = Box()
    (pk,) = post("ALD-ANN")
    key = look(pk).message_key
    with serving(box) as port:
        assert send(port) is False
        send(port)
    (message,) = box.taken
    assert (message["To"], message["From"]) == ("ann@alder.example", "no-reply@cms.example")
    assert (message["Subject"], message["Auto-Submitted"]) == ("Your account was disabled", "auto-generated")
    assert message["Message-ID"] == f"<{key}@cms.example>"
    assert message.get_content_type() == "multipart/alternative"
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.startswith("Hello Ann,\n\nYour account was disabled") and "https://cms.example\n" in text
    assert "<p>Hello Ann,</p>\n<p>Your account was disabled" in html and html.startswith("<!doctype html>")
    assert "ALD-ANN" not in text + html
    row = look(pk)
    assert (row.state, row.attempts, row.error, row.text, row.html) == ("sent", 1, None, "", "")
    assert row.sent_at is not None


def test_a_name_is_escaped_and_a_letter_beyond_ascii_arrives(acting, post, send) -> None:
    box = Box()
    with acting("system"):
        db.session.execute(update(User).where(User.user_id == "ALD-ANN").values(name="Zoë <i>\r\nBcc: x@y.example"))
        db.session.commit()
    post("ALD-ANN")
    with serving(box) as port:
        send(port)
    (message,) = box.taken
    assert message["Bcc"] is None
    assert "Hello Zoë <i>  Bcc: x@y.example," in message.get_body(("plain",)).get_content()
    assert "Hello Zoë &lt;i&gt;" in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y", "a@b.example,c@d.example", "x"]
)
def test_an_address_that_ends_its_header_is_never_sent_to(acting, post, look, send, address) -> None:
    box = Box()
    with acting("system"):
        db.session.execute(update(User).where(User.user_id == "ALD-ANN").values(email=address))
        db.session.commit()
    bad, good = post("ALD-ANN", "ALD-SUE")
    with serving(box) as port:
        send(port)
    assert [message["To"] for message in box.taken] == ["sue@alder.example"]
    assert (look(bad).state, look(bad).error) == ("failed", "Mail cannot be sent to this address.")
    assert look(good).state == "sent"


@pytest.mark.parametrize("where", ["rcpt_answers", "data_answers"])
def test_what_a_server_refuses_for_now_is_tried_again(post, look, send, later, where) -> None:
    box = Box()
    first, second = post("ALD-ANN", "ALD-SUE")
    getattr(box, where).append("451 Not just now")
    with serving(box) as port:
        send(port)
        row = look(first)
        assert (row.state, row.error) == ("waiting", "The mail server answered 451: Not just now")
        assert row.next_try_at == clock.now() + timedelta(minutes=1) and row.text
        assert look(second).state == "sent"
        send(port)
        assert len(box.taken) == 1, "it is not tried before its time"
        later(minutes=1)
        send(port)
    row = look(first)
    assert (row.state, row.attempts, row.error) == ("sent", 2, None)


@pytest.mark.parametrize("where", ["rcpt_answers", "data_answers"])
def test_what_a_server_refuses_for_ever_has_failed(post, look, send, later, where) -> None:
    box = Box()
    first, second = post("ALD-ANN", "ALD-SUE")
    getattr(box, where).append("550 No such person")
    with serving(box) as port:
        send(port)
        later(days=2)
        send(port)
    row = look(first)
    assert (row.state, row.attempts, row.error) == ("failed", 1, "The mail server answered 550: No such person")
    assert look(second).state == "sent" and len(box.taken) == 1


def test_a_server_that_refuses_us_has_not_refused_the_mail(post, look, send, later) -> None:
    box = Box()
    first, second = post("ALD-ANN", "ALD-SUE")
    box.mail_answers.append("550 We do not know you")
    with serving(box) as port:
        send(port)
        assert (look(first).state, look(first).attempts) == ("waiting", 1)
        assert (look(second).state, look(second).attempts) == ("waiting", 0), "no other mail is tried for nothing"
        later(minutes=1)
        send(port)
    assert {look(first).state, look(second).state} == {"sent"}


def test_nothing_is_lost_while_the_server_is_down(post, look, send, later) -> None:
    box, port = Box(), free_port()
    ids = post("ALD-ANN", "ALD-SUE", "BIR-BOB")
    for _ in range(2):
        send(port)
    assert [look(pk).attempts for pk in ids] == [1, 1, 0]
    assert "does not answer" in look(ids[0]).error
    assert {look(pk).state for pk in ids} == {"waiting"}
    later(minutes=1)
    with serving(box, port):
        send(port)
    assert {look(pk).state for pk in ids} == {"sent"}
    assert sorted(message["To"] for message in box.taken) == [
        "ann@alder.example",
        "bob@birch.example",
        "sue@alder.example",
    ]


def test_waits_grow_up_to_a_day_and_then_it_has_failed(post, look, send, later) -> None:
    port = free_port()
    (pk,) = post("ALD-ANN")
    began, waits = clock.now(), []
    for _ in range(sending.MOST_ATTEMPTS):
        send(port)
        row = look(pk)
        if row.state == "waiting":
            wait = row.next_try_at - clock.now()
            waits.append(wait // timedelta(minutes=1))
            later(minutes=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240]
    assert row.state == "failed" and row.attempts == 13
    assert timedelta(hours=20) < clock.now() - began <= timedelta(days=1)
    assert row.text, "so that it can be tried again"


def test_of_workers_at_once_each_mail_is_sent_by_one(app, post, send, look) -> None:
    box = Box()
    ids = post(*["ALD-ANN", "ALD-SUE", "BIR-BOB", "CED-NED"] * 5)
    with serving(box) as port:
        results = at_once(app, [partial(send, port) for _ in range(4)])
    assert results == [False] * 4
    assert len(box.ids) == len(set(box.ids)) == len(ids)
    assert {(look(pk).state, look(pk).attempts) for pk in ids} == {("sent", 1)}


def test_a_mail_whose_worker_died_is_sent_again_with_the_same_id(post, look, send, later, monkeypatch) -> None:
    box = Box()
    (pk,) = post("ALD-ANN")

    def die(*_args: object, **_values: object) -> None:
        raise KeyboardInterrupt

    with serving(box) as port:
        with monkeypatch.context() as dying:
            dying.setattr(sending, "_settle", die)
            with pytest.raises(KeyboardInterrupt):
                send(port)
        assert (look(pk).state, len(box.taken)) == ("waiting", 1)
        later(minutes=9)
        send(port)
        assert len(box.taken) == 1, "it is somebody's until its time is over"
        later(minutes=2)
        send(port)
    assert look(pk).state == "sent"
    assert len(box.ids) == 2 and len(set(box.ids)) == 1


def test_who_was_too_slow_writes_nothing_over_the_successor(post, look, send, later, monkeypatch) -> None:
    box = Box()
    (pk,) = post("ALD-ANN")
    with serving(box) as port:
        settle = sending._settle

        def overtaken(mail: OutgoingMail, **values: object) -> None:
            monkeypatch.setattr(sending, "_settle", settle)
            later(minutes=11)
            send(port)
            settle(mail, state="failed", error="too late")

        monkeypatch.setattr(sending, "_settle", overtaken)
        send(port)
    assert (look(pk).state, look(pk).error, look(pk).attempts) == ("sent", None, 2)


def test_a_fault_of_ours_puts_a_mail_off_and_stops_no_other(app, post, look, send, monkeypatch) -> None:
    box = Box()
    first, second = post("ALD-ANN", "ALD-SUE")
    make = sending.make_message

    def fail(mail: OutgoingMail, *args: object, **kwargs: object) -> object:
        if mail.id == first:
            raise ZeroDivisionError("the inside of it")
        return make(mail, *args, **kwargs)

    monkeypatch.setattr(sending, "make_message", fail)
    with serving(box) as port:
        send(port)
    assert (look(first).state, look(first).error) == ("waiting", "Something went wrong on our side.")
    assert look(second).state == "sent"


def test_a_round_ends_and_says_that_there_is_more(app, post, send, look, monkeypatch) -> None:
    monkeypatch.setattr(sending, "MOST_A_ROUND", 2)
    box = Box()
    ids = post("ALD-ANN", "ALD-SUE", "BIR-BOB")
    with serving(box) as port:
        assert [send(port), send(port)] == [True, False]
    assert {look(pk).state for pk in ids} == {"sent"}


def test_mail_is_announced_to_a_worker_once_it_is_committed(app, acting, post) -> None:
    huey = app.extensions["huey"]
    huey.flush()
    with app.app_context(), acting_as(SYSTEM):
        db.session().info["new_mail"] = True
        db.session.rollback()
    assert huey.pending_count() == 0
    post("ALD-ANN")
    assert [task.name for task in huey.pending()] == ["send_mail"]
    huey.flush()
