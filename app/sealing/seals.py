"""Sealing: links are added behind the acts, so that nobody who acts waits for anybody.

Which events a link is of: those with ids from its first to its last, but those in its gaps. Ids are given before
commits, so a link is made only of events older than GRACE, and an event that comes later still, into a gap, gets a link
of its own while the link with the gap is younger than LATE. An event that appears in an older gap was put there.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, AuditSeal
from app.models.connections import reading
from app.sealing.events import Digest, Event, read_events

GRACE = timedelta(minutes=1)
LATE = timedelta(hours=1)
MOST_EVENTS = 50_000


class Head(NamedTuple):
    """The newest link: its number, 0 before the first, and its hash."""

    number: int
    hash: str


def find_head() -> Head:
    """The newest link."""
    with acting_as(SYSTEM), reading():
        return _head()


def _head() -> Head:
    newest = select(AuditSeal.id, AuditSeal.hash).order_by(AuditSeal.id.desc()).limit(1)
    found = db.session.execute(newest).first()
    return Head(0, "") if found is None else Head(*found)


def seal(grace: timedelta = GRACE) -> int:
    """Seal what is old enough, and late events; how many events. Whoever is overtaken by another leaves it to them."""
    count = 0
    while (link := _make_link(grace)) is not None and _keep(link):
        count += link["count"]
    return count


def _make_link(grace: timedelta) -> dict[str, Any] | None:
    """The next link; None when there is nothing to seal."""
    with acting_as(SYSTEM), reading(one_moment=True):
        head = _head()
        last = select(func.max(AuditSeal.last_id), func.max(AuditSeal.sealed_at)).where(~AuditSeal.is_late)
        end, last_sealed_at = db.session.execute(last).one()
        # A clock that was put back shows in the events; the links themselves go forward.
        now = max(clock.now(), last_sealed_at or clock.now())
        digest = Digest(head.hash)
        late = _find_late(clock.now() - LATE)
        if late is not None:
            facts = {"first_id": late[0], "last_id": late[1], "gaps": [], "is_late": True}
            _take(digest, read_events(AuditEvent.id.between(*late)))
        else:
            first_id = (end or 0) + 1
            old_enough = _until(read_events(AuditEvent.id >= first_id, most=MOST_EVENTS), clock.now() - grace)
            last_id, gaps = _take(digest, old_enough, first_id)
            facts = {"first_id": first_id, "last_id": last_id, "gaps": gaps, "is_late": False}
        if not digest.count:
            return None
        facts |= {"id": head.number + 1, "count": digest.count, "sealed_at": now}
        return {**facts, "hash": digest.close(**facts)}


def _until(events: Iterator[Event], latest: Any) -> Iterator[Event]:
    for event in events:
        if event.at > latest:
            return
        yield event


def _take(digest: Digest, events: Iterator[Event], first_id: int = 0) -> tuple[int, list[list[int]]]:
    """Take events in; the id of the last and the spans of ids from the first that are missing."""
    expected, gaps = first_id, []
    for event in events:
        if event.id > expected:
            gaps.append([expected, event.id - 1])
        digest.add(event)
        expected = event.id + 1
    return expected - 1, gaps


def _find_late(since: Any) -> tuple[int, int] | None:
    """The lowest run of ids that have appeared in a gap of a link made since then, and are in no link yet."""
    young = select(AuditSeal.gaps).where(~AuditSeal.is_late, AuditSeal.sealed_at > since).order_by(AuditSeal.id)
    for gaps in db.session.scalars(young):
        for first, last in gaps:
            present = select(AuditEvent.id).where(AuditEvent.id.between(first, last)).order_by(AuditEvent.id)
            sealed = select(AuditSeal.first_id, AuditSeal.last_id).where(
                AuditSeal.is_late, AuditSeal.first_id.between(first, last)
            )
            spans = [tuple(span) for span in db.session.execute(sealed)]
            new = [pk for pk in db.session.scalars(present) if not any(a <= pk <= b for a, b in spans)]
            if new:
                run = 1
                while run < len(new) and new[run] == new[0] + run:
                    run += 1
                return new[0], new[run - 1]
    return None


def _keep(link: dict[str, Any]) -> bool:
    """Add a link; False when another worker has added one of that number."""
    with acting_as(SYSTEM):
        db.session.add(AuditSeal(**link))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            return False
        return True
