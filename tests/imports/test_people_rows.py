"""imports.people.checking: every error of every cell, in the user's own row numbers, and what the verbs would say."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.domain import clock
from app.domain.errors import UnreadableUpload
from app.extensions import db
from app.imports.people import acts, checking, pipeline
from app.models import AuditEvent, Deputy, Grant, Notification, OutgoingMail, User
from app.services import people
from app.services.access_rules import GONE
from app.services.people import TAKEN
from tests.imports import files
from tests.imports.people import HEADER, check, commit, new, people_workbook, quiet, row
from tests.services.access import begin_today, pk_of


def said(verdict) -> list[tuple[int, str, str, str]]:
    """Row, column letter, code and sentence of each error."""
    return [(error.row, error.column, error.code, error.message) for error in verdict.errors]


def counts() -> list[int]:
    return [
        db.session.scalar(select(func.count()).select_from(model))
        for model in (User, Grant, OutgoingMail, Notification, AuditEvent)
    ]


def test_every_wrong_cell_has_its_place_its_code_and_a_sentence(acting) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with acting("lena"):
        _, verdict = check(
            [
                row("Sack", "ALD-ANN"),
                row("", "ALD-ANN"),
                row("Disable", ""),
                row("Disable", "ALD-SUE", reason=""),
                row("Give role", "ALD-ANN", role="King"),
                row("Give role", "ALD-ANN"),
                row("Give service", "ALD-SUE", service="Reports", first="31/31/2026", last="soon"),
                row("Give service", "ALD-SUE", service="Reports", first="2050-01-02", last="2050-01-01"),
                row("Give service", "ALD-SUE", service="Reports", first=yesterday.isoformat()),
                new("ALD-NEW", email="nobody"),
                new("!", reason=""),
                new("ALD-NEW", service="Reports; Nothing", reason=""),
                row("Enable", "ALD-ANN", role="Viewer", service="Reports", successor="ALD-SUE"),
                row("Change details", "ALD-ANN"),
                row("Withdraw role", "ALD-SUE", role="Supervisor", reason="x" * 401),
            ]
        )
    found = [(number, column, code) for number, column, code, _ in said(verdict)]
    assert found == [
        (2, "A", "IMP-410"), (3, "A", "IMP-414"), (4, "B", "IMP-414"), (5, "J", "IMP-414"), (6, "F", "IMP-410"),
        (7, "F", "IMP-414"), (8, "G", "IMP-407"), (8, "H", "IMP-407"), (9, "H", "IMP-413"), (10, "G", "IMP-701"),
        (11, "D", "IMP-412"), (12, "B", "IMP-701"), (13, "E", "IMP-410"), (14, "E", "IMP-704"), (14, "F", "IMP-704"),
        (14, "I", "IMP-704"), (15, "C", "IMP-414"), (16, "J", "IMP-404"),
    ]  # fmt: skip
    assert verdict.accepted_count == 0 and all(message.endswith(".") for *_, message in said(verdict))


def test_what_the_rules_refuse_is_said_as_on_screen(acting) -> None:
    with acting("system"):
        begin_today("ann")
        db.session.commit()
    with acting("lena"):
        _, verdict = check(
            [
                row("Disable", "ALD-LENA"),
                row("Disable", "BIR-BOB"),
                row("Disable", "NO-BODY"),
                new("BIR-BOB"),
                row("Give role", "ALD-ANN", role="Member"),
                row("Give role", "ALD-RAE", role="Viewer"),
                row("Withdraw role", "ALD-ANN", role="Viewer"),
                row("Enable", "ALD-ANN"),
                row("Give role", "XOS-ROOT", role="Viewer"),
                row("Delete", "ALD-RAE", successor="BIR-BOB"),
            ]
        )
    sentences = {number: message for number, _, _, message in said(verdict)}
    assert sentences[2] == "You cannot change your own access. Ask another LSO."
    assert sentences[3] == sentences[4] == sentences[10] == GONE, "nobody learns who is another organisation's"
    assert sentences[5] == TAKEN
    assert sentences[6] == "Ann has Member for these days already."
    assert "does not have then" in sentences[7] and "does not have the role" in sentences[8]
    assert sentences[9] == "Ann is not disabled." and "same organisation" in sentences[11]
    assert {code for _, _, code, _ in said(verdict)} == {"IMP-701", "IMP-702"}


def test_the_last_who_runs_the_access_stays_and_the_last_but_one_is_warned_of(acting) -> None:
    with acting("root"):
        alder = db.session.scalar(select(User.organisation_id).where(User.user_id == "ALD-LENA"))
        rows = [row("Give role", "ALD-SUE", role="LSO"), row("Withdraw role", "ALD-LENA", role="LSO")]
        _, verdict = check([*rows, row("Withdraw role", "ALD-SUE", role="LSO")], organisation_id=alder)
        assert [number for number, *_ in said(verdict)] == [4]
        assert "would have no LSO" in said(verdict)[0][3]
        _, verdict = check([rows[0], row("Disable", "ALD-LENA")], organisation_id=alder, name="more.xlsx")
        assert [(warning.row, warning.code) for warning in verdict.warnings] == [(3, "IMP-703")]


def test_rows_depend_on_those_above_and_a_repeated_one_is_refused(acting) -> None:
    with acting("lena"):
        _, verdict = check(
            [
                row("Give role", "ALD-NEW", role="Viewer", reason="Too early"),
                new("ALD-NEW", service="Contacts"),
                row("Give role", "ald-new", role="Viewer"),
                row("Give role", "ALD-NEW", role="Viewer"),
                new("ald-new", name="Another"),
                row("Withdraw service", "ALD-NEW", service="Contacts"),
            ]
        )
    assert [(number, code) for number, _, code, _ in said(verdict)] == [
        (2, "IMP-702"), (5, "IMP-601"), (6, "IMP-601"),
    ]  # fmt: skip


def test_the_check_leaves_nothing_behind(acting) -> None:
    with acting("lena"):
        upload_id = pipeline.receive_upload("a.xlsx", people_workbook([new("ALD-NEW"), row("Disable", "ALD-ANN")])).id
        db.session.commit()
        before = counts()
        verdict = pipeline.check_upload(upload_id, quiet)
        db.session.commit()
        assert verdict.accepted_count == 2
        assert counts() == [*before[:-1], before[-1] + 1], "only that it was checked is written down"


@pytest.mark.parametrize("name", ["lena", "dee"])
def test_what_the_check_finds_good_is_done(acting, name) -> None:
    rows = [
        new("ALD-NEW", service="Contacts", role="Member"),
        row("Give role", "ALD-VIC", role="Member"),
        row("Withdraw role", "ALD-VIC", role="Viewer"),
        row("Withdraw role", "ALD-VIC", role="Viewer", reason="Twice"),
        row("Change", "ALD-VIC", name="Victor"),
        row("Disable", "ALD-SUE"),
        row("Disable", "ALD-RAE"),
        row("Disable", "ALD-LENA"),
        row("Delete", "ALD-ANN"),
    ]
    with acting(name):
        upload_id, verdict = check(rows)
        done = commit(upload_id)
        upload = pipeline.get_upload(upload_id)
        assert (upload.accepted_count, upload.raised_count) == (verdict.accepted_count, len(done))
        assert not upload.preview.get("late_groups") and {error.row for error in verdict.errors} == {5, 9}


def test_a_deputy_without_the_power_may_do_only_what_they_may_on_screen(acting) -> None:
    with acting("system"):
        db.session.scalars(select(Deputy)).one().powers = ""
        db.session.commit()
    with acting("dee"):
        _, verdict = check([new("ALD-NEW"), new("ALD-TWO", service="Contacts"), row("Disable", "ALD-ANN")])
        assert [number for number, *_ in said(verdict)] == [3] and "roles do not allow" in said(verdict)[0][3]


def test_too_many_rows_and_headers_nobody_knows_refuse_the_file(acting, monkeypatch) -> None:
    monkeypatch.setattr(checking, "MOST_ROWS", 2)
    with acting("lena"):
        for content, code in (
            (people_workbook([row("Disable", "ALD-ANN")] * 3), "IMP-210"),
            (people_workbook([row("Disable", "ALD-ANN")], [*HEADER[1:], "Else"]), "IMP-503"),
            (people_workbook([], HEADER), "IMP-505"),
            (b"MPRN,Description\n1,x\n", "IMP-503"),
        ):
            upload_id = pipeline.receive_upload("a.xlsx", content).id
            db.session.commit()
            assert pipeline.check_upload(upload_id, quiet) is None
            db.session.commit()
            assert (pipeline.get_upload(upload_id).state, pipeline.get_upload(upload_id).refusal_code) == (
                "refused",
                code,
            )
        with pytest.raises(UnreadableUpload):
            pipeline.receive_upload("a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 100)


def test_those_who_are_disabled_are_so_for_one_reason(acting) -> None:
    with acting("lena"):
        _, verdict = check([row("Disable", "ALD-ANN"), row("Disable", "ALD-SUE", reason="Another")])
        assert said(verdict) == [
            (3, "J", "IMP-705", "All rows that disable people are one act, for one reason. Row 2 gives another.")
        ]


def test_hostile_files_are_refused_as_files_of_contacts_are(acting) -> None:
    hostile = {
        "entities": (files.with_prolog(files.STRINGS, files.LAUGHS), "IMP-301"),
        "an outside file": (files.with_prolog(files.BOOK, files.OUTSIDE), "IMP-301"),
        "a part twice": (files.repeated_part(), "IMP-305"),
        "a false size": (files.with_false_size(10), "IMP-104"),
        "a picture": (files.PNG, "IMP-102"),
        "a quote never closed": (b'Action,User ID,Reason\nDisable,ALD-ANN,"x\n', "IMP-109"),
    }
    with acting("lena"):
        for content, code in hostile.values():
            try:
                upload_id = pipeline.receive_upload("people.xlsx", content).id
                db.session.commit()
                assert pipeline.check_upload(upload_id, quiet) is None
                db.session.commit()
                found = pipeline.get_upload(upload_id).refusal_code
            except UnreadableUpload as refusal:
                db.session.rollback()
                found = refusal.code
            assert found == code


def test_what_a_cell_says_is_never_more_than_text(acting) -> None:
    """Formulas, markup and control characters end as text or as an error, never as an account of that name."""
    with acting("lena"):
        upload_id, verdict = check(
            [
                new("ALD-ONE", name='<script>alert("x")</script>'),
                new("ALD-TWO", name="=HYPERLINK(1)"),
                new("ALD-SIX", name="Ann\u202eNot", email="a@example.com"),
                new("ALD-TEN", email="a@example.com\nBcc: b@example.com"),
                new("' OR 1=1", email="a@example.com"),
            ]
        )
        assert [(number, code) for number, _, code, _ in said(verdict)] == [
            (3, "IMP-401"), (5, "IMP-412"), (6, "IMP-701"),
        ]  # fmt: skip
        assert commit(upload_id) == ["ALD-ONE", "ALD-SIX"]


def test_several_who_can_sign_in_are_not_deleted_where_disabling_them_needs_approval(acting) -> None:
    rows = [row("Delete", f"ALD-{name}", reason="They have left.") for name in ("VIC", "RAE")]
    with acting("lena"):
        _, verdict = check(rows)
        assert [(number, column, code) for number, column, code, _ in said(verdict)] == [
            (2, "B", "IMP-701"), (3, "B", "IMP-701"),
        ]  # fmt: skip
        assert {message for *_, message in said(verdict)} == {acts.DISABLE_FIRST}
        assert check(rows[:1])[1].accepted_count == 1
    with acting("root"):
        people.disable_user(pk_of("rae"), reason="They have left.")
        db.session.commit()
    with acting("lena"):
        assert check(rows)[1].accepted_count == 2
