"""Dormant accounts: told, then disabled unless they sign in; never early, never twice, never the last LSO."""

from datetime import timedelta

from sqlalchemy import func, select

from app import jobs
from app.domain import clock, dormancy
from app.extensions import db
from app.models import AuditEvent, Notification, Organisation, OutgoingMail, User
from app.services import people, people_list, sessions
from app.services.people_list import select_people
from app.views.people.words import state_of
from tests.cast import PASSWORD, PEOPLE
from tests.services.access import WHY, add_role, find, last_event, pk_of
from tests.services.racing import at_once

UNUSED, NOTICE = dormancy.unused_days(), dormancy.notice.days


def sign_in(app, name: str) -> None:
    with app.app_context():
        sessions.sign_in(PEOPLE[name].user_id, PASSWORD, address="127.0.0.1", browser="Test")


def is_enabled(acting, name: str) -> bool:
    with acting("system"):
        return find(name).is_active


def count(acting, model, *conditions) -> int:
    with acting("system"):
        return db.session.scalar(select(func.count(model.id)).where(*conditions)) or 0


def test_whoever_does_not_sign_in_is_told_and_then_disabled(app, acting, travel) -> None:
    travel(UNUSED - 0.1)
    assert count(acting, AuditEvent, AuditEvent.action == "user:warn") == 0
    travel(UNUSED + 0.1)
    with acting("system"):
        vic = find("vic")
        assert vic.is_active and vic.dormant_until == clock.today() + timedelta(days=NOTICE)
        warned = select(AuditEvent).where(AuditEvent.action == "user:warn", AuditEvent.object_id == vic.id)
        assert db.session.scalars(warned).one().actor_name == "The service"
        mails = select(OutgoingMail.text).where(OutgoingMail.user_id == vic.id, OutgoingMail.kind == "dormant_warning")
        assert "will be disabled on" in db.session.scalars(mails).one()
        told = select(Notification.text).where(Notification.user_id == pk_of("lena"))
        told = told.where(Notification.text.contains("Some people have not signed in"))
        assert len(db.session.scalars(told).all()) == 1, "many are told of in one sentence"
    for days in (UNUSED + 1, UNUSED + NOTICE - 0.9):
        travel(days)
        assert is_enabled(acting, "vic")
    travel(UNUSED + NOTICE + 0.1)
    with acting("system"):
        vic = find("vic")
        assert (vic.is_active, vic.disabled_by) == (False, "The service")
        assert vic.disabled_reason == f"Not signed in for {UNUSED} days, and not after being told."
        ended = select(func.count(AuditEvent.id)).where(
            AuditEvent.action == "user:disable", AuditEvent.object_id == vic.id
        )
        assert db.session.scalar(ended) == 1
    warned = AuditEvent.action == "user:warn", AuditEvent.object_label.contains("ALD-VIC")
    assert count(acting, AuditEvent, *warned) == 1


def test_whoever_signs_in_is_left_alone_and_told_anew_the_next_time(app, acting, travel) -> None:
    travel(UNUSED + 1)
    sign_in(app, "vic")
    travel(UNUSED + NOTICE + 2)
    assert is_enabled(acting, "vic") and not is_enabled(acting, "rae")
    travel(2 * UNUSED + 2)
    assert is_enabled(acting, "vic")
    mails = OutgoingMail.kind == "dormant_warning", OutgoingMail.address == "vic@alder.example"
    assert count(acting, OutgoingMail, *mails) == 2
    travel(2 * UNUSED + NOTICE + 3)
    assert not is_enabled(acting, "vic")


def test_being_enabled_again_begins_the_days_anew(acting, travel) -> None:
    travel(UNUSED + 1)
    travel(UNUSED + NOTICE + 2)
    with acting("lena"):
        people.enable_user(pk_of("vic"), reason=WHY)
        db.session.commit()
    for days in (UNUSED + NOTICE + 3, 2 * UNUSED + NOTICE + 1):
        travel(days)
        assert is_enabled(acting, "vic")
    with acting("system"):
        assert find("vic").dormant_until is None
    travel(2 * UNUSED + NOTICE + 3)
    travel(2 * UNUSED + 2 * NOTICE + 4)
    assert not is_enabled(acting, "vic")


def test_a_clock_moved_back_disables_nobody_early_or_twice(app, acting, travel) -> None:
    travel(UNUSED + 30)
    for days in (0, UNUSED + 1, UNUSED + 29, UNUSED + 30 + NOTICE - 1):
        travel(days)
        assert is_enabled(acting, "vic"), days
    # Signed in while the clock was back: before the warning by the clock, and after it in truth.
    travel(UNUSED + 20, works=False)
    sign_in(app, "vic")
    travel(UNUSED + 30 + NOTICE + 1)
    assert is_enabled(acting, "vic") and not is_enabled(acting, "rae")
    travel(5)
    travel(UNUSED + 30 + NOTICE + 2)
    assert count(acting, AuditEvent, AuditEvent.action == "user:disable", AuditEvent.object_label.contains("RAE")) == 1


