"""Access reviews: what is answered about a person, and when somebody is reminded."""

from datetime import timedelta
from enum import StrEnum

LONGEST = timedelta(days=92)
# Days before the last one on which LSOs are reminded; on the day after it they are told what happens next.
REMINDERS = (7, 1, -1)
notice = timedelta(days=7)


class Answer(StrEnum):
    """What became of a person's line. Lapsed had no answer in time; left was disabled or deleted meanwhile."""

    NONE = ""
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    LEFT = "left"

    @property
    def label(self) -> str:
        """The answer as people say it."""
        return _LABELS[self]


_LABELS = {
    Answer.NONE: "Not answered",
    Answer.CONFIRMED: "Confirmed",
    Answer.WITHDRAWN: "Withdrawn",
    Answer.LAPSED: "Disabled without an answer",
    Answer.LEFT: "Left meanwhile",
}


def configure(*, notice_days: int) -> None:
    """Set how long a person without an answer still has; called once at start-up."""
    global notice
    notice = timedelta(days=notice_days)


def reminders_by(days_left: int) -> int:
    """How many reminders are due when so many days are left."""
    return sum(days_left <= days for days in REMINDERS)
