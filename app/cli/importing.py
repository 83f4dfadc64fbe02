"""What the commands that import have in common: who asks, what is said of a file, and with which exit status."""

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from app.access.actor import Actor, acting_as
from app.domain.errors import DomainError, UnreadableUpload
from app.domain.roles import Permission
from app.extensions import db
from app.imports.sheet_checker import CellError
from app.imports.verdict import Verdict
from app.services.sessions import actor_of

SOME_REFUSED, FILE_REFUSED, NOBODY = 1, 2, 3


class WrongUser(click.ClickException):
    """Nobody, or somebody who may not: told apart from what is said of the file."""

    exit_code = NOBODY


def find_user(user_id: str, permission: Permission) -> Actor:
    """The actor a command is run as; WrongUser when there is none, or none who may."""
    actor = actor_of(user_id)
    if actor is None:
        raise WrongUser(f"There is no active user {user_id}.")
    if not actor.may(permission):
        raise WrongUser(f"{user_id} may not do this: the permission {permission} is missing.")
    return actor


def carry_out(actor: Actor, work: Callable[[], tuple[Verdict, list[str]]], as_json: bool) -> None:
    """Do an import as somebody, print what was found, and exit with the status that says so."""
    try:
        with acting_as(actor):
            verdict, made = work()
    except UnreadableUpload as refusal:
        say_refused(refusal.code, refusal.message, as_json)
    except DomainError as refusal:
        say_refused("IMP-402", refusal.message, as_json)
    else:
        say(verdict, made, as_json)
        sys.exit(SOME_REFUSED if verdict.refused_count else 0)


def check_and_commit(verbs: Any, upload_id: int) -> tuple[Verdict, list[str]]:
    """Check a received upload and commit its good rows by the verbs of its kind; what was found, what it made."""
    db.session.commit()
    found = verbs.check_upload(upload_id, _unheard)
    db.session.commit()
    if found is None:
        upload = verbs.get_upload(upload_id)
        raise UnreadableUpload(upload.refusal_code or "IMP-106", upload.refusal or "The file was refused.")
    if found.accepted_count == 0:
        return found, []
    verbs.begin_commit(upload_id)
    db.session.commit()
    made = verbs.commit_chunks(upload_id, _unheard)
    db.session.commit()
    accepted_count = verbs.get_upload(upload_id).accepted_count
    if accepted_count != found.accepted_count:  # some could be committed no more
        found.accepted_count = accepted_count
        found.errors = [error for chunk in verbs.list_chunks(upload_id) for error in chunk.errors]
    return found, made


def _unheard(done: int, total: int) -> None:
    """Progress that nobody watches."""


def say(verdict: Verdict, references: list[str], as_json: bool) -> None:
    """Print what was found in a file, and what became of it."""
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


def say_refused(code: str, message: str, as_json: bool) -> None:
    """Print why the whole file is refused, and exit."""
    if as_json:
        click.echo(json.dumps({"refused_file": {"code": code, "message": message}}, ensure_ascii=False))
    else:
        click.echo(f"The file is refused: {message} ({code})", err=True)
    sys.exit(FILE_REFUSED)
