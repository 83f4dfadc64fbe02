"""Authenticator apps and recovery codes: asked after the password, good once, and opening nothing before."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import clock
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import RecoveryCode, SecondFactor
from app.services import locks, sealing, second_factors, second_step, sessions
from tests.cast import PASSWORD, PEOPLE
from tests.routes import ROUTES
from tests.services.racing import at_once
from tests.signing_in import (
    Acting,
    begin,
    code,
    events,
    find,
    give_app,
    mails,
    open_sessions,
    resumed,
)  # fmt: skip

RECOVERY = "aaaaa-22222"


def finish(app, actor: Any, way: str, answer: str) -> str:
    """Answer the second question; "in", or the sentence that says why not."""
    with app.app_context():
        try:
            token = second_step.complete(actor, way, answer)
        except RuleBroken as refusal:
            return refusal.message
    full = resumed(app, token)
    assert full.user_id == actor.user_id and not full.is_pending and full.is_proved
    return "in"


def password_page(browser, name: str = "ann", next_address: str = ""):
    """A browser after the right password of somebody with a second factor."""
    one = browser("nobody")
    one.get("/sign-in")
    form = {"user_id": PEOPLE[name].user_id, "password": PASSWORD}
    sent = one.post(f"/sign-in?next={next_address}", form)
    assert sent.location.startswith("/sign-in/second/"), sent.location
    one.get(sent.location)
    return one, sent.location


def test_the_right_code_opens_a_session_by_a_new_token(app) -> None:
    seed = give_app(app)
    actor = begin(app)
    assert actor.is_pending and not actor.permissions and not actor.roles
    assert finish(app, actor, "app", code(seed)) == "in"
    assert events(app, of="session:") == ["session:begin", "session:open"]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_go_half_a_minute_wrong(app, steps) -> None:
    seed = give_app(app)
    assert finish(app, begin(app), "app", code(seed, steps=steps)) == "in"


@pytest.mark.parametrize("steps", [-20, -3, -2, 2, 3, 20])
def test_and_no_more(app, steps) -> None:
    seed = give_app(app)
    assert finish(app, begin(app), "app", code(seed, steps=steps)) == second_factors.WRONG_CODE


@pytest.mark.parametrize("spaced", ["{} {}", " {}{} ", "{}\t{}"])
def test_a_code_may_be_typed_with_spaces(app, spaced) -> None:
    shown = code(give_app(app))
    assert finish(app, begin(app), "app", spaced.format(shown[:3], shown[3:])) == "in"


@pytest.mark.parametrize(
    "typed",
    ["", "0", "12345", "1234567", "abcdef", "１２３４５６", "\0" * 6, "-12345", "1e5", "9" * 4000, "١٢٣٤٥٦", "000000"],
)
def test_what_is_no_code_is_refused_in_words(app, typed) -> None:
    give_app(app)
    assert finish(app, begin(app), "app", typed) == second_factors.WRONG_CODE
    assert events(app, of="second_factor:") == ["second_factor:refuse"]


@pytest.mark.parametrize("way", ["", "password", "sms", "app ", "recovery\0"])
def test_there_are_no_other_ways(app, way) -> None:
    give_app(app)
    assert finish(app, begin(app), way, PASSWORD) == "Choose one of the ways on this page."


def test_a_code_is_good_once_in_every_session(app) -> None:
    seed = give_app(app)
    shown = code(seed)
    assert finish(app, begin(app), "app", shown) == "in"
    assert finish(app, begin(app), "app", shown) == second_factors.USED_CODE
    assert finish(app, begin(app), "app", code(seed, steps=-1)) == second_factors.USED_CODE, "nor is an older one"
    assert finish(app, begin(app), "app", code(seed, steps=1)) == "in"


@pytest.mark.parametrize("back", [timedelta(seconds=30), timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_was_put_back_makes_no_used_code_good(app, monkeypatch, back) -> None:
    seed, now = give_app(app), clock.now()
    shown = code(seed, at=now - back)
    monkeypatch.setattr(clock, "now", lambda: now - back)
    assert finish(app, begin(app), "app", shown) == "in"
    monkeypatch.setattr(clock, "now", lambda: now)
    assert finish(app, begin(app), "app", code(seed)) == "in"
    monkeypatch.setattr(clock, "now", lambda: now - back)
    assert finish(app, begin(app), "app", shown) == second_factors.USED_CODE
    assert finish(app, begin(app), "app", code(seed, steps=1)) in (second_factors.USED_CODE, "in")


def test_of_several_at_once_one_uses_the_code(app) -> None:
    shown = code(give_app(app))
    waiting = [begin(app) for _ in range(5)]
    results = at_once(app, [lambda actor=actor: second_step.complete(actor, "app", shown) for actor in waiting])
    assert sum(isinstance(result, str) for result in results) == 1
    assert all(isinstance(result, str | RuleBroken) for result in results), results


@pytest.mark.parametrize("typed", [RECOVERY, "AAAAA-22222", "aaaaa22222", " aaaaa 22222 "])
def test_a_recovery_code_lets_in_once(app, typed) -> None:
    give_app(app)
    assert finish(app, begin(app), "recovery", typed) == "in"
    assert finish(app, begin(app), "recovery", typed) == second_step.WRONG_RECOVERY


@pytest.mark.parametrize("typed", ["", "aaaaa-22223", "aaaaa", "a" * 5000, "\0", "' OR 1=1", "ａａａａａ22222"])
def test_a_wrong_recovery_code_does_not(app, typed) -> None:
    give_app(app)
    assert finish(app, begin(app), "recovery", typed) == second_step.WRONG_RECOVERY


def test_anothers_codes_do_not_let_in(app) -> None:
    mine, hers = give_app(app), give_app(app, "sue")
    assert mine != hers
    assert finish(app, begin(app), "app", code(hers)) == second_factors.WRONG_CODE


def test_wrong_codes_make_wait_and_the_wait_ends(app, acting: Acting, monkeypatch) -> None:
    seed, now = give_app(app), clock.now()
    actor = begin(app)
    for _ in range(locks.PASSWORD_TRIES.free):
        assert finish(app, actor, "app", "000000") == second_factors.WRONG_CODE
    assert finish(app, actor, "app", code(seed)) == second_step.WAIT
    assert finish(app, begin(app), "recovery", RECOVERY) == second_step.WAIT, "by whatever way"
    with acting("lena"):
        assert locks.state_of([find("ann")])[find("ann").id].until is not None
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=31))
    assert finish(app, actor, "app", code(seed)) == "in"


def test_the_page_is_good_for_ten_minutes(app, monkeypatch) -> None:
    give_app(app)
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=9))
    assert resumed(app, token).is_pending
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=10, seconds=1))
    assert resumed(app, token) is None


@pytest.mark.parametrize("what", ["disabled", "ended", "finished"])
def test_a_session_that_may_go_on_no_more_does_not(app, acting: Acting, what) -> None:
    seed, actor = give_app(app), begin(app)
    if what == "finished":
        assert finish(app, actor, "app", code(seed)) == "in"
    else:
        with acting("system"):
            find("ann").is_active = what != "disabled"
            sessions.revoke_sessions(find("ann").id)
            db.session.commit()
    assert finish(app, actor, "recovery", RECOVERY) == second_step.GONE


def test_who_owes_a_second_factor_is_nobody_on_every_page(app, busy, browser) -> None:
    give_app(app)
    one, _ = password_page(browser)
    nobody = browser("nobody")
    nobody.get("/sign-in")
    looked = 0
    for (endpoint, method), route in ROUTES.items():
        if endpoint.startswith(("second_step.", "session.sign_")):
            continue
        address = route.address(busy["alder"])
        if method == "GET":
            mine, theirs = one.get(address), nobody.get(address)
        else:
            mine, theirs = one.post(address, route.data), nobody.post(address, route.data)
        assert mine.status_code == theirs.status_code, (endpoint, method)
        if mine.status_code == 302 and not route.is_open:
            assert mine.location.startswith("/sign-in/second/"), (endpoint, method)
        looked += 1
    assert looked > 90
    assert open_sessions(app) == 2, "the one of the busy world, and this one, which waits"


def test_by_the_pages_one_is_led_on_to_where_one_was_going(app, browser) -> None:
    seed = give_app(app)
    one, address = password_page(browser, next_address="/contacts/%3Fstatus%3Dopen")
    assert one.get("/contacts/").location.startswith("/sign-in/second/")
    wrong = one.post(address, {"way": "app", "code": "12"})
    assert wrong.status_code == 200 and "not right" in wrong.get_data(as_text=True)
    done = one.post(address, {"way": "app", "code": code(seed)})
    assert (done.status_code, done.location) == (302, "/contacts/?status=open")
    assert one.get("/contacts/").status_code == 200


def test_one_may_begin_again_as_somebody_else(app, browser) -> None:
    give_app(app)
    one, _ = password_page(browser)
    assert one.post("/sign-in/second/again").location == "/sign-in"
    assert one.get("/sign-in").status_code == 200
    assert open_sessions(app) == 0


def read_seed(page: Any) -> str:
    """The key that stands on the page beside its QR code."""
    text = page.get_data(as_text=True)
    assert "<svg" in text and "style=" not in text
    found = re.search(r'cms-secret-key">([A-Z2-7 ]+)<', text)
    assert found
    return found[1].replace(" ", "")


def add_app(one: Any) -> list[str]:
    """Add an authenticator app by the pages; the recovery codes that are shown."""
    assert one.post("/account/sign-in/app/new/").location == "/account/sign-in/app/"
    seed = read_seed(one.get("/account/sign-in/app/"))
    assert "not right" in one.post("/account/sign-in/app/", {"code": "1"}).get_data(as_text=True)
    shown = one.post("/account/sign-in/app/", {"code": code(seed), "name": "Phone"})
    return re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", shown.get_data(as_text=True))


def test_an_app_is_added_by_the_pages_and_asked_for_from_then_on(app, browser) -> None:
    codes = add_app(browser("ann"))
    assert len(set(codes)) == second_factors.RECOVERY_CODES
    assert mails(app) == ["second_factor_changed"] and events(app, of="second_factor:") == ["second_factor:add"]
    one, address = password_page(browser)
    assert one.post(address, {"way": "recovery", "code": codes[3]}).status_code == 302
    assert "You have 9 left" in one.get("/account/sign-in/").get_data(as_text=True)


def test_new_recovery_codes_replace_the_old(app, browser) -> None:
    ann = browser("ann")
    old = add_app(ann)
    page = ann.post("/account/sign-in/codes/").get_data(as_text=True)
    new = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page)
    assert len(new) == len(old) and not set(new) & set(old)
    assert finish(app, begin(app), "recovery", old[0]) == second_step.WRONG_RECOVERY
    assert finish(app, begin(app), "recovery", new[0]) == "in"


def test_nothing_of_it_can_be_read_in_the_database(app, acting: Acting, browser) -> None:
    codes = add_app(browser("ann"))
    with acting("system"):
        factor = db.session.scalars(select(SecondFactor)).one()
        seed = sealing.unseal(factor.sealed_seed)
        assert seed and seed not in factor.sealed_seed
        kept = set(db.session.scalars(select(RecoveryCode.code_hash)))
        assert not kept & {one.replace("-", "") for one in codes} and all(len(one) == 64 for one in kept)
        sealing.configure(secret_key="another key, as long as it has to be here")
        try:
            assert sealing.unseal(factor.sealed_seed) is None
            assert second_factors.check_code(factor.user_id, code(seed)) is second_factors.Answer.WRONG
        finally:
            sealing.configure(secret_key=str(app.secret_key))
