"""How far the work on an upload has come, in words."""

from datetime import datetime
from typing import NamedTuple

from app.domain import clock
from app.models import Job, Upload
from app.views.upload_words import CONTACTS, UploadWords

MINUTE = 60


class Progress(NamedTuple):
    """What a page or fragment says about work under way; `total` is 0 where it is not known yet."""

    heading: str
    counted: str
    done: int
    total: int
    rate: str
    left: str


def describe(upload: Upload, job: Job | None, words: UploadWords = CONTACTS) -> Progress:
    """Rows done, the rate since the beginning, and what that leaves."""
    if upload.state == "received":
        done, total, began = job.done_count if job else 0, 0, job.started_at if job else None
        waiting = "Reading your file." if began else "Waiting to start."
        heading, counted = "Checking your file", f"{done:,} rows checked so far." if done else waiting
    else:
        done, total, began = upload.raised_count, upload.accepted_count, upload.committed_at
        heading, counted = words.working, f"{done:,} of {total:,} {words.done}."
    rate = _per_second(done, began)
    left = (total - done) / rate if rate and total else None
    return Progress(heading, counted, done, total, f"{rate:,.0f} rows a second" if rate >= 1 else "", _time_left(left))


def _per_second(done: int, began: datetime | None) -> float:
    seconds = (clock.now() - began).total_seconds() if began else 0
    return done / seconds if seconds >= 1 else 0


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds"
    if seconds < MINUTE:
        return f"about {round(seconds / 5) * 5} seconds"
    minutes = round(seconds / MINUTE)
    return f"about {minutes:,} minute{'' if minutes == 1 else 's'}"
