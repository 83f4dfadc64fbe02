"""Who must have a second factor, what changing one takes, and what an LSO may do about a lost one."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.config import Config, from_environment
from app.domain import clock
from app.domain.errors import NotAllowed, NotFound, NotProved, RuleBroken
from app.domain.roles import EVERYONE
from app.extensions import db
from app.models import RecoveryCode, SecondFactor
from app.services import locks, people, second_factors, sessions
from app.views.public_ids import encode_id
from tests.cast import PASSWORD, PEOPLE
from tests.services.access import add_role
from tests.signing_in import Acting, attempt, begin, code, events, find, give_app, mails
from tests.test_second_factors import add_app, read_seed

GUARDED = ("lena", "bea", "ada", "lia", "mo", "xena", "root")
OTHERS = ("ann", "sue", "vic", "rae", "bob", "ned")


@pytest.fixture
def demanded():
    """As in production."""
    second_factors.configure(is_demanded=True)
    yield
    second_factors.configure(is_demanded=False)


@pytest.mark.parametrize("name", GUARDED)
def test_whoever_decides_about_access_must_add_one_before_anything_else(app, demanded, browser, name) -> None:
    actor = begin(app, name)
    assert actor.must_add_factor and actor.permissions == EVERYONE
    one = browser(name)
    for address in ("/", "/contacts/", "/people/", "/activity/", "/account/", "/account/sessions/"):
        assert one.get(address).location == "/account/sign-in/", address
    page = one.get("/account/sign-in/").get_data(as_text=True)
    assert "a password alone is not enough for you" in page and "cms-side" not in page
    assert len(add_app(one)) == second_factors.RECOVERY_CODES
    assert one.get("/").status_code == 200


@pytest.mark.parametrize("name", OTHERS)
def test_to_others_it_is_offered(app, demanded, browser, name) -> None:
    actor = begin(app, name)
    assert not actor.must_add_factor
    assert "Optional" in browser(name).get("/account/sign-in/").get_data(as_text=True)


@pytest.mark.parametrize("name", GUARDED)
def test_where_it_is_not_demanded_everybody_signs_in_in_one_step_and_is_told_why(app, browser, name) -> None:
    page = browser(name).get("/account/sign-in/").get_data(as_text=True)
    assert "Here it is optional" in page


@pytest.mark.parametrize(
    ("environment", "setting", "is_demanded"),
    [
        ("production", "", True),
        ("production", "required", True),
        ("production", "off", False),
        ("development", "", False),
        ("development", "required", True),
        ("development", "off", False),
    ],
)
def test_production_demands_it_unless_it_is_said_otherwise(environment, setting, is_demanded) -> None:
    assert Config(environment=environment, second_factor=setting).demands_second_factor is is_demanded


def test_a_setting_that_means_nothing_is_refused(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CMS_INSTANCE_PATH", str(tmp_path))
    monkeypatch.setenv("CMS_SECOND_FACTOR", "sometimes")
    with pytest.raises(Exception, match="off or required"):
        from_environment()


@pytest.mark.parametrize(("name", "minutes"), [(name, 15) for name in GUARDED] + [(name, 30) for name in OTHERS])
def test_an_unused_session_ends_sooner_for_whoever_is_closely_guarded(app, monkeypatch, name, minutes) -> None:
    with app.app_context():
        token = sessions.sign_in(PEOPLE[name].user_id, PASSWORD, address="", browser="")
        now = clock.now()
        limits = {"idle": timedelta(minutes=30), "longest": timedelta(hours=9)}
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=minutes, seconds=1))
        assert sessions.resume(token, **limits) is None
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=minutes, seconds=-1))
        assert sessions.resume(token, **limits) is not None


CHANGES = [
    ("POST", "/account/sign-in/app/new/"),
    ("POST", "/account/sign-in/codes/"),
    ("GET", "/account/sign-in/passkey/"),
    ("POST", "/account/sign-in/passkey/options"),
    ("GET", "/account/sign-in/app/"),
]


@pytest.mark.parametrize(("method", "address"), CHANGES)
def test_after_ten_minutes_one_shows_again_who_one_is_before_changing_anything(
    app, browser, monkeypatch, method, address
) -> None:
    ann, now = browser("ann"), clock.now()
    add_app(ann)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=11))
    sent = ann.get(address) if method == "GET" else ann.post(address)
    assert sent.location.startswith("/account/confirm/?next=")
    wrong = ann.post(sent.location, {"way": "password", "password": "wrong-horse-battery"})
    assert "not your current password" in wrong.get_data(as_text=True)
    back = ann.post(sent.location, {"way": "password", "password": PASSWORD})
    assert back.location == (address if method == "GET" else "/account/sign-in/")
    again = ann.get(address) if method == "GET" else ann.post(address)
    assert "/account/confirm/" not in (again.location or "")


@pytest.mark.parametrize("verb", ["begin_app", "confirm_app", "remove", "make_recovery_codes"])
def test_the_verbs_themselves_refuse_whoever_has_not_shown_it(acting: Acting, verb) -> None:
    arguments = {"confirm_app": ("123456", ""), "remove": (1,)}.get(verb, ())
    with acting("ann"), pytest.raises(NotProved):
        getattr(second_factors, verb)(*arguments)


def test_guessing_at_an_open_session_makes_wait(app, browser) -> None:
    ann = browser("ann")
    for _ in range(locks.PASSWORD_TRIES.free):
        ann.post("/account/confirm/", {"way": "password", "password": "wrong-horse-battery"})
    page = ann.post("/account/confirm/", {"way": "password", "password": PASSWORD}).get_data(as_text=True)
    assert "too many wrong tries" in page
    form = {"old_password": PASSWORD, "new_password": "several-unrelated-words", "again": "several-unrelated-words"}
    assert "too many wrong tries" in ann.post("/account/password", form).get_data(as_text=True)
    assert attempt(app, password=PASSWORD) == "in", "and nobody is kept out by it"


def test_one_proves_it_by_app_or_recovery_code_too(app, browser, monkeypatch) -> None:
    ann, now = browser("ann"), clock.now()
    codes = add_app(ann)
    for number, way in enumerate(("recovery", "recovery", "app")):
        monkeypatch.setattr(clock, "now", lambda n=number: now + timedelta(minutes=11 * (n + 1)))
        assert "/account/confirm/" in ann.post("/account/sign-in/codes/").location
        answer = code(read_own_seed(app)) if way == "app" else codes[number]
        assert ann.post("/account/confirm/", {"way": way, "code": answer}).status_code == 302, way
    assert events(app, of="session:prove") == ["session:prove"] * 3


def read_own_seed(app) -> str:
    """The seed of the only app there is."""
    with app.app_context(), acting_as(SYSTEM):
        return second_factors.seed_of(db.session.scalars(select(SecondFactor)).one())


def test_removing_the_last_one_takes_the_recovery_codes_too(app, acting: Acting, browser) -> None:
    ann = browser("ann")
    add_app(ann)
    page = ann.get("/account/sign-in/").get_data(as_text=True)
    (address,) = re.findall(r'href="(/account/sign-in/[^"]+/remove/)"', page)
    asked = ann.get(address)
    assert "only second factor" in asked.get_data(as_text=True)
    assert ann.post(address).status_code == 302
    with acting("system"):
        assert db.session.scalars(select(SecondFactor)).all() == db.session.scalars(select(RecoveryCode)).all() == []
    assert ann.get(address).status_code == 404
    assert attempt(app, password=PASSWORD) == "in"


@pytest.mark.parametrize("name", ["sue", "lena", "bob", "root"])
def test_nobody_removes_anothers_by_the_pages(app, acting: Acting, browser, name) -> None:
    give_app(app)
    with acting("system"):
        pk = db.session.scalars(select(SecondFactor.id)).one()
        with app.test_request_context():
            address = f"/account/sign-in/{encode_id(pk)}/remove/"
    other = browser(name)
    assert (other.get(address).status_code, other.post(address).status_code) == (404, 404)


def test_an_lso_takes_away_what_was_lost_and_the_person_is_told(app, acting: Acting) -> None:
    give_app(app)
    with acting("lena"):
        assert second_factors.forget_all(find("ann")) is True
        db.session.commit()
        assert second_factors.forget_all(find("ann")) is False
    assert events(app, of="second_factor:") == ["second_factor:forget"] and mails(app) == ["second_factor_changed"]
    assert not begin(app).is_pending


@pytest.mark.parametrize("name", ["ann", "sue", "vic", "ada", "mo"])
def test_nobody_else_takes_any_away(app, acting: Acting, name) -> None:
    with acting(name), pytest.raises(NotAllowed):
        second_factors.forget_all(find(name))


def test_a_new_seed_replaces_one_that_was_never_confirmed(app, browser) -> None:
    ann = browser("ann")
    seeds = set()
    for _ in range(3):
        ann.post("/account/sign-in/app/new/")
        seeds.add(read_seed(ann.get("/account/sign-in/app/")))
    assert len(seeds) == 3
    old = (seeds - {read_seed(ann.get("/account/sign-in/app/"))}).pop()
    assert "not right" in ann.post("/account/sign-in/app/", {"code": code(old)}).get_data(as_text=True)
    assert not begin(app).is_pending, "what was not confirmed is not asked for"


def test_there_is_a_most(app, browser, acting: Acting) -> None:
    for _ in range(second_factors.MOST_FACTORS):
        give_app_only(app)
    with acting("ann"), pytest.raises(RuleBroken, match="which is the most"):
        second_factors.check_room(find("ann").id)


def give_app_only(app) -> None:
    """An app without recovery codes."""
    with app.app_context(), acting_as(SYSTEM):
        ann, now = find("ann"), clock.now()
        own = {"user_id": ann.id, "organisation_id": ann.organisation_id, "made_at": now}
        db.session.add(SecondFactor(kind="totp", name="x", confirmed_at=now, **own))
        db.session.commit()


def test_a_factor_that_is_none_of_mine_is_not_found(acting: Acting) -> None:
    with acting("ann"), pytest.raises(NotFound):
        second_factors.get_own(10**9)


@pytest.mark.parametrize(("name", "on_behalf_of", "may"), [
    ("lena", "", False), ("dee", "", False), ("eli", "", False), ("root", "", True), ("xena", "alder", True),
])  # fmt: skip
def test_an_lsos_second_factors_are_taken_by_nobody_who_could_then_approve_in_their_name(
    app, acting, name, on_behalf_of, may
) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    give_app(app, "sue")
    with acting(name, on_behalf_of):
        sue = find("sue")
        if may:
            people.forget_factors(sue.id, reason="Her phone was stolen.")
            db.session.commit()
        else:
            with pytest.raises(NotAllowed, match="Only Xoserve changes another LSO"):
                people.forget_factors(sue.id, reason="Her phone was stolen.")
        assert second_factors.has_any(sue.id) is not may


def test_an_lso_takes_away_the_lost_second_factors_of_others(app, acting) -> None:
    give_app(app, "ann")
    with acting("lena"):
        ann = find("ann")
        people.forget_factors(ann.id, reason="Her phone was stolen.")
        db.session.commit()
        assert not second_factors.has_any(ann.id)
        with pytest.raises(RuleBroken, match="has no second factor"):
            people.forget_factors(ann.id, reason="Her phone was stolen.")
