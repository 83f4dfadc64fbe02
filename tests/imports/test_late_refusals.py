"""Rows that were good when the file was checked and may not be raised any more when their turn comes."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domain import clock
from app.extensions import db
from app.imports import checking, pipeline
from app.models import Contact, ContactType, ContactTypeRaiser, Job, Upload
from app.services import contact_types, contacts, drafts
from app.views import public_ids
from tests.exports.good_answers import good_answers
from tests.worlds import answers, raise_one, workbook

MPRN, OTHER_MPRN = "3938424403", "2144689001"


@pytest.fixture
def checked(acting, run_jobs, monkeypatch: pytest.MonkeyPatch):
    """`checked(content)`: the id of a file of ann's that was checked, three rows to a chunk."""
    monkeypatch.setattr(checking, "BATCH_ROWS", 3)

    def receive(content: bytes, name: str = "contacts.xlsx", code: str | None = "ADD") -> int:
        with acting("ann"):
            pk = pipeline.receive_and_check_later(name, content, code).id
            db.session.commit()
        run_jobs()
        with acting("ann"):
            assert pipeline.get_upload(pk).state == "checked"
        return pk

    return receive


def rows_of(count: int) -> list[list[object]]:
    return [[MPRN, "SPELLING", f"{n} High Street", "B91 3QL", f"Number {n} is wrong.", f"A{n}"] for n in range(count)]


