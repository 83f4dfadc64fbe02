"""flask commands: parse, act as somebody, call a verb."""

from flask import Flask

from app.cli import contacts, permissions, seeding, serving


def register(app: Flask) -> None:
    """Add the commands."""
    for command in (contacts.commands, permissions.command, seeding.commands, serving.up, serving.worker):
        app.cli.add_command(command)