def test_the_last_lso_stays_and_is_told_instead_and_so_is_xoserve(acting, travel) -> None:
    travel(UNUSED + 1)
    travel(UNUSED + NOTICE + 2)
    travel(UNUSED + 3 * NOTICE)
    for name in ("bea", "root", "eli"):
        assert is_enabled(acting, name), name
    kept = AuditEvent.action == "user:keep", AuditEvent.object_label.contains("BIR-BEA")
    assert count(acting, AuditEvent, *kept) == 1
    mails = OutgoingMail.kind.in_(("dormant_warning", "disabled")), OutgoingMail.address == "bea@birch.example"
    assert count(acting, OutgoingMail, *mails) == 0
    with acting("system"):
        told = select(Notification.user_id).where(Notification.text.contains("BIR-BEA"))
        assert set(db.session.scalars(told)) == {pk_of("bea"), pk_of("root")}
    assert not is_enabled(acting, "ada"), "Xoserve's people are no exception"


def test_an_lso_who_was_kept_is_told_before_they_are_disabled_once_there_is_another(acting, travel) -> None:
    travel(UNUSED + 1)
    with acting("system"):
        people.enable_user(_made_new(), reason=WHY)
        db.session.commit()
    travel(UNUSED + 2)
    with acting("system"):
        assert find("bea").dormant_until == clock.today() + timedelta(days=NOTICE)
    travel(UNUSED + NOTICE + 3)
    assert not is_enabled(acting, "bea")


def _made_new() -> int:
    """Bob as he is when he was disabled and is to become an LSO."""
    add_role("bob", "lso")
    people.disable_user(pk_of("bob"), reason=WHY)
    return pk_of("bob")


def test_people_of_a_suspended_organisation_cannot_sign_in_and_are_not_held_to_it(acting, travel) -> None:
    with acting("system"):
        db.session.scalars(select(Organisation).where(Organisation.short_code == "ALD")).one().is_active = False
        db.session.commit()
    travel(UNUSED + 1)
    travel(UNUSED + NOTICE + 2)
    assert is_enabled(acting, "vic")


def test_two_workers_at_the_same_moment_do_it_once(app, acting, travel) -> None:
    travel(UNUSED + 1)
    travel(UNUSED + NOTICE + 2, works=False)
    results = at_once(app, [jobs.end_what_is_over] * 2)
    assert results == [None, None]
    assert not is_enabled(acting, "vic")
    label = AuditEvent.object_label.contains("ALD-VIC")
    assert count(acting, AuditEvent, AuditEvent.action == "user:disable", label) == 1
    assert (
        count(acting, OutgoingMail, OutgoingMail.kind == "disabled", OutgoingMail.address == "vic@alder.example") == 1
    )


def test_what_fails_for_one_leaves_the_others_alone(acting, travel, monkeypatch) -> None:
    real = people.disable_user

    def disable(pk, **how):
        if pk == victim:
            raise OSError("the disk is full")
        return real(pk, **how)

    with acting("system"):
        victim = pk_of("vic")
    monkeypatch.setattr(people, "disable_user", disable)
    travel(UNUSED + 1)
    travel(UNUSED + NOTICE + 2)
    assert is_enabled(acting, "vic") and not is_enabled(acting, "rae")


def test_lists_pages_and_the_worker_have_one_rule(acting, travel) -> None:
    with acting("root"):
        people.disable_user(pk_of("rae"), reason=WHY)
        db.session.commit()
    travel(50)
    with acting("root"):
        people.enable_user(pk_of("rae"), reason=WHY)
        db.session.commit()
    travel(UNUSED + 1, works=False)
    with acting("root"):
        listed = set(db.session.scalars(select_people({"state": "dormant"})))
        everybody = db.session.scalars(select(User)).all()
        assert {user for user in everybody if state_of(user)[0] == "Dormant"} == listed
        assert find("rae") not in listed and find("vic") in listed
        assert {user.id for user in listed} == set(db.session.scalars(select(User.id).where(people_list.is_dormant())))


def test_an_event_of_the_service_names_the_service(acting, travel) -> None:
    travel(UNUSED + 1)
    with acting("system"):
        event = last_event("user:warn")
        assert (event.actor_id, event.actor_name) == (None, "The service")
