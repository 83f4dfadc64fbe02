"""imports.raising: a chunk with its mark or not at all, some at a time where the database has several writers."""

import random
import time

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.imports import checking, pipeline, raising
from app.models import AuditEvent, Contact, UploadChunk
from seed.demo.answers import make_mprn
from tests.imports.test_late_refusals import find_type
from tests.imports.test_pipeline import BAD, actions, check, commit, count, receive, rows_of
from tests.worlds import raise_one


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a chunk."""
    monkeypatch.setattr(checking, "BATCH_ROWS", 3)


def test_a_commit_stopped_anywhere_goes_on_where_it_was(acting) -> None:
    with acting("ann"):
        upload_id = receive([*rows_of(10), BAD])
        check(upload_id)
        for goal in range(1, 11, 3):

            def stop(done: int, total: int, goal: int = goal) -> None:
                assert total == 10
                if done >= goal:
                    raise RuntimeError("killed before the chunk was kept")

            with pytest.raises(RuntimeError):
                commit(upload_id, stop)
            db.session.rollback()
            kept = pipeline.get_upload(upload_id)
            marked = select(func.sum(UploadChunk.accepted_count)).where(UploadChunk.is_raised)
            assert count(Contact) == kept.raised_count == (db.session.scalar(marked) or 0) < goal
            events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "contact:raise")
            assert db.session.scalar(events) == kept.raised_count
        left = 10 - kept.raised_count
        assert len(commit(upload_id)) == left > 0
        assert sorted(db.session.scalars(select(Contact.upload_row))) == list(range(2, 12))
        assert commit(upload_id) == [] and count(Contact) == 10
        assert actions().count("upload:finish") == 1


def test_references_and_contact_numbers_are_in_row_order_whichever_chunk_is_done_first(acting, monkeypatch) -> None:
    real = raising.contacts.raise_contacts

    def slow_at_first(good, *given, **named):
        if good[0].row == 2:
            time.sleep(0.3)
        return real(good, *given, **named)

    monkeypatch.setattr(raising.contacts, "raise_contacts", slow_at_first)
    told: list[int] = []
    with acting("ann"):
        upload_id = receive(rows_of(10))
        check(upload_id)
        references = commit(upload_id, lambda done, total: told.append(done))
        found = db.session.execute(select(Contact.reference, Contact.upload_row).order_by(Contact.id)).all()
        assert [reference for reference, _ in found] == references
        assert [row for _, row in found] == list(range(2, 12))
        assert told == sorted(told) and (told[-1], len(told)) == (10, 4)
        assert pipeline.get_upload(upload_id).raised_count == 10


def test_a_chunk_that_another_worker_raised_meanwhile_is_left_alone(acting, monkeypatch) -> None:
    real = raising.waiting_chunks

    def taken_over(upload_id: int):
        turns = list(real(upload_id))
        db.session.rollback()
        with monkeypatch.context() as other:
            other.setattr(raising, "waiting_chunks", real)
            assert len(commit(upload_id)) == 10
        yield from turns

    with acting("ann"):
        upload_id = receive(rows_of(10))
        check(upload_id)
        monkeypatch.setattr(raising, "waiting_chunks", taken_over)
        assert commit(upload_id) == [] and count(Contact) == 10
        assert pipeline.get_upload(upload_id).raised_count == 10
        assert actions().count("upload:finish") == 1


def test_chunks_of_a_type_that_takes_one_open_contact_a_meter_point_are_all_raised_once(acting) -> None:
    draw = random.Random(7).random
    rows = [[make_mprn(False, draw), *row[1:]] for row in rows_of(10)]
    with acting("system"):
        find_type("ADD").duplicate_rule = "refuse"
        db.session.commit()
    with acting("ann"):
        upload_id = receive(rows)
        check(upload_id)
        # Somebody else is first with one of the third chunk.
        reference = raise_one(rows[7][0], "First")
        db.session.commit()
        assert len(commit(upload_id)) == 9
        upload = pipeline.get_upload(upload_id)
        assert (upload.raised_count, upload.refused_count) == (9, 1)
        assert sorted(db.session.scalars(select(Contact.upload_row).where(Contact.upload_id == upload_id))) == [
            *range(2, 9), 10, 11,
        ]  # fmt: skip
        assert reference in upload.preview["late_groups"][0][2]
