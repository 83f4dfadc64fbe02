"""The stages of one upload, each a verb: receive, check, choose, commit."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select

from app.access.actor import current_actor, needs
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.errors import Conflict, NotFound, RuleBroken, UnreadableUpload
from app.domain.item import show_date
from app.domain.roles import Permission
from app.extensions import db
from app.imports.checking import CellError, CheckedRows, Checker, group, row_ranges
from app.imports.chunks import Chunk, pack, unpack
from app.imports.guard import guard
from app.imports.messages import sentence
from app.imports.reader import open_upload
from app.models import Upload, UploadChunk, UploadFile
from app.services import audit, contact_types, contacts
from app.services.contact_types import Definition
from app.services.job_queue import enqueue
from app.services.locking import for_change

KEPT_GROUPS, KEPT_ROWS = 100, 50
# The other sheets of our own templates (exports.templates).
OUR_SHEETS = ("Help", "Lists")

# Called with rows done (and rows in all, where known) between two steps; may raise to stop the work.
Progress = Callable[[int, int], None]


@dataclass
class Verdict:
    """What was found in a whole file."""

    row_count: int = 0
    accepted_count: int = 0
    errors: list[CellError] = field(default_factory=list)
    warnings: list[CellError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    understood: dict[str, Any] = field(default_factory=dict)

    @property
    def refused_count(self) -> int:
        """Rows with an error."""
        return self.row_count - self.accepted_count


def check_file(
    file_name: str, content: bytes, definitions: dict[str, Definition], type_code: str | None, verdict: Verdict
) -> Iterator[CheckedRows]:
    """Read and check a file as a stream, filling `verdict` on the way; writes nothing."""
    if type_code and (refusal := definitions[type_code].refusal(current_actor().organisation_kind)):
        raise RuleBroken(refusal, field="type_code")
    checker = Checker(definitions, type_code)
    with open_upload(file_name, content) as reading:
        for checked in checker.check(reading):
            verdict.row_count += checked.row_count
            verdict.accepted_count += len(checked.drafts)
            verdict.errors.extend(checked.errors)
            verdict.warnings.extend(checked.warnings)
            yield checked
        header = checker.header
        assert header is not None
        verdict.notes = [*header.notes, *(note for note in reading.notes if not _is_about_our_sheets(note))]
        labels = _labels(definitions)
        verdict.understood = {
            "sheet": reading.sheet_name,
            "header_row": header.header_row,
            "columns": [[c.letter, c.header, labels.get(c.code or "", "")] for c in header.columns],
        }


def _is_about_our_sheets(note: str) -> bool:
    """Our templates bring these sheets; that they hold no contacts is no news."""
    return any(f'"{name}"' in note for name in OUR_SHEETS)


def _labels(definitions: dict[str, Definition]) -> dict[str, str]:
    labels = {"CONTACT_TYPE": "Contact type", "OWN_REFERENCE": "Your reference"}
    for definition in definitions.values():
        for item in definition.items:
            labels.setdefault(item.code, item.label)
    return labels


def load_definitions() -> dict[str, Definition]:
    """Every contact type by code."""
    return {definition.code: definition for definition in contact_types.list_definitions()}


@needs(Permission.CONTACT_RAISE)
def receive_upload(file_name: str, content: bytes, type_code: str | None) -> Upload:
    """Keep a file that passed the guard; UnreadableUpload, with nothing written, when it did not.

    The same bytes are taken once: IMP-602 when this organisation already raised contacts from them.
    """
    actor = current_actor()
    if type_code and (refusal := contact_types.get_definition(type_code).refusal(actor.organisation_kind)):
        raise RuleBroken(refusal, field="type_code")
    guard(file_name, content)
    digest = hashlib.sha256(content).hexdigest()
    _refuse_if_raised(_same_file(actor.organisation_id, digest))
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


def _same_file(organisation_id: int, digest: str) -> Select[Any]:
    """The uploads of the same bytes, oldest first."""
    same = select(Upload).where(Upload.organisation_id == organisation_id, Upload.sha256 == digest)
    return same.order_by(Upload.id)


def _refuse_if_raised(uploads: Select[Any]) -> None:
    for earlier in db.session.scalars(uploads.where(Upload.state.in_(("committing", "committed"))).limit(1)):
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

    Reading takes no lock: everything found is written in one short transaction at the end.
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
        for checked in check_file(file_name, content, definitions, type_code, verdict):
            chunks.append(
                {
                    "upload_id": upload_id,
                    "organisation_id": organisation_id,
                    "number": len(chunks),
                    "accepted_count": len(checked.drafts),
                    "error_count": len(checked.errors),
                    "content": pack(checked),
                }
            )
            db.session.rollback()
            progress(verdict.row_count, 0)
    except UnreadableUpload as refusal:
        _refuse(upload_id, refusal)
        return None
    upload = get_upload(upload_id)
    db.session.add_all(UploadChunk(**chunk) for chunk in chunks)
    upload.state = "checked"
    upload.row_count = verdict.row_count
    upload.accepted_count = verdict.accepted_count
    upload.refused_count = verdict.refused_count
    upload.preview = _preview(verdict)
    audit.record("upload:check", upload, after={"rows": verdict.row_count, "refused": verdict.refused_count})
    return verdict


def _refuse(upload_id: int, refusal: UnreadableUpload) -> None:
    db.session.rollback()
    upload = get_upload(upload_id)
    upload.state, upload.refusal_code, upload.refusal = "refused", refusal.code, refusal.message
    audit.record("upload:refuse", upload, after={"code": refusal.code})


def _preview(verdict: Verdict) -> dict[str, Any]:
    groups = group(verdict.errors)
    return {
        **verdict.understood,
        "notes": verdict.notes,
        "group_count": len(groups),
        "error_count": len(verdict.errors),
        "groups": [
            [code, header, message, row_ranges(rows), len(rows)] for code, header, message, rows in groups[:KEPT_GROUPS]
        ],
        "first_errors": [list(error) for error in verdict.errors[:KEPT_ROWS]],
        "warning_groups": [
            [code, header, message, row_ranges(rows), len(rows)]
            for code, header, message, rows in group(verdict.warnings)[:KEPT_GROUPS]
        ],
    }


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
    if not compare_and_set(upload, {"state": "checked"}, {"state": "committing", "committed_at": clock.now()}):
        raise Conflict("This upload is already being raised.")
    audit.record("upload:commit", upload, after={"rows": upload.accepted_count})
    return upload


@needs(Permission.CONTACT_RAISE)
def commit_chunks(upload_id: int, progress: Progress) -> list[str]:
    """Raise the contacts of a committing upload, a chunk and its place marker at a time; references in row order.

    May be killed at any point and run again: a chunk is raised with its marker or not at all.
    """
    upload = get_upload(upload_id)
    references: list[str] = []
    if upload.state != "committing":
        return references
    definitions = load_definitions()
    while (chunk := _next_chunk(upload)) is not None:
        number, content = chunk
        raised = contacts.raise_contacts(
            unpack(content).drafts, definitions, channel="spreadsheet", upload_id=upload.id
        )
        references.extend(reference for _, reference in raised)
        upload.next_chunk = number + 1
        upload.raised_count += len(raised)
        progress(upload.raised_count, upload.accepted_count)
        db.session.commit()
    upload.state = "committed"
    audit.record("upload:finish", upload, after={"contacts": upload.raised_count})
    return references


def _next_chunk(upload: Upload) -> tuple[int, bytes] | None:
    wanted = select(UploadChunk.number, UploadChunk.content).where(
        UploadChunk.upload_id == upload.id, UploadChunk.number >= upload.next_chunk
    )
    row = db.session.execute(wanted.order_by(UploadChunk.number).limit(1)).first()
    return None if row is None else (row.number, row.content)


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
