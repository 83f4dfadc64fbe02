"""flask contacts: import and export as a named user."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.access.actor import Actor, acting_as
from app.domain.errors import DomainError, NotAllowed, UnreadableUpload
from app.domain.roles import Permission
from app.exports import contacts as contact_export
from app.exports.lists import FORMATS
from app.extensions import db
from app.imports import pipeline
from app.imports import verdict as checks
from app.imports.sheet_checker import CellError
from app.services.contact_list import SORTS
from app.services.sessions import actor_of

SOME_REFUSED, FILE_REFUSED, NOBODY = 1, 2, 3


class WrongUser(click.ClickException):
    """Nobody, or somebody who may not: told apart from what is said of the file."""

    exit_code = NOBODY


@click.group("contacts")
def commands() -> None:
    """Import and export contacts."""


def _actor(user_id: str, permission: Permission) -> Actor:
    actor = actor_of(user_id)
    if actor is None:
        raise WrongUser(f"There is no active user {user_id}.")
    if not actor.may(permission):
        raise WrongUser(f"{user_id} may not do this: the permission {permission} is missing.")
    return actor


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "user_id", required=True, help="The user ID the contacts are raised by.")
@click.option("--type", "type_code", help="The contact type of every row; without it a column says which.")
@click.option("--commit", is_flag=True, help="Raise the good rows; without it nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def import_contacts(file: Path, user_id: str, type_code: str | None, commit: bool, as_json: bool) -> None:
    """Check a spreadsheet of contacts and, with --commit, raise its good rows.

    Exit status: 0 all rows are good, 1 some rows are refused, 2 the file is refused, 3 the user may not.
    """
    actor = _actor(user_id, Permission.CONTACT_RAISE)
    try:
        with acting_as(actor):
            verdict, references = _import(file, type_code.upper() if type_code else None, commit)
    except UnreadableUpload as refusal:
        _say_refused(refusal.code, refusal.message, as_json)
    except DomainError as refusal:
        _say_refused("IMP-402", refusal.message, as_json)
    else:
        _say(verdict, references, as_json)
        sys.exit(SOME_REFUSED if verdict.refused_count else 0)


def _import(file: Path, type_code: str | None, commit: bool) -> tuple[checks.Verdict, list[str]]:
    definitions, content = checks.load_definitions(), file.read_bytes()
    if type_code and type_code not in definitions:
        raise UnreadableUpload("IMP-402", f"There is no contact type {type_code[:10]}.")
    if not commit:
        pipeline.look_over(file.name, content, type_code)
        verdict = checks.Verdict()
        for _ in checks.check_file(file.name, content, definitions, type_code, verdict):
            db.session.rollback()
        return verdict, []
    upload_id = pipeline.receive_upload(file.name, content, type_code).id
    db.session.commit()
    found = pipeline.check_upload(upload_id, _unheard)
    db.session.commit()
    if found is None:
        upload = pipeline.get_upload(upload_id)
        raise UnreadableUpload(upload.refusal_code or "IMP-106", upload.refusal or "The file was refused.")
    if found.accepted_count == 0:
        return found, []
    pipeline.begin_commit(upload_id)
    db.session.commit()
    references = pipeline.commit_chunks(upload_id, _unheard)
    db.session.commit()
    accepted_count = pipeline.get_upload(upload_id).accepted_count
    if accepted_count != found.accepted_count:  # some could be raised no more
        found.accepted_count = accepted_count
        found.errors = [error for chunk in pipeline.list_chunks(upload_id) for error in chunk.errors]
    return found, references


def _unheard(done: int, total: int) -> None:
    """Progress that nobody watches."""


def _say(verdict: checks.Verdict, references: list[str], as_json: bool) -> None:
    if as_json:
        errors: list[dict[str, Any]] = [error._asdict() for error in verdict.errors]
        click.echo(
            json.dumps(
                {
                    "rows": verdict.row_count,
                    "accepted": verdict.accepted_count,
                    "refused": verdict.refused_count,
                    "errors": errors,
                    "references": references,
                },
                ensure_ascii=False,
            )
        )
        return
    for note in verdict.notes:
        click.echo(note)
    for error in verdict.errors:
        click.echo(_line(error))
    for warning in verdict.warnings:
        click.echo(f"Note: {_line(warning)}")
    click.echo(f"{verdict.row_count:,} rows: {verdict.accepted_count:,} good, {verdict.refused_count:,} refused.")
    for reference in references:
        click.echo(reference)


def _line(error: CellError) -> str:
    where = f"Row {error.row}" + (f", column {error.column} “{error.header}”" if error.column else "")
    return f"{where}: {error.message} ({error.code})"


def _say_refused(code: str, message: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"refused_file": {"code": code, "message": message}}, ensure_ascii=False))
    else:
        click.echo(f"The file is refused: {message} ({code})", err=True)
    sys.exit(FILE_REFUSED)


@commands.command("export")
@click.option("--as", "user_id", required=True, help="The user ID whose contacts are exported.")
@click.option("--format", "file_format", type=click.Choice(sorted(FORMATS)), default="csv", show_default=True)
@click.option("--status", default="", help="open, closed or one status.")
@click.option("--type", "type_code", default="", help="One contact type.")
@click.option("--search", default="", help="What the search box of the list takes.")
@click.option("--sort", type=click.Choice(list(SORTS)), default="newest", show_default=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="A file instead of standard output.",
)
@with_appcontext
def export_contacts(
    user_id: str, file_format: str, status: str, type_code: str, search: str, sort: str, output: Path | None
) -> None:
    """Write the contacts within a user's reach as csv or xlsx."""
    actor = _actor(user_id, Permission.CONTACT_EXPORT)
    filters = {"status": status, "type": type_code.upper(), "q": search}
    filters = {name: value for name, value in filters.items() if value}
    try:
        with acting_as(actor):
            contact_export.record_export(filters, sort, file_format)
            db.session.commit()
        with click.open_file(str(output) if output else "-", "wb") as target:
            for piece in contact_export.stream(actor, filters, sort, file_format):
                target.write(piece)
    except NotAllowed as refusal:
        raise click.ClickException(refusal.message) from refusal
    except DomainError as refusal:
        raise click.UsageError(refusal.message) from refusal