def start(acting, run_jobs, upload_id: int) -> Upload:
    """Have the good rows raised; the upload afterwards."""
    with acting("ann"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    assert run_jobs() == 1
    with acting("ann") as ann:
        upload = pipeline.get_upload(upload_id)
        assert upload.organisation_id == ann.organisation_id and upload.preview
        return upload


def find_type(code: str) -> ContactType:
    return db.session.scalars(select(ContactType).where(ContactType.code == code)).one()


def retire(acting, code: str) -> None:
    with acting("system"):
        find_type(code).ends_on = clock.today() - timedelta(days=1)
        db.session.commit()


def take_from_shippers(acting, code: str) -> None:
    with acting("system"):
        raiser = select(ContactTypeRaiser).where(ContactTypeRaiser.contact_type_id == find_type(code).id)
        for row in db.session.scalars(raiser.where(ContactTypeRaiser.kind_code == "SHIPPER")):
            db.session.delete(row)
        db.session.commit()


@pytest.mark.parametrize(
    ("end", "words"), [(retire, "is retired"), (take_from_shippers, "Your kind of organisation cannot raise ADD")]
)
def test_a_type_that_is_closed_after_the_check_refuses_its_rows_and_the_job_ends_well(
    acting, run_jobs, checked, end, words
) -> None:
    upload_id = checked(workbook([*rows_of(4), ["1"]]))
    end(acting, "ADD")
    upload = start(acting, run_jobs, upload_id)
    assert (upload.state, upload.row_count, upload.accepted_count) == ("committed", 5, 0)
    assert (upload.refused_count, upload.raised_count) == (5, 0)
    assert [(rows, count) for _, _, _, rows, count in upload.preview["late_groups"]] == [("rows 2-4", 3), ("row 5", 1)]
    assert all(code == "IMP-415" and words in message for code, _, message, _, _ in upload.preview["late_groups"])
    with acting("ann"):
        assert db.session.scalars(select(Contact)).all() == []
        assert {(job.state, job.error) for job in db.session.scalars(select(Job))} == {("done", None)}
        errors = [error for chunk in pipeline.list_chunks(upload_id) for error in chunk.errors]
        assert [error.row for error in errors if error.code == "IMP-415"] == [2, 3, 4, 5]
        assert [error.row for error in errors] == sorted(error.row for error in errors)


def test_of_a_mixed_file_only_the_rows_of_that_type_are_refused(acting, run_jobs, checked) -> None:
    with acting("ann"):
        both = [contact_types.get_definition(code) for code in ("ADD", "ISO")]
        filled = {definition.code: good_answers(definition) for definition in both}
        headers = list(dict.fromkeys(item.code for definition in both for item in definition.items))
        out = io.StringIO()
        sheet = csv.DictWriter(out, ["Contact type", "OWN_REFERENCE", *headers])
        sheet.writeheader()
        for number in range(4):
            for code, some in filled.items():
                sheet.writerow({**some, "Contact type": code, "OWN_REFERENCE": f"{code}/{number}"})
    upload_id = checked(out.getvalue().encode(), "mixed.csv", None)
    with acting("ann"):
        assert pipeline.get_upload(upload_id).accepted_count == 8
    retire(acting, "ADD")
    upload = start(acting, run_jobs, upload_id)
    assert (upload.accepted_count, upload.refused_count, upload.raised_count) == (4, 4, 4)
    with acting("ann"):
        raised = db.session.execute(select(Contact.type_code, Contact.own_reference).order_by(Contact.upload_row)).all()
        assert [tuple(row) for row in raised] == [("ISO", f"ISO/{n}") for n in range(4)]


def test_a_contact_raised_by_a_colleague_since_the_check_is_named(acting, run_jobs, checked) -> None:
    with acting("system"):
        find_type("ADD").duplicate_rule = "refuse"
        db.session.commit()
    second = [OTHER_MPRN, *rows_of(1)[0][1:]]
    upload_id = checked(workbook([rows_of(1)[0], second]))
    with acting("sue"):
        reference = raise_one(MPRN, "Sue")
        db.session.commit()
    upload = start(acting, run_jobs, upload_id)
    assert (upload.accepted_count, upload.refused_count, upload.raised_count) == (1, 1, 1)
    code, _, message, rows, _ = upload.preview["late_groups"][0]
    assert (code, rows) == ("IMP-603", "row 2") and reference in message


def test_stopped_half_way_the_rows_left_are_refused_and_those_raised_stay(acting, run_jobs, checked) -> None:
    upload_id = checked(workbook(rows_of(7)))
    with acting("ann"):
        pipeline.begin_commit(upload_id)
        db.session.commit()

        def stop(done: int, total: int) -> None:
            if done > 3:
                raise RuntimeError("killed")

        with pytest.raises(RuntimeError):
            pipeline.commit_chunks(upload_id, stop)
        db.session.rollback()
    retire(acting, "ADD")
    with acting("ann"):
        assert pipeline.commit_chunks(upload_id, lambda done, total: None) == []
        db.session.commit()
        upload = pipeline.get_upload(upload_id)
        assert (upload.state, upload.raised_count, upload.accepted_count, upload.refused_count) == (
            "committed",
            3,
            3,
            4,
        )
        assert len(db.session.scalars(select(Contact)).all()) == 3


def test_a_file_that_ended_without_a_contact_may_be_given_again(acting, run_jobs, checked) -> None:
    content = workbook(rows_of(2))
    upload_id = checked(content)
    retire(acting, "ADD")
    start(acting, run_jobs, upload_id)
    with acting("system"):
        find_type("ADD").ends_on = None
        db.session.commit()
    again = checked(content)
    assert start(acting, run_jobs, again).raised_count == 2


def test_one_contact_of_a_closed_type_is_still_refused_on_its_own(acting) -> None:
    retire(acting, "ADD")
    with acting("ann"):
        definition = contact_types.get_definition("ADD")
        draft, _ = drafts.check(definition, answers(MPRN, "High").get)
        good, refused = contacts.split_refused([draft], {"ADD": definition})
        assert good == [] and [(one, why.code) for one, why in refused] == [(draft, "IMP-415")]


def test_the_page_and_the_error_list_tell_what_was_refused(app, acting, run_jobs, checked, browser) -> None:
    upload_id = checked(workbook(rows_of(2)))
    retire(acting, "ADD")
    start(acting, run_jobs, upload_id)
    with app.app_context():
        address = f"/uploads/{public_ids.encode_id(upload_id)}/"
    ann = browser("ann")
    text = ann.get(address).get_data(as_text=True)
    assert "0 contacts raised" in text and "Refused since the check" in text and "is retired" in text
    assert "Rows 2-3" in text and "alert-success" not in text
    rows = list(csv.reader(io.StringIO(ann.get(address + "errors.csv").data.decode("utf-8-sig"), newline="")))
    assert [(row[0], row[3]) for row in rows[2:]] == [("2", "IMP-415"), ("3", "IMP-415")]


def test_the_command_line_counts_and_names_them_too(app, acting, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "contacts.xlsx"
    path.write_bytes(workbook(rows_of(2)))
    real = pipeline.begin_commit

    def begin_late(upload_id: int) -> Upload:
        upload = real(upload_id)
        db.session.commit()
        retire(acting, "ADD")
        return upload

    monkeypatch.setattr(pipeline, "begin_commit", begin_late)
    words = ["contacts", "import", str(path), "--as", "ALD-ANN", "--type", "ADD", "--commit", "--json"]
    result = app.test_cli_runner().invoke(args=words)
    said = json.loads(result.stdout)
    assert result.exit_code == 1, result.output
    assert (said["rows"], said["accepted"], said["refused"], said["references"]) == (2, 0, 2, [])
    assert [(error["row"], error["code"]) for error in said["errors"]] == [(2, "IMP-415"), (3, "IMP-415")]
