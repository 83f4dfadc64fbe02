"""What became of the rows of a file of people."""

from collections.abc import Iterator

from sqlalchemy import select

from app.domain.table import Table, Value
from app.extensions import db
from app.imports.chunks import unpack
from app.imports.people.columns import ACTS, REASON, USER_ID
from app.models import UploadChunk

HEADINGS = ("Row", "Action", "User ID", "Outcome", "Reason")


def list_outcomes(upload_id: int) -> Table:
    """A line for each row that was done, in row order."""
    return Table(HEADINGS, _lines(upload_id))


def _lines(upload_id: int) -> Iterator[list[Value]]:
    wanted = select(UploadChunk.content).where(UploadChunk.upload_id == upload_id, UploadChunk.is_raised)
    for content in db.session.scalars(wanted.order_by(UploadChunk.number)):
        for draft in unpack(content).drafts:
            yield [
                draft.row,
                ACTS[draft.type_code].label,
                draft.answers[USER_ID].upper(),
                "Done",
                draft.answers.get(REASON, ""),
            ]
