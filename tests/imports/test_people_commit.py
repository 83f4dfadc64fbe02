"""imports.people.committing: what was found good is done once, in chunks, by the verbs of the desk."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken, UnreadableUpload
from app.extensions import db
from app.imports import pipeline as contacts_pipeline
from app.imports.people import acts, checking, pipeline
from app.models import AuditEvent, Deputy, Organisation, Upload, UploadChunk, UploadFile
from app.services import people, people_bulk
from tests.imports.people import check, commit, new, people_workbook, quiet, row
from tests.services.access import find, pk_of

MEMBERS = ["ALD-ANN", "ALD-SUE", "ALD-VIC", "ALD-RAE"]


def organisation_pk(code: str) -> int:
    return db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()


def lines(upload_id: int) -> list[list[object]]:
    return [list(line)[:4] for line in pipeline.KIND.receipt(upload_id).rows]


def test_what_the_world_changed_since_the_check_is_refused_row_by_row(acting) -> None:
    with acting("lena"):
        upload_id, verdict = check([row("Give role", "ALD-VIC", role="Member"), row("Disable", "ALD-ANN")])
        assert verdict.accepted_count == 2
        people.disable_user(pk_of("ann"), reason="Meanwhile")
        db.session.commit()
        assert commit(upload_id) == ["ALD-VIC"]
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.accepted_count, upload.refused_count) == ("committed", 1, 1)
        assert upload.preview["late_groups"][0][:3] == ["IMP-701", "", "Ann is disabled already."]
        errors = [error for chunk in pipeline.list_chunks(upload_id) for error in chunk.errors]
        assert [(error.row, error.code) for error in errors] == [(3, "IMP-701")]
        assert lines(upload_id) == [[2, "Give role", "ALD-VIC", "Done"]]


def test_one_double_press_commits_once_and_the_same_file_is_taken_once(acting) -> None:
    content = people_workbook([row("Disable", "ALD-ANN")])
    with acting("lena"):
        uploads = [pipeline.receive_upload("a.xlsx", content).id for _ in range(2)]
        for upload_id in uploads:
            db.session.commit()
            assert pipeline.check_upload(upload_id, quiet).accepted_count == 1
        db.session.commit()
        commit(uploads[0])
        for upload_id, refused in zip(uploads, (Conflict, UnreadableUpload), strict=True):
            with pytest.raises(refused):
                pipeline.begin_commit(upload_id)
            db.session.rollback()
        assert pipeline.commit_chunks(uploads[0], quiet) == []
        with pytest.raises(UnreadableUpload) as refusal:
            pipeline.receive_upload("again.xlsx", content)
        assert refusal.value.code == "IMP-602"


def test_a_commit_that_was_killed_goes_on_where_it_was(acting, monkeypatch) -> None:
    monkeypatch.setattr(checking, "BATCH_ROWS", 2)

    def stop(done: int, total: int) -> None:
        if done > 2:
            raise ZeroDivisionError

    with acting("lena"):
        upload_id, _ = check([new(f"ALD-N{number}") for number in range(5)])
        pipeline.begin_commit(upload_id)
        db.session.commit()
        with pytest.raises(ZeroDivisionError):
            pipeline.commit_chunks(upload_id, stop)
        db.session.rollback()
        assert pipeline.get_upload(upload_id).raised_count == 2
        assert pipeline.commit_chunks(upload_id, quiet) == ["ALD-N2", "ALD-N3", "ALD-N4"]
        db.session.commit()
        assert pipeline.get_upload(upload_id).raised_count == 5
        made = select(AuditEvent.object_label).where(AuditEvent.action == "user:create")
        assert len(list(db.session.scalars(made))) == 5


def test_all_who_are_disabled_are_so_by_the_one_verb_for_several(acting, monkeypatch) -> None:
    monkeypatch.setattr(checking, "BATCH_ROWS", 2)
    real, called = people_bulk.change_many, []

    def record(versions, change, asked):
        called.append((len(versions), change, asked.reason))
        return real(versions, change, asked)

    monkeypatch.setattr(people_bulk, "change_many", record)
    with acting("lena"):
        mixed = [one for user_id in MEMBERS for one in (row("Disable", user_id), new(f"{user_id}-2"))]
        upload_id, verdict = check(mixed)
        assert verdict.accepted_count == 8
        commit(upload_id)
        assert [(count, change) for count, change, _ in called] == [(4, "disable")] * 2, "once tried, once done"
        assert [line[0] for line in lines(upload_id)] == list(range(2, 10))


def test_what_a_verb_asks_approval_of_counts_as_asked(acting, monkeypatch) -> None:
    """A verb that may not act at once gives back a request; so does the verb for several, who then stay as they are."""
    monkeypatch.setitem(acts._VERBS, "give-role", lambda asked: object())
    monkeypatch.setattr(people_bulk, "change_many", lambda versions, change, asked: SimpleNamespace(left=[]))
    with acting("lena"):
        upload_id, verdict = check(
            [row("Give role", "ALD-VIC", role="Member"), row("Disable", "ALD-ANN"), row("Disable", "ALD-SUE")]
        )
        assert {(warning.row, warning.code) for warning in verdict.warnings} == {(n, "IMP-706") for n in (2, 3, 4)}
        commit(upload_id)
        assert {line[3] for line in lines(upload_id)} == {"Asked for approval"}
        assert pipeline.get_upload(upload_id).preview["asked_count"] == 3


def test_one_event_an_act_names_the_upload_and_those_of_the_upload_are_access_work(acting) -> None:
    with acting("lena"):
        upload_id, _ = check([row("Give role", "ALD-VIC", role="Member"), row("Disable", "ALD-ANN")])
        commit(upload_id)
        acted = select(AuditEvent.action).where(AuditEvent.request_id == f"upload {upload_id}")
        assert sorted(db.session.scalars(acted)) == ["role:grant", "user:disable"]
    with acting("eli"):
        mine = select(AuditEvent.action).where(AuditEvent.object_type == "people_upload")
        assert set(db.session.scalars(mine)) == {"upload:receive", "upload:check", "upload:commit", "upload:finish"}


def test_a_groups_lso_says_whose_people_and_stays_within_them(acting) -> None:
    with acting("system"):
        alder, birch = organisation_pk("ALD"), organisation_pk("BIR")
    with acting("eli"):
        upload_id, verdict = check([row("Disable", "ALD-ANN"), row("Disable", "ELD-ELI")], organisation_id=alder)
        assert [(error.row, error.code) for error in verdict.errors] == [(3, "IMP-702")], "another of their own"
        assert commit(upload_id) == ["ALD-ANN"]
        for stranger in (birch, 10**6):
            with pytest.raises(RuleBroken):
                pipeline.receive_upload("a.xlsx", b"x", stranger)
    with acting("bea"), pytest.raises(RuleBroken):
        pipeline.receive_upload("a.xlsx", b"x", alder)


def test_whoever_acts_for_an_organisation_changes_its_people_only(acting) -> None:
    with acting("xena", "alder"):
        upload_id, verdict = check([row("Disable", "ALD-ANN"), row("Disable", "XOS-ROOT"), row("Disable", "BIR-BOB")])
        assert [(error.row, error.code) for error in verdict.errors] == [(3, "IMP-702"), (4, "IMP-702")]
        commit(upload_id)
    with acting("lena"):
        assert not find("ann").is_active and pipeline.get_upload(upload_id).uploaded_by_name == "Xena"
    with acting("xena"), pytest.raises(NotAllowed):
        pipeline.receive_upload("a.xlsx", b"x")


def test_files_of_people_and_of_contacts_are_apart(acting, busy) -> None:
    """The keepers of access reach the files of people, and no row of a file of contacts that is not their own."""

    def kinds() -> set[tuple[str, int]]:
        return {tuple(one) for table in (Upload, UploadFile, UploadChunk)
                for one in db.session.execute(select(table.kind, table.organisation_id))}  # fmt: skip

    alder, birch = busy["alder"].organisation_id, busy["birch"].organisation_id
    with acting("eli"):
        assert kinds() == {("people", alder)}
    with acting("bea"):
        assert kinds() == {("people", birch), ("contacts", birch)}
    with acting("ann"):
        assert {organisation for _, organisation in kinds()} == {alder}
        of_people = db.session.scalars(select(Upload.id).where(Upload.kind == "people")).one()
        with pytest.raises(NotFound):
            contacts_pipeline.get_upload(of_people)
        with pytest.raises(NotAllowed):
            pipeline.start_commit(of_people)
    with acting("lena"), pytest.raises(NotFound):
        pipeline.get_upload(busy["alder"].upload_id)


def test_only_whoever_may_change_people_may_take_a_step(acting, busy) -> None:
    for name in ("ann", "vic", "ada", "mo", "xena"):
        with acting(name):
            steps = [
                lambda: pipeline.receive_upload("a.xlsx", people_workbook([new("ALD-NEW")])),
                lambda: pipeline.check_upload(1, quiet),
                lambda: pipeline.begin_commit(1),
                lambda: pipeline.commit_chunks(1, quiet),
                lambda: pipeline.check_again(1),
            ]
            for step in steps:
                with pytest.raises(NotAllowed):
                    step()


def test_a_deputy_for_other_organisations_only_leaves_their_own_organisations_files_alone(acting, busy) -> None:
    with acting("lena"):
        upload_id, _ = check([row("Disable", "ALD-ANN")])
    with acting("system"):
        db.session.scalars(select(Deputy)).first().for_organisations = str(busy["birch"].organisation_id)
        db.session.commit()
    with acting("dee"):
        for step in (pipeline.get_upload, pipeline.begin_commit, pipeline.start_commit, pipeline.check_again):
            with pytest.raises(NotFound):
                step(upload_id)
