"""`python -m bench.importing ours|core|driver FILE`: one import in one process; prints seconds as JSON.

"core" and "driver" are what P10 compares with: the same rows and events, checked beforehand, and only inserted.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from app import create_app
from app.access.actor import acting_as, current_actor
from app.domain import clock
from app.domain.identifiers import make_reference
from app.extensions import db
from app.imports import pipeline
from app.imports import verdict as checks
from app.models import AuditEvent, Contact
from app.services import audit, contacts
from app.services.sessions import actor_of
from bench.worlds.filling import plain
from bench.worlds.workbooks import TYPE_CODE
from bench.worlds.world import MEMBER

CHUNK = 1000
Rows = list[dict[str, Any]]


def main(how: str, file: str) -> None:
    """Import, and say how it went."""
    app = create_app()
    with app.app_context():
        actor = actor_of(MEMBER)
        assert actor is not None
        with acting_as(actor):
            before = _count()
            stages = _ours(Path(file)) if how == "ours" else _bare(Path(file), _INSERTS[how])
            added = _count() - before
    print(json.dumps({"stages": stages, "rows": added}))


def _count() -> int:
    count = db.session.scalar(select(func.count()).select_from(Contact)) or 0
    db.session.rollback()
    return count


def _ours(file: Path) -> dict[str, float]:
    """Upload to last commit, with the verbs a worker uses."""

    def no_progress(done: int, total: int) -> None:
        """Nobody waits."""

    content = file.read_bytes()
    times = [time.perf_counter()]
    upload_id = pipeline.receive_upload(file.name, content, TYPE_CODE).id
    db.session.commit()
    times.append(time.perf_counter())
    pipeline.check_upload(upload_id, progress=no_progress)
    db.session.commit()
    times.append(time.perf_counter())
    pipeline.begin_commit(upload_id)
    db.session.commit()
    pipeline.commit_chunks(upload_id, progress=no_progress)
    db.session.commit()
    times.append(time.perf_counter())
    received, checked, raised = (later - earlier for earlier, later in zip(times, times[1:], strict=False))
    return {"receive": received, "check": checked, "raise": raised}


def _bare(file: Path, insert_rows: Callable[[type[Any], Rows], None]) -> dict[str, float]:
    chunks = list(_prepared(file))
    db.session.rollback()
    started = time.perf_counter()
    for rows, events in chunks:
        insert_rows(Contact, rows)
        insert_rows(AuditEvent, events)
        db.session.commit()
    return {"insert": time.perf_counter() - started}


def _prepared(file: Path) -> Iterator[tuple[Rows, Rows]]:
    """The rows and events that raising the file's contacts would write, a thousand at a time."""
    actor, definitions, now = current_actor(), checks.load_definitions(), clock.now()
    for checked in checks.check_file(file.name, file.read_bytes(), definitions, TYPE_CODE, checks.Verdict()):
        numbers, key = contacts.reserve_numbers(len(checked.drafts))
        rows, events = [], []
        for number, draft in zip(numbers, checked.drafts, strict=True):
            reference, owner = make_reference(number, key), actor.organisation_id
            known = {"id": number, "reference": reference, "organisation_id": owner, "channel": "spreadsheet"}
            times = {"raised_at": now, "raised_by_name": actor.name, "due_on": clock.today(), "upload_id": None}
            rows.append(contacts.contact_values(definitions[draft.type_code], draft, **known, **times))
            events.append(
                audit.event_values(
                    "contact:raise", "contact", number, reference, organisation_id=owner, at=now, actor=actor,
                    after={"type": draft.type_code, "channel": "spreadsheet"}, is_visible_to_customer=True,
                )
            )  # fmt: skip
        yield rows, events


def _insert_core(model: type[Any], rows: Rows) -> None:
    db.session.connection().execute(insert(model.__table__), rows)


def _insert_driver(model: type[Any], rows: Rows) -> None:
    """executemany or COPY: what the drivers offer for many rows."""
    names: Sequence[str] = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    connection = db.session.connection()
    cursor: Any = connection.connection.cursor()
    values = ([plain(row[name]) for name in names] for row in rows)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        cursor.executemany(f'INSERT INTO "{model.__tablename__}" ({columns}) VALUES ({marks})', values)
    else:
        with cursor.copy(f'COPY "{model.__tablename__}" ({columns}) FROM STDIN') as copy:
            for row in values:
                copy.write_row(row)
    cursor.close()


_INSERTS = {"core": _insert_core, "driver": _insert_driver}

if __name__ == "__main__":
    main(*sys.argv[1:])
