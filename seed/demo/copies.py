"""One spreadsheet, many contacts: copies of a made contact that differ in what tells contacts apart.

Making every contact of a million anew would take most of the time; a sheet of them has one author, one moment
and one outcome, and a meter point, a meter and a reference for each row.
"""

from collections.abc import Iterable
from typing import Any

from app.models.bulk import Row, Table
from app.services.definition import Definition
from app.services.drafts import fingerprint, mprn_of, split_words
from seed.demo.answers import Draw, make_mprn

_CHANGED = ("id", "reference", "mprn", "own_reference", "summary", "fingerprint", "answers", "words")


class Sheet:
    """A prepared contact with its events, to be copied row by row."""

    def __init__(self, definition: Definition, contact: dict[str, Any], table: Table) -> None:
        self.definition, self.table = definition, table
        self.first = table.prepare(contact)
        self.answers: dict[str, str] = contact["answers"]
        self.mprn_code = next((item.code for item in definition.items if item.kind == "mprn"), "")
        self.mprn = mprn_of(definition, self.answers)
        self.serial = self.answers.get("METER_SERIAL_NUMBER", "")
        self.has_own_reference = contact["own_reference"] is not None
        self.words = contact["words"].removesuffix(" ".join(split_words(contact["own_reference"] or "")))
        self.places = [table.columns.index(name) for name in _CHANGED]
        self.is_independent = (self.mprn or "").startswith(("74", "75", "76", "77"))

    def copy(self, number: int, reference: str, own_reference: str | None, draw: Draw) -> Row:
        """The row of another contact of the sheet."""
        id_at, reference_at, mprn_at, own_at, summary_at, fingerprint_at, answers_at, words_at = self.places
        row = self.first.copy()
        row[id_at], row[reference_at] = number, reference
        answers, text, words = self.answers, row[answers_at], self.words
        if self.mprn:
            mprn = make_mprn(self.is_independent, draw)
            text = text.replace(self.mprn, mprn)
            row[mprn_at] = mprn
        if self.serial:
            serial = f"{self.serial[:3]}{int(draw() * 100_000_000):08d}{self.serial[11:]}"
            text, words = text.replace(self.serial, serial), words.replace(self.serial, serial)
            row[summary_at] = row[summary_at].replace(self.serial, serial)[:120]
            if not self.mprn:
                answers = {code: answer.replace(self.serial, serial) for code, answer in answers.items()}
        row[own_at] = own_reference
        row[answers_at], row[words_at] = text, (words + " ".join(split_words(own_reference or ""))).strip()
        row[fingerprint_at] = "" if self.mprn else fingerprint(self.definition, answers)
        return row


def copy_events(events: Iterable[Row], places: tuple[int, int], number: int, reference: str) -> Iterable[Row]:
    """The same events about another contact; `places` are those of its id and its label."""
    for event in events:
        row = event.copy()
        row[places[0]], row[places[1]] = number, reference
        yield row
