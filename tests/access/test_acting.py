"""Acting for an organisation: for a reason, for an hour, in one browser, told to its LSOs, and of nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.extensions import db
from app.models import ActingSession, AuditEvent, Contact, Notification, OutgoingMail, User
from app.services import reach

REASON = "Lena is away and Ann cannot sign in."


@pytest.fixture
def xena(browser):
    return browser("xena")


def begin(person, code="ALD", reason=REASON):
    return person.post("/acting/", {"organisation": code, "reason": reason})


def new_person(person, user_id="ALD-NEW"):
    return person.post("/people/new/", {
        "user_id": user_id, "name": "Nell", "email": "nell@alder.example", "roles": "member",
        "request_key": f"a-request-key-for-{user_id}",
    })  # fmt: skip


def test_without_acting_access_is_read_and_not_changed(busy, xena) -> None:
    assert "ALD-ANN" in xena.get("/people/").get_data(as_text=True)
    assert xena.get(f"/people/edit/?id={busy['alder'].user_code}").status_code == 403
    assert new_person(xena).status_code == 403


def test_while_acting_only_that_organisation_is_within_reach(busy, xena) -> None:
    assert begin(xena).status_code == 302
    page = xena.get("/people/").get_data(as_text=True)
    assert "ALD-ANN" in page and "BIR-BOB" not in page and "XOS-XENA" not in page.split("<main")[1]
    assert xena.get(f"/people/details/?id={busy['birch'].user_code}").status_code == 404
    assert xena.get(f"/people/edit/?id={busy['alder'].user_code}").status_code == 200
    assert xena.get("/contacts/").status_code == 403
    assert xena.get(f"/organisations/details/?id={busy['birch'].organisation_id}").status_code == 404


def test_acting_shows_on_every_page_and_ends_by_its_button(busy, xena) -> None:
    begin(xena)
    for address in ("/", "/people/", "/account/", "/notifications/", "/acting/", "/about/lso/", "/nowhere"):
        page = xena.get(address).get_data(as_text=True)
        assert "You are acting for <strong>Alder Energy</strong>" in page and REASON in page, address
    assert xena.post("/acting/end/").status_code == 302
    page = xena.get("/people/").get_data(as_text=True)
    assert "You are acting for" not in page and "BIR-BOB" in page


def test_acting_ends_by_itself(busy, xena, monkeypatch) -> None:
    begin(xena)
    begun = clock.now()
    # In steps that keep the session itself open.
    for minutes, shown in ((10, True), (20, True), (30, True), (40, True), (50, True), (59, True), (61, False)):
        now = begun + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        assert ("You are acting for" in xena.get("/people/").get_data(as_text=True)) == shown
    assert new_person(xena).status_code == 403


def test_acting_is_of_one_browser(busy, xena, browser) -> None:
    begin(xena)
    assert "You are acting for" not in browser("xena").get("/people/").get_data(as_text=True)


def test_the_lsos_are_told_at_once_and_read_every_act(acting, app, xena, browser) -> None:
    begin(xena)
    assert new_person(xena).status_code == 302
    xena.post("/acting/end/")
    with acting("system"):
        (told,) = db.session.execute(
            select(User.user_id, Notification.text).join(User, User.id == Notification.user_id)
        ).all()
        letters = db.session.execute(select(OutgoingMail.kind, OutgoingMail.address)).all()
    assert told[0] == "ALD-LENA" and "Xena of Xoserve acts for Alder Energy until" in told[1]
    assert ("acting_on_behalf", "lena@alder.example") in letters
    with acting("lena"):
        acts = [
            (event.action, event.actor_name, event.on_behalf_of, event.reason)
            for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
            if not event.action.startswith("session:")
        ]
    assert ("user:create", "Xena", "Alder Energy", REASON) in acts
    assert [action for action, *_ in acts][0] == "acting:begin" and acts[-1][0] == "acting:end"
    assert all(one[1:] == ("Xena", "Alder Energy", REASON) for one in acts)
    page = browser("lena").get("/activity/").get_data(as_text=True)
    assert "began to act for the organisation" in page


def test_what_cannot_be_acted_for_is_said(busy, xena) -> None:
    for code, reason, sentence in (
        ("XOS", REASON, "Xoserve&#39;s own people are looked after by its administrators."),
        ("ZZZ", REASON, "Choose an organisation by its name or short code."),
        ("ALD", "", "Say why you act for this organisation."),
        ("ALD", "   ", "Say why you act for this organisation."),
    ):
        assert sentence in begin(xena, code, reason).get_data(as_text=True), (code, reason)
    begin(xena)
    assert "You are acting for Alder Energy" in begin(xena, "ALD").get_data(as_text=True)


def test_nobody_else_may_act(browser) -> None:
    for name in ("lena", "mo", "root", "ada", "eli"):
        assert begin(browser(name)).status_code == 403


def test_ones_own_account_stays_ones_own(busy, acting, xena) -> None:
    begin(xena)
    assert "XOS-XENA" in xena.get("/account/").get_data(as_text=True)
    assert xena.post("/account/", {"has_shortcuts": "y"}).status_code == 302
    assert xena.post("/sign-out").status_code == 302
    with acting("system"):
        assert db.session.scalars(select(ActingSession.ended_at).order_by(ActingSession.id.desc())).first() is None


def test_acting_reaches_no_contact(busy, acting, app) -> None:
    with acting("xena") as one:
        acted = reach.act(one, busy["alder"].organisation_id, "Alder", "x", clock.now())
    with app.app_context(), acting_as(acted):
        assert db.session.scalars(select(Contact)).all() == []
        assert {user.organisation_id for user in db.session.scalars(select(User))} == acted.access_ids


def test_an_organisations_page_leads_to_acting_for_it(busy, browser, xena) -> None:
    code = busy["alder"].organisation_id
    page = xena.get(f"/organisations/details/?id={code}").get_data(as_text=True)
    assert 'href="/acting/?organisation=ALD"' in page
    assert 'value="ALD"' in xena.get("/acting/?organisation=ALD").get_data(as_text=True)
    for name in ("root", "lena"):
        assert "/acting/" not in browser(name).get(f"/organisations/details/?id={code}").get_data(as_text=True)


def test_a_clock_that_is_put_back_makes_nobody_act_for_longer_or_for_two(busy, xena, monkeypatch) -> None:
    now = clock.now()
    at = {"now": now}
    monkeypatch.setattr(clock, "now", lambda: at["now"])
    begin(xena)
    at["now"] = now - timedelta(minutes=5)
    assert xena.get("/people/new/").status_code == 403
    for minutes in range(10, 71, 10):
        at["now"] = now + timedelta(minutes=minutes)
        xena.get("/")
    begin(xena, "BIR")
    at["now"] = now + timedelta(minutes=5)
    assert xena.get("/people/new/").status_code == 403


def test_a_list_that_is_taken_away_while_acting_is_written_down_for_that_organisation(app, busy, xena) -> None:
    begin(xena)
    for page, action in (("people", "user"), ("activity", "audit"), ("leavers", "leaver")):
        action += ":export"
        assert xena.post(f"/{page}/export/", {"format": "csv"}).status_code == 200
        with app.app_context(), acting_as(SYSTEM):
            written = db.session.scalars(select(AuditEvent).where(AuditEvent.action == action)).one()
            assert written.on_behalf_of == "Alder Energy" and written.actor_name == "Xena"
            assert written.organisation_id == busy["alder"].organisation_id
