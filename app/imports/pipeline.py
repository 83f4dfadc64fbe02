"""The stages of one upload, each a verb: receive, check, choose, commit; and what is done when one of them fails."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Select, select

from app.access.actor import current_actor, needs
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.errors import Conflict, NotFound, RuleBroken, UnreadableUpload
from app.domain.item import show_date
from app.domain.roles import Permission
from app.extensions import db
from app.imports.checking import CellError, CheckedRows
from app.imports.chunks import Chunk, pack, unpack
from app.imports.guard import guard
from app.imports.messages import sentence
from app.imports.preview import add_late, make_preview
from app.imports.verdict import TypeRefused, Verdict, check_file, load_definitions
from app.models import Upload, UploadChunk, UploadFile
from app.models.bulk import many_rows
from app.models.connections import hurried
from app.services import audit, contact_types, contacts, notifications
from app.services.job_queue import enqueue
from app.services.locking import for_change

# What becomes of an upload whose work is given up, by the state it was in.
GIVEN_UP = {"received": "failed", "committing": "stopped"}

# Called with rows done (and rows in all, where known) between two steps; may raise to stop the work.
Progress = Callable[[int, int], None]


@needs(Permission.CONTACT_RAISE)
def receive_upload(file_name: str, content: bytes, type_code: str | None) -> Upload:
    """Keep a file that passed the guard; UnreadableUpload, with nothing written, when it did not.

    The same bytes are taken once: IMP-602 when this organisation already raised contacts from them.
    """
    actor = current_actor()
    digest = look_over(file_name, content, type_code)
    upload = Upload(
        organisation_id=actor.organisation_id,
        uploaded_by_id=actor.user_pk,
        uploaded_by_name=actor.name,
        uploaded_at=clock.now(),
        file_name=_plain_name(file_name),
        sha256=digest,
        size_bytes=len(content),
        type_code=type_code,
        state="received",
    )
    db.session.add(upload)
    db.session.flush()
    db.session.add(UploadFile(upload_id=upload.id, organisation_id=upload.organisation_id, content=content))
    audit.record("upload:receive", upload, after={"sha256": digest, "size_bytes": len(content), "type": type_code})
    return upload


def look_over(file_name: str, content: bytes, type_code: str | None) -> str:
    """The digest of a file that may be received; RuleBroken or UnreadableUpload for one that would not be."""
    actor = current_actor()
    if type_code and (refusal := contact_types.get_definition(type_code).refusal(actor.organisation_kind)):
        raise RuleBroken(refusal, field="type_code")
    guard(file_name, content)
    digest = hashlib.sha256(content).hexdigest()
    _refuse_if_raised(_same_file(actor.organisation_id, digest))
    return digest


def _same_file(organisation_id: int, digest: str) -> Select[Any]:
    """The uploads of the same bytes, oldest first."""
    same = select(Upload).where(Upload.organisation_id == organisation_id, Upload.sha256 == digest)
    return same.order_by(Upload.id)


def _refuse_if_raised(uploads: Select[Any]) -> None:
    is_under_way = Upload.state.in_(("committing", "stopped"))
    # One that ended without a contact, every row refused since the check, may be raised another time.
    is_raised = (Upload.state == "committed") & (Upload.raised_count > 0)
    for earlier in db.session.scalars(uploads.where(is_under_way | is_raised).limit(1)):
        day = show_date(earlier.uploaded_at.astimezone(clock.LONDON).date())
        raise UnreadableUpload("IMP-602", sentence("IMP-602", name=earlier.file_name, day=day))


@needs(Permission.CONTACT_RAISE)
def receive_and_check_later(file_name: str, content: bytes, type_code: str | None) -> Upload:
    """Keep a file and have it checked by a worker."""
    upload = receive_upload(file_name, content, type_code)
    upload.job_id = enqueue("check_upload", {"upload_id": upload.id}).id
    return upload


@needs(Permission.CONTACT_RAISE)
def check_upload(upload_id: int, progress: Progress) -> Verdict | None:
    """Check a received file and keep what was found; a refused file is marked so. None when it was refused.

    A file of a type that may not be raised any more is refused too, for checking it again would not help. Reading
    takes no lock: everything found is written in one short transaction at the end.
    """
    upload = get_upload(upload_id)
    if upload.state != "received":
        return None
    content = db.session.scalars(select(UploadFile.content).where(UploadFile.upload_id == upload_id)).one()
    definitions, verdict = load_definitions(), Verdict()
    file_name, type_code, organisation_id = upload.file_name, upload.type_code, upload.organisation_id
    chunks: list[dict[str, Any]] = []
    db.session.rollback()
    try:
        # Packing goes on beside the checking of the next rows.
        with many_rows(), ThreadPoolExecutor(max_workers=1) as packing:
            for checked in check_file(file_name, content, definitions, type_code, verdict):
                chunks.append(
                    {
                        "upload_id": upload_id,
                        "organisation_id": organisation_id,
                        "number": len(chunks),
                        "accepted_count": len(checked.drafts),
                        "error_count": len(checked.errors),
                        "content": packing.submit(pack, checked),
                    }
                )
                db.session.rollback()
                progress(verdict.row_count, 0)
    except UnreadableUpload as refusal:
        _refuse(upload_id, refusal.code, refusal.message)
        return None
    except TypeRefused as refusal:
        _refuse(upload_id, "IMP-415", refusal.message)
        return None
    upload = get_upload(upload_id)
    db.session.add_all(UploadChunk(**chunk | {"content": chunk["content"].result()}) for chunk in chunks)
    upload.state = "checked"
    upload.row_count = verdict.row_count
    upload.accepted_count = verdict.accepted_count
    upload.refused_count = verdict.refused_count
    upload.preview = make_preview(verdict, definitions)
    audit.record("upload:check", upload, after={"rows": verdict.row_count, "refused": verdict.refused_count})
    _tell(upload)
    return verdict


def _refuse(upload_id: int, code: str, message: str) -> None:
    db.session.rollback()
    upload = get_upload(upload_id)
    upload.state, upload.refusal_code, upload.refusal = "refused", code, message
    audit.record("upload:refuse", upload, after={"code": code})
    _tell(upload)


def _tell(upload: Upload) -> None:
    """Tell who uploaded the file, when it was a worker that worked on it and nobody waits in front of the answer."""
    if upload.job_id is not None:
        notifications.tell_of_upload(upload)


@needs(Permission.CONTACT_RAISE)
def give_up(upload_id: int, reason: str) -> None:
    """Say that the work on an upload ended for good before its end, and why; nothing when it waits for no work."""
    upload = db.session.get(Upload, upload_id)
    if upload is not None and upload.state in GIVEN_UP:
        upload.state, upload.refusal = GIVEN_UP[upload.state], reason
        audit.record("upload:fail", upload, after={"state": upload.state, "reason": reason})
        _tell(upload)


@needs(Permission.CONTACT_RAISE)
def check_again(upload_id: int) -> Upload:
    """Have a file whose check failed checked by a worker once more; Conflict when it is not waiting for that."""
    upload = get_upload(upload_id)
    if not compare_and_set(upload, {"state": "failed"}, {"state": "received", "refusal": None, "job_id": None}):
        raise Conflict("This file is not waiting to be checked again. Look at what became of it.")
    upload.job_id = enqueue("check_upload", {"upload_id": upload.id}).id
    audit.record("upload:recheck", upload)
    return upload


@needs(Permission.CONTACT_RAISE)
def start_commit(upload_id: int) -> Upload:
    """Have the good rows of a checked upload raised by a worker; Conflict when somebody already did."""
    upload = begin_commit(upload_id)
    upload.job_id = enqueue("commit_upload", {"upload_id": upload.id}, total_count=upload.accepted_count).id
    return upload


@needs(Permission.CONTACT_RAISE)
def begin_commit(upload_id: int) -> Upload:
    """Decide that the good rows are to be raised; one caller wins, also where the same file waits twice."""
    upload = get_upload(upload_id)
    if upload.accepted_count == 0:
        raise RuleBroken("No row of this file is good, so there is nothing to raise.")
    same = _same_file(upload.organisation_id, upload.sha256)
    db.session.scalars(for_change(same)).all()
    _refuse_if_raised(same.where(Upload.id != upload_id))
    # Raising that stopped goes on where it was; its chunks are marked.
    expected = "stopped" if upload.state == "stopped" else "checked"
    changes = {"state": "committing", "committed_at": clock.now(), "refusal": None, "job_id": None}
    if not compare_and_set(upload, {"state": expected, "job_id": upload.job_id}, changes):
        raise Conflict("This upload is already being raised.")
    audit.record("upload:commit", upload, after={"rows": upload.accepted_count})
    return upload


@needs(Permission.CONTACT_RAISE)
def commit_chunks(upload_id: int, progress: Progress) -> list[str]:
    """Raise the contacts of a committing upload, a chunk and its place marker at a time; references in row order.

    May be killed at any point and run again: a chunk is raised with its marker or not at all. Rows that may not be
    raised any more are refused, and are among the chunk's errors from then on.
    """
    upload = get_upload(upload_id)
    references: list[str] = []
    if upload.state != "committing":
        return references
    definitions = load_definitions()
    with many_rows(), hurried():
        for number, checked in _waiting_chunks(upload):
            good, refused = contacts.split_refused(checked.drafts, definitions)
            if refused:
                late = [CellError(draft.row or 0, "", "", why.code, why.message) for draft, why in refused]
                _refuse_late(upload, number, Chunk(good, checked.errors, checked.warnings), late)
            raised = contacts.raise_contacts(good, definitions, channel="spreadsheet", upload_id=upload.id)
            references.extend(reference for _, reference in raised)
            upload.next_chunk = number + 1
            upload.raised_count += len(raised)
            progress(upload.raised_count, upload.accepted_count)
            db.session.commit()
        db.session.rollback()
    # The commit that follows waits for the disk, and so for every chunk before it.
    upload.state = "committed"
    audit.record("upload:finish", upload, after={"contacts": upload.raised_count})
    _tell(upload)
    return references


def _refuse_late(upload: Upload, number: int, rest: Chunk, late: list[CellError]) -> None:
    """Keep what was refused since the check where the errors found by the check are kept."""
    wanted = select(UploadChunk).where(UploadChunk.upload_id == upload.id, UploadChunk.number == number)
    row = db.session.scalars(wanted).one()
    errors = sorted([*rest.errors, *late], key=lambda error: error.row)
    row.content = pack(CheckedRows(rest.drafts, errors, rest.warnings, 0))
    row.accepted_count, row.error_count = len(rest.drafts), len(errors)
    upload.accepted_count -= len(late)
    upload.refused_count += len(late)
    upload.preview = add_late(upload.preview, late)


def _waiting_chunks(upload: Upload) -> Iterator[tuple[int, Chunk]]:
    """Number and content of the chunks not raised yet, in order; one is unpacked while the one before is raised."""
    with ThreadPoolExecutor(max_workers=1) as ahead:
        number = upload.next_chunk
        content = _packed(upload, number)
        coming = ahead.submit(unpack, content) if content else None
        while coming is not None:
            chunk = coming.result()
            content = _packed(upload, number + 1)
            coming = ahead.submit(unpack, content) if content else None
            yield number, chunk
            number += 1


def _packed(upload: Upload, number: int) -> bytes | None:
    wanted = select(UploadChunk.content).where(UploadChunk.upload_id == upload.id, UploadChunk.number == number)
    return db.session.scalar(wanted)


def get_upload(upload_id: int) -> Upload:
    """One upload within reach; NotFound otherwise."""
    upload = db.session.get(Upload, upload_id)
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload


def list_chunks(upload_id: int) -> Iterator[Chunk]:
    """What was found in the file, in row order, some thousand rows at a time."""
    wanted = select(UploadChunk.id).where(UploadChunk.upload_id == upload_id).order_by(UploadChunk.number)
    for pk in db.session.scalars(wanted).all():
        yield unpack(db.session.get_one(UploadChunk, pk).content)


def _plain_name(file_name: str) -> str:
    """The name without folders and unseen characters."""
    bare = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in bare if letter.isprintable())[-200:] or "upload"
