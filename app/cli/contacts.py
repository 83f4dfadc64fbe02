"""flask contacts: import and export as a named user."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.access.actor import acting_as
from app.cli.importing import carry_out, check_and_commit, find_user
from app.domain.errors import DomainError, NotAllowed, UnreadableUpload
from app.domain.roles import Permission
from app.exports import contacts as contact_export
from app.exports.lists import FORMATS
from app.extensions import db
from app.imports import pipeline
from app.imports import verdict as checks
from app.services.contact_list import SORTS


@click.group("contacts")
def commands() -> None:
    """Import and export contacts."""


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
    actor = find_user(user_id, Permission.CONTACT_RAISE)
    carry_out(actor, lambda: _import(file, type_code.upper() if type_code else None, commit), as_json)


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
    return check_and_commit(pipeline, pipeline.receive_upload(file.name, content, type_code).id)


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
    actor = find_user(user_id, Permission.CONTACT_EXPORT)
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
