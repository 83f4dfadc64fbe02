"""flask audit: seal the trail, print its head, check it."""

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.sealing import checking, heads, seals

MOST_FINDINGS = 50


@click.group("audit")
def commands() -> None:
    """Seal and check the audit trail."""


def _heads_path() -> Path:
    path: Path = current_app.config["CMS"].audit_heads_path
    return path


@commands.command("seal")
@with_appcontext
def seal() -> None:
    """Chain the events that are old enough and publish the heads, as a worker does each minute."""
    count = seals.seal()
    heads.publish(_heads_path())
    click.echo(f"{count:,} event{'' if count == 1 else 's'} sealed.")


@commands.command("head")
@with_appcontext
def head() -> None:
    """Print the number and the hash of the newest link: note them down where the database's keepers cannot write."""
    newest = seals.find_head()
    click.echo(f"{newest.number} {newest.hash}" if newest.number else "Nothing is sealed yet.")


@commands.command("verify")
@click.option("--head", default="", help="A hash that was noted down: it must still be in the chain.")
@with_appcontext
def verify(head: str) -> None:
    """Check that nothing was changed, removed or put in. Exit status: 0 all is well, 1 something is not."""
    check = checking.Check(_heads_path(), head).run()
    for sentence in check.findings[:MOST_FINDINGS]:
        click.echo(sentence)
    if len(check.findings) > MOST_FINDINGS:
        click.echo(f"And {len(check.findings) - MOST_FINDINGS:,} more.")
    click.echo(
        f"{check.event_count:,} events in {check.link_count:,} links, {check.unsealed_count:,} not sealed yet: "
        f"{'not as they were written' if check.findings else 'all as they were written'}."
    )
    sys.exit(1 if check.findings else 0)
