"""One chunk of an upload after the other, or beside it: its contacts, its mark and its rows counted, or nothing."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.extensions import db
from app.imports.chunks import Chunk, pack, unpack
from app.imports.hands import do_all
from app.imports.preview import add_late
from app.imports.sheet_checker import CellError, CheckedRows
from app.models import Upload, UploadChunk
from app.services import contacts
from app.services.definition import Definition
from app.services.locking import for_change

# Called with rows done (and rows in all, where known) between two steps; may raise to stop the work.
Progress = Callable[[int, int], None]


class Turn(NamedTuple):
    """A chunk about to be raised, and the contact numbers of its rows: given in row order, whoever is done first."""

    number: int
    content: Chunk
    contact_numbers: contacts.Numbers


def raise_all(upload_id: int, definitions: Mapping[str, Definition], progress: Progress) -> list[str]:
    """Raise the contacts of every chunk that was not raised yet; references in row order."""
    work = partial(raise_chunk, upload_id, definitions, progress)
    return [reference for some in do_all(work, waiting_chunks(upload_id)) for reference in some]


def waiting_chunks(upload_id: int) -> Iterator[Turn]:
    """The chunks not raised yet, in order; one is unpacked ahead."""
    wanted = select(UploadChunk.number).where(UploadChunk.upload_id == upload_id, ~UploadChunk.is_raised)
    numbers = db.session.scalars(wanted.order_by(UploadChunk.number)).all()
    coming: deque[tuple[int, Future[Chunk]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as ahead:
        for number in numbers:
            coming.append((number, ahead.submit(unpack, _packed(upload_id, number))))
            if len(coming) > 1:
                yield _turn(*coming.popleft())
        while coming:
            yield _turn(*coming.popleft())


def _packed(upload_id: int, number: int) -> bytes:
    wanted = select(UploadChunk.content).where(UploadChunk.upload_id == upload_id, UploadChunk.number == number)
    return db.session.scalars(wanted).one()


def _turn(number: int, coming: Future[Chunk]) -> Turn:
    content = coming.result()
    return Turn(number, content, contacts.reserve_numbers(len(content.drafts)))


def raise_chunk(upload_id: int, definitions: Mapping[str, Definition], progress: Progress, turn: Turn) -> list[str]:
    """Raise a chunk, mark it and count its rows in one transaction; the references, none if another was first."""
    number, checked, numbers = turn
    wanted = select(UploadChunk).where(
        UploadChunk.upload_id == upload_id, UploadChunk.number == number, ~UploadChunk.is_raised
    )
    row = db.session.scalar(for_change(wanted.options(defer(UploadChunk.content))))
    if row is None:
        db.session.rollback()
        return []
    row.is_raised = True
    good, refused = contacts.split_refused(checked.drafts, definitions)
    late = [CellError(draft.row or 0, "", "", why.code, why.message) for draft, why in refused]
    if late:
        _keep_late(row, Chunk(good, checked.errors, checked.warnings), late)
    raised = contacts.raise_contacts(good, definitions, channel="spreadsheet", upload_id=upload_id, reserved=numbers)
    # Locked for as short as can be: others who raise rows of this upload wait here for the commit.
    upload = db.session.scalars(for_change(select(Upload).where(Upload.id == upload_id))).one()
    upload.raised_count += len(raised)
    if late:
        db.session.refresh(upload, ["preview"])
        upload.accepted_count -= len(late)
        upload.refused_count += len(late)
        upload.preview = add_late(upload.preview, late)
    progress(upload.raised_count, upload.accepted_count)
    db.session.commit()
    return [reference for _, reference in raised]


def _keep_late(row: UploadChunk, rest: Chunk, late: list[CellError]) -> None:
    """Keep what was refused since the check where the errors found by the check are kept."""
    errors = sorted([*rest.errors, *late], key=lambda error: error.row)
    row.content = pack(CheckedRows(rest.drafts, errors, rest.warnings, 0))
    row.accepted_count, row.error_count = len(rest.drafts), len(errors)
