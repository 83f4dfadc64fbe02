"""flask people: changes of people by spreadsheet, as a named user."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.cli.importing import carry_out, check_and_commit, find_user
from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.extensions import db
from app.imports.people import pipeline
from app.imports.people.checking import check_people
from app.imports.verdict import Verdict
from app.services import organisations


@click.group("people")
def commands() -> None:
    """Change people by spreadsheet."""


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "user_id", required=True, help="The user ID the changes are made by.")
@click.option("--organisation", "short_code", help="Whose people they are; without it the user's own organisation.")
@click.option("--commit", is_flag=True, help="Do the good rows; without it nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def import_people(file: Path, user_id: str, short_code: str | None, commit: bool, as_json: bool) -> None:
    """Check a spreadsheet of people and, with --commit, do its good rows.

    Exit status: 0 all rows are good, 1 some rows are refused, 2 the file is refused, 3 the user may not.
    """
    actor = find_user(user_id, Permission.USER_CHANGE)
    carry_out(actor, lambda: _import(file, short_code, commit), as_json)


def _import(file: Path, short_code: str | None, commit: bool) -> tuple[Verdict, list[str]]:
    content, organisation_id = file.read_bytes(), _organisation_id(short_code)
    if commit:
        return check_and_commit(pipeline, pipeline.receive_upload(file.name, content, organisation_id).id)
    pipeline.look_over(file.name, content, organisation_id)
    verdict = Verdict()
    for _ in check_people(file.name, content, pipeline.organisation_meant(organisation_id), verdict):
        db.session.rollback()
    return verdict, []


def _organisation_id(short_code: str | None) -> int | None:
    if short_code is None:
        return None
    organisation = organisations.find_by_code(short_code.upper())
    if organisation is None:
        raise RuleBroken(f"There is no organisation {short_code[:10]}.")
    return organisation.id
