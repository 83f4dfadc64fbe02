"""Pages that are only read: they wait for nobody who writes, and keep nothing."""

import psycopg
import pytest
from sqlalchemy import select, text, update

from app.access.actor import SYSTEM, acting_as, current_actor, find_actor
from app.extensions import db
from app.models import User, connections
from app.models.connections import reading
from app.services import sessions
from app.views.uploads import UploadPage
from tests.databases import connect


def test_a_page_is_read_while_somebody_writes(app, busy, browser) -> None:
    ann, lena = browser("ann"), browser("lena")
    with app.app_context():
        writer = db.engine.connect()
    with writer:
        writer.execute(text("UPDATE contact_type SET guidance = 'Not yet.'"))
        for person, address in (
            (ann, "/"),
            (ann, "/contacts/"),
            (ann, f"/contacts/{busy['alder'].reference}/"),
            (ann, f"/uploads/{busy['alder'].upload_code}/receipt.csv"),
            (ann, "/contact-types/"),
            (lena, "/people/"),
        ):
            answer = person.get(address)
            assert answer.status_code == 200 and "Not yet." not in answer.get_data(as_text=True), address
        writer.rollback()


def test_what_a_get_changes_is_not_kept(app, acting, browser, monkeypatch) -> None:
    """No page changes anything; should one do so by mistake, it comes to nothing: PostgreSQL even refuses it."""
    seen = []

    def rename(view: object, statement: object) -> object:
        user = db.session.get_one(User, current_actor().user_pk)
        user.name = "Changed"
        seen.append(user.name)
        db.session.flush()
        return statement

    monkeypatch.setattr(UploadPage, "prepare_rows", rename)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = browser("ann").client.get("/uploads/")
    with app.app_context():
        assert answer.status_code == (200 if db.engine.dialect.name == "sqlite" else 500)
    assert seen == ["Changed"]
    with acting("system"):
        assert db.session.scalars(select(User.name).where(User.user_id == "ALD-ANN")).one() == "Ann"


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_what_is_read_again_is_not_planned_again(world, as_copied, app, browser) -> None:
    """The driver forgets its prepared statements at a rollback, so pages that only read have none.

    The database is a fresh copy, for then there is one connection: several, left by a test of races, take turns.
    """
    ann = browser("ann")
    for _ in range(7):
        assert ann.get("/contacts/").status_code == 200
    with app.app_context(), db.engine.connect() as connection:
        kept = connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("FROM user_session" in one for one in kept) and any("FROM contact" in one for one in kept)


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_page_asks_the_server_its_statements_and_nothing_else(world, app, browser, monkeypatch) -> None:
    """No transaction is begun or ended for what is only read, so each statement is one question."""
    ann = browser("ann")
    ann.get("/contacts/")
    asked: list[bytes] = []
    command = psycopg.Connection._exec_command

    def note(connection: object, text: bytes, *more: object) -> object:
        asked.append(text)
        return command(connection, text, *more)

    monkeypatch.setattr(psycopg.Connection, "_exec_command", note)
    assert ann.get("/contacts/").status_code == 200
    assert asked == []
    assert ann.post("/sign-out").status_code == 302
    assert b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" in asked and b"COMMIT" in asked


@pytest.mark.parametrize("one_moment", [False, True])
def test_what_is_read_as_of_one_moment_stays_as_it_was(app, one_moment: bool) -> None:
    wanted = select(User.name).where(User.user_id == "ALD-ANN")
    with app.app_context():
        with reading(one_moment=one_moment):
            reader = db.engine.connect()
            assert reader.scalar(wanted) == "Ann"
        with db.engine.begin() as writer:
            writer.execute(update(User).where(User.user_id == "ALD-ANN").values(name="Another"))
        with reader:
            is_as_it_was = reader.scalar(wanted) == "Ann"
        assert is_as_it_was == (one_moment or db.engine.dialect.name == "sqlite")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_server_that_went_away_is_noticed_by_whoever_comes_later(world, app, browser, monkeypatch) -> None:
    ann = browser("ann")
    assert ann.get("/").status_code == 200
    with connect(world.config.database_url) as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(f"{others} AND pid <> pg_backend_pid()")
    monkeypatch.setattr(connections, "TRUSTED_SECONDS", 0.0)
    assert ann.get("/").status_code == 200


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_nobody_goes_on_as_an_actor_whose_database_went_away(world, app, monkeypatch) -> None:
    monkeypatch.setattr(connections, "TRUSTED_SECONDS", 0.0)
    with app.app_context():
        ann = sessions.actor_of("ALD-ANN")
        with reading(), acting_as(ann):
            assert db.session.scalars(select(User.name).where(User.user_id == "ALD-ANN")).one() == "Ann"
            with connect(world.config.database_url) as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                connection.execute(f"{others} AND pid <> pg_backend_pid()")
        assert find_actor() is None
        with acting_as(ann):
            assert db.session.scalars(select(User.name).where(User.user_id == "ALD-ANN")).one() == "Ann"


def test_nobody_goes_on_as_an_actor_when_ending_fails(app, monkeypatch) -> None:
    def fail() -> None:
        raise RuntimeError

    with app.app_context():
        monkeypatch.setattr(db.session, "remove", fail)
        with pytest.raises(RuntimeError), acting_as(SYSTEM):
            db.session.execute(text("SELECT 1"))
        assert find_actor() is None
        monkeypatch.undo()
        db.session.remove()
