"""The verbs of an upload of people; what each row needs besides is asked by the verb that does it."""

from collections.abc import Iterator

from app.access.actor import current_actor, needs
from app.domain.errors import NotFound, RuleBroken
from app.domain.roles import Permission
from app.domain.uploads import UploadKind
from app.extensions import db
from app.imports import stages
from app.imports.chunks import Chunk
from app.imports.kinds import KINDS, Progress
from app.imports.verdict import Verdict
from app.models import Organisation, Upload

KIND = KINDS[UploadKind.PEOPLE]


@needs(Permission.USER_CHANGE)
def receive_upload(file_name: str, content: bytes, organisation_id: int | None = None) -> Upload:
    """Keep a file about the people of an organisation; UnreadableUpload, with nothing written, when it is refused.

    Without `organisation_id` it is the actor's own organisation, or the one they act for.
    """
    meant = organisation_meant(organisation_id)
    return stages.receive(KIND, file_name, content, organisation_id=meant)


def look_over(file_name: str, content: bytes, organisation_id: int | None = None) -> str:
    """The digest of a file that may be received; RuleBroken or UnreadableUpload for one that would not be."""
    return stages.look_over(KIND, file_name, content, organisation_meant(organisation_id))


def organisation_meant(organisation_id: int | None) -> int:
    """Whose people a file is about; refused like an unknown organisation where the actor does not look after it."""
    actor = current_actor()
    meant = actor.meant_organisation_id if organisation_id is None else organisation_id
    if not actor.manages(meant) or db.session.get(Organisation, meant) is None:
        raise RuleBroken("Choose an organisation from the list.", field="organisation")
    return meant


@needs(Permission.USER_CHANGE)
def receive_and_check_later(file_name: str, content: bytes, organisation_id: int | None = None) -> Upload:
    """Keep a file and have it checked by a worker."""
    upload = receive_upload(file_name, content, organisation_id)
    stages.check_later(KIND, upload)
    return upload


@needs(Permission.USER_CHANGE)
def check_upload(upload_id: int, progress: Progress) -> Verdict | None:
    """Check a received file and keep what was found; a refused file is marked so. None when it was refused.

    What its rows ask for is tried in one transaction and taken back, so the verdict is what doing them would say.
    """
    return stages.check(KIND, upload_id, progress)


@needs(Permission.USER_CHANGE)
def give_up(upload_id: int, reason: str) -> None:
    """Say that the work on an upload ended for good before its end, and why; nothing when it waits for no work."""
    stages.give_up(upload_id, reason)


@needs(Permission.USER_CHANGE)
def check_again(upload_id: int) -> Upload:
    """Have a file whose check failed checked by a worker once more; Conflict when it is not waiting for that."""
    return stages.check_again(KIND, get_upload(upload_id).id)


@needs(Permission.USER_CHANGE)
def start_commit(upload_id: int) -> Upload:
    """Have the good rows of a checked upload done by a worker; Conflict when somebody already did."""
    return stages.start_commit(KIND, get_upload(upload_id).id)


@needs(Permission.USER_CHANGE)
def begin_commit(upload_id: int) -> Upload:
    """Decide that the good rows are to be done; one caller wins, also where the same file waits twice."""
    return stages.begin_commit(KIND, get_upload(upload_id).id)


@needs(Permission.USER_CHANGE)
def commit_chunks(upload_id: int, progress: Progress) -> list[str]:
    """Do the good rows of a committing upload, a chunk and its mark at a time; the user IDs they are about."""
    return stages.commit_chunks(KIND, upload_id, progress)


def get_upload(upload_id: int) -> Upload:
    """One upload of people whose access is the actor's to look after; NotFound otherwise."""
    upload = stages.get_upload(KIND, upload_id)
    if not current_actor().manages(upload.organisation_id):
        raise NotFound(stages.GONE)
    return upload


def list_chunks(upload_id: int) -> Iterator[Chunk]:
    """What was found in the file, in row order, some rows at a time."""
    return stages.list_chunks(upload_id)
