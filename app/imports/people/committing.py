"""Doing the good rows of a file of people, chunk by chunk: what is done, its mark and its count, or nothing."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import select

from app.domain.people_sheet import USER_ID, columns_for
from app.extensions import db
from app.imports.chunks import pack, unpack
from app.imports.people import acts
from app.imports.people.checking import Place, refusal_of, warnings_of
from app.imports.preview import add_late
from app.imports.raising import Progress
from app.imports.sheet_checker import CheckedRows
from app.models import Upload, UploadChunk
from app.services import audit
from app.services.locking import for_change


def commit_all(upload_id: int, organisation_id: int, progress: Progress) -> list[str]:
    """Do the rows of every chunk that was not done yet; the user IDs they are about, in row order."""
    wanted = select(UploadChunk.number).where(UploadChunk.upload_id == upload_id, ~UploadChunk.is_raised)
    numbers = db.session.scalars(wanted.order_by(UploadChunk.number)).all()
    place = _places(upload_id)
    commit = partial(_commit, upload_id, organisation_id, place, progress)
    token = audit.request_id.set(f"upload {upload_id}")
    try:
        return [user_id for number in numbers for user_id in commit(number)]
    finally:
        audit.request_id.reset(token)


def _places(upload_id: int) -> Callable[[str], Place]:
    """Where the columns of the file are, as the preview keeps them."""
    preview = db.session.scalars(select(Upload.preview).where(Upload.id == upload_id)).one()
    found = {label: (letter, header) for letter, header, label in preview["columns"]}
    labels = {code: item.label for code, item in columns_for((), ()).items()}
    return lambda code: found.get(labels[code], ("", labels[code]))


def _commit(
    upload_id: int, organisation_id: int, place: Callable[[str], Place], progress: Progress, number: int
) -> list[str]:
    wanted = select(UploadChunk).where(
        UploadChunk.upload_id == upload_id, UploadChunk.number == number, ~UploadChunk.is_raised
    )
    chunk = db.session.scalar(for_change(wanted))
    if chunk is None:
        db.session.rollback()
        return []
    content = unpack(chunk.content)
    outcomes = acts.do_rows(content.drafts, organisation_id)
    tried = list(zip(content.drafts, outcomes, strict=True))
    done = [draft for draft, found in tried if found.refusal is None]
    late = [refusal_of(draft, found.refusal, place) for draft, found in tried if found.refusal is not None]
    warnings = [warning for draft, found in tried for warning in warnings_of(draft, found)]
    chunk.is_raised = True
    if late or warnings:
        errors = sorted([*content.errors, *late], key=lambda error: error.row)
        chunk.content = pack(CheckedRows(done, errors, warnings, 0))
        chunk.accepted_count, chunk.error_count = len(done), len(errors)
    upload = db.session.scalars(for_change(select(Upload).where(Upload.id == upload_id))).one()
    upload.raised_count += len(done)
    upload.accepted_count -= len(late)
    upload.refused_count += len(late)
    asked_count = sum(found.is_asked for _, found in tried)
    if late or asked_count:
        db.session.refresh(upload, ["preview"])
        so_far = upload.preview.get("asked_count", 0)
        upload.preview = {**add_late(upload.preview, late), "asked_count": so_far + asked_count}
    progress(upload.raised_count, upload.accepted_count)
    db.session.commit()
    return [draft.answers[USER_ID] for draft in done]
