"""My account: details, password, sessions, what I may do, what I did; and what is said to whom the way is closed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domain import clock
from app.domain.roles import Role
from app.extensions import db
from app.models import Grant, Organisation, UserSession
from app.views.browsers import browser_words
from app.views.public_ids import encode_id
from tests.cast import PASSWORD, PEOPLE
from tests.signing_in import NEW, Acting, attempt, events, find, mails

EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 "
    "Edg/130.0.0.0"
)


def text_of(answer) -> str:
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_has_these_pages(browser, name) -> None:
    person = browser(name)
    for path in ("", "details/", "sign-in/", "sessions/", "access/", "activity/", "confirm/"):
        assert "<h1>" in text_of(person.get(f"/account/{path}")), path


def test_name_and_address_are_changed_by_oneself_and_nothing_else_is(app, acting: Acting, browser) -> None:
    ann = browser("ann")
    form = {"name": "Anna", "email": "anna@alder.example", "user_id": "ROOT", "is_active": "", "organisation_id": "1"}
    assert ann.post("/account/details/", form).location == "/account/"
    page = text_of(ann.get("/account/"))
    assert "Anna" in page and "anna@alder.example" in page
    with acting("system"):
        user = find("ann")
        assert (user.user_id, user.is_active, user.version) == ("ALD-ANN", True, 2)
    assert events(app, of="user:") == ["user:change_own"]
    assert ann.post("/account/details/", {"name": "Anna", "email": "anna@alder.example"}).status_code == 302
    assert events(app, of="user:") == ["user:change_own"], "the same again is no act"


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "email": "a@b.example"},
        {"name": "Ann", "email": ""},
        {"name": "Ann", "email": "not an address"},
        {"name": "A" * 121, "email": "a@b.example"},
        {"name": "Ann\x07", "email": "a@b.example"},
        {"name": "Ann", "email": "a" * 300 + "@b.example"},
        {"name": "Ann", "email": "a@b.example\nBcc: c@d.example"},
    ],
)
def test_poor_details_are_refused_beside_their_field(app, browser, form) -> None:
    assert "There is a problem" in text_of(browser("ann").post("/account/details/", form))
    assert events(app, of="user:") == []


def test_later_an_address_is_changed_only_by_who_shows_who_they_are(browser, monkeypatch) -> None:
    ann, now = browser("ann"), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=11))
    sent = ann.post("/account/details/", {"name": "Ann", "email": "thief@evil.example"})
    assert sent.location == "/account/confirm/?next=/account/details/"
    assert "thief" not in text_of(ann.get("/account/"))


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("short", "at least 12"),
        ("x" * 129, "128 characters at most"),
        ("i-am-ald-ann-yes", "user ID"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abcdefghijkl", "order"),
        ("letmeinletmein", "too easy"),
        ("qwertyuiopasdf", "too easy"),
        ("alderenergyalder", "names that others know"),
        ("AnnAlderEnergy", "names that others know"),
        ("xoserve xoserve", "names that others know"),
        (PASSWORD, "differs"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_with_what_to_do(browser, new, says) -> None:
    form = {"old_password": PASSWORD, "new_password": new, "again": new}
    page = text_of(browser("ann").post("/account/password", form))
    assert says in page and new not in page


@pytest.mark.parametrize(
    "new", ["several unrelated words", "vR7#kq2!xZ9p", "ein zwei Polizei Wagenrad", "паролькоторыйнезнают"]
)
def test_no_composition_is_asked_for(app, browser, new) -> None:
    form = {"old_password": PASSWORD, "new_password": new, "again": new}
    assert browser("ann").post("/account/password", form).status_code == 302
    assert mails(app) == ["password_changed"] and attempt(app, password=new) == "in"


def test_the_fields_can_be_pasted_into_and_say_who_they_are_for(browser) -> None:
    page = text_of(browser("ann").get("/account/password"))
    assert "onpaste" not in page and "maxlength" not in page
    assert page.count('autocomplete="new-password"') == 2 and 'autocomplete="current-password"' in page


def sessions_of(acting: Acting, name: str) -> list[UserSession]:
    with acting("system"):
        own = select(UserSession).where(UserSession.user_id == find(name).id, UserSession.revoked_at.is_(None))
        return list(db.session.scalars(own))


def test_a_session_is_ended_from_another_on_its_very_next_request(app, acting: Acting, browser) -> None:
    here, there = browser("ann"), browser("ann")
    page = text_of(here.get("/account/sessions/"))
    assert page.count("This one") == 1
    (address,) = re.findall(r'action="(/account/sessions/[^"]+/end/)"', page)
    assert here.post(address).status_code == 302
    assert (there.get("/contacts/").status_code, here.get("/contacts/").status_code) == (302, 200)
    assert here.post(address).status_code == 404
    assert events(app, of="session:end") == ["session:end"]


def test_all_others_are_ended_and_this_one_is_not(app, acting: Acting, browser) -> None:
    here, *others = [browser("ann") for _ in range(4)]
    assert "3 other sessions ended" in text_of(here.get(here.post("/account/sessions/end-others/").location))
    assert [one.get("/").status_code for one in others] == [302] * 3
    assert len(sessions_of(acting, "ann")) == 1
    assert "There were no others" in text_of(here.get(here.post("/account/sessions/end-others/").location))
    assert events(app, of="session:end") == ["session:end"]


def test_ones_own_session_is_ended_by_signing_out(app, acting: Acting, browser) -> None:
    ann = browser("ann")
    with app.test_request_context():
        address = f"/account/sessions/{encode_id(sessions_of(acting, 'ann')[0].id)}/end/"
    assert ann.post(address).status_code == 409
    assert browser("sue").post(address).status_code == 404
    assert browser("lena").post(address).status_code == 404
    assert ann.get("/contacts/").status_code == 200


def test_sessions_that_have_run_out_are_not_listed(browser, monkeypatch) -> None:
    browser("ann")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=40))
    assert "End all others" not in text_of(browser("ann").get("/account/sessions/"))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (EDGE, "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("", "A browser without a name"),
        ("<script>alert(1)</script>", "scriptalert(1)/script"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent, words) -> None:
    assert browser_words(agent) == words


def test_what_i_may_do_says_who_gave_it_from_when_and_until_when(acting: Acting, browser) -> None:
    with acting("system"):
        ann, today = find("ann"), clock.today()
        own = {"user_id": ann.id, "organisation_id": ann.organisation_id, "granted_by": "Lena Long"}
        db.session.add(Grant(role=Role.VIEWER, starts_on=today + timedelta(days=9), **own))
        ended = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=1)}
        db.session.add(Grant(role=Role.SUPERVISOR, **ended, **own))
        db.session.commit()
    page = text_of(browser("ann").get("/account/access/"))
    assert all(
        words in page
        for words in ("Member", "Within Contacts", "The tests", "Lena Long", "To come", "Ended", "no end", "Lena can")
    )


def test_nobody_is_told_to_ask_themselves(browser) -> None:
    page = text_of(browser("lena").get("/account/access/"))
    assert "Lena can change" not in page and "Ask Xoserve" in page


def test_what_i_may_do_and_my_own_page_name_the_deputy(browser) -> None:
    for name in ("dee", "lena"):
        page = text_of(browser(name).get("/account/access/"))
        assert "Dee" in page and "Lena" in page and "Look after accounts" in page
    assert "Look after accounts" not in text_of(browser("ann").get("/account/access/"))


def test_my_activity_is_mine_and_what_others_did_to_my_account(app, acting: Acting, browser) -> None:
    ann = browser("ann", by_page=True)
    browser("sue", by_page=True)
    ann.post("/account/details/", {"name": "Anna", "email": "anna@alder.example"})
    page = text_of(ann.get("/account/activity/"))
    assert "changed their own details" in page and "signed in" in page and "Sue" not in page
    for number in range(40):
        assert attempt(app, password=PASSWORD) == "in", number
    first = text_of(ann.get("/account/activity/"))
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "changed their own details" in text_of(ann.get("/account/activity/" + older.replace("&amp;", "&")))


def shut(acting: Acting, state: str) -> None:
    """Close ann's way in."""
    with acting("system"):
        ann, yesterday = find("ann"), clock.today() - timedelta(days=1)
        grant = db.session.scalars(select(Grant).where(Grant.user_id == ann.id)).one()
        if state == "disabled":
            ann.is_active = False
        elif state == "suspended":
            db.session.get_one(Organisation, ann.organisation_id).is_active = False
        elif state == "expired":
            grant.starts_on, grant.ends_on = yesterday, yesterday
        elif state == "not yet":
            grant.starts_on = clock.today() + timedelta(days=5)
        else:
            db.session.delete(grant)
        db.session.commit()


