"""Checking that the audit trail is as it was written: the chain, its published heads, and what acts left behind."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter
from pathlib import Path

from sqlalchemy import func, select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, AuditSeal, Contact
from app.models.connections import reading
from app.sealing import triggers
from app.sealing.events import Digest, Event, read_events
from app.sealing.heads import Published, read_heads
from app.sealing.seals import GRACE, LATE

_SEALS_AT_ONCE = 500
# Several machines' clocks differ by a little.
_AHEAD = timedelta(minutes=5)


class Check:
    """One check of everything; `findings` are sentences, none when all is well."""

    def __init__(self, path: Path | None = None, head: str = "") -> None:
        """`path` is the file of published heads, `head` a hash that was noted down elsewhere."""
        self.findings: list[str] = []
        self.event_count = self.unsealed_count = self.link_count = 0
        self.head = ""
        self._path, self._wanted = path, head.lower()

    def run(self) -> "Check":
        """Read everything once, in one transaction that writes nothing."""
        with acting_as(SYSTEM), reading(one_moment=True):
            for name in triggers.find_broken():
                self._find(f"The trigger {name} is missing or was changed.")
            self._walk()
            self._look_for_missing()
        return self

    def _find(self, sentence: str) -> None:
        self.findings.append(sentence)

    # -- the chain -----------------------------------------------------------------------------

    def _walk(self) -> None:
        self._load_late()
        heads = self._heads()
        published = next(heads, None)
        end, sealed_at, has_wanted, has_file = 0, datetime.min.replace(tzinfo=clock.LONDON), False, self._has_file()
        now = clock.now()
        for link in self._links():
            self.link_count += 1
            if link.id != self.link_count:
                self._find(f"Link {self.link_count} of the chain is missing: the next is numbered {link.id}.")
                self.link_count = link.id
            if link.sealed_at < sealed_at or link.sealed_at > now + _AHEAD:
                self._find(f"Link {link.id} is out of its time: the clock was put back or the link changed.")
            if not link.is_late and link.first_id != end + 1:
                self._find(f"Link {link.id} begins at event {link.first_id}, and should at {end + 1}.")
            self._check_link(link, sealed_at)
            is_named = False
            while published is not None and published.number is not None and published.number <= link.id:
                is_named = is_named or published.number == link.id
                if published.number < link.id or published.hash != link.hash:
                    self._find(f"Line {published.line} of the published heads is not what the chain holds.")
                published = next(heads, None)
            if has_file and not is_named and link.sealed_at < now - LATE:
                self._find(f"Link {link.id} is not among the published heads.")
            has_wanted = has_wanted or link.hash == self._wanted
            sealed_at, self.head = max(sealed_at, link.sealed_at), link.hash
            end = end if link.is_late else link.last_id
        for beyond in chain([published] if published else [], heads):
            words = "cannot be read" if beyond.number is None else "names a link that the chain has no more"
            self._find(f"Line {beyond.line} of the published heads {words}.")
        if self.link_count and self._path is not None and not has_file:
            self._find("There is no file of published heads.")
        if self._wanted and not has_wanted:
            self._find("The head that was noted down is not in the chain: it was cut short or made anew.")
        self._check_unsealed(end, sealed_at, now)

    def _has_file(self) -> bool:
        return self._path is not None and self._path.exists()

    def _heads(self) -> Iterator[Published]:
        return read_heads(self._path) if self._path is not None and self._path.exists() else iter(())

    def _links(self) -> Iterator[AuditSeal]:
        last = 0
        while True:
            some = select(AuditSeal).where(AuditSeal.id > last).order_by(AuditSeal.id).limit(_SEALS_AT_ONCE)
            found = list(db.session.scalars(some))
            yield from found
            if not found:
                return
            last = found[-1].id
            db.session.expunge_all()

    def _load_late(self) -> None:
        late = select(AuditSeal.first_id, AuditSeal.last_id, AuditSeal.sealed_at).where(AuditSeal.is_late)
        self._late: list[tuple[int, int, datetime]] = [
            (first, last, at) for first, last, at in db.session.execute(late.order_by(AuditSeal.first_id))
        ]

    def _came_late(self, event_id: int, latest: datetime) -> bool:
        """Whether an event has a link of its own that was made in time."""
        place = bisect_right(self._late, event_id, key=itemgetter(0)) - 1
        return place >= 0 and event_id <= self._late[place][1] and self._late[place][2] <= latest

    def _check_link(self, link: AuditSeal, before: datetime) -> None:
        digest = Digest(self.head)
        try:
            for event in self._events_of(link):
                digest.add(event)
                if event.at > link.sealed_at or (before.year > 1 and event.at < before - GRACE - LATE):
                    self._find(f"Event {event.id} is out of its time: the clock was put back or its time changed.")
        except (ValueError, TypeError):
            self._find(f"Events {link.first_id} to {link.last_id} cannot be read.")
            return
        facts = {name: getattr(link, name) for name in _FACTS}
        self.event_count += digest.count
        if digest.count != link.count:
            self._find(f"Link {link.id} was of {link.count:,} events, and there are {digest.count:,}.")
        if digest.close(**facts) != link.hash:
            self._find(f"Events {link.first_id} to {link.last_id} or link {link.id} are not what was sealed.")

    def _events_of(self, link: AuditSeal) -> Iterator[Event]:
        """What a link was made of; events that should not be there are told of and left out."""
        gaps, last = link.gaps, None
        may_come = not link.is_late and link.sealed_at > clock.now() - LATE
        for event in read_events(AuditEvent.id.between(link.first_id, link.last_id)):
            if event.id == last:
                self._find(f"There are two events with the id {event.id}.")
            last = event.id
            place = bisect_right(gaps, event.id, key=itemgetter(0)) - 1
            if place < 0 or event.id > gaps[place][1]:
                yield event
            elif not (self._came_late(event.id, link.sealed_at + LATE) or may_come):
                self._find(f"Event {event.id} was put in after its time.")

    # -- what is in no link ----------------------------------------------------------------------

    def _check_unsealed(self, end: int, sealed_at: datetime, now: datetime) -> None:
        is_outside = (AuditEvent.id < 1) | (AuditEvent.id > end)
        previous = None
        try:
            for event in read_events(is_outside):
                self.unsealed_count += 1
                if event.id < 1:
                    self._find(f"Event {event.id} was put in before the first.")
                if event.id == previous:
                    self._find(f"There are two events with the id {event.id}.")
                previous = event.id
                if event.at > now + _AHEAD or (sealed_at.year > 1 and event.at < sealed_at - GRACE - LATE):
                    self._find(f"Event {event.id} is out of its time: the clock was put back or its time changed.")
        except (ValueError, TypeError):
            self._find(f"Events after {end} cannot be read.")
        self.event_count += self.unsealed_count

    def _look_for_missing(self) -> None:
        """An event is written with every contact: one without was robbed of it before it was sealed."""
        raising = select(AuditEvent.id).where(
            AuditEvent.object_type == "contact",
            AuditEvent.object_id == Contact.id,
            AuditEvent.action == "contact:raise",
        )
        bare = select(func.count(Contact.id)).where(~raising.exists())
        if count := db.session.scalar(bare):
            self._find(f"{count:,} contact{' has' if count == 1 else 's have'} no event of being raised.")


_FACTS = ("first_id", "last_id", "gaps", "is_late", "id", "count", "sealed_at")
