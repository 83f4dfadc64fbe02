"""Exports of an access review: what each person held, and what was answered."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from app.access.actor import Actor, acting_as, needs
from app.domain import clock
from app.domain.item import show_date
from app.domain.reviews import Answer
from app.domain.roles import Permission, Role
from app.domain.service import Service
from app.domain.table import Table, Value
from app.exports.lists import FORMATS
from app.exports.writer import write_csv, write_xlsx
from app.extensions import db
from app.models import Organisation, Review, ReviewAnswer
from app.models.connections import reading
from app.services import audit, reviews

_FETCH_ROWS = 1000
HEADINGS = (
    "Organisation", "Name", "User ID", "Last signed in", "Service or role", "Is called", "First day", "Last day",
    "Given by", "Given at", "Answer", "Answered by", "Answered at", "Reason", "To be disabled on",
    "Not disabled because",
)  # fmt: skip
_NAMES = {one.value: one.label for one in (*Service, *Role)}


@needs(Permission.USER_READ)
def record_review_export(pk: int, file_format: str) -> None:
    """Write down who takes away a review; before the first byte leaves."""
    if file_format not in FORMATS:
        raise ValueError(file_format)
    audit.record("review:export", db.session.get_one(Review, pk), after={"format": file_format})


def stream_review(actor: Actor, pk: int, file_format: str) -> Iterator[bytes]:
    """The file, piece by piece; recorded beforehand by `record_review_export`. Who held nothing has a line as well."""
    with acting_as(actor), reading(one_moment=True):
        review = db.session.get_one(Review, pk)
        organisation = db.session.get_one(Organisation, review.organisation_id).name
        at = clock.now().astimezone(clock.LONDON)
        top = (f"{review} of {organisation}, as at {show_date(at.date())}, {at:%H:%M}",)
        found = db.session.execute(reviews.select_lines(pk).execution_options(yield_per=_FETCH_ROWS))
        table = Table(HEADINGS, (row for line, _, seen in found for row in _rows(organisation, line, seen)))
        yield from write_csv(table, top) if file_format == "csv" else write_xlsx(table, top, "Access review")


def _rows(organisation: str, line: ReviewAnswer, seen: datetime | None) -> Iterator[list[Value]]:
    signed_in = line.last_signed_in_at if line.answer else seen
    for one in line.held or [{}]:
        yield [
            organisation, line.name, line.sign_in_name, signed_in, *_held(one), Answer(line.answer).label,
            line.answered_by, line.answered_at, line.reason, line.disabled_on, line.kept_because,
        ]  # fmt: skip


def _held(one: dict[str, Any]) -> list[Value]:
    if not one:
        return ["Nothing", "", None, None, "", None]
    first, last, at = one["starts_on"], one["ends_on"], one["granted_at"]
    what = "Service" if one["access"] in set(Service) else "Role"
    return [
        what, _NAMES.get(one["access"], one["access"]), date.fromisoformat(first),
        date.fromisoformat(last) if last else None, one["granted_by"], datetime.fromisoformat(at) if at else None,
    ]  # fmt: skip