@pytest.mark.parametrize(("state", "says"), [("disabled", "Your account is disabled"), ("suspended", "is suspended")])
def test_after_the_right_password_one_is_told_why_and_whom_to_ask(app, acting: Acting, browser, state, says) -> None:
    ann = browser("ann")
    shut(acting, state)
    assert ann.get("/contacts/").location.startswith("/sign-in"), "on the very next request"
    nobody = browser("nobody")
    nobody.get("/sign-in")
    page = text_of(nobody.post("/sign-in", {"user_id": "ALD-ANN", "password": PASSWORD}))
    assert says in page and "Ask Lena, who looks after access" in page and 'href="/about/lso/"' in page
    wrong = text_of(nobody.post("/sign-in", {"user_id": "ALD-ANN", "password": NEW}))
    assert says not in wrong and "do not match" in wrong and "Lena" not in wrong


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("expired", "Your role in the service Contacts ended on"),
        ("not yet", "Your role in the service Contacts begins on"),
        ("withdrawn", "You have the service Contacts, but no role in it."),
    ],
)
def test_without_access_to_contacts_one_signs_in_and_reads_why_at_home(acting: Acting, browser, state, says) -> None:
    ann = browser("ann")
    assert ann.get("/contacts/").status_code == 200
    shut(acting, state)
    assert ann.get("/contacts/").status_code == 403, "on the very next request"
    page = text_of(browser("ann").get("/"))
    assert says in page and "Lena" in page
