"""Contacts of a world, valid in every column; a fifth of them open, unevenly spread over the organisations."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.identifiers import make_reference
from app.domain.lifecycle import OPEN, Status
from app.services.contacts import contact_values
from app.services.definition import Definition
from app.services.drafts import Draft
from bench.worlds.answers import answers_for
from bench.worlds.world import ORGANISATIONS

TYPES = ("ADD", "CDQ", "RFA", "ISO", "AQQ", "SAR", "UNC", "TYP")
_STATUSES = (
    [Status.RESOLVED] * 66 + [Status.REJECTED] * 6 + [Status.WITHDRAWN] * 4 + [Status.CLOSED_WITHOUT_RESPONSE] * 4
    + [Status.LOGGED] * 6 + [Status.ASSIGNED] * 8 + [Status.AWAITING_INFORMATION] * 4 + [Status.WITH_NETWORK] * 2
)  # fmt: skip
_FIRST = datetime(2023, 11, 1, 8, tzinfo=UTC)
_SPAN_SECONDS = 3 * 365 * 86_400


def contact_rows(
    count: int,
    *,
    first_organisation: int,
    key: int,
    definitions: Mapping[str, Definition],
    staff: Sequence[tuple[int, str]],
    outcomes: Mapping[Status, str],
) -> Iterator[dict[str, Any]]:
    """Rows of `contact`, numbered from 1 in the order of their raising."""
    draw = random.Random(7)
    # The largest of 200 has about 37,000 of a million.
    weights = [1 / (place + 8) for place in range(ORGANISATIONS)]
    owners = draw.choices(range(first_organisation, first_organisation + ORGANISATIONS), weights, k=count)
    for number, owner in enumerate(owners, 1):
        definition, status = definitions[draw.choice(TYPES)], draw.choice(_STATUSES)
        raised = _FIRST + timedelta(seconds=_SPAN_SECONDS * number // count)
        is_open = status in OPEN
        assignee_id, assignee_name = (None, None) if status is Status.LOGGED else draw.choice(staff)
        closed = None if is_open else raised + timedelta(hours=draw.randrange(5, 300))
        draft = Draft(definition.code, answers_for(definition.items, draw), f"OUR-{number:07d}")
        row = contact_values(
            definition,
            draft,
            id=number,
            reference=make_reference(number, key),
            organisation_id=owner,
            channel="screen",
            raised_at=raised,
            raised_by_name="Member of the benchmark",
            due_on=(raised + timedelta(days=draw.choice((2, 5, 10, 20)))).date(),
            upload_id=None,
            assignee_id=assignee_id,
            assignee_name=assignee_name,
            asked_on=None,
            closed_at=closed,
            outcome_code=outcomes.get(status),
        )
        yield row | {"status": status.value, "is_open": is_open}
