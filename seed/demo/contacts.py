"""A year of contacts with their history."""

from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import func, insert, select

from app.access.actor import SYSTEM, acting_as
from app.access.tenancy import index_words
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.identifiers import make_reference
from app.domain.lifecycle import OPEN, Status
from app.extensions import db
from app.models import AuditEvent, Contact, Message
from app.models.bulk import Row, Table, many_rows
from app.services import audit
from app.services.contact_types import list_definitions
from app.services.contacts import contact_values, reserve_numbers
from app.services.drafts import Draft
from seed.demo.answers import Place, Script, Slots, new_place, slots_of, write_script
from seed.demo.cast import Party, SignIn, add_cast, is_present, list_sign_ins, read_cast
from seed.demo.copies import Sheet, copy_events
from seed.demo.days import BusinessDays, Moment, Spread, list_business_days
from seed.demo.indexes import put_aside
from seed.demo.notices import add_notices
from seed.demo.rows import reserve_event_ids
from seed.demo.stories import TARGETS, VISIBLE, Story, tell

CHUNK = 5_000
# More than this many at a time are for measuring: their histories are short and many share their words.
FULL_HISTORY = 20_000
LAST_MOVE_SHARE = 0.1
SHEET_ROWS = 30
SEED = "contacts"
# How often each type is raised by those who may raise it; a type not named here is raised as often as the rarest.
WEIGHTS = {
    "ADD": 14, "RFA": 14, "FOM": 40, "GSR": 25, "MUS": 20, "CDQ": 10, "ISO": 8, "AQQ": 8, "MNC": 7, "INV": 6, "ENQ": 6,
    "DUP": 5, "UNC": 6, "SAR": 5, "TOG": 4, "DMQ": 3, "TYP": 3, "FLE": 2, "DMC": 2, "DMR": 2,
}  # fmt: skip
RARE = 1
SCREEN_SHARE = 0.45
SAME_PLACE_SHARE = 0.07
REMEMBERED_PLACES = 60
OWN_REFERENCE_SHARE = 0.85
INDEPENDENT_KINDS = frozenset({"IGT"})

# An event's columns and the message that goes with it, or "".
Entry = tuple[dict[str, Any], str]


class Made(NamedTuple):
    """A contact's columns and the event of its raising, with what they were made of."""

    contact: dict[str, Any]
    raising: dict[str, Any]
    story: Story
    party: Party
    script: Script
    raised: Moment


def load_demo(contacts: int = 2000, report: Callable[[int], None] | None = None) -> list[SignIn]:
    """Add the invented organisations and people if they are missing, and contacts until there are `contacts`.

    Returns how to sign in, one person of each role first. `report` is told the number of contacts so far
    after each chunk. Up to 20,000 at a time, every chunk is committed with its events, so a load that was cut
    short is gone on with; more are committed all together, so a load that was cut short is begun again.
    RuleBroken in production: everybody knows the password.
    """
    if current_app.config["CMS"].is_production:
        raise RuleBroken("Demonstration data is for trying the service and is refused in production.")
    with acting_as(SYSTEM):
        if not is_present():
            add_cast()
            db.session.commit()
        present = db.session.execute(select(func.count()).select_from(Contact)).scalar_one()
        db.session.rollback()
        if present < contacts:
            Loader(present, contacts).load(report)
        add_notices()
        db.session.commit()
        return list_sign_ins()


