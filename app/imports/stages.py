"""The stages of one upload of any kind: receive, check, choose, commit; and what is done when one of them fails.

These are parts of the verbs of each kind (imports.pipeline, imports.people.pipeline), which name the permission.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Select, select

from app.access.actor import current_actor
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.errors import Conflict, NotFound, RuleBroken, UnreadableUpload
from app.domain.item import show_date
from app.domain.uploads import UploadKind
from app.extensions import db
from app.imports.chunks import Chunk, pack, unpack
from app.imports.guard import guard
from app.imports.kinds import KINDS, Kind, Progress, Source
from app.imports.messages import sentence
from app.imports.verdict import Verdict
from app.models import Upload, UploadChunk, UploadFile
from app.models.bulk import many_rows
from app.models.connections import hurried
from app.services import audit, notifications
from app.services.job_queue import enqueue
from app.services.locking import for_change

GONE = "There is no such upload."
# What becomes of an upload whose work is given up, by the state it was in.
GIVEN_UP = {"received": "failed", "committing": "stopped"}


def receive(
    kind: Kind, file_name: str, content: bytes, *, organisation_id: int, type_code: str | None = None
) -> Upload:
    """Keep a file that passed the guard; UnreadableUpload, with nothing written, when it did not.

    The same bytes are taken once: IMP-602 when something of this organisation was already committed from them.
    """
    actor = current_actor()
    digest = look_over(kind, file_name, content, organisation_id)
    upload = Upload(
        kind=kind.name.value,
        organisation_id=organisation_id,
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
    file = UploadFile(kind=upload.kind, upload_id=upload.id, organisation_id=upload.organisation_id, content=content)
    db.session.add(file)
    audit.record("upload:receive", upload, after={"sha256": digest, "size_bytes": len(content), "type": type_code})
    return upload


def look_over(kind: Kind, file_name: str, content: bytes, organisation_id: int) -> str:
    """The digest of a file that may be received; UnreadableUpload for one that would not be."""
    guard(file_name, content)
    digest = hashlib.sha256(content).hexdigest()
    _refuse_if_raised(_same_file(kind.name, organisation_id, digest))
    return digest


def _same_file(kind: UploadKind | str, organisation_id: int, digest: str) -> Select[Any]:
    """The uploads of the same bytes, oldest first."""
    same = select(Upload).where(Upload.organisation_id == organisation_id, Upload.sha256 == digest)
    return same.where(Upload.kind == str(kind)).order_by(Upload.id)


def _refuse_if_raised(uploads: Select[Any]) -> None:
    is_under_way = Upload.state.in_(("committing", "stopped"))
    # One that ended without a contact, every row refused since the check, may be raised another time.
    is_raised = (Upload.state == "committed") & (Upload.raised_count > 0)
    for earlier in db.session.scalars(uploads.where(is_under_way | is_raised).limit(1)):
        day = show_date(earlier.uploaded_at.astimezone(clock.LONDON).date())
        raise UnreadableUpload("IMP-602", sentence("IMP-602", name=earlier.file_name, day=day))


def check_later(kind: Kind, upload: Upload) -> None:
    """Have a received file checked by a worker."""
    upload.job_id = enqueue(kind.check_job, {"upload_id": upload.id}).id


def check(kind: Kind, upload_id: int, progress: Progress) -> Verdict | None:
    """Check a received file and keep what was found; a refused file is marked so. None when it was refused.

    Everything found is written in one short transaction at the end.
    """
    upload = get_upload(kind, upload_id)
    if upload.state != "received":
        return None
    content = db.session.scalars(select(UploadFile.content).where(UploadFile.upload_id == upload_id)).one()
    source = Source(upload.file_name, content, upload.type_code, upload.organisation_id)
    verdict = Verdict()
    chunks: list[dict[str, Any]] = []
    db.session.rollback()
    try:
        # Packing goes on beside the checking of the next rows.
        with many_rows(), ThreadPoolExecutor(max_workers=1) as packing:
            for checked in kind.check(source, verdict):
                if checked.row_count or checked.drafts:
                    chunks.append(
                        {
                            "kind": kind.name.value,
                            "upload_id": upload_id,
                            "organisation_id": source.organisation_id,
                            "number": len(chunks),
                            "accepted_count": len(checked.drafts),
                            "error_count": len(checked.errors),
                            "content": packing.submit(pack, checked),
                        }
                    )
                db.session.rollback()
                progress(verdict.row_count, 0)
    except UnreadableUpload as refusal:
        _refuse(kind, upload_id, refusal)
        return None
    upload = get_upload(kind, upload_id)
    db.session.add_all(UploadChunk(**chunk | {"content": chunk["content"].result()}) for chunk in chunks)
    upload.state = "checked"
    upload.row_count = verdict.row_count
    upload.accepted_count = verdict.accepted_count
    upload.refused_count = verdict.refused_count
    upload.preview = kind.preview(verdict)
    audit.record("upload:check", upload, after={"rows": verdict.row_count, "refused": verdict.refused_count})
    _tell(upload)
    return verdict


def _refuse(kind: Kind, upload_id: int, refusal: UnreadableUpload) -> None:
    db.session.rollback()
    upload = get_upload(kind, upload_id)
    upload.state, upload.refusal_code, upload.refusal = "refused", refusal.code, refusal.message
    audit.record("upload:refuse", upload, after={"code": refusal.code})
    _tell(upload)


def _tell(upload: Upload) -> None:
    """Tell who uploaded the file, when it was a worker that worked on it and nobody waits in front of the answer."""
    if upload.job_id is not None:
        notifications.tell_of_upload(upload, KINDS[UploadKind(upload.kind)].told)


def give_up(upload_id: int, reason: str) -> None:
    """Say that the work on an upload ended for good before its end, and why; nothing when it waits for no work."""
    upload = db.session.get(Upload, upload_id)
    if upload is not None and upload.state in GIVEN_UP:
        upload.state, upload.refusal = GIVEN_UP[upload.state], reason
        audit.record("upload:fail", upload, after={"state": upload.state, "reason": reason})
        _tell(upload)


def check_again(kind: Kind, upload_id: int) -> Upload:
    """Have a file whose check failed checked by a worker once more; Conflict when it is not waiting for that."""
    upload = get_upload(kind, upload_id)
    if not compare_and_set(upload, {"state": "failed"}, {"state": "received", "refusal": None, "job_id": None}):
        raise Conflict("This file is not waiting to be checked again. Look at what became of it.")
    check_later(kind, upload)
    audit.record("upload:recheck", upload)
    return upload


def start_commit(kind: Kind, upload_id: int) -> Upload:
    """Have the good rows of a checked upload committed by a worker; Conflict when somebody already did."""
    upload = begin_commit(kind, upload_id)
    upload.job_id = enqueue(kind.commit_job, {"upload_id": upload.id}, total_count=upload.accepted_count).id
    return upload


def begin_commit(kind: Kind, upload_id: int) -> Upload:
    """Decide that the good rows are to be committed; one caller wins, also where the same file waits twice."""
    upload = get_upload(kind, upload_id)
    if upload.accepted_count == 0:
        raise RuleBroken(kind.nothing_good)
    same = _same_file(upload.kind, upload.organisation_id, upload.sha256)
    db.session.scalars(for_change(same)).all()
    _refuse_if_raised(same.where(Upload.id != upload_id))
    # What stopped goes on where it was; its chunks are marked.
    expected = "stopped" if upload.state == "stopped" else "checked"
    changes = {"state": "committing", "committed_at": clock.now(), "refusal": None, "job_id": None}
    if not compare_and_set(upload, {"state": expected, "job_id": upload.job_id}, changes):
        raise Conflict(kind.begun_already)
    audit.record("upload:commit", upload, after={"rows": upload.accepted_count})
    return upload


def commit_chunks(kind: Kind, upload_id: int, progress: Progress) -> list[str]:
    """Commit the chunks of a committing upload, each with its mark; what became of their rows, in row order.

    May be killed at any point and run again: a chunk is committed with its mark or not at all. Rows that may not be
    committed any more are refused, and are among the chunk's errors from then on.
    """
    upload = get_upload(kind, upload_id)
    if upload.state != "committing":
        return []
    organisation_id = upload.organisation_id
    # Other transactions see the decision only then.
    db.session.commit()
    with many_rows(), hurried():
        made = kind.commit(upload_id, organisation_id, progress)
        db.session.rollback()
    # The commit that follows waits for the disk, and so for every chunk before it.
    upload = get_upload(kind, upload_id)
    if compare_and_set(upload, {"state": "committing"}, {"state": "committed"}):
        audit.record("upload:finish", upload, after={kind.name.value: upload.raised_count})
        _tell(upload)
    return made


def get_upload(kind: Kind, upload_id: int) -> Upload:
    """One upload of a kind within reach; NotFound otherwise."""
    upload = db.session.get(Upload, upload_id)
    if upload is None or upload.kind != kind.name:
        raise NotFound(GONE)
    return upload


def list_chunks(upload_id: int) -> Iterator[Chunk]:
    """What was found in the file, in row order, some rows at a time."""
    wanted = select(UploadChunk.id).where(UploadChunk.upload_id == upload_id).order_by(UploadChunk.number)
    for pk in db.session.scalars(wanted).all():
        yield unpack(db.session.get_one(UploadChunk, pk).content)


def _plain_name(file_name: str) -> str:
    """The name without folders and unseen characters."""
    bare = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in bare if letter.isprintable())[-200:] or "upload"
