"""Guessing at passwords: who has to wait, for how long, who is spared, and what a stranger learns, which is nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.domain.errors import NotAllowed
from app.extensions import db
from app.models import Organisation, SignInLimit
from app.services import locks, sessions
from tests.cast import PASSWORD, PEOPLE
from tests.services.racing import at_once
from tests.signing_in import WRONG, Acting, Counter, attempt, events, find

START = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
Move = Callable[[timedelta], None]
# Tries that failed in a row -> seconds until the next one counts.
WAITS = ((5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 960), (11, 1800), (12, 1800), (20, 1800))


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Set the clock to so long after a fixed beginning."""

    def set_to(after: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: START + after)

    set_to(timedelta())
    return set_to


def fail(app: Flask, times: int, move: Move | None = None, *, user_id: str = "ALD-ANN", device: str = "") -> timedelta:
    """Type so many wrong passwords that count, waiting where one has to; how long after the start that was."""
    after = timedelta()
    for number in range(1, times + 1):
        assert attempt(app, user_id, address="", device=device) == "refused"
        wait = max((seconds for failed, seconds in WAITS if failed <= number), default=0)
        if move and number < times:
            after += timedelta(seconds=wait)
            move(after)
    return after


@pytest.mark.parametrize(("failed", "seconds"), WAITS)
def test_waits_grow_and_end_by_themselves(app, move, failed, seconds) -> None:
    after = fail(app, failed, move)
    move(after + timedelta(seconds=seconds - 1))
    assert attempt(app, password=PASSWORD, address="") == "refused", "too early, though right"
    move(after + timedelta(seconds=seconds))
    assert attempt(app, password=PASSWORD, address="") == "in"
    assert attempt(app, address="") == "refused"
    assert attempt(app, password=PASSWORD, address="") == "in", "the right password begins anew"


@pytest.mark.parametrize("failed", [1, 2, 3, 4])
def test_a_few_slips_cost_nothing(app, move, failed) -> None:
    fail(app, failed)
    assert attempt(app, password=PASSWORD, address="") == "in"


@pytest.mark.parametrize("user_id", ["ALD-ANN", "ald-ann", " ALD-ANN ", "ALD-NOBODY", "x" * 500, "", "ALD-ANN\0"])
def test_an_unknown_person_waits_like_a_known_one_and_costs_the_same(app, move, monkeypatch, user_id) -> None:
    hashes = Counter(monkeypatch)
    fail(app, 5, user_id=user_id)
    assert hashes.count == 5
    assert attempt(app, user_id, address="") == "refused"
    assert hashes.count == 5, "nothing is hashed while one has to wait"


def test_ten_thousand_wrong_passwords_are_five_hashes_and_five_events(app, world, move, monkeypatch) -> None:
    hashes = Counter(monkeypatch)
    for number in range(10_000 if world.kind == "sqlite" else 1_000):
        assert attempt(app, password=f"guess-number-{number}", address="") == "refused"
    assert hashes.count == 5
    assert events(app) == ["session:refuse"] * 4 + ["session:lock"]
    with app.app_context(), acting_as(SYSTEM):
        assert db.session.scalar(select(func.count()).select_from(SignInLimit)) == 1


def test_who_is_known_in_this_browser_is_not_kept_out_by_strangers(app, move) -> None:
    fail(app, 5)
    assert attempt(app, password=PASSWORD, address="") == "refused"
    assert attempt(app, password=PASSWORD, device="anns-own-browser") == "in"
    assert attempt(app, password=PASSWORD, address="") == "refused", "and that does not help the strangers"


def test_a_known_browser_has_to_wait_for_its_own_failures(app, move) -> None:
    fail(app, 5, device="anns-own-browser")
    assert attempt(app, password=PASSWORD, device="anns-own-browser") == "refused"
    assert attempt(app, password=PASSWORD, address="") == "in"


def test_one_persons_wait_is_nobody_elses(app, move) -> None:
    fail(app, 5)
    for name in ("sue", "lena", "bob", "root"):
        assert attempt(app, PEOPLE[name].user_id, PASSWORD) == "in"


def test_an_address_that_guesses_at_many_people_has_to_wait(app, move) -> None:
    for number in range(locks.ADDRESS_TRIES.free):
        assert attempt(app, f"ALD-GUESS{number}") == "refused"
    assert attempt(app, "BIR-BOB", PASSWORD) == "refused", "from there nobody gets in"
    assert attempt(app, "BIR-BOB", PASSWORD, address="203.0.113.10") == "in"
    assert attempt(app, "BIR-BOB", PASSWORD, device="bobs-own-browser") == "in", "but who is known here does"
    move(timedelta(seconds=30))
    assert attempt(app, "BIR-BOB", PASSWORD) == "in"


