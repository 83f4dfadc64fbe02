"""Passkeys: made and used with a software authenticator that also lies in every way it can."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import SecondFactor, UserSession
from app.services import passkeys, second_step
from tests.authenticator import Authenticator, decode, encode
from tests.signing_in import begin, events, give_app, mails, resumed
from tests.test_second_factors import RECOVERY, password_page


def add(one: Any, key: Authenticator, **lies: Any) -> str:
    """Add a passkey by the pages; the page or "" when it led on."""
    options = one.post("/account/sign-in/passkey/options").get_data(as_text=True)
    return send(one, key.make(options, **lies))


def send(one: Any, answer: str) -> str:
    sent = one.post("/account/sign-in/passkey/", {"answer": answer, "name": "Laptop"})
    assert sent.status_code in (200, 302)
    return sent.get_data(as_text=True)


@pytest.fixture
def key(browser) -> Authenticator:
    """A passkey of ann's."""
    made = Authenticator()
    assert "Your recovery codes" in add(browser("ann"), made)
    return made


def offer(app, actor: Any) -> str:
    with app.app_context():
        return second_step.offer_passkey(actor)


def finish(app, actor: Any, answer: str) -> str:
    """Answer the second question with a passkey; "in", or why not."""
    with app.app_context():
        try:
            token = second_step.complete(actor, "passkey", answer)
        except RuleBroken as refusal:
            return refusal.message
    return "in" if not resumed(app, token).is_pending else "pending"


def test_a_passkey_is_added_and_asked_for(app, key, browser) -> None:
    assert mails(app) == ["second_factor_changed"] and events(app, of="second_factor:") == ["second_factor:add"]
    one, address = password_page(browser)
    page = one.get(address).get_data(as_text=True)
    assert "Use a passkey" in page and "authenticator app" not in page
    options = one.post("/sign-in/second/options").get_data(as_text=True)
    assert [decode(known["id"]) for known in json.loads(options)["allowCredentials"]] == [key.id]
    assert one.post(address, {"way": "passkey", "answer": key.use(options)}).status_code == 302
    assert one.get("/contacts/").status_code == 200


def test_the_counter_is_kept_and_may_only_go_up(app, key) -> None:
    for _ in range(3):
        actor = begin(app)
        assert finish(app, actor, key.use(offer(app, actor))) == "in"
    with app.app_context(), acting_as(SYSTEM):
        assert db.session.scalars(select(SecondFactor.sign_count)).one() == key.count


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_counter_that_goes_back_is_of_a_copy(app, key, back) -> None:
    for _ in range(2):
        actor = begin(app)
        assert finish(app, actor, key.use(offer(app, actor))) == "in"
    key.count -= back
    actor = begin(app)
    assert finish(app, actor, key.use(offer(app, actor))) == passkeys.NOT_ACCEPTED


LIES = [
    {"origin": "https://evil.example"},
    {"origin": "http://localhost:5001"},
    {"origin": "https://localhost:5000"},
    {"origin": "http://localhost:5000.evil.example"},
    {"origin": ""},
    {"challenge": encode(b"x" * 32)},
    {"challenge": ""},
    {"type": "webauthn.other"},
    {"rp_id": "evil.example"},
    {"rp_id": "127.0.0.1"},
    {"flags": 0},
]


@pytest.mark.parametrize("lie", [*LIES, {"type": "webauthn.create"}], ids=repr)
def test_a_signature_for_something_else_is_refused(app, key, lie) -> None:
    actor = begin(app)
    assert finish(app, actor, key.use(offer(app, actor), **lie)) == passkeys.NOT_ACCEPTED
    assert finish(app, actor, key.use(offer(app, actor))) == "in", "and the true one is not"


@pytest.mark.parametrize("lie", [*LIES, {"type": "webauthn.get"}], ids=repr)
def test_a_passkey_made_for_something_else_is_not_kept(app, browser, lie) -> None:
    page = add(browser("ann"), Authenticator(), **lie)
    assert "not accepted" in page and events(app, of="second_factor:") == []
    assert not begin(app).is_pending


def test_a_challenge_is_good_for_one_answer(app, key) -> None:
    actor = begin(app)
    answer = key.use(offer(app, actor))
    assert finish(app, actor, answer) == "in"
    other = begin(app)
    assert finish(app, other, answer) == passkeys.NOT_ACCEPTED, "without a challenge of its own"
    offer(app, other)
    assert finish(app, other, answer) == passkeys.NOT_ACCEPTED, "with another"


def test_a_wrong_answer_uses_the_challenge_up(app, key) -> None:
    actor = begin(app)
    options = offer(app, actor)
    assert finish(app, actor, "{}") == passkeys.NOT_ACCEPTED
    assert finish(app, actor, key.use(options)) == passkeys.NOT_ACCEPTED


def test_a_newer_challenge_replaces_the_older(app, key) -> None:
    actor = begin(app)
    old, new = offer(app, actor), offer(app, actor)
    assert finish(app, actor, key.use(old)) == passkeys.NOT_ACCEPTED
    assert finish(app, actor, key.use(new)) == passkeys.NOT_ACCEPTED, "used up"
    assert finish(app, actor, key.use(offer(app, actor))) == "in"


@pytest.mark.parametrize("after", [timedelta(minutes=6), timedelta(seconds=-5)])
def test_a_challenge_grows_old_and_is_none_of_the_future(app, key, monkeypatch, after) -> None:
    actor, now = begin(app), clock.now()
    options = offer(app, actor)
    monkeypatch.setattr(clock, "now", lambda: now + after)
    assert finish(app, actor, key.use(options)) == passkeys.NOT_ACCEPTED


