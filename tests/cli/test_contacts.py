"""flask contacts import and export."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result
from sqlalchemy import func, select

from app.extensions import db
from app.models import AuditEvent, Contact, Job, Upload
from tests.worlds import raise_one, workbook

GOOD = ["3938424403", "SPELLING", "1 High Street", "B91 3QL", "The number is wrong.", "ALD/1"]
BAD = ["1234567890", "NONSENSE", "", "nowhere", "x", "y" * 31]


@pytest.fixture
def run(app) -> Callable[..., Result]:
    """`run("import", ...)`: what `flask contacts import ...` answers."""

    def call(*words: str) -> Result:
        result = app.test_cli_runner().invoke(args=["contacts", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return call


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., str]:
    """`put(rows)`: the path of a workbook with the ADD header and these rows."""

    def write(rows: list[list[Any]], name: str = "contacts.xlsx") -> str:
        path = tmp_path / name
        path.write_bytes(workbook(rows))
        return str(path)

    return write


def counts(acting) -> tuple[int, int, int]:
    """Contacts, uploads and jobs there are."""
    with acting("system"):
        return tuple(db.session.scalar(select(func.count()).select_from(row)) for row in (Contact, Upload, Job))


def test_a_dry_run_of_a_good_file_is_0_and_writes_nothing(run, put, acting) -> None:
    result = run("import", put([GOOD]), "--as", "ald-ann", "--type", "add", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"rows": 1, "accepted": 1, "refused": 0, "errors": [], "references": []}
    assert counts(acting) == (0, 0, 0)
    with acting("system"):
        assert db.session.scalars(select(AuditEvent)).all() == []


def test_with_commit_the_good_rows_are_raised_as_that_user(run, put, acting) -> None:
    second = ["2144689001", *GOOD[1:]]
    result = run("import", put([GOOD, second]), "--as", "ALD-ANN", "--type", "ADD", "--commit", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 0 and len(said.pop("references")) == 2
    assert said == {"rows": 2, "accepted": 2, "refused": 0, "errors": []}
    references = json.loads(result.stdout)["references"]
    with acting("ann"):
        rows = db.session.scalars(select(Contact).order_by(Contact.id)).all()
        assert [row.reference for row in rows] == references
        assert [(row.raised_by_name, row.channel, row.upload_row) for row in rows] == [
            ("Ann", "spreadsheet", 2),
            ("Ann", "spreadsheet", 3),
        ]
        assert db.session.scalars(select(Upload.state)).one() == "committed"
    assert counts(acting) == (2, 1, 0)


def test_some_refused_rows_are_1_and_every_error_has_its_place(run, put, acting) -> None:
    path = put([GOOD, BAD])
    result = run("import", path, "--as", "ALD-ANN", "--type", "ADD", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert list(said) == ["rows", "accepted", "refused", "errors", "references"]
    assert (said["rows"], said["accepted"], said["refused"], said["references"]) == (2, 1, 1, [])
    assert all(list(error) == ["row", "column", "header", "code", "message"] for error in said["errors"])
    assert [(error["row"], error["column"], error["header"], error["code"]) for error in said["errors"]] == [
        (3, "A", "MPRN", "IMP-408"),
        (3, "B", "What is wrong with the address", "IMP-410"),
        (3, "C", "Correct address", "IMP-414"),
        (3, "D", "Correct postcode", "IMP-411"),
        (3, "F", "Your reference", "IMP-404"),
    ]
    assert counts(acting)[0] == 0
    committed = run("import", path, "--as", "ALD-ANN", "--type", "ADD", "--commit", "--json")
    assert committed.exit_code == 1 and len(json.loads(committed.stdout)["references"]) == 1
    assert counts(acting) == (1, 1, 0)


def test_nothing_good_to_commit_is_1_and_raises_nothing(run, put, acting) -> None:
    result = run("import", put([BAD]), "--as", "ALD-ANN", "--type", "ADD", "--commit", "--json")
    assert result.exit_code == 1 and json.loads(result.stdout)["references"] == []
    assert counts(acting)[0] == 0


def test_people_read_sentences(run, put) -> None:
    result = run("import", put([GOOD, BAD]), "--as", "ALD-ANN", "--type", "ADD")
    assert result.exit_code == 1
    assert "Row 3, column A “MPRN”: “1234567890” is not a valid MPRN" in result.stdout
    assert result.stdout.endswith("2 rows: 1 good, 1 refused.\n")


@pytest.mark.parametrize("is_committing", [False, True])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "IMP-101"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "IMP-102"),
        (b"PK\x03\x04 cut", None),
        (b"a,b\n1,2\n", "IMP-503"),
    ],
)
def test_a_refused_file_is_2_and_says_why(run, tmp_path, acting, body, code, is_committing) -> None:
    path = tmp_path / "odd.xlsx"
    path.write_bytes(body)
    words = ["import", str(path), "--as", "ALD-ANN", "--type", "ADD"] + (["--commit"] if is_committing else [])
    result = run(*words, "--json")
    assert result.exit_code == 2
    said = json.loads(result.stdout)
    assert list(said) == ["refused_file"] and list(said["refused_file"]) == ["code", "message"]
    assert code is None or said["refused_file"]["code"] == code
    assert counts(acting)[0] == 0
    plain = run(*words)
    assert plain.exit_code == 2 and plain.stdout == "" and said["refused_file"]["message"] in plain.stderr


def test_the_same_file_again_is_2(run, put, acting) -> None:
    path = put([GOOD])
    words = ["import", path, "--as", "ALD-ANN", "--type", "ADD", "--commit", "--json"]
    assert run(*words).exit_code == 0
    dry = [word for word in words if word != "--commit"]
    for again in (run(*words), run(*dry)):
        assert again.exit_code == 2
        refused = json.loads(again.stdout)["refused_file"]
        assert refused["code"] == "IMP-602" and "already imported on" in refused["message"]
    assert counts(acting) == (1, 1, 0)
    stranger = [word.replace("ALD-ANN", "BIR-BOB") for word in dry]
    assert run(*stranger).exit_code == 0, "another organisation may have the same rows"


def test_rows_are_numbered_as_in_the_sheet_below_title_rows(run, tmp_path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([GOOD, BAD, GOOD])))
    book.active.insert_rows(1, 4)
    book.active["A1"] = "Address changes for November"
    book.active["A3"] = "From Ann"
    path = tmp_path / "titled.xlsx"
    book.save(path)
    said = json.loads(run("import", str(path), "--as", "ALD-ANN", "--type", "ADD", "--json").stdout)
    assert said["rows"] == 3
    assert {(error["row"], error["code"]) for error in said["errors"]} == {
        *((7, code) for code in ("IMP-404", "IMP-408", "IMP-410", "IMP-411", "IMP-414")),
        (8, "IMP-601"),
    }


def test_csv_is_read_too_and_a_mixed_file_names_its_types(run, tmp_path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text(
        "Contact type;MPRN;Description;Correct address;Correct postcode;What is wrong with the address\n"
        "ADD;3938424403;Wrong;1 High Street;B91 3QL;Spelling or numbering\nUSRV;3938424403;Old;;;\nXYZ;1;x;;;\n"
    )
    said = json.loads(run("import", str(path), "--as", "ALD-ANN", "--json").stdout)
    assert (said["rows"], said["accepted"]) == (3, 1)
    assert [(error["row"], error["code"]) for error in said["errors"]] == [(3, "IMP-415"), (4, "IMP-402")]


@pytest.mark.parametrize("code", ["NONE", "USRV", "", "A" * 50])
def test_a_type_that_cannot_be_raised_is_2(run, put, acting, code) -> None:
    words = ["import", put([GOOD]), "--as", "ALD-ANN", "--type", code, "--json"]
    if code == "":
        assert run(*words).exit_code == 2  # no type means a mixed file, and this has no column of types
        return
    for extra in ([], ["--commit"]):
        result = run(*words, *extra)
        assert result.exit_code == 2 and json.loads(result.stdout)["refused_file"]["message"]
    assert counts(acting) == (0, 0, 0), "nothing of it is kept"


@pytest.mark.parametrize(
    ("user_id", "words"),
    [("ALD-NOBODY", "no active user"), ("ALD-VIC", "contact:raise"), ("XOS-ROOT", "contact:raise"), ("", "no active")],
)
def test_who_is_unknown_or_may_not_raise_is_told_so(run, put, acting, user_id, words) -> None:
    result = run("import", put([GOOD]), "--as", user_id, "--type", "ADD", "--commit")
    assert result.exit_code != 0 and words in result.stderr and result.stdout == ""
    assert counts(acting) == (0, 0, 0)


def test_a_missing_file_or_user_is_a_usage_error(run, put) -> None:
    assert run("import", "/no/such/file.xlsx", "--as", "ALD-ANN").exit_code == 2
    assert run("import", put([GOOD])).exit_code == 2


@pytest.fixture
def raised(acting) -> list[str]:
    """Two contacts of alder's and one of birch's."""
    with acting("ann"):
        references = [raise_one("3938424403", "=High"), raise_one("2144689001", "Low")]
        db.session.commit()
    with acting("bob"):
        raise_one("7400000108", "Birch")
        db.session.commit()
    return references


def test_an_export_holds_what_that_users_list_shows(run, raised, acting, tmp_path) -> None:
    result = run("export", "--as", "ald-vic", "--sort", "oldest")
    assert result.exit_code == 0
    rows = list(csv.reader(io.StringIO(result.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[2:]] == raised and "2 rows" in rows[0][0]
    path = tmp_path / "out.xlsx"
    words = ["export", "--as", "ALD-ANN", "--format", "xlsx", "--search", "2144 689 001", "--type", "add"]
    assert run(*words, "--status", "open", "--output", str(path)).exit_code == 0
    book = openpyxl.load_workbook(path)
    assert [row[0] for row in book.active.iter_rows(min_row=3, values_only=True)] == [raised[1]]
    with acting("system"):
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "contact:export").order_by(AuditEvent.id)
        ).all()
        assert [event.after["format"] for event in events] == ["csv", "xlsx"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--as", "ALD-NOBODY"], "no active user"),
        (["--as", "ALD-LENA"], "contact:export"),
        (["--as", "ALD-ANN", "--status", "odd"], "There is no status"),
        (["--as", "ALD-ANN", "--search", "—"], "letters or digits"),
        (["--as", "ALD-ANN", "--sort", "odd"], "odd"),
        (["--as", "ALD-ANN", "--format", "pdf"], "pdf"),
    ],
)
def test_an_export_that_cannot_be_says_why(run, raised, words, said) -> None:
    result = run("export", *words)
    assert result.exit_code != 0 and said in result.stderr and result.stdout == ""
