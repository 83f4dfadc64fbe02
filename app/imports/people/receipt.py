"""What became of the rows of a file of people."""

from collections.abc import Iterator
from operator import itemgetter

from sqlalchemy import select

from app.domain.people_sheet import ACTS, REASON, USER_ID
from app.domain.table import Table, Value
from app.extensions import db
from app.imports.chunks import unpack
from app.imports.people.checking import ASKED
from app.models import UploadChunk

HEADINGS = ("Row", "Action", "User ID", "Outcome", "Reason")


def list_outcomes(upload_id: int, most: int | None = None) -> Table:
    """A line for each row that was done, in row order, which is not the order in which they were; at most so many."""
    return Table(HEADINGS, sorted(_lines(upload_id), key=itemgetter(0))[:most])


def _lines(upload_id: int) -> Iterator[list[Value]]:
    wanted = select(UploadChunk.content).where(UploadChunk.upload_id == upload_id, UploadChunk.is_raised)
    for content in db.session.scalars(wanted.order_by(UploadChunk.number)):
        chunk = unpack(content)
        asked = {warning.row for warning in chunk.warnings if warning.code == ASKED}
        for draft in chunk.drafts:
            yield [
                draft.row,
                ACTS[draft.type_code].label,
                draft.answers[USER_ID],
                "Asked for approval" if draft.row in asked else "Done",
                draft.answers.get(REASON, ""),
            ]