class Loader:
    """Adds `wanted - present` contacts in chunks; the same numbers give the same contacts."""

    def __init__(self, present: int, wanted: int) -> None:
        self.present, self.count = present, wanted - present
        self.random = Random(f"{SEED} {present}")
        self.days: BusinessDays = list_business_days(clock.today())
        self.moments = Spread(self.count, self.days, self.random)
        parties, self.advocates = read_cast()
        scripts = [write_script(definition) for definition in list_definitions() if definition.is_current]
        self.draws = _draw_table([party for party in parties if party.raisers], scripts)
        self.places: dict[int, deque[Place]] = {party.id: deque(maxlen=REMEMBERED_PLACES) for party in parties}
        self.numbers_of: dict[int, int] = dict.fromkeys(self.places, present)
        db.session.rollback()

    def load(self, report: Callable[[int], None] | None) -> None:
        """Write everything, a chunk at a time; nothing when nobody of the cast may raise contacts any more."""
        if not self.draws:
            return
        if self.count <= FULL_HISTORY:
            self._load_chunks(self._write, db.session.commit, report)
        elif self.present < self.count:
            with put_aside(db.session.connection()):
                self._load_chunks(self._write_sheets, db.session.flush, report)
            db.session.commit()
        else:
            self._load_chunks(self._write_sheets, db.session.commit, report)

    def _load_chunks(
        self, write: Callable[[range], None], finish: Callable[[], None], report: Callable[[int], None] | None
    ) -> None:
        with many_rows():
            for start in range(0, self.count, CHUNK):
                chunk = range(start, min(start + CHUNK, self.count))
                write(chunk)
                finish()
                if report:
                    report(self.present + chunk.stop)

    def _write(self, chunk: range) -> None:
        """Each contact made anew, with its whole history."""
        connection = db.session.connection()
        numbers, key = reserve_numbers(len(chunk))
        contact_table, event_table = Table(Contact, connection), Table(AuditEvent, connection)
        contacts: list[Row] = []
        entries: list[Entry] = []
        for place, number in zip(chunk, numbers, strict=True):
            made = self.make(number, make_reference(number, key), self.moments.moment(place))
            contacts.append(contact_table.prepare(made.contact))
            entries.append((made.raising, ""))
            entries.extend(self._history(made))
        entries.sort(key=lambda entry: entry[0]["at"])
        messages, events = [], []
        for event_id, (event, text) in zip(reserve_event_ids(connection, len(entries)), entries, strict=True):
            events.append(event_table.prepare(event | {"id": event_id}))
            if text:
                messages.append({"contact_id": event["object_id"], "organisation_id": event["organisation_id"],
                                 "event_id": event_id, "text": text})  # fmt: skip
        contact_table.insert(contacts)
        index_words(numbers[0], numbers[-1])
        event_table.insert(events)
        if messages:
            db.session.execute(insert(Message.__table__), messages)

    def _write_sheets(self, chunk: range) -> None:
        """Sheets of contacts that share their moment and story; a tenth keep their last event, without words."""
        connection, draw = db.session.connection(), self.random.random
        numbers, key = reserve_numbers(len(chunk))
        contact_table, event_table = Table(Contact, connection), Table(AuditEvent, connection)
        id_at = event_table.columns.index("id")
        about = event_table.columns.index("object_id"), event_table.columns.index("object_label")
        contacts: list[Row] = []
        events: list[Row] = []
        at = 0
        while at < len(chunk):
            end = min(at + 1 + int(draw() * 2 * SHEET_ROWS), len(chunk))
            made = self.make(numbers[at], make_reference(numbers[at], key), self.moments.moment(chunk[at]))
            sheet = Sheet(made.script.definition, made.contact, contact_table)
            kept = [made.raising]
            if draw() < LAST_MOVE_SHARE:
                kept += [event for event, _ in self._history(made)][-1:]
            sheet_events = [event_table.prepare(event | {"id": 0}) for event in kept]
            contacts.append(sheet.first)
            events += sheet_events
            for number in numbers[at + 1 : end]:
                reference = make_reference(number, key)
                own_reference = self._own_reference(made.party, made.raised) if sheet.has_own_reference else None
                contacts.append(sheet.copy(number, reference, own_reference, draw))
                events += copy_events(sheet_events, about, number, reference)
            at = end
        for event_id, event in zip(reserve_event_ids(connection, len(events)), events, strict=True):
            event[id_at] = event_id
        contact_table.insert(contacts)
        index_words(numbers[0], numbers[-1])
        event_table.insert(events)

    def make(self, number: int, reference: str, raised: Moment) -> Made:
        """One contact, raised at that moment by an organisation that may raise its type."""
        draw = self.random.random
        party, script = self.draws[int(draw() * len(self.draws))]
        code = script.definition.code
        slots, place = self._place(party, script, raised)
        author = party.raisers[int(draw() * len(party.raisers))]
        channel = "screen" if draw() < SCREEN_SHARE else "spreadsheet"
        own_reference = self._own_reference(party, raised) if draw() < OWN_REFERENCE_SHARE else None
        draft = Draft(code, script.answer(slots, draw), own_reference)
        story = tell(
            script, party, raised, slots, advocates=self.advocates, business_days=self.days, random=self.random
        )
        is_open = story.status in OPEN
        if not is_open:
            self.places[party.id].append(place)
        raised_at = self.days.instant(raised)
        contact = contact_values(
            script.definition, draft, id=number, reference=reference, organisation_id=party.id, channel=channel,
            raised_at=raised_at, raised_by_name=author.name, due_on=story.due_on, upload_id=None,
            asked_on=story.asked_on, closed_at=story.closed_at, outcome_code=story.outcome_code,
            assignee_id=story.assignee.user_pk if story.assignee else None,
            assignee_name=story.assignee.name if story.assignee else None,
        )  # fmt: skip
        contact |= {"status": story.status.value, "is_open": is_open, "version": len(story.moves) + 1}
        raising = audit.event_values(
            "contact:raise", "contact", number, reference, organisation_id=party.id, at=raised_at, actor=author,
            after={"type": code, "channel": channel}, is_visible_to_customer=True,
        )  # fmt: skip
        return Made(contact, raising, story, party, script, raised)

    def _history(self, made: Made) -> Iterator[Entry]:
        status = Status.LOGGED
        for move in made.story.moves:
            target = TARGETS[move.action]
            after = {"status": target.value} | ({"outcome": move.outcome_code} if move.outcome_code else {})
            yield audit.event_values(
                f"contact:{move.action}", "contact", made.contact["id"], made.contact["reference"],
                organisation_id=made.party.id,
                at=self.days.instant(move.moment), actor=move.actor, before={"status": status.value}, after=after,
                is_visible_to_customer=VISIBLE[move.action],
            ), move.message  # fmt: skip
            status = target

    def _place(self, party: Party, script: Script, raised: Moment) -> tuple[Slots, Place]:
        """A new place, or now and then one whose earlier contact is finished: open repeats may be refused."""
        draw, earlier = self.random.random, self.places[party.id]
        may_repeat = script.definition.duplicate_rule != "refuse"
        if earlier and may_repeat and draw() < SAME_PLACE_SHARE:
            place = earlier[int(draw() * len(earlier))]
        else:
            place = new_place(party.kind in INDEPENDENT_KINDS, self.random)
        return slots_of(place, self.days.days[raised.index].toordinal(), draw), place

    def _own_reference(self, party: Party, raised: Moment) -> str:
        self.numbers_of[party.id] += 1 + int(self.random.random() * 3)
        return party.own_reference.format(year=self.days.days[raised.index].year, n=self.numbers_of[party.id])


def _draw_table(parties: list[Party], scripts: list[Script]) -> list[tuple[Party, Script]]:
    """Each pair of an organisation and a type it may raise, as often as it should be drawn."""
    table = []
    for party in parties:
        raisable = [script for script in scripts if script.definition.refusal(party.kind) is None]
        total = sum(WEIGHTS.get(script.definition.code, RARE) for script in raisable)
        for script in raisable:
            share = party.share * WEIGHTS.get(script.definition.code, RARE) / total
            table += [(party, script)] * max(1, round(share * 50))
    return table
