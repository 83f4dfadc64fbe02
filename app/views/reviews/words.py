"""How a review stands, and what was answered, as pages show it."""

from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.domain import clock
from app.domain.item import show_date
from app.domain.reviews import Answer
from app.domain.roles import Role
from app.domain.service import Service
from app.models import Review, ReviewAnswer

COLOURS = {
    Answer.NONE: " cms-tag-warn",
    Answer.CONFIRMED: " cms-tag-good",
    Answer.WITHDRAWN: " cms-tag-bad",
    Answer.LAPSED: " cms-tag-bad",
}
_TAG = Markup('<span class="cms-tag{}">{}</span>')


def state_of(review: Review) -> Markup:
    """How a review stands to today, as a coloured word."""
    if review.closed_at is not None:
        return _TAG.format(" cms-tag-good", "Finished")
    is_past = review.due_on < clock.today()
    return _TAG.format(" cms-tag-warn", "Past its last day") if is_past else _TAG.format("", "Running")


def progress_words(review: Review) -> str:
    """How far a review has come: "31 of 40 answered"."""
    return f"{review.answered_count or 0:,} of {review.people_count:,} answered"


def answer_tag(line: ReviewAnswer) -> Markup:
    """What became of a line as a coloured word."""
    answer = Answer(line.answer)
    return _TAG.format(COLOURS.get(answer, ""), answer.label)


def held_words(line: ReviewAnswer) -> list[tuple[str, str]]:
    """(service or role, who gave it and when) of what a person held when the review began."""
    return [(_label(one["access"]), _given(one)) for one in line.held]


def _label(access: str) -> str:
    if access in set(Service):
        return Service(access).label
    return Role(access).label if access in set(Role) else access


def _given(one: dict[str, Any]) -> str:
    at = datetime.fromisoformat(one["granted_at"]).astimezone(clock.LONDON) if one["granted_at"] else None
    return f"{one['granted_by']}, {show_date(at.date())}" if at else str(one["granted_by"])
