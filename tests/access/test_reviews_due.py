"""What time does to access reviews: reminders, notice, and disabling whoever nobody answers for."""

from datetime import timedelta

from sqlalchemy import select

from app import jobs
from app.domain import clock
from app.domain import reviews as rules
from app.extensions import db
from app.models import AuditEvent, Notification, OutgoingMail, Review
from app.services import people
from tests.access.reviewing import DAYS, answers, confirm, count, line_of, start
from tests.services.access import WHY, add_role, find, pk_of
from tests.services.racing import at_once


def test_whoever_leaves_meanwhile_needs_no_answer(acting, travel) -> None:
    pk = start(acting, "bea", "birch")
    with acting("root"):
        confirm(pk, "bea")
        people.delete_user(pk_of("bob"), reason=WHY)
        db.session.commit()
    travel(1)
    assert answers(acting, pk) == {"bea": "confirmed", "bob": "left"}
    with acting("system"):
        assert db.session.get(Review, pk).closed_at is not None


def test_lsos_are_reminded_a_week_and_a_day_before_and_once(acting, travel) -> None:
    pk = start(acting)
    for day in (1, DAYS - 8, DAYS - 7, DAYS - 7, DAYS - 2, DAYS - 1, DAYS - 3, DAYS):
        travel(day)
    assert count(acting, AuditEvent.action == "review:remind", AuditEvent.object_id == pk) == 2
    with acting("system"):
        mails = select(OutgoingMail.address).where(OutgoingMail.kind == "review_reminder")
        assert list(db.session.scalars(mails)) == ["lena@alder.example"] * 2
        told = select(Notification.text).where(Notification.user_id == pk_of("lena"))
        assert sum("6 people have no answer" in text for text in db.session.scalars(told)) == 2
    assert set(answers(acting, pk).values()) == {""}


def test_xoserve_is_reminded_of_whom_nobody_else_can_answer_for(acting, travel) -> None:
    start(acting)
    start(acting, "bea", "birch")
    with acting("root"):
        add_role("bob", "lso")
        db.session.commit()
    travel(DAYS - 7)
    with acting("system"):
        told = select(Notification.text).where(Notification.user_id == pk_of("root"))
        assert [text.split(" has ")[0] for text in db.session.scalars(told)] == ["The access review of Alder Energy"]


def test_a_short_review_reminds_only_of_what_is_to_come(acting, travel) -> None:
    pk = start(acting, days=3)
    travel(0)
    assert count(acting, AuditEvent.action == "review:remind") == 0
    travel(2)
    assert count(acting, AuditEvent.action == "review:remind", AuditEvent.object_id == pk) == 1


def test_whoever_has_no_answer_is_told_and_disabled_after_the_notice(acting, travel) -> None:
    pk = start(acting)
    with acting("lena"):
        confirm(pk, "ann", "dee")
    travel(DAYS)
    assert count(acting, AuditEvent.action == "review:notice") == 0
    travel(DAYS + 1)
    travel(DAYS + 1)
    with acting("system"):
        line = line_of("vic")
        assert line.disabled_on == clock.today() + rules.notice and find("vic").is_active
        mails = select(OutgoingMail.address).where(OutgoingMail.kind == "review_notice")
        assert sorted(db.session.scalars(mails)) == [f"{name}@alder.example" for name in ("rae", "sue", "vic")]
    with acting("lena"):
        assert confirm(pk, "sue").done == 1, "confirmed within the notice"
    travel(DAYS + rules.notice.days)
    assert answers(acting, pk)["vic"] == ""
    travel(3)
    travel(DAYS + 1 + rules.notice.days)
    found = answers(acting, pk)
    assert (found["vic"], found["rae"], found["sue"], found["lena"]) == ("lapsed", "lapsed", "confirmed", "")
    with acting("system"):
        assert not find("vic").is_active and find("sue").is_active
        assert find("vic").disabled_by == "The service" and "no answer" in find("vic").disabled_reason
    assert count(acting, AuditEvent.action == "user:disable", AuditEvent.actor_name == "The service") == 2


def test_the_last_lso_is_kept_the_line_stays_open_and_xoserve_is_told(acting, travel) -> None:
    pk = start(acting)
    travel(DAYS + 1)
    travel(DAYS + 2 + rules.notice.days)
    with acting("system"):
        line = line_of("lena")
        assert find("lena").is_active and not line.answer and "would have no LSO" in line.kept_because
        told = select(Notification.user_id).where(Notification.text.contains("Nobody answered for Lena"))
        assert set(db.session.scalars(told)) == {pk_of("lena"), pk_of("root")}
        assert db.session.get(Review, pk).closed_at is None
    assert count(acting, AuditEvent.action == "review:keep") == 1
    with acting("root"):
        confirm(pk, "lena")
        assert db.session.get(Review, pk).closed_at is not None


def test_a_kept_lso_is_told_before_they_are_disabled_once_there_is_another(acting, travel) -> None:
    start(acting)
    travel(DAYS + 1)
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    travel(DAYS + 2)
    with acting("system"):
        assert find("lena").is_active and line_of("lena").disabled_on == clock.today() + rules.notice


def test_two_workers_at_the_same_moment_do_it_once(app, acting, travel, monkeypatch) -> None:
    start(acting)
    travel(DAYS + 1)
    later = clock.now() + timedelta(days=rules.notice.days)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert at_once(app, [jobs.end_what_is_over] * 2) == [None, None]
    vic = AuditEvent.action == "user:disable", AuditEvent.object_label.contains("ALD-VIC")
    assert count(acting, *vic) == 1
