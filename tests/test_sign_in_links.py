"""Links that are mailed: used once, by pressing a button; worth nothing after anything that makes them needless."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.domain.errors import NotAllowed, RuleBroken
from app.extensions import db
from app.models import Organisation, SignInLink, User
from app.services import account, links, locks, passwords
from tests.cast import PASSWORD, PEOPLE
from tests.services.racing import at_once
from tests.signing_in import NEW, Acting, Counter, attempt, events, find, last_link, mails, open_sessions

SENT = "If that user ID can sign in"


def send(acting: Acting, purpose: str = "reset") -> None:
    """Let lena mail ann a link."""
    with acting("lena"):
        (links.invite if purpose == "invitation" else links.offer_reset)(find("ann"))
        db.session.commit()


def use(app, token: str, password: str = NEW) -> str:
    """Choose a password by a link; "used", or the sentence that says why not."""
    with app.app_context():
        try:
            links.use(token, password)
        except RuleBroken as refusal:
            return refusal.message
        return "used"


def look(app, token: str) -> str:
    """What opening a link says: "good" or a sentence."""
    with app.app_context():
        try:
            links.look_up(token)
        except RuleBroken as refusal:
            return refusal.message
        return "good"


def ask(browser, user_id: str = "ALD-ANN"):
    """Ask for a link by the page."""
    nobody = browser("nobody")
    nobody.get("/forgotten")
    return nobody.post("/forgotten", {"user_id": user_id})


@pytest.mark.parametrize(("purpose", "kind"), [("reset", "password_reset"), ("invitation", "invitation")])
def test_a_link_works_once_and_ends_every_session(app, acting, browser, purpose, kind) -> None:
    browser("ann"), browser("ann")
    send(acting, purpose)
    token = last_link(app)
    assert look(app, token) == look(app, token) == "good", "looking uses nothing up"
    assert use(app, token) == "used"
    assert (open_sessions(app), attempt(app), attempt(app, password=NEW)) == (0, "refused", "in")
    assert look(app, token) == use(app, token, "yet-another-few-words") == links.USED
    assert mails(app)[0] == kind
    assert events(app, of="password:") == [
        f"password:{'offer' if purpose == 'reset' else 'invite'}",
        "password:reset",
    ]


@pytest.mark.parametrize("name", ["ann", "sue", "vic", "rae", "ada", "mo", "bob"])
def test_only_who_runs_access_sends_links(acting, name) -> None:
    with acting(name), pytest.raises(NotAllowed):
        links.offer_reset(find(name))


def test_only_a_hash_of_the_token_is_kept(app, acting) -> None:
    send(acting)
    token = last_link(app)
    with acting("system"):
        kept = db.session.scalars(select(SignInLink)).one()
        assert len(token) >= 43 and token not in repr(vars(kept)) and len(kept.token_hash) == 64


@pytest.mark.parametrize(("purpose", "lasts"), [("reset", timedelta(minutes=30)), ("invitation", timedelta(days=7))])
def test_a_link_grows_old(app, acting, monkeypatch, purpose, lasts) -> None:
    send(acting, purpose)
    start, token = clock.now(), last_link(app)
    monkeypatch.setattr(clock, "now", lambda: start + lasts - timedelta(seconds=5))
    assert look(app, token) == "good"
    monkeypatch.setattr(clock, "now", lambda: start + lasts + timedelta(seconds=1))
    assert look(app, token) == use(app, token) == links.EXPIRED
    monkeypatch.setattr(clock, "now", lambda: start - timedelta(hours=1))
    assert look(app, token) == links.EXPIRED, "a clock that was put back does not lengthen its life"


def _sign_in(app, acting) -> None:
    assert attempt(app, password=PASSWORD) == "in"


def _change(app, acting) -> None:
    with acting("ann"):
        account.change_own_password(PASSWORD, NEW)
        db.session.commit()


def _send_again(app, acting) -> None:
    send(acting)


def _use_newer(app, acting) -> None:
    send(acting)
    assert use(app, last_link(app)) == "used"


@pytest.mark.parametrize("what", [_sign_in, _change, _send_again, _use_newer])
def test_a_link_is_worth_nothing_after(app, acting, what) -> None:
    send(acting)
    token = last_link(app)
    what(app, acting)
    assert look(app, token) == use(app, token) == links.REPLACED


def test_a_failed_sign_in_ends_no_link(app, acting) -> None:
    send(acting)
    assert attempt(app) == "refused"
    assert look(app, last_link(app)) == "good"


@pytest.mark.parametrize("state", ["disabled", "suspended"])
def test_a_closed_account_is_not_opened_by_a_link(app, acting, state) -> None:
    send(acting)
    with acting("system"):
        ann = find("ann")
        if state == "disabled":
            ann.is_active = False
        else:
            db.session.get_one(Organisation, ann.organisation_id).is_active = False
        db.session.commit()
    assert look(app, last_link(app)) == use(app, last_link(app)) == links.CLOSED


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\0", "ü", "%00", "a" * 5000, "../../etc/passwd", "\ud800"])
def test_a_made_up_token_opens_nothing(app, acting, token) -> None:
    send(acting)
    assert look(app, token) == use(app, token) == links.UNKNOWN


@pytest.mark.parametrize(
    "password", ["short", "x" * 129, "my-ald-ann-password", "aaaaaaaaaaaa", "AlderEnergy12", "xoservexoserve", ""]
)
def test_a_poor_password_uses_no_link_up(app, acting, password) -> None:
    send(acting)
    assert use(app, last_link(app), password) not in ("used", links.USED)
    assert use(app, last_link(app)) == "used"


def test_of_several_at_once_one_uses_the_link(app, acting) -> None:
    send(acting)
    token = last_link(app)
    results = at_once(app, [lambda n=n: use(app, token, f"{NEW}-{n}") for n in range(6)])
    assert sorted(results).count("used") == 1 and set(results) <= {"used", links.USED}


def test_by_the_pages_the_token_leaves_the_address_bar_and_a_look_changes_nothing(app, acting, browser) -> None:
    send(acting, "invitation")
    nobody, token = browser("nobody"), last_link(app)
    sent = nobody.get(f"/link/{token}")
    assert (sent.status_code, sent.location) == (302, "/choose-password")
    page = nobody.get("/choose-password")
    text = page.get_data(as_text=True)
    assert token not in text and "ALD-ANN" in text and page.headers["Referrer-Policy"] == "no-referrer"
    assert nobody.client.head(f"/link/{token}").status_code == 302
    bad = nobody.post("/choose-password", {"new_password": NEW, "again": "other"})
    assert "differ" in bad.get_data(as_text=True)
    assert nobody.post("/choose-password", {"new_password": NEW, "again": NEW}).location == "/sign-in"
    assert nobody.get("/choose-password").status_code == 410
    assert nobody.get(f"/link/{token}").status_code == 410
    assert attempt(app, password=NEW) == "in"


def test_a_link_opened_in_two_tabs_is_refused_in_the_second_and_that_is_written_down(app, acting, browser) -> None:
    send(acting)
    first, second, token = browser("nobody"), browser("nobody"), last_link(app)
    for one in (first, second):
        one.get(f"/link/{token}")
        one.get("/choose-password")
    first.post("/choose-password", {"new_password": NEW, "again": NEW})
    refused = second.post("/choose-password", {"new_password": NEW + "-2", "again": NEW + "-2"})
    assert refused.status_code == 410 and "used already" in refused.get_data(as_text=True)
    assert attempt(app, password=NEW) == "in"


@pytest.mark.parametrize(
    ("user_id", "is_sent"),
    [("ALD-ANN", True), ("ald-ann", True), ("ALD-NOBODY", False), ("x" * 400, False), ("'; --", False), ("ann", False)],
)
def test_whoever_asks_is_answered_the_same(app, acting, browser, user_id, is_sent) -> None:
    answer = ask(browser, user_id)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and SENT in text and user_id not in text
    assert mails(app) == (["password_reset"] if is_sent else [])
    assert events(app) == (["password:ask"] if is_sent else [])


@pytest.mark.parametrize("state", ["disabled", "suspended", "no-mail"])
def test_who_cannot_be_sent_one_is_answered_the_same(app, acting, browser, state) -> None:
    with acting("system"):
        ann = find("ann")
        ann.is_active = state != "disabled"
        ann.email = "" if state == "no-mail" else ann.email
        db.session.get_one(Organisation, ann.organisation_id).is_active = state != "suspended"
        db.session.commit()
    assert SENT in ask(browser).get_data(as_text=True)
    assert mails(app) == []


def test_until_the_answer_is_out_nothing_differs_for_the_unknown(app, browser) -> None:
    """Timing is compared by what is asked of the database, never by a clock."""
    seen: dict[str, list[str]] = {}
    with app.app_context():
        engine = db.engine
    for user_id in ("ALD-ANN", "ALD-NOBODY"):
        nobody, statements = browser("nobody"), []
        nobody.get("/forgotten")

        def note(_c, _cursor, statement, *_rest, into=statements) -> None:
            into.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        answer = nobody.client.post("/forgotten", data={"user_id": user_id, "csrf_token": nobody._token})
        assert SENT.encode() in b"".join(answer.response)
        seen[user_id] = list(statements)
        event.remove(engine, "before_cursor_execute", note)
        answer.close()
    assert seen["ALD-ANN"] == seen["ALD-NOBODY"] and seen["ALD-ANN"]
    assert mails(app) == ["password_reset"]


def test_a_person_is_sent_a_few_links_an_hour(app, browser, monkeypatch) -> None:
    for _ in range(6):
        assert SENT in ask(browser).get_data(as_text=True)
    assert len(mails(app)) == locks.LINKS_ASKED.free
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1, seconds=1))
    ask(browser)
    assert len(mails(app)) == locks.LINKS_ASKED.free + 1


def test_an_address_asks_for_some_links_an_hour(app, browser) -> None:
    for number in range(locks.LINKS_ASKED_FROM_ADDRESS.free):
        ask(browser, f"ALD-GUESS{number}")
    assert SENT in ask(browser).get_data(as_text=True)
    assert mails(app) == []


def test_asking_does_not_end_the_password_or_sessions(app, browser) -> None:
    ann = browser("ann")
    ask(browser)
    assert ann.get("/contacts/").status_code == 200
    assert attempt(app, password=PASSWORD) == "in"


def test_who_was_only_invited_has_no_password_and_costs_what_others_cost(app, acting, monkeypatch) -> None:
    with acting("system"):
        find("ann").password_hash = passwords.NONE_YET
        db.session.commit()
    hashes = Counter(monkeypatch)
    for password in (passwords.NONE_YET, "", PASSWORD):
        assert attempt(app, password=password) == "refused"
    assert hashes.count == 3


def test_no_link_is_of_another_organisation(app, acting) -> None:
    send(acting)
    with acting("bea"):
        assert db.session.scalars(select(SignInLink)).all() == []
        assert db.session.scalars(select(User).where(User.user_id == PEOPLE["ann"].user_id)).all() == []
    with app.app_context(), acting_as(SYSTEM):
        assert len(db.session.scalars(select(SignInLink)).all()) == 1
