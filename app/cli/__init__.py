"""flask commands: parse, act as somebody, call a verb."""

from flask import Flask

from app.cli import audit, contacts, permissions, seeding, serving


def register(app: Flask) -> None:
    """Add the commands."""
    for command in (
        audit.commands,
        contacts.commands,
        permissions.command,
        seeding.commands,
        serving.up,
        serving.worker,
    ):
        app.cli.add_command(command)
