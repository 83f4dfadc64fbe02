"""app.sealing: events are sealed behind the acts, once, in any order of their commits."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.access.actor import acting_as
from app.extensions import db
from app.models import AuditEvent, AuditSeal, User
from app.sealing import checking, heads, seals
from app.sealing.events import COLUMNS
from app.services import audit, sessions
from tests.services.racing import at_once

CHANGES = [
    "UPDATE {} SET id = id",
    "DELETE FROM {}",
    "DELETE FROM {} WHERE id = 1",
]


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
def test_nobody_changes_or_removes_what_is_written(trail, table) -> None:
    def refuse(statement: str) -> None:
        with trail.app.app_context(), db.engine.connect() as connection:
            with pytest.raises(DBAPIError, match="append-only"):
                connection.execute(text(statement))
            connection.rollback()

    for statement in CHANGES:
        refuse(statement.format(table))
    if trail.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        with trail.app.app_context(), db.engine.connect() as connection:
            connection.execute(text("PRAGMA recursive_triggers=OFF"))
            with pytest.raises(IntegrityError, match="append-only"):
                connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = 1"))
            connection.rollback()
            connection.execute(text("PRAGMA recursive_triggers=ON"))
    else:
        refuse(f"TRUNCATE {table} CASCADE")
        refuse(f"INSERT INTO {table} SELECT * FROM {table} WHERE id = 1 ON CONFLICT (id) DO UPDATE SET id = 1")


def test_every_column_of_an_event_is_in_its_line() -> None:
    assert set(COLUMNS) == {column.name for column in AuditEvent.__table__.columns}


def test_what_is_young_is_left_for_later(trail) -> None:
    trail.write()
    assert trail.seal() == 0 and trail.check() == []
    trail.wait(seconds=59)
    assert trail.seal() == 0
    trail.wait(seconds=1)
    assert trail.seal() == 1 and trail.seal() == 0 and trail.check() == []


def test_an_event_that_comes_late_gets_a_link_of_its_own(trail) -> None:
    """A transaction took its id before others and commits after they were sealed."""
    first = trail.write()
    trail.write("third", first + 2)
    trail.wait(minutes=2)
    assert trail.seal() == 2
    trail.write("second", first + 1)
    assert trail.check() == [], "it may still come"
    trail.wait(minutes=1)
    assert trail.seal() == 1 and trail.check() == []
    trail.wait(hours=3)
    assert trail.seal() == 0 and trail.check() == []
    with trail.app.app_context(), acting_as(sessions.actor_of("XOS-ROOT")):
        link = db.session.get_one(AuditSeal, trail.head().number)
        assert (link.is_late, link.first_id, link.last_id, link.count) == (True, first + 1, first + 1, 1)
    with trail.unguarded() as connection:
        connection.execute(text(f"UPDATE audit_event SET actor_name = 'Sue' WHERE id = {first + 1}"))
    assert trail.check() == [f"Events {first + 1} to {first + 1} or link 4 are not what was sealed."]


def test_an_event_that_comes_too_late_is_never_sealed_and_always_found(trail) -> None:
    trail.write("put in", trail.gap)
    assert trail.seal() == 0
    assert any(f"Event {trail.gap} was put in after its time." == finding for finding in trail.check())


def test_two_sealers_at_once_make_one_chain(trail) -> None:
    for number in range(20):
        trail.write(str(number))
    trail.wait(minutes=2)
    counts = at_once(trail.app, [seals.seal for _ in range(4)])
    assert sum(counts) == 20, counts
    trail.seal()
    assert trail.check() == []


def test_sealing_goes_in_links_of_so_many(trail, monkeypatch) -> None:
    monkeypatch.setattr(seals, "MOST_EVENTS", 3)
    for number in range(8):
        trail.write(str(number))
    trail.wait(minutes=2)
    assert trail.seal() == 8 and trail.check() == []
    assert trail.head().number == 5


def test_acts_do_not_wait_for_the_sealer(trail, monkeypatch) -> None:
    """While a link is being made, an act commits."""
    trail.write()
    trail.wait(minutes=2)
    began, may_end = threading.Event(), threading.Event()
    take = seals._take

    def slow(*args):
        began.set()
        assert may_end.wait(30)
        return take(*args)

    monkeypatch.setattr(seals, "_take", slow)

    def act() -> int:
        assert began.wait(30)
        try:
            return trail.write("meanwhile")
        finally:
            may_end.set()

    sealed, written = at_once(trail.app, [partial(seals.seal), act])
    assert sealed == 1 and isinstance(written, int)


def test_a_rolled_back_act_leaves_a_gap_that_nobody_minds(trail) -> None:
    with trail.app.app_context(), acting_as(sessions.actor_of("ALD-ANN")) as ann:
        audit.record("user:change", db.session.get_one(User, ann.user_pk))
        db.session.flush()
        db.session.rollback()
    trail.write()
    trail.wait(minutes=2)
    assert trail.seal() == 1 and trail.check() == []


def test_all_the_service_does_is_sealed_and_checked(app, busy, acting, tmp_path) -> None:
    with app.app_context():
        count = seals.seal(grace=timedelta(0))
        heads.publish(tmp_path / "heads.txt")
        check = checking.Check(tmp_path / "heads.txt").run()
    with acting("system"):
        assert db.session.scalar(select(func.count(AuditEvent.id))) == count == check.event_count
    assert (check.findings, check.unsealed_count, check.link_count) == ([], 0, 1)


def test_odd_values_are_hashed_alike_each_time(trail) -> None:
    with trail.app.app_context(), acting_as(sessions.actor_of("ALD-ANN")) as ann:
        odd = {"z": 1, "a": [1.5, None, {"é": '\u2028 \\ "'}], "big": 2**60, "n": -0.1, "t": True, "e": "", "l": []}
        audit.record(
            "user:change", db.session.get_one(User, ann.user_pk), before=odd, after={"name": "\x7f😀"}, reason="why"
        )
        db.session.commit()
    trail.wait(minutes=2)
    assert trail.seal() == 1 and trail.check() == []
