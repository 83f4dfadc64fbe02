"""The verbs of an upload of contacts."""

from collections.abc import Iterator

from app.access.actor import current_actor, needs
from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.domain.uploads import UploadKind
from app.imports import stages
from app.imports.chunks import Chunk
from app.imports.kinds import KINDS, Progress
from app.imports.verdict import Verdict
from app.models import Upload
from app.services import contact_types

KIND = KINDS[UploadKind.CONTACTS]


@needs(Permission.CONTACT_RAISE)
def receive_upload(file_name: str, content: bytes, type_code: str | None) -> Upload:
    """Keep a file that passed the guard; UnreadableUpload, with nothing written, when it did not.

    The same bytes are taken once: IMP-602 when this organisation already raised contacts from them.
    """
    _check_type(type_code)
    organisation_id = current_actor().organisation_id
    return stages.receive(KIND, file_name, content, organisation_id=organisation_id, type_code=type_code)


def look_over(file_name: str, content: bytes, type_code: str | None) -> str:
    """The digest of a file that may be received; RuleBroken or UnreadableUpload for one that would not be."""
    _check_type(type_code)
    return stages.look_over(KIND, file_name, content, current_actor().organisation_id)


def _check_type(type_code: str | None) -> None:
    kind = current_actor().organisation_kind
    if type_code and (refusal := contact_types.get_definition(type_code).refusal(kind)):
        raise RuleBroken(refusal, field="type_code")


@needs(Permission.CONTACT_RAISE)
def receive_and_check_later(file_name: str, content: bytes, type_code: str | None) -> Upload:
    """Keep a file and have it checked by a worker."""
    upload = receive_upload(file_name, content, type_code)
    stages.check_later(KIND, upload)
    return upload


@needs(Permission.CONTACT_RAISE)
def check_upload(upload_id: int, progress: Progress) -> Verdict | None:
    """Check a received file and keep what was found; a refused file is marked so. None when it was refused.

    A file of a type that may not be raised any more is refused too, for checking it again would not help. Reading
    takes no lock.
    """
    return stages.check(KIND, upload_id, progress)


@needs(Permission.CONTACT_RAISE)
def give_up(upload_id: int, reason: str) -> None:
    """Say that the work on an upload ended for good before its end, and why; nothing when it waits for no work."""
    stages.give_up(upload_id, reason)


@needs(Permission.CONTACT_RAISE)
def check_again(upload_id: int) -> Upload:
    """Have a file whose check failed checked by a worker once more; Conflict when it is not waiting for that."""
    return stages.check_again(KIND, upload_id)


@needs(Permission.CONTACT_RAISE)
def start_commit(upload_id: int) -> Upload:
    """Have the good rows of a checked upload raised by a worker; Conflict when somebody already did."""
    return stages.start_commit(KIND, upload_id)


@needs(Permission.CONTACT_RAISE)
def begin_commit(upload_id: int) -> Upload:
    """Decide that the good rows are to be raised; one caller wins, also where the same file waits twice."""
    return stages.begin_commit(KIND, upload_id)


@needs(Permission.CONTACT_RAISE)
def commit_chunks(upload_id: int, progress: Progress) -> list[str]:
    """Raise the contacts of a committing upload, a chunk and its mark at a time; references in row order."""
    return stages.commit_chunks(KIND, upload_id, progress)


def get_upload(upload_id: int) -> Upload:
    """One upload of contacts within reach; NotFound otherwise."""
    return stages.get_upload(KIND, upload_id)


def list_chunks(upload_id: int) -> Iterator[Chunk]:
    """What was found in the file, in row order, some thousand rows at a time."""
    return stages.list_chunks(upload_id)
