"""flask people import: the shapes and exit statuses of flask contacts import."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.extensions import db
from app.models import Upload
from tests.imports.people import new, people_workbook, row
from tests.services.access import find


@pytest.fixture
def run(app, tmp_path: Path):
    """`run(rows, "--as", ...)`: what the command answers for a workbook with these rows."""

    def call(rows: list[list[Any]] | bytes, *words: str):
        path = tmp_path / "people.xlsx"
        path.write_bytes(rows if isinstance(rows, bytes) else people_workbook(rows))
        result = app.test_cli_runner().invoke(args=["people", "import", str(path), *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return call


def test_a_dry_run_of_a_good_file_is_0_and_writes_nothing(run, acting) -> None:
    result = run([row("Disable", "ALD-ANN")], "--as", "ald-lena", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"rows": 1, "accepted": 1, "refused": 0, "errors": [], "references": []}
    with acting("lena"):
        assert find("ann").is_active and db.session.query(Upload).count() == 0


def test_with_commit_the_good_rows_are_done_and_the_others_listed(run, acting) -> None:
    result = run([row("Disable", "ALD-ANN"), row("Disable", "BIR-BOB")], "--as", "ALD-LENA", "--commit", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 1 and said["references"] == ["ALD-ANN"]
    assert [(error["row"], error["column"], error["code"]) for error in said["errors"]] == [(3, "B", "IMP-702")]
    with acting("lena"):
        assert not find("ann").is_active


def test_refused_files_are_2_and_users_who_may_not_are_3(run) -> None:
    assert run(b"", "--as", "ALD-LENA").exit_code == 2
    assert run([new("ALD-NEW")], "--as", "ALD-LENA", "--organisation", "BIR").exit_code == 2
    assert run([new("ALD-NEW")], "--as", "ELD-ELI", "--organisation", "ald").exit_code == 0
    for user_id in ("ALD-ANN", "XOS-XENA", "NO-BODY"):
        assert run([new("ALD-NEW")], "--as", user_id).exit_code == 3
