"""A browser that somebody has signed in with before: a counter of its own, and a cookie that cannot be made up."""

import pytest
from sqlalchemy import event

from app.extensions import db
from app.services import sessions
from tests.cast import PASSWORD, PEOPLE
from tests.signing_in import WRONG, attempt, resumed

COOKIE = "cms_known"


def sign_in(one, name: str = "ann", password: str = PASSWORD) -> bool:
    """Try by the page; whether it let in."""
    one.client.delete_cookie("cms")
    one.get("/sign-in")
    return one.post("/sign-in", {"user_id": PEOPLE[name].user_id, "password": password}).status_code == 302


@pytest.fixture
def locked(app, browser):
    """Ann's own browser, and a lock that a stranger brought upon her."""
    ann = browser("ann", by_page=True)
    for _ in range(5):
        attempt(app, address="")
    return ann


def test_the_own_browser_gets_in_and_a_strangers_does_not(locked, browser) -> None:
    assert sign_in(locked)
    assert not sign_in(browser("nobody"))


def test_it_is_known_for_those_who_signed_in_with_it_and_nobody_else(app, locked) -> None:
    for _ in range(5):
        attempt(app, "BIR-BOB", address="")
    assert not sign_in(locked, "bob")


def test_several_people_may_share_a_browser_and_the_first_are_forgotten_first(app, browser) -> None:
    one = browser("nobody")
    names = ["ann", "sue", "vic", "lena", "rae", "bob", "bea", "ned", "ada"]
    for name in names:
        assert sign_in(one, name)
    for name in names:
        for _ in range(5):
            attempt(app, PEOPLE[name].user_id, address="")
    assert [sign_in(one, name) for name in names] == [False] + [True] * 8


@pytest.mark.parametrize("value", ["", "x", "e30.x", "eyJicm93c2VyIjoiYSIsInBlb3BsZSI6W119.AAAA", "." * 3000, "ü"])
def test_a_made_up_cookie_is_nobodys(locked, browser, value) -> None:
    thief = browser("nobody")
    thief.client.set_cookie(COOKIE, value)
    assert not sign_in(thief)


def test_an_altered_cookie_is_nobodys(locked, browser) -> None:
    kept = locked.client.get_cookie(COOKIE).value
    for place in (3, len(kept) // 2, len(kept) - 3):
        thief = browser("nobody")
        thief.client.set_cookie(COOKIE, kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :])
        assert not sign_in(thief), place


def test_a_stolen_cookie_gives_five_tries_of_its_own_and_no_more(locked, browser) -> None:
    thief = browser("nobody")
    thief.client.set_cookie(COOKIE, locked.client.get_cookie(COOKIE).value)
    for _ in range(5):
        assert not sign_in(thief, password=WRONG)
    assert not sign_in(thief), "and then waits like any other"


def test_it_says_nothing_of_the_person_and_scripts_do_not_read_it(browser) -> None:
    one = browser("nobody")
    one.get("/sign-in")
    answer = one.post("/sign-in", {"user_id": "ALD-ANN", "password": PASSWORD})
    (header,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(COOKIE)]
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Path=/" in header
    assert "ann" not in header.split(";")[0].lower()


def test_a_wrong_password_makes_no_browser_known(browser) -> None:
    one = browser("nobody")
    assert not sign_in(one, password=WRONG)
    assert one.client.get_cookie(COOKIE) is None


def test_a_request_still_begins_with_one_statement(app) -> None:
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
        engine, counted = db.engine, []

    def count(_connection, _cursor, statement, *_rest) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "select pg_catalog", "show ")):
            counted.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        assert resumed(app, token).user_id == "ALD-ANN"
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(counted) == 1