def test_what_was_asked_for_adding_signs_nobody_in(app, key, browser) -> None:
    actor = begin(app)
    options = offer(app, actor)
    with app.app_context(), acting_as(SYSTEM):
        session = db.session.get_one(UserSession, actor.session_pk)
        session.challenge = session.challenge.replace("use ", "add ")
        db.session.commit()
    assert finish(app, actor, key.use(options)) == passkeys.NOT_ACCEPTED


def test_anothers_passkey_lets_nobody_in_as_me(app, key, browser) -> None:
    hers = Authenticator()
    add(browser("sue"), hers)
    actor = begin(app)
    assert finish(app, actor, hers.use(offer(app, actor))) == passkeys.NOT_ACCEPTED


def test_a_passkey_of_mine_that_another_key_signs_for_is_refused(app, key) -> None:
    forged = Authenticator()
    forged.id, forged.count = key.id, 50
    actor = begin(app)
    assert finish(app, actor, forged.use(offer(app, actor))) == passkeys.NOT_ACCEPTED


MALFORMED = [
    "", "{", "null", "[]", "7", '"x"', "{}", '{"id": 5}', '{"id": "x", "rawId": "y", "type": "public-key"}',
    '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}',
    '{"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "!", "attestationObject": "!"}}',
    '{"id": {"a": []}, "rawId": null, "response": 3}', "[" * 15_000, "x" * 30_000, "NaN", '{"id": "\\ud800"}',
]  # fmt: skip


@pytest.mark.parametrize("answer", MALFORMED, ids=lambda answer: repr(answer[:24]))
def test_what_is_no_answer_is_refused_in_words(app, key, browser, answer) -> None:
    actor = begin(app)
    offer(app, actor)
    assert finish(app, actor, answer) == passkeys.NOT_ACCEPTED
    ann = browser("sue")
    ann.post("/account/sign-in/passkey/options")
    page = send(ann, answer)
    assert "There is a problem" in page and "not accepted" in page or "No passkey came" in page


@pytest.mark.parametrize("cut", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("how", ["gone", "empty", "short", "other"])
def test_an_answer_that_was_tampered_with_is_refused(app, key, cut, how) -> None:
    actor = begin(app)
    answer = json.loads(key.use(offer(app, actor)))
    held = answer["response"]
    if how == "gone":
        del held[cut]
    else:
        kept = decode(held[cut])
        held[cut] = encode({"empty": b"", "short": kept[:-3], "other": kept[:-1] + bytes([kept[-1] ^ 1])}[how])
    assert finish(app, actor, json.dumps(answer)) == passkeys.NOT_ACCEPTED


def test_without_scripts_a_sentence_says_so(browser) -> None:
    ann = browser("ann")
    assert "needs scripts" in ann.get("/account/sign-in/passkey/").get_data(as_text=True)
    assert "No passkey came" in send(ann, "")


def test_the_same_passkey_is_kept_once(app, key, browser) -> None:
    actor = begin(app)
    assert finish(app, actor, key.use(offer(app, actor))) == "in"
    assert "added already" in add(browser("sue"), key), "nor for somebody else"


def test_wrong_passkeys_make_wait_like_wrong_codes(app, key) -> None:
    actor = begin(app)
    for _ in range(5):
        assert finish(app, actor, "{}") == passkeys.NOT_ACCEPTED
    assert finish(app, actor, key.use(offer(app, actor))) == second_step.WAIT


def test_a_recovery_code_stands_in_for_a_passkey(app, key) -> None:
    give_app(app)
    with app.app_context():
        assert second_step.complete(begin(app), "recovery", RECOVERY)


@pytest.mark.parametrize(
    ("base_url", "rp_id", "origin"),
    [
        ("https://cms.example", "cms.example", "https://cms.example"),
        ("https://cms.example:8443", "cms.example", "https://cms.example:8443"),
        ("https://CMS.example/", "cms.example", "https://cms.example"),
        ("http://127.0.0.1:5000", "localhost", "http://localhost:5000"),
    ],
)
def test_where_passkeys_are_good_for_comes_from_the_address_people_use(app, base_url, rp_id, origin) -> None:
    try:
        passkeys.configure(base_url=base_url)
        assert passkeys.origin() == origin
        actor = begin(app)
        assert json.loads(offer(app, actor))["rpId"] == rp_id
    finally:
        passkeys.configure(base_url=app.config["CMS"].base_url)


def test_proving_again_by_passkey(app, browser, monkeypatch) -> None:
    ann, key, now = browser("ann"), Authenticator(), clock.now()
    add(ann, key)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=11))
    assert "/account/confirm/" in ann.post("/account/sign-in/codes/").location
    options = ann.post("/account/confirm/options").get_data(as_text=True)
    refused = ann.post("/account/confirm/", {"way": "passkey", "answer": "{}"})
    assert "not accepted" in refused.get_data(as_text=True)
    refused = ann.post("/account/confirm/", {"way": "passkey", "answer": key.use(options)})
    assert "not accepted" in refused.get_data(as_text=True), "a wrong answer used the challenge up"
    options = ann.post("/account/confirm/options").get_data(as_text=True)
    assert ann.post("/account/confirm/", {"way": "passkey", "answer": key.use(options)}).status_code == 302
