"""services.sessions: signing in, staying in, and being put out."""

from datetime import date, datetime, timedelta

import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy import select

from app.access.actor import acting_as
from app.domain import clock
from app.domain.errors import RuleBroken, ShutOut
from app.domain.roles import EVERYONE, Role
from app.extensions import db
from app.models import AuditEvent, Grant, Organisation, User, UserSession
from app.services import account, organisations, passwords, people, sessions
from tests.cast import PASSWORD
from tests.services.racing import at_once

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=9)
NEW_PASSWORD = "another-horse-battery"


def enter(user_id: str = "ALD-ANN", password: str = PASSWORD) -> str:
    return sessions.sign_in(user_id, password, address="127.0.0.1", browser="A browser")


def resume(token: str) -> object:
    return sessions.resume(token, idle=IDLE, longest=LONGEST)


@pytest.fixture
def hashes_checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were checked against, as they are checked."""
    seen: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(hasher, name)

        def verify(self, stored: str, password: str) -> bool:
            seen.append(stored)
            return hasher.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return seen


def test_the_right_password_opens_a_session_whatever_the_case_of_the_user_id(app, acting) -> None:
    with app.app_context():
        for user_id in ("ALD-ANN", "ald-ann", "  Ald-Ann "):
            actor = resume(enter(user_id))
            assert (actor.user_id, actor.name, actor.organisation_name) == ("ALD-ANN", "Ann", "Alder Energy")
            assert actor.roles == {Role.MEMBER}
    with acting("system"):
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "session:open")).all()
        assert [event.actor_name for event in events] == ["Ann"] * 3
        stored = db.session.scalars(select(UserSession)).first()
        assert (stored.address, stored.browser) == ("127.0.0.1", "A browser")


def test_only_a_hash_of_the_token_is_kept(app, acting) -> None:
    with app.app_context():
        tokens = {enter() for _ in range(5)}
    assert len(tokens) == 5 and all(len(token) >= 40 for token in tokens)
    with acting("system"):
        kept = set(db.session.scalars(select(UserSession.token_hash)))
    assert len(kept) == 5 and not kept & tokens


def prepare(acting, state: str) -> tuple[str, str]:
    """User ID and password of somebody who is refused."""
    with acting("system"):
        user = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        if state == "disabled":
            user.is_active = False
        if state == "suspended":
            db.session.get(Organisation, user.organisation_id).is_active = False
        db.session.commit()
    if state == "unknown":
        return "ALD-NOBODY", PASSWORD
    wrong = {"wrong": "wrong-horse-battery", "empty": "", "long": PASSWORD * 100, "padded": PASSWORD + " "}
    return "ALD-ANN", wrong.get(state, PASSWORD)


REFUSED = ["wrong", "empty", "long", "padded", "unknown"]


@pytest.mark.parametrize("state", REFUSED)
def test_every_refusal_says_the_same_and_costs_one_check(app, acting, hashes_checked, state) -> None:
    user_id, password = prepare(acting, state)
    with app.app_context():
        passwords.is_right(None, "warm")  # nobody's hash is made when first needed
        hashes_checked.clear()
        with pytest.raises(RuleBroken) as refusal:
            enter(user_id, password)
        assert refusal.value.message == sessions.WRONG
        assert len(hashes_checked) == 1
    with acting("system"):
        assert db.session.scalars(select(UserSession)).all() == []
        refused = db.session.scalars(select(AuditEvent.object_label).where(AuditEvent.action == "session:refuse")).all()
        assert refused == ([] if state == "unknown" else ["Ann (ALD-ANN)"])


def test_nobodys_hash_costs_what_somebodys_does(app, acting, hashes_checked) -> None:
    with app.app_context():
        for user_id in ("ALD-ANN", "ALD-NOBODY"):
            with pytest.raises(RuleBroken):
                enter(user_id, "wrong-horse-battery")
    ann, nobody = hashes_checked
    assert ann != nobody and ann.rsplit("$", 2)[0] == nobody.rsplit("$", 2)[0]


@pytest.mark.parametrize("user_id", ["", "\0", "ALD-ANN\0", "x" * 5000, "' OR 1=1 --", "ALD-ANN; DROP TABLE user", "%"])
def test_an_odd_user_id_is_refused_like_any_other(app, user_id) -> None:
    with app.app_context(), pytest.raises(RuleBroken, match="do not match"):
        enter(user_id, "wrong-horse-battery")


def test_a_made_up_token_opens_nothing(app) -> None:
    with app.app_context():
        assert [resume(token) for token in ("", "x", "\0", "a" * 43, "ü")] == [None] * 5


def test_an_idle_session_ends_and_a_used_one_goes_on_until_its_longest(app, monkeypatch) -> None:
    start = clock.now()
    with app.app_context():
        token, unused = enter(), enter()
        for minutes in range(20, 541, 20):
            monkeypatch.setattr(clock, "now", lambda at=start + timedelta(minutes=minutes): at)
            assert resume(token) is not None, minutes
        assert resume(unused) is None
        monkeypatch.setattr(clock, "now", lambda: start + LONGEST + timedelta(seconds=2))
        assert resume(token) is None


def test_a_session_is_idle_to_the_minute(app, monkeypatch) -> None:
    start = clock.now()
    with app.app_context():
        first, second = enter(), enter()
        monkeypatch.setattr(clock, "now", lambda: start + IDLE - timedelta(seconds=1))
        assert resume(first) is not None
        monkeypatch.setattr(clock, "now", lambda: start + IDLE + timedelta(seconds=2))
        assert resume(second) is None


def test_reading_pages_writes_at_most_once_a_minute(app, acting, monkeypatch) -> None:
    with app.app_context():
        token = enter()

    def seen() -> object:
        with acting("system"):
            return db.session.scalars(select(UserSession.last_seen_at)).one()

    start = seen()
    for seconds, is_written in ((30, False), (59, False), (61, True), (100, False), (123, True)):
        before = seen()
        monkeypatch.setattr(clock, "now", lambda at=start + timedelta(seconds=seconds): at)
        with app.app_context():
            assert resume(token) is not None
        assert (seen() != before) == is_written, seconds


def test_signing_out_ends_the_session_in_the_database(app) -> None:
    with app.app_context():
        token, other = enter(), enter()
        with acting_as(resume(token)):
            sessions.sign_out()
            db.session.commit()
        assert resume(token) is None
        assert resume(other) is not None


def test_a_new_password_ends_the_other_sessions_and_not_this_one(app) -> None:
    with app.app_context():
        token, other, sues = enter(), enter(), enter("ALD-SUE")
        with acting_as(resume(token)):
            account.change_own_password(PASSWORD, NEW_PASSWORD)
            db.session.commit()
        assert resume(token) is not None and resume(other) is None and resume(sues) is not None
        with pytest.raises(RuleBroken):
            enter()
        assert enter(password=NEW_PASSWORD)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong-horse-battery", NEW_PASSWORD, "old_password"),
        ("", NEW_PASSWORD, "old_password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "short-one", "new_password"),
        (PASSWORD, "x" * 129, "new_password"),
        (PASSWORD, "my-ald-ann-password", "new_password"),
        (PASSWORD, "abababababababab", "new_password"),
    ],
)
def test_a_poor_new_password_is_refused_beside_its_field(app, old, new, field) -> None:
    with app.app_context(), acting_as(resume(enter())):
        with pytest.raises(RuleBroken) as refusal:
            account.change_own_password(old, new)
        assert refusal.value.field == field
        db.session.rollback()
        assert enter()


def test_a_password_of_the_longest_length_can_be_chosen_and_used(app) -> None:
    longest = "".join(chr(33 + n * n * 37 % 90) for n in range(passwords.LONGEST))
    with app.app_context():
        with acting_as(resume(enter())):
            account.change_own_password(PASSWORD, longest)
            db.session.commit()
        assert enter(password=longest)


def test_a_hash_of_another_cost_is_made_anew_at_sign_in(app, acting) -> None:
    with acting("system"):
        user = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        user.password_hash = passwords.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
        db.session.commit()
    with app.app_context():
        assert enter()
    with acting("system"):
        stored = db.session.scalars(select(User.password_hash).where(User.user_id == "ALD-ANN")).one()
        assert not passwords.needs_rehash(stored)
        assert passwords.is_right(stored, PASSWORD)


def test_a_role_counts_from_its_first_to_its_last_day(app, acting, move_clock) -> None:
    with acting("system"):
        grant = db.session.scalars(select(Grant).join(User, User.id == Grant.user_id).where(User.name == "Ann")).one()
        grant.starts_on, grant.ends_on = date(2030, 1, 10), date(2030, 1, 20)
        db.session.commit()
    with app.app_context():
        for day, has_role in ((9, False), (10, True), (20, True), (21, False)):
            move_clock(datetime(2030, 1, day, 12))
            for actor in (sessions.actor_of("ALD-ANN"), resume(enter())):
                assert actor.roles == ({Role.MEMBER} if has_role else set())
                assert has_role or actor.permissions == EVERYONE


@pytest.mark.parametrize("what", ["person", "organisation"])
def test_who_is_shut_out_while_the_password_is_checked_gets_no_session(app, acting, monkeypatch, what) -> None:
    real = passwords.is_right

    def slow(stored: str | None, password: str) -> bool:
        prepare(acting, "disabled" if what == "person" else "suspended")
        return real(stored, password)

    monkeypatch.setattr(passwords, "is_right", slow)
    with app.app_context(), pytest.raises(ShutOut):
        enter()
    with acting("system"):
        assert db.session.scalars(select(UserSession)).all() == []


def set_active(acting, what: str, is_active: bool) -> None:
    """Disable or suspend, or back again, as an administrator does."""
    with acting("root"):
        ann = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        if what == "person":
            act = people.enable_user if is_active else people.disable_user
            act(ann.id, reason="A test", version=ann.version)
        else:
            row = db.session.get_one(Organisation, ann.organisation_id)
            values = {"name": row.name, "parent_id": None, "advocate_name": "", "is_active": is_active}
            organisations.change_organisation(row.id, values, version=row.version)
        db.session.commit()


@pytest.mark.parametrize("what", ["person", "organisation"])
def test_a_session_does_not_come_back_with_its_person_or_organisation(app, acting, what) -> None:
    with app.app_context():
        token, sues, bobs = enter(), enter("ALD-SUE"), enter("BIR-BOB")
    for is_active in (False, True):
        set_active(acting, what, is_active)
        with app.app_context():
            assert resume(token) is None
            assert (resume(sues) is None) == (what == "organisation")
            assert resume(bobs) is not None
    with app.app_context():
        assert resume(enter()) is not None


def test_no_session_is_opened_behind_the_back_of_a_suspension(app, acting) -> None:
    works = [enter] * 5 + [lambda: set_active(acting, "organisation", False)]
    results = at_once(app, works)
    assert results[-1] is None and all(isinstance(result, str | ShutOut) for result in results[:-1]), results
    set_active(acting, "organisation", True)
    with app.app_context():
        assert [resume(token) for token in results[:-1] if isinstance(token, str)] == [None] * sum(
            isinstance(result, str) for result in results[:-1]
        )


def test_the_driver_keeps_what_it_read_of_the_statement_each_request_begins_with(app) -> None:
    """Psycopg reads a longer one anew in every request."""
    with app.app_context():
        text = str(sessions._session().compile(dialect=db.engine.dialect))
    assert len(text) <= MAX_CACHED_STATEMENT_LENGTH
