"""A database is put back to exactly what it was, or it is said that only a copy can do that."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.databases import connect
from tests.rewinding import Rewinder

TABLES = ("organisation", "user", "audit_event", "target", "calendar_entry")
EVERYTHING = 'SELECT * FROM "{}" ORDER BY 1'


@pytest.fixture
def world(worlds: dict[str, Any]) -> Iterator[Any]:
    """PostgreSQL's, put back by a copy whatever a test here did to it."""
    world = worlds["postgresql"]
    world.restore()
    yield world
    world.restore()


@pytest.fixture
def connection(world: Any) -> Iterator[psycopg.Connection[Any]]:
    with connect(world.config.database_url) as connection:
        yield connection


def read(connection: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    return {table: connection.execute(EVERYTHING.format(table)).fetchall() for table in TABLES}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE organisation SET name = 'Another' WHERE short_code = 'ALD'",
        "INSERT INTO calendar_entry (calendar, day, kind, reason, is_business_day) "
        "SELECT calendar, '2099-01-01', 'x', 'x', true FROM calendar_entry LIMIT 1",
        "DELETE FROM target WHERE id = (SELECT max(id) FROM target)",
        "UPDATE target SET id = id + 100000",
        'SET session_replication_role = replica; DELETE FROM "user"',
    ],
)
def test_every_change_of_rows_is_undone(world: Any, connection: psycopg.Connection[Any], change: str) -> None:
    before = read(connection)
    for statement in change.split("; "):
        connection.execute(statement)
    assert read(connection) != before
    world.restore()
    with connect(world.config.database_url) as again:
        assert read(again) == before


def test_sequences_go_back(world: Any, connection: psycopg.Connection[Any]) -> None:
    def following(one: psycopg.Connection[Any]) -> Any:
        return one.execute("SELECT nextval('contact_number'), nextval('organisation_id_seq')").fetchone()

    first = following(connection)
    assert following(connection) != first
    world.restore()
    with connect(world.config.database_url) as again:
        assert following(again) == first


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE surplus (id int)",
        "ALTER TABLE target DROP CONSTRAINT pk_target",
        "CREATE INDEX surplus ON target (id)",
        "DROP SEQUENCE contact_number",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ],
)
def test_a_change_of_the_schema_asks_for_a_copy(world: Any, change: str) -> None:
    rewinder = _begun(world)
    assert rewinder.rewind("cast")
    with connect(world.config.database_url) as connection:
        connection.execute(change)
    assert not rewinder.rewind("cast")
    rewinder.let_go()


def test_somebody_who_holds_rows_is_sent_away(world: Any, connection: psycopg.Connection[Any]) -> None:
    before = read(connection)
    connection.execute("BEGIN")
    connection.execute("UPDATE organisation SET name = 'Held'")
    world.restore()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("COMMIT")
    with connect(world.config.database_url) as again:
        assert read(again) == before


def test_somebody_who_holds_nothing_stays_and_sees_what_was_put_back(
    world: Any, connection: psycopg.Connection[Any]
) -> None:
    before = read(connection)
    connection.execute("UPDATE organisation SET name = 'Another'")
    world.restore()
    assert read(connection) == before


def test_a_worn_database_asks_for_a_copy(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.rewinding.REWINDS", 2)
    rewinder = _begun(world)
    assert [rewinder.rewind("cast") for _ in range(3)] == [True, True, False]
    rewinder.let_go()


def _begun(world: Any) -> Rewinder:
    rewinder = Rewinder(world.config.database_url)
    rewinder.remember("cast")
    return rewinder


def test_each_name_is_a_content_of_its_own(world: Any, execute: Callable[[str], None]) -> None:
    rewinder = _begun(world)
    execute("UPDATE organisation SET name = 'Second'")
    rewinder.remember("second")
    names = "SELECT DISTINCT name FROM organisation ORDER BY name"
    for name, count in (("cast", 5), ("second", 1), ("second", 1), ("cast", 5)):
        assert rewinder.rewind(name)
        with connect(world.config.database_url) as connection:
            assert len(connection.execute(names).fetchall()) == count
    rewinder.let_go()


@pytest.fixture
def execute(world: Any) -> Callable[[str], None]:
    def run(statement: str) -> None:
        with connect(world.config.database_url) as connection:
            connection.execute(statement)

    return run
