"""Deputies: from a day to a day, with some powers, for some organisations, and never longer than their LSO is one."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app import jobs
from app.access.actor import acting_as
from app.domain import clock
from app.domain.errors import NotAllowed, NotFound, RuleBroken
from app.domain.roles import Permission, Role
from app.extensions import db
from app.models import AuditEvent, Deputy, Grant, Notification, Organisation, OutgoingMail, User
from app.services import deputies, grants, people, sessions
from tests.services.access import WHY, add_role, find, last_event, pk_of, span

ALL = ["grants", "activity"]


def appoint(acting, name="ann", days=None, keeper="lena", **changes) -> int:
    with acting(keeper):
        given = {"powers": ALL, "reason": WHY, **changes}
        made = deputies.appoint_deputy(f"ALD-{name.upper()}", days or span(0, 13), **given)
        db.session.commit()
        return made.id


def organisation_id(code: str) -> int:
    return db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()


def on(monkeypatch, day: date) -> None:
    monkeypatch.setattr(clock, "today", lambda: day)


def is_deputy(acting, name="ann") -> bool:
    with acting(name) as actor:
        assert (Role.DEPUTY in actor.roles) == bool(actor.managed_ids)
        return Role.DEPUTY in actor.roles


def test_a_deputy_does_an_lsos_work_from_the_first_day_to_the_last(acting, monkeypatch) -> None:
    today = clock.today()
    appoint(acting, days=span(2, 4))
    for days, counts in ((0, False), (1, False), (2, True), (4, True), (5, False), (400, False), (-9, False)):
        on(monkeypatch, today + timedelta(days=days))
        assert is_deputy(acting) == counts, days
    on(monkeypatch, today + timedelta(days=3))
    with acting("ann") as ann:
        assert {Permission.USER_CHANGE, Permission.ACCESS_GRANT, Permission.AUDIT_READ} <= ann.permissions
        grants.grant_role(pk_of("vic"), "member", span(), reason=WHY)
        db.session.commit()
        assert last_event("role:grant").actor_name == "Ann"


@pytest.mark.parametrize("why", ["disabled", "withdrawn", "expired", "deleted"])
def test_a_deputy_is_none_any_more_the_moment_their_lso_is_none(acting, why) -> None:
    appoint(acting)
    assert is_deputy(acting)
    with acting("root"):
        add_role("sue", "lso")
        if why == "expired":
            held = select(Grant).where(Grant.user_id == pk_of("lena"), Grant.role == "lso")
            grant = db.session.scalars(held).one()
            grant.starts_on, grant.ends_on = span(-9, -1)
        elif why == "withdrawn":
            grants.withdraw_role(pk_of("lena"), "lso", reason=WHY)
        elif why == "deleted":
            people.delete_user(pk_of("lena"), reason=WHY)
        else:
            people.disable_user(pk_of("lena"), reason=WHY)
        db.session.commit()
    assert not is_deputy(acting)


def test_fewer_powers_are_fewer_powers(acting) -> None:
    appoint(acting, powers=[])
    with acting("ann") as ann:
        assert Permission.AUDIT_READ not in ann.permissions and Permission.USER_CHANGE in ann.permissions
        people.disable_user(pk_of("vic"), reason=WHY)
        with pytest.raises(NotAllowed):
            grants.grant_role(pk_of("vic"), "member", span(), reason=WHY)


def test_a_deputy_appoints_nobody_and_makes_no_lso(acting) -> None:
    with acting("dee"):
        with pytest.raises(NotAllowed):
            deputies.appoint_deputy("ALD-ANN", span(0, 1), powers=ALL, reason=WHY)
        with pytest.raises(NotAllowed):
            grants.grant_role(pk_of("ann"), "lso", span(), reason=WHY)
        with pytest.raises(NotAllowed, match="your own access"):
            grants.grant_role(pk_of("dee"), "viewer", span(), reason=WHY)
        with pytest.raises((NotAllowed, RuleBroken)):
            grants.grant_role(pk_of("ann"), "deputy", span(), reason=WHY)
        db.session.rollback()


@pytest.mark.parametrize("name", ["ann", "dee", "xena", "root", "mo", "ada"])
def test_only_an_lso_appoints_and_ends(acting, name) -> None:
    pk = appoint(acting, "vic")
    with acting(name):
        with pytest.raises(NotAllowed):
            deputies.appoint_deputy("ALD-SUE", span(0, 1), powers=ALL, reason=WHY)
        with pytest.raises(NotAllowed):
            deputies.end_deputy(pk, reason=WHY)


@pytest.mark.parametrize(
    ("who", "first", "last", "field", "sentence"),
    [
        ("ALD-LENA", 0, 9, "user_id", "your own deputy"),
        ("BIR-BOB", 0, 9, "user_id", "nobody with that user ID"),
        ("NOBODY", 0, 9, "user_id", "nobody with that user ID"),
        ("ALD-DEE", 3, 9, "user_id", "deputy from .* already"),
        ("ALD-ANN", 5, 4, "ends_on", "cannot be before the first"),
        ("ALD-ANN", -1, 4, "starts_on", "not in the past"),
        ("ALD-ANN", 0, None, "ends_on", "Enter the last day"),
        ("ALD-ANN", 0, 93, "ends_on", "at most 92 days"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(acting, who, first, last, field, sentence) -> None:
    with acting("lena"), pytest.raises(RuleBroken, match=sentence) as refusal:
        deputies.appoint_deputy(who, span(first, last), powers=ALL, reason=WHY)
    assert refusal.value.field == field


def test_a_deputy_is_of_the_lsos_own_organisation_also_in_a_group(acting) -> None:
    with acting("eli"), pytest.raises(RuleBroken, match="your own organisation") as refusal:
        deputies.appoint_deputy("ALD-ANN", span(0, 1), powers=ALL, reason=WHY)
    assert refusal.value.field == "user_id"


def test_an_lso_needs_no_deputys_powers_and_a_reason_is_needed(acting) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    with acting("lena"):
        with pytest.raises(RuleBroken, match="is an LSO then"):
            deputies.appoint_deputy("ALD-SUE", span(0, 1), powers=ALL, reason=WHY)
        with pytest.raises(RuleBroken, match="Say why"):
            deputies.appoint_deputy("ALD-ANN", span(0, 1), powers=ALL, reason=" ")
        with pytest.raises(RuleBroken, match="powers from the list"):
            deputies.appoint_deputy("ALD-ANN", span(0, 1), powers=["all"], reason=WHY)


def test_for_some_organisations_of_a_group_only(acting) -> None:
    with acting("system"):
        elder, alder, birch = (organisation_id(code) for code in ("ELD", "ALD", "BIR"))
        mate = User(user_id="ELD-MO", name="Moss", email="m@elder.example", organisation_id=elder, password_hash="x",
                    created_at=clock.now())  # fmt: skip
        db.session.add(mate)
        db.session.commit()
    with acting("eli"):
        with pytest.raises(RuleBroken, match="organisations that you look after"):
            deputies.appoint_deputy("ELD-MO", span(0, 1), powers=ALL, for_organisations=[birch], reason=WHY)
        deputies.appoint_deputy("ELD-MO", span(0, 1), powers=ALL, for_organisations=[alder], reason=WHY)
        db.session.commit()
        moss = sessions.actor_of("ELD-MO")
    assert moss is not None and moss.managed_ids == {alder} and moss.access_ids == {elder, alder}
    with acting("system"), acting_as(moss):
        people.disable_user(pk_of("ann"), reason=WHY)
        with pytest.raises(NotFound):
            people.disable_user(pk_of("eli"), reason=WHY)
        db.session.rollback()


def test_any_lso_of_the_organisation_ends_it_and_nobody_elses(acting) -> None:
    pk = appoint(acting)
    with acting("bea"), pytest.raises(NotFound):
        deputies.end_deputy(pk, reason=WHY)
    with acting("eli"), pytest.raises(NotFound):
        deputies.end_deputy(pk, reason=WHY)
    with acting("lena"):
        deputies.end_deputy(pk, reason=WHY)
        db.session.commit()
        with pytest.raises(RuleBroken, match="ended already"):
            deputies.end_deputy(pk, reason=WHY)
    assert not is_deputy(acting)


def test_everyone_it_concerns_is_told_at_the_beginning_and_the_end(acting) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    pk = appoint(acting)
    with acting("lena"):
        deputies.end_deputy(pk, reason="Back early")
        db.session.commit()
    with acting("system"):
        told = db.session.execute(
            select(User.user_id, Notification.text)
            .join(User, User.id == Notification.user_id)
            .order_by(Notification.id)
        ).all()
        letters = db.session.execute(select(OutgoingMail.kind, OutgoingMail.address).order_by(OutgoingMail.id)).all()
        acts = db.session.execute(
            select(AuditEvent.action, AuditEvent.reason)
            .where(AuditEvent.object_type == "deputy")
            .order_by(AuditEvent.id)
        ).all()
    assert [who for who, _ in told] == ["ALD-ANN", "ALD-SUE"] * 2
    assert letters == [("deputy_appointed", "ann@alder.example"), ("deputy_ended", "ann@alder.example")]
    assert acts == [("deputy:appoint", WHY), ("deputy:end", "Back early")]


def test_what_has_passed_is_written_down_once(acting, monkeypatch) -> None:
    today = clock.today()
    pk = appoint(acting, days=span(0, 3))
    with acting("system"):
        assert deputies.end_past_deputies() == 0
    on(monkeypatch, today + timedelta(days=4))
    with acting("system"):
        assert [deputies.end_past_deputies(), deputies.end_past_deputies()] == [1, 0]
        db.session.commit()
        ended = db.session.get_one(Deputy, pk)
        assert (ended.ended_by, ended.ended_because) == ("The service", "The last day has passed.")
        assert last_event("deputy:lapse").object_id == pk


def test_a_worker_ends_what_is_over(acting, app, monkeypatch) -> None:
    appoint(acting, days=span(0, 3))
    on(monkeypatch, clock.today() + timedelta(days=4))
    with app.app_context():
        jobs.end_what_is_over()
        jobs.end_what_is_over()
    with acting("system"):
        lapsed = select(AuditEvent).where(AuditEvent.action == "deputy:lapse")
        assert len(db.session.scalars(lapsed).all()) == 1


def test_a_deputy_whose_lso_is_gone_is_ended_by_the_service(acting) -> None:
    with acting("root"):
        add_role("sue", "lso")
        people.disable_user(pk_of("lena"), reason=WHY)
        db.session.commit()
    with acting("system"):
        assert deputies.end_past_deputies() == 1
        assert db.session.scalars(select(Deputy.ended_because)).one() == "Lena is no LSO any more."


def test_the_pages_appoint_show_and_end(acting, browser) -> None:
    lena, ann = browser("lena"), browser("ann")
    today = clock.today()
    form = {
        "user_id": "ald-ann", "starts_on": str(today), "ends_on": str(today + timedelta(days=13)), "powers": ["grants"],
        "reason": "Holidays", "request_key": "a-key-for-this-deputy",
    }  # fmt: skip
    assert ann.get("/deputies/").status_code == 403
    assert lena.post("/deputies/new/", form).status_code == 302
    page = ann.get("/deputies/").get_data(as_text=True)
    assert "Ann" in page and "Look after accounts; Give and withdraw services and roles" in page
    assert ann.get("/activity/").status_code == 403
    code = page.split("/deputies/details/?id=")[1].split('"')[0]
    assert "Holidays" in lena.get(f"/deputies/details/?id={code}").get_data(as_text=True)
    assert b"Say why this ends" in lena.post(f"/deputies/{code}/end/", {}).data
    assert lena.post(f"/deputies/{code}/end/", {"reason": "Back"}).status_code == 302
    assert ann.get("/deputies/").status_code == 403
    bad = lena.post("/deputies/new/", {**form, "ends_on": "2020-02-30", "request_key": "another-key-for-this"})
    assert bad.status_code == 200 and b"There is a problem" in bad.data


def test_who_is_deputy_today_is_asked_of_the_rows(acting) -> None:
    with acting("lena"):
        assert {one.name for one in db.session.scalars(deputies.select_of(find("lena").id))} == {"Dee"}
