"""A trail to tamper with: events of three hours ago in two links, and ways round the triggers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from app.access.actor import acting_as
from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, User
from app.sealing import checking, heads, seals
from app.services import audit, sessions
from tests.worlds import MPRNS, raise_one

TABLES = ("audit_event", "audit_seal")


@dataclass
class Trail:
    """The database under test, with a clock that is moved by hand."""

    app: Flask
    path: Path
    set_clock: Callable[[datetime], None]
    now: datetime
    gap: int = 0

    def wait(self, **time: int) -> None:
        """So much time passes."""
        self.now += timedelta(**time)
        self.set_clock(self.now)

    def write(self, name: str = "one", event_id: int | None = None) -> int:
        """Ann changes herself; the event's id."""
        with self.app.app_context(), acting_as(sessions.actor_of("ALD-ANN")) as ann:
            event = audit.record("user:change", db.session.get_one(User, ann.user_pk), after={"name": name})
            event.id = event_id
            db.session.commit()
            return event.id

    def raise_contact(self) -> None:
        """Ann raises a contact, which writes an event."""
        with self.app.app_context(), acting_as(sessions.actor_of("ALD-ANN")):
            raise_one(MPRNS["alder"], "Alder")
            db.session.commit()

    def seal(self) -> int:
        """What a worker does each minute."""
        with self.app.app_context():
            count = seals.seal()
            heads.publish(self.path)
            return count

    def head(self) -> seals.Head:
        """The newest link."""
        with self.app.app_context():
            return seals.find_head()

    def check(self, head: str = "") -> list[str]:
        """What is found."""
        with self.app.app_context():
            return checking.Check(self.path, head).run().findings

    @contextmanager
    def unguarded(self) -> Iterator[Connection]:
        """A connection of somebody who owns the database: the triggers are away for a while."""
        with self.app.app_context(), db.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                for table in TABLES:
                    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                yield connection
                for table in TABLES:
                    connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
                return
            found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in found:
                connection.execute(text(f"DROP TRIGGER {name}"))
            yield connection
            for _, words in found:
                connection.execute(text(words))


def make_trail(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Trail:
    """Two links of five events each, the second with a gap of three ids; all is well."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    trail = Trail(app, folder / "heads.txt", set_clock, clock.now() - timedelta(hours=3))
    trail.set_clock(trail.now)
    trail.raise_contact()
    for number in range(4):
        trail.write(f"early {number}")
    trail.wait(minutes=2)
    assert trail.seal() == 5
    trail.wait(minutes=10)
    last = trail.write("late 0")
    trail.gap = last + 2
    for number in range(4):
        trail.write(f"late {number + 1}", last + 4 + number)
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT setval('audit_event_id_seq', {last + 7})"))
    trail.wait(minutes=2)
    assert trail.seal() == 5
    trail.wait(hours=2)
    assert trail.check() == []
    return trail


def columns() -> str:
    """Every column of an event but its id."""
    return ", ".join(f'"{column.name}"' for column in AuditEvent.__table__.columns if column.name != "id")
