"""flask commands: parse, act as somebody, call a verb."""

from flask import Flask

from app.cli import audit, contacts, people, permissions, seeding, serving


def register(app: Flask) -> None:
    """Add the commands."""
    for command in (
        audit.commands,
        contacts.commands,
        people.commands,
        permissions.command,
        seeding.commands,
        serving.up,
        serving.worker,
    ):
        app.cli.add_command(command)
