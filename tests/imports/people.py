"""What the tests of files of people share: making one, checking it, doing it."""

import io

from openpyxl import Workbook

from app.extensions import db
from app.imports.people import pipeline
from app.imports.verdict import Verdict

HEADER = [
    "Action", "User ID", "Name", "E-mail address", "Service", "Role", "First day", "Last day", "Successor", "Reason",
]  # fmt: skip
WHY = "The team was made anew"


def row(action: str = "", user_id: str = "", **more: object) -> list[object]:
    """A row of the template; the reason is filled in unless it is given."""
    values = {"reason": WHY, **more}
    names = ("name", "email", "service", "role", "first", "last", "successor", "reason")
    return [action, user_id, *(values.get(name, "") for name in names)]


def new(user_id: str, **more: object) -> list[object]:
    """A row that adds a person."""
    return row("Create", user_id, **{"name": user_id.title(), "email": f"{user_id.lower()}@example.com", **more})


def people_workbook(rows: list[list[object]], header: list[str] | None = None) -> bytes:
    """An .xlsx with the header of the template and these rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for one in [header or HEADER, *rows]:
        sheet.append(one)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def check(rows: list[list[object]], *, organisation_id: int | None = None, name: str = "people.xlsx"):
    """Receive and check a file; the upload's id and the verdict."""
    upload_id = pipeline.receive_upload(name, people_workbook(rows), organisation_id).id
    db.session.commit()
    verdict = pipeline.check_upload(upload_id, quiet)
    db.session.commit()
    assert isinstance(verdict, Verdict), pipeline.get_upload(upload_id).refusal
    return upload_id, verdict


def commit(upload_id: int) -> list[str]:
    """Do the good rows of a checked upload; the user IDs they were about."""
    pipeline.begin_commit(upload_id)
    db.session.commit()
    done = pipeline.commit_chunks(upload_id, quiet)
    db.session.commit()
    return done
