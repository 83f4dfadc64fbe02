"""imports.pipeline: receive, check, choose, commit."""

from functools import partial

import pytest
from sqlalchemy import func, select

from app.access.actor import acting_as
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken, UnreadableUpload
from app.extensions import db
from app.imports import checking, pipeline
from app.imports import verdict as checks
from app.models import AuditEvent, Contact, Job, Upload, UploadChunk, UploadFile
from app.services import sessions
from app.views import public_ids
from tests.cast import PEOPLE
from tests.services.racing import at_once
from tests.worlds import workbook

MPRN = "3938424403"
BAD = ["1", "", "", "", "x"]


def rows_of(count: int) -> list[list[object]]:
    return [[MPRN, "SPELLING", f"{n} High Street", "B91 3QL", f"Number {n} is wrong.", f"A{n}"] for n in range(count)]


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def receive(rows: list[list[object]], name: str = "contacts.xlsx", code: str | None = "ADD") -> int:
    upload_id = pipeline.receive_upload(name, workbook(rows), code).id
    db.session.commit()
    return upload_id


def check(upload_id: int, progress=quiet) -> checks.Verdict | None:
    verdict = pipeline.check_upload(upload_id, progress)
    db.session.commit()
    return verdict


def commit(upload_id: int, progress=quiet) -> list[str]:
    if pipeline.get_upload(upload_id).state == "checked":
        pipeline.begin_commit(upload_id)
        db.session.commit()
    references = pipeline.commit_chunks(upload_id, progress)
    db.session.commit()
    return references


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def actions() -> list[str]:
    acts = select(AuditEvent.action).where(AuditEvent.object_type == "upload")
    return list(db.session.scalars(acts.order_by(AuditEvent.id)))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a chunk."""
    monkeypatch.setattr(checking, "BATCH_ROWS", 3)


def test_a_file_goes_from_received_to_committed_and_each_step_is_written_down(acting) -> None:
    with acting("ann"):
        upload_id = receive([*rows_of(4), BAD], "C:\\My files\\Nov\u202eember.xlsx")
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.file_name, upload.uploaded_by_name) == ("received", "November.xlsx", "Ann")
        verdict = check(upload_id)
        assert (verdict.row_count, verdict.accepted_count, verdict.refused_count) == (5, 4, 1)
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.row_count, upload.accepted_count, upload.refused_count) == ("checked", 5, 4, 1)
        assert upload.preview["header_row"] == 1 and upload.preview["columns"][0] == ["A", "MPRN", "MPRN"]
        assert count(Contact) == 0, "nothing is raised before somebody says so"
        references = commit(upload_id)
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.raised_count) == ("committed", 4)
        found = db.session.execute(select(Contact.reference, Contact.upload_row).order_by(Contact.id)).all()
        assert [reference for reference, _ in found] == references and [row for _, row in found] == [2, 3, 4, 5]
        assert actions() == ["upload:receive", "upload:check", "upload:commit", "upload:finish"]


def test_the_same_bytes_are_raised_once_whatever_their_name(acting) -> None:
    rows = rows_of(2)
    content = workbook(rows)
    with acting("ann"):
        first = pipeline.receive_upload("a.xlsx", content, "ADD").id
        again = pipeline.receive_upload("a.xlsx", content, "ADD").id
        db.session.commit()
        for upload_id in (first, again):
            check(upload_id)
        commit(first)
        for name, code in (("a.xlsx", "ADD"), ("renamed.xlsx", "ADD"), ("a.xlsx", None), ("a.xlsx", "ISO")):
            with pytest.raises(UnreadableUpload, match="already imported on .* as a.xlsx") as refusal:
                pipeline.receive_upload(name, content, code)
            assert refusal.value.code == "IMP-602"
        db.session.rollback()
        assert count(Upload) == 2
    with acting("bob"):
        assert pipeline.receive_upload("a.xlsx", content, "ADD").id, "another organisation may have the same rows"


def test_an_upload_received_twice_before_raising_is_raised_once(acting) -> None:
    content = workbook(rows_of(2))
    with acting("ann"):
        uploads = [pipeline.receive_upload("a.xlsx", content, "ADD").id for _ in range(2)]
        db.session.commit()
        for upload_id in uploads:
            check(upload_id)
        commit(uploads[0])
        with pytest.raises(UnreadableUpload) as refusal:
            pipeline.begin_commit(uploads[1])
        assert refusal.value.code == "IMP-602"
        db.session.rollback()
        assert count(Contact) == 2


def test_of_two_who_raise_two_uploads_of_the_same_file_at_once_one_wins(app, acting) -> None:
    content = workbook(rows_of(2))
    with acting("ann"):
        uploads = [pipeline.receive_upload("a.xlsx", content, "ADD").id for _ in range(4)]
        db.session.commit()
        for upload_id in uploads:
            check(upload_id)
    with app.app_context():
        ann = sessions.actor_of(PEOPLE["ann"].user_id)

    def start(upload_id: int) -> str:
        with acting_as(ann):
            pipeline.start_commit(upload_id)
            db.session.commit()
            return "won"

    results = at_once(app, [partial(start, upload_id) for upload_id in uploads])
    assert results.count("won") == 1
    assert {getattr(result, "code", "") for result in results if result != "won"} == {"IMP-602"}, results


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(50), b"PK\x03\x04"])
def test_a_file_the_guard_refuses_leaves_nothing_at_all(acting, content) -> None:
    with acting("ann"):
        with pytest.raises(UnreadableUpload):
            pipeline.receive_and_check_later("a.xlsx", content, "ADD")
        db.session.commit()
        assert (count(Upload), count(UploadFile), count(Job), actions()) == (0, 0, 0, [])


def test_a_file_refused_on_reading_keeps_nothing_but_the_upload(acting) -> None:
    with acting("ann"):
        upload_id = pipeline.receive_upload("a.csv", b"Colour,Size\nblue,3\n", "ADD").id
        db.session.commit()
        assert check(upload_id) is None
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.refusal_code, upload.row_count) == ("refused", "IMP-503", 0)
        assert upload.refusal.endswith(".")
        assert (count(UploadChunk), count(Contact)) == (0, 0)
        assert actions() == ["upload:receive", "upload:refuse"]
        for again in (lambda: pipeline.begin_commit(upload_id), lambda: pipeline.start_commit(upload_id)):
            with pytest.raises(RuleBroken):
                again()
        assert check(upload_id) is None and actions() == ["upload:receive", "upload:refuse"]


def test_a_file_that_turns_out_bad_half_way_keeps_no_row(acting, small_chunks) -> None:
    with acting("ann"):
        lines = "".join(f"{MPRN},Spelling or numbering,{n} High Street,B91 3QL,Wrong\n" for n in range(50))
        head = "MPRN,What is wrong with the address,Correct address,Correct postcode,Description\n"
        upload_id = pipeline.receive_upload("a.csv", f'{head}{lines}"never closed'.encode(), "ADD").id
        db.session.commit()
        assert check(upload_id) is None
        assert pipeline.get_upload(upload_id).refusal_code == "IMP-109"
        assert count(UploadChunk) == 0


def test_progress_is_told_and_may_stop_the_work(acting, small_chunks) -> None:
    with acting("ann"):
        upload_id = receive(rows_of(10))
        told: list[tuple[int, int]] = []

        def stop(done: int, total: int) -> None:
            told.append((done, total))
            if len(told) == 2:
                raise RuntimeError("stop")

        with pytest.raises(RuntimeError):
            check(upload_id, stop)
        db.session.rollback()
        assert told == [(3, 0), (6, 0)]
        assert pipeline.get_upload(upload_id).state == "received" and count(UploadChunk) == 0
        check(upload_id, lambda done, total: told.append((done, total)))
        assert told[2:] == [(3, 0), (6, 0), (9, 0), (10, 0)]
        assert count(UploadChunk) == 4


def test_a_file_without_a_good_row_cannot_be_raised(acting) -> None:
    with acting("ann"):
        upload_id = receive([BAD, BAD])
        check(upload_id)
        with pytest.raises(RuleBroken, match="No row of this file is good"):
            pipeline.start_commit(upload_id)


def test_of_two_who_raise_an_upload_at_once_one_wins(app, acting) -> None:
    with acting("ann"):
        upload_id = receive(rows_of(3))
        check(upload_id)
    with app.app_context():
        actors = [sessions.actor_of(PEOPLE[name].user_id) for name in ("ann", "sue", "ann", "sue")]

    def start(actor) -> str:
        with acting_as(actor):
            pipeline.start_commit(upload_id)
            db.session.commit()
            return "won"

    results = at_once(app, [partial(start, actor) for actor in actors])
    assert results.count("won") == 1
    assert all(isinstance(result, Conflict) for result in results if result != "won"), results
    with acting("ann"):
        assert count(Job) == 1 and actions().count("upload:commit") == 1


@pytest.mark.parametrize("code", ["USRV", "AGG", "NONE"])
def test_a_type_ones_organisation_cannot_raise_is_refused_before_anything_is_kept(acting, code) -> None:
    with acting("ned"):
        with pytest.raises((RuleBroken, NotFound)):
            pipeline.receive_and_check_later("a.xlsx", workbook(rows_of(1)), code)
        db.session.commit()
        assert (count(Upload), count(Job)) == (0, 0)


def test_others_cannot_touch_an_upload(acting) -> None:
    with acting("ann"):
        upload_id = receive(rows_of(1))
        check(upload_id)
    for name, refusal in (("bob", NotFound), ("ned", NotFound), ("vic", NotAllowed), ("ada", NotAllowed)):
        with acting(name):
            for verb in (
                lambda: pipeline.start_commit(upload_id),
                lambda: pipeline.begin_commit(upload_id),
                lambda: pipeline.commit_chunks(upload_id, quiet),
                lambda: pipeline.check_upload(upload_id, quiet),
            ):
                with pytest.raises(refusal):
                    verb()


def test_all_or_nothing_raises_all_of_a_good_file_and_nothing_of_another(app, acting, browser, run_jobs) -> None:
    ann = browser("ann")
    with acting("ann"):
        uploads = {
            name: receive(rows, f"{name}.xlsx") for name, rows in (("good", rows_of(3)), ("bad", [*rows_of(2), BAD]))
        }
        for upload_id in uploads.values():
            check(upload_id)
    with app.app_context():
        codes = {name: public_ids.encode_id(pk) for name, pk in uploads.items()}
    assert ann.post(f"/uploads/{codes['bad']}/commit/", {"choice": "all"}).status_code == 409
    assert run_jobs() == 0
    assert ann.post(f"/uploads/{codes['good']}/commit/", {"choice": "all"}).status_code == 302
    assert run_jobs() == 1
    with acting("ann"):
        assert set(db.session.scalars(select(Contact.upload_id))) == {uploads["good"]} and count(Contact) == 3
        assert pipeline.get_upload(uploads["bad"]).state == "checked"
