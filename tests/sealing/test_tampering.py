"""Each kind of tampering by somebody who owns the database, on both databases: first all is well, then it is found."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.extensions import db
from app.sealing import seals
from tests.sealing.trail import Trail, columns


def edit(trail: Trail) -> None:
    with trail.unguarded() as connection:
        connection.execute(text("UPDATE audit_event SET actor_name = 'Sue' WHERE id = 3"))


def delete(trail: Trail) -> None:
    with trail.unguarded() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE id = 3"))


def insert(trail: Trail) -> None:
    """With an id that no event had and the time of its neighbours."""
    with trail.unguarded() as connection:
        names = columns()
        connection.execute(
            text(f"INSERT INTO audit_event (id, {names}) SELECT {trail.gap}, {names} FROM audit_event WHERE id = 6")
        )


def reorder(trail: Trail) -> None:
    with trail.unguarded() as connection:
        for old, new in ((3, -1), (4, 3), (-1, 4)):
            connection.execute(text(f"UPDATE audit_event SET id = {new} WHERE id = {old}"))


def truncate_tail(trail: Trail) -> None:
    """Events and links alike, so that the chain is whole as far as it goes."""
    with trail.unguarded() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE id > 5"))
        connection.execute(text("DELETE FROM audit_seal WHERE id > 1"))


def rehash_all(trail: Trail) -> None:
    """Change an event and seal everything anew, by the service's own means."""
    edit(trail)
    now = trail.now
    with trail.unguarded() as connection:
        connection.execute(text("DELETE FROM audit_seal"))
    with trail.app.app_context():
        assert seals.seal() == 10
    trail.set_clock(now)


def drop_trigger(trail: Trail) -> None:
    with trail.app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only"))
        else:
            connection.execute(text("DROP TRIGGER audit_event_no_update"))


def replace(trail: Trail) -> None:
    """The same row again, with another reason."""
    names = columns()
    with trail.unguarded() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT * FROM audit_event WHERE id = 3"))
        connection.execute(text("UPDATE kept SET reason = 'because'"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("INSERT OR REPLACE INTO audit_event SELECT * FROM kept"))
        else:
            connection.execute(
                text(
                    f"INSERT INTO audit_event (id, {names}) SELECT id, {names} FROM kept "
                    "ON CONFLICT (id) DO UPDATE SET reason = excluded.reason"
                )
            )
        connection.execute(text("DROP TABLE kept"))


def clock_back(trail: Trail) -> None:
    """Somebody acts while the machine's clock stands at yesterday, and it is sealed as usual."""
    now = trail.now
    trail.wait(hours=-24)
    trail.write("yesterday")
    trail.wait(hours=26)
    trail.seal()
    trail.set_clock(now)


def anchor_edit(trail: Trail) -> None:
    lines = trail.path.read_text().splitlines(keepends=True)
    first, rest = lines[0].split(" ", 1)
    trail.path.write_text(f"{first} {'0' * 64} {rest.split(' ', 1)[1]}" + "".join(lines[1:]))


def missing_event(trail: Trail) -> None:
    """The newest event goes before it is sealed."""
    trail.raise_contact()
    with trail.unguarded() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event)"))


def duplicate_number(trail: Trail) -> None:
    names = columns()
    with trail.unguarded() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_event DROP CONSTRAINT pk_audit_event CASCADE"))
            connection.execute(
                text(f"INSERT INTO audit_event (id, {names}) SELECT id, {names} FROM audit_event WHERE id = 3")
            )
            return
        # The table anew, without its key.
        connection.execute(text("PRAGMA legacy_alter_table=ON"))
        connection.execute(text("CREATE TABLE kept AS SELECT * FROM audit_event"))
        connection.execute(text("INSERT INTO kept SELECT * FROM audit_event WHERE id = 3"))
        connection.execute(text("ALTER TABLE audit_event RENAME TO old_events"))
        connection.execute(text("ALTER TABLE kept RENAME TO audit_event"))


KINDS: list[tuple[Callable[[Trail], None], str]] = [
    (edit, "Events 1 to 5 or link 1 are not what was sealed"),
    (delete, "Link 1 was of 5 events, and there are 4"),
    (insert, "was put in after its time"),
    (reorder, "Events 1 to 5 or link 1 are not what was sealed"),
    (truncate_tail, "Line 2 of the published heads names a link that the chain has no more"),
    (rehash_all, "Line 1 of the published heads is not what the chain holds"),
    (drop_trigger, "The trigger audit_event_.* is missing or was changed"),
    (replace, "Events 1 to 5 or link 1 are not what was sealed"),
    (clock_back, "is out of its time"),
    (anchor_edit, "Line 1 of the published heads is not what the chain holds"),
    (missing_event, "1 contact has no event of being raised"),
    (duplicate_number, "There are two events with the id 3"),
]


@pytest.mark.parametrize(("tamper", "sentence"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_tampering_is_found(trail, tamper, sentence) -> None:
    assert trail.check() == []
    tamper(trail)
    findings = trail.check()
    assert any(re.search(sentence, finding) for finding in findings), findings


@pytest.mark.parametrize("tamper", [truncate_tail, rehash_all])
def test_a_chain_cut_short_or_made_anew_with_its_file_is_found_by_a_head_noted_down(trail, tamper) -> None:
    noted = trail.head().hash
    assert trail.check(noted) == []
    tamper(trail)
    trail.path.unlink()
    trail.seal()
    assert [finding for finding in trail.check() if "trigger" not in finding] in (
        [],
        ["There is no file of published heads."],
    )
    assert "The head that was noted down is not in the chain: it was cut short or made anew." in trail.check(noted)


@pytest.mark.parametrize(
    "change",
    ["count = 6", "last_id = 6", "first_id = 0", "gaps = '[[1, 1]]'", "sealed_at = '2026-01-01'", "hash = 'x'"],
)
def test_a_changed_link_is_found(trail, change) -> None:
    with trail.unguarded() as connection:
        connection.execute(text(f"UPDATE audit_seal SET {change} WHERE id = 2"))
    assert trail.check() != []


def test_a_link_that_is_gone_is_found(trail) -> None:
    with trail.unguarded() as connection:
        connection.execute(text("DELETE FROM audit_seal WHERE id = 1"))
    assert "Link 1 of the chain is missing: the next is numbered 2." in trail.check()
