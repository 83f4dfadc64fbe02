"""Alembic's environment: the application's own engine and metadata."""

from typing import Any

from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db


def run_migrations() -> None:
    """Migrate over a connection of the application's engine."""

    def drop_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
        if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
            directives[:] = []

    settings = {"process_revision_directives": drop_empty, **current_app.extensions["migrate"].configure_args}
    with db.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, **settings)
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
