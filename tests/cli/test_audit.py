"""flask audit seal, head and verify."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain import clock
from app.extensions import db


@pytest.fixture
def run(app, busy, monkeypatch, tmp_path):
    """`run("seal")`: what `flask audit seal` answers, an hour later, with published heads of the test's own."""
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    config = app.config["CMS"]
    monkeypatch.setitem(app.config, "CMS", type(config)(**{**vars(config), "audit_heads": str(tmp_path / "heads.txt")}))

    def call(*words: str):
        result = app.test_cli_runner().invoke(args=["audit", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return call


def test_the_trail_is_sealed_printed_and_checked(run, tmp_path) -> None:
    assert run("head").output == "Nothing is sealed yet.\n"
    before = run("verify")
    assert before.exit_code == 0 and "0 links" in before.output and "all as they were written" in before.output
    assert " events sealed.\n" in run("seal").output
    assert run("seal").output == "0 events sealed.\n"
    number, head = run("head").output.split()
    assert (number, len(head)) == ("1", 64)
    assert (tmp_path / "heads.txt").read_text().startswith(f"1 {head} {clock.now().year}-")
    for words in ((), ("--head", head), ("--head", head.upper())):
        after = run("verify", *words)
        assert after.exit_code == 0 and "in 1 links, 0 not sealed yet" in after.output, after.output
    wrong = run("verify", "--head", "0" * 64)
    assert wrong.exit_code == 1 and "is not in the chain" in wrong.output


def test_what_is_wrong_is_said_and_the_exit_status_tells(app, run) -> None:
    run("seal")
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        else:
            connection.execute(text("DROP TRIGGER audit_event_no_update"))
        connection.execute(text("UPDATE audit_event SET object_label = 'x' WHERE id = 2"))
    found = run("verify")
    assert found.exit_code == 1 and "not as they were written" in found.output
    assert "The trigger audit_event" in found.output and "or link 1 are not what was sealed." in found.output


def test_many_findings_are_counted(app, run) -> None:
    with app.app_context(), db.engine.begin() as connection:
        rest = "'contact:raise', 'contact', 1, '', '', '', '{}', '{}', false, '', 1"
        for number in range(1, 61):
            connection.execute(
                text(
                    "INSERT INTO audit_event (id, at, action, object_type, object_id, object_label, actor_name, "
                    "actor_organisation, before, after, is_visible_to_customer, request_id, organisation_id) "
                    f"VALUES ({-number}, '2026-01-01', {rest})"
                )
            )
    assert "And 10 more." in run("verify").output
