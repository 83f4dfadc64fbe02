"""Migrations: up from nothing, down to nothing and up again, and what they make is what the models say."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, select, text

from app import create_app
from app.access.actor import SYSTEM, acting_as
from app.config import Config
from app.extensions import db
from app.models import User
from app.services import people
from tests.cast import load_cast
from tests.databases import URL_VARIABLE, create_database, drop_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path: Path, worker_id: str) -> Iterator[Flask]:
    """An application whose database holds nothing, not even tables; inside its context."""
    name = f"cms_migrations_{worker_id}"
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}" if is_sqlite else create_database(os.environ[URL_VARIABLE], name)
    app = create_app(
        Config(
            is_testing=True,
            secret_key="for tests only, and long enough",
            database_url=url,
            argon2_memory_kib=8,
            argon2_passes=1,
        )
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if not is_sqlite:
        drop_database(os.environ[URL_VARIABLE], name)


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def schema() -> dict[str, object]:
    """Every table's columns, keys, constraints and indexes."""
    look = inspect(db.engine)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(name)],
            look.get_pk_constraint(name)["constrained_columns"],
            sorted((key["name"] or "", tuple(key["constrained_columns"])) for key in look.get_foreign_keys(name)),
            sorted((one["name"] or "", tuple(one["column_names"])) for one in look.get_unique_constraints(name)),
            sorted((one["name"] or "", tuple(map(str, one["column_names"]))) for one in look.get_indexes(name)),
        )
        for name in sorted(tables())
        if not name.startswith(("contact_words", "user_words"))
    }


def test_up_down_and_up_again_gives_the_same(empty) -> None:
    assert tables() == set()
    flask_migrate.upgrade()
    made = schema()
    assert {table.name for table in db.metadata.sorted_tables} <= tables()
    flask_migrate.downgrade(revision="base")
    assert tables() <= {"alembic_version"}
    if db.engine.dialect.name == "postgresql":
        assert inspect(db.engine).get_sequence_names() == []
    flask_migrate.upgrade()
    assert schema() == made


def test_each_step_down_and_up_again_works(empty) -> None:
    flask_migrate.upgrade()
    made, steps = schema(), 0
    for revision in list(ScriptDirectory(empty.extensions["migrate"].directory).walk_revisions()):
        flask_migrate.downgrade(revision="-1")
        flask_migrate.upgrade(revision="+1")
        assert schema() == made or steps > 0
        flask_migrate.downgrade(revision="-1")
        assert revision.doc
        steps += 1
    flask_migrate.upgrade()
    assert schema() == made and steps >= 2


def test_there_is_one_line_of_revisions(app) -> None:
    with app.app_context():
        script = ScriptDirectory(app.extensions["migrate"].directory)
        assert len(script.get_heads()) == len(script.get_bases()) == 1


def is_ours_to_explain(difference: object) -> bool:
    """What models cannot say: a word index is an expression on PostgreSQL and a virtual table on SQLite."""
    return any(name in repr(difference) for name in ("contact_words", "user_words"))


def test_the_models_say_what_the_migrations_make(empty) -> None:
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_schemas": False}
        )
        found = compare_metadata(context, db.metadata)
    assert [difference for difference in found if not is_ours_to_explain(difference)] == []


def test_contacts_are_numbered_and_found_by_word(empty) -> None:
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        (key,) = connection.execute(text("SELECT key FROM counter WHERE name = 'contact'")).scalars()
        assert key > 2**32, "references are spread by a key of this database's own"
        if db.engine.dialect.name == "postgresql":
            definition = connection.execute(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_contact_words'")
            ).scalar_one()
            assert all(word in definition for word in ("gin", "array_to_tsvector(string_to_array(", "organisation_id"))
            assert connection.execute(text("SELECT nextval('contact_number')")).scalar_one() == 1
        else:
            made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'contact_words'")).scalar_one()
            assert "fts5" in made and "content=''" in made
            assert connection.execute(text("SELECT count(*) FROM contact_words")).scalar_one() == 0


def test_of_whoever_left_before_the_audit_trail_tells_when_and_by_whom(empty) -> None:
    flask_migrate.upgrade()
    load_cast()
    with acting_as(SYSTEM):
        vic = db.session.scalars(select(User).where(User.user_id == "ALD-VIC")).one()
        left_at = people.disable_user(vic.id, reason="Left").disabled_at
        db.session.commit()
    flask_migrate.downgrade(revision="0014")
    flask_migrate.upgrade()
    with acting_as(SYSTEM):
        gone = db.session.scalars(select(User).where(User.disabled_at.is_not(None))).one()
        assert (gone.user_id, gone.disabled_by) == ("ALD-VIC", "The service")
        assert abs(gone.disabled_at - left_at) < timedelta(seconds=5)


def test_two_databases_spread_their_references_differently(empty) -> None:
    keys = set()
    for _ in range(3):
        flask_migrate.upgrade()
        with acting_as(SYSTEM):
            keys.add(db.session.execute(text("SELECT key FROM counter WHERE name = 'contact'")).scalar_one())
        db.engine.dispose()
        flask_migrate.downgrade(revision="base")
    assert len(keys) == 3


def test_the_words_index_serves_the_search(as_copied, app, acting) -> None:
    """PostgreSQL takes an index on an expression only where the query's expression is the same, letter by letter."""
    from app.services.contact_list import select_contacts

    with acting("ann"):
        if db.engine.dialect.name == "postgresql":
            db.session().connection().exec_driver_sql("SET enable_seqscan = off")
            statement = select_contacts({"q": "house"}, "newest").compile(
                db.engine, compile_kwargs={"literal_binds": True}
            )
            plan = db.session().connection().exec_driver_sql(f"EXPLAIN {str(statement).replace('%', '%%')}").scalars()
            assert "ix_contact_words" in "\n".join(plan)


def test_deleting_or_changing_a_parent_is_refused(busy, acting) -> None:
    """Foreign keys hold on SQLite too, where they are off unless asked for."""
    with acting("system"), pytest.raises(Exception, match="(?i)foreign key"):
        db.session.execute(text("DELETE FROM organisation WHERE short_code = 'ALD'"))