def test_right_passwords_from_one_address_make_nobody_wait(app, move) -> None:
    for _ in range(locks.ADDRESS_TRIES.free + 10):
        assert attempt(app, password=PASSWORD) == "in"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("unix:", "unix:", True),
    ],
)
def test_addresses_of_one_household_are_counted_together(one, other, is_same) -> None:
    assert (locks.of_address(one) == locks.of_address(other)) == is_same


def test_a_day_without_tries_forgets_them(app, move) -> None:
    fail(app, 4)
    move(locks.FORGOTTEN_AFTER + timedelta(seconds=1))
    fail(app, 4)
    assert attempt(app, password=PASSWORD, address="") == "in"


def test_a_clock_that_was_put_back_locks_nobody_for_long(app, move) -> None:
    move(timedelta(days=30))
    fail(app, 5)
    move(timedelta())
    assert attempt(app, password=PASSWORD, address="") == "in"


def test_many_tries_at_once_count_one_by_one(app) -> None:
    results = at_once(app, [lambda: attempt(app, address="") for _ in range(12)])
    assert set(results) == {"refused"}
    with app.app_context(), acting_as(SYSTEM):
        assert db.session.scalars(select(SignInLimit.failures)).one() == 5
    assert events(app, of="session:").count("session:lock") == 1


def test_while_the_hash_is_computed_the_right_password_of_others_still_counts(app, move) -> None:
    for _ in range(3):
        fail(app, 4)
        assert attempt(app, password=PASSWORD, address="") == "in"
    with app.app_context(), acting_as(SYSTEM):
        assert db.session.scalars(select(SignInLimit)).all() == []


def test_an_lso_sees_who_has_to_wait_and_until_when(app, acting: Acting, move) -> None:
    fail(app, 5)
    fail(app, 2, user_id="ALD-SUE")
    with acting("lena"):
        people = [find("ann"), find("sue"), find("vic")]
        state = locks.state_of(people)
        ann, sue, _ = people
        assert state == {
            ann.id: locks.State(5, START + timedelta(seconds=30)),
            sue.id: locks.State(2, None),
        }
        assert locks.state_of([]) == {}
    move(timedelta(seconds=31))
    with acting("lena"):
        assert locks.state_of([find("ann")])[ann.id].until is None


@pytest.mark.parametrize("device", ["", "anns-own-browser"])
def test_an_lso_unlocks_and_that_is_written_down_once(app, acting: Acting, move, device) -> None:
    fail(app, 5, device=device)
    with acting("lena"):
        assert locks.unlock(find("ann")) is True
        db.session.commit()
        assert locks.unlock(find("ann")) is False
        db.session.commit()
    assert events(app, of="session:unlock") == ["session:unlock"]
    assert attempt(app, password=PASSWORD, address="", device=device) == "in"


@pytest.mark.parametrize("name", ["ann", "sue", "vic", "rae", "ada", "mo"])
def test_nobody_else_unlocks(app, acting: Acting, move, name) -> None:
    fail(app, 5)
    with acting("system"):
        pk = find("ann").id
    with acting(name):
        ann = type("Row", (), {"user_id": "ALD-ANN", "id": pk, "organisation_id": 0})
        with pytest.raises(NotAllowed):
            locks.unlock(ann)
    assert attempt(app, password=PASSWORD, address="") == "refused"


def test_unlocking_is_not_enabling(app, acting: Acting, move) -> None:
    with acting("system"):
        find("ann").is_active = False
        db.session.commit()
    fail(app, 5)
    with acting("lena"):
        locks.unlock(find("ann"))
        db.session.commit()
    assert attempt(app, password=PASSWORD, address="") == "shut out"


def page_of(app: Flask, user_id: str, password: str) -> str:
    """The page after an attempt, without what differs each time."""
    client = app.test_client()
    token = client.get("/sign-in").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    form = {"user_id": user_id, "password": password, "csrf_token": token}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 200
    assert all(one.startswith("cms=") for one in answer.headers.getlist("Set-Cookie")), "no browser becomes known so"
    body = answer.get_data(as_text=True).replace(user_id, "USER")
    for part in body.split('nonce="')[1:] + body.split('name="csrf_token" value="')[1:]:
        body = body.replace(part.split('"')[0], "RANDOM")
    return body


@pytest.mark.parametrize("state", ["known", "disabled", "suspended", "locked", "locked-right", "known-in-browser"])
def test_before_the_right_password_every_page_is_the_same(app, acting: Acting, state) -> None:
    with acting("system"):
        ann = find("ann")
        ann.is_active = state != "disabled"
        if state == "suspended":
            db.session.get_one(Organisation, ann.organisation_id).is_active = False
        db.session.commit()
    if state.startswith("locked"):
        for _ in range(5):
            attempt(app, address="")
    known = page_of(app, "ALD-ANN", PASSWORD if state == "locked-right" else WRONG)
    assert known == page_of(app, "ALD-NOBODY", WRONG)


def test_the_one_answer_says_that_one_may_have_to_wait() -> None:
    assert "do not match" in sessions.WRONG and "wait" in sessions.WRONG
