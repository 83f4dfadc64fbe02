"""The same world in PostgreSQL: every row of the SQLite file, through COPY."""

import sqlite3
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
from sqlalchemy import Table

from app import create_app
from app.config import Config
from app.extensions import db

_INDEXES = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    AND tablename IN ('contact', 'audit_event') AND indexname NOT IN (SELECT conname FROM pg_constraint)"""


def plain_url(url: str) -> str:
    """The address as libpq knows it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def fill_postgres(source: Path, url: str) -> None:
    """Migrate an empty database and copy a world into it."""
    app = create_app(Config(secret_key="bench-only-" * 4, database_url=url))
    with app.app_context():
        flask_migrate.upgrade()
        tables = db.metadata.sorted_tables
        db.engine.dispose()
    rows = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    with psycopg.connect(plain_url(url)) as connection:
        # The rows were checked where they come from: foreign keys need no second look.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET timezone = 'UTC'")
        connection.execute("DELETE FROM counter")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for table in tables:
            _copy(rows, connection, table)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("SELECT setval('contact_number', (SELECT max(id) FROM contact))")
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    rows.close()


def _copy(rows: sqlite3.Connection, connection: psycopg.Connection[Any], table: Table) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    found = rows.execute(f'SELECT {names} FROM "{table.name}"')
    # SQLite's 0 and 1, instants in UTC and JSON text are all read as such by PostgreSQL's text format.
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in found:
            copy.write_row(row)
    sequence = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
    connection.execute(f'SELECT setval({sequence}, (SELECT coalesce(max(id), 1) FROM "{table.name}"))')
