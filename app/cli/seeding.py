"""flask seed: reference and demo data."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

if TYPE_CHECKING:
    from seed.demo import SignIn


@click.group("seed")
def commands() -> None:
    """Load reference or demo data."""


@commands.command("reference")
@with_appcontext
def reference() -> None:
    """Add the reference data that is missing; change nothing that is there."""
    from seed.load import load_reference

    load_reference()
    click.echo("Reference data is loaded.")


@commands.command("demo")
@click.option(
    "--contacts", default=2000, show_default=True, type=click.IntRange(0, 20_000_000), help="How many contacts."
)
@click.option("--json", "as_json", is_flag=True, help="Print the sign-ins as JSON and nothing else.")
@with_appcontext
def demo(contacts: int, as_json: bool) -> None:
    """Add Xoserve, 12 organisations, 40 people and their contacts; refused in production."""
    if current_app.config["CMS"].is_production:
        raise click.ClickException("Demo data is refused in production (CMS_ENV=production).")
    from seed.demo import load_demo
    from seed.load import load_reference

    load_reference()
    started = time.monotonic()
    sign_ins = load_demo(contacts)
    if as_json:
        click.echo(json.dumps([asdict(sign_in) for sign_in in sign_ins], indent=1))
        return
    click.echo(f"Demo data is loaded ({time.monotonic() - started:.1f} s).")
    click.echo(sign_in_table(sign_ins))


def sign_in_table(sign_ins: "list[SignIn]") -> str:
    """One sign-in per role, as aligned text."""
    firsts: dict[str, SignIn] = {}
    for sign_in in sign_ins:
        firsts.setdefault(sign_in.role, sign_in)
    rows = [
        ("Role", "User ID", "Password", "Organisation"),
        *((s.role.label, s.user_id, s.password, s.organisation) for s in firsts.values()),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
