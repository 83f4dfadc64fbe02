"""exports.contacts: a file of exactly what the list shows."""

import csv
import io
import re

import openpyxl
import pytest
from sqlalchemy import select, update

from app.domain.errors import NotAllowed, RuleBroken
from app.domain.lifecycle import Action
from app.exports import contacts as contact_export
from app.extensions import db
from app.models import AuditEvent, Contact
from app.services import contacts
from tests.worlds import raise_one

TOP = re.compile(r"Contacts as at \d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2}, ([\d,]+) rows?")


def export(actor, filters: dict[str, str] | None = None, sort: str = "newest", file_format: str = "csv") -> list:
    """The rows of an export, the as-at line first."""
    body = b"".join(contact_export.stream(actor, filters or {}, sort, file_format))
    if file_format == "csv":
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows(values_only=True)]


@pytest.fixture
def some(acting) -> list[str]:
    """Seven contacts of alder's, one withdrawn and one with an advocate, and one of birch's."""
    with acting("ann"):
        references = [raise_one("3938424403", f"=N{number}") for number in range(7)]
        contacts.perform(references[2], Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
    with acting("bob"):
        raise_one("7400000108", "Birch")
        db.session.commit()
    with acting("ada"):
        contacts.perform(references[4], Action.CLAIM, version=1)
        db.session.commit()
    return references


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_it_holds_every_contact_within_reach_with_count_and_moment(acting, some, file_format) -> None:
    with acting("ann") as ann:
        rows = export(ann, file_format=file_format)
    assert TOP.fullmatch(rows[0][0])[1] == "7"
    assert rows[1] == [
        "Reference", "Your reference", "Type", "MPRN", "Summary", "Status", "With",
        "Due", "Raised", "Raised by", "Closed",
    ]  # fmt: skip
    assert [row[0] for row in rows[2:]] == some[::-1]
    row = rows[2 + 6 - 4]
    assert row[1:7] == [
        "'=N4/1", "ADD", "3938424403", "The house number of =N4 is wrong.", "Assigned", "Xoserve",
    ]  # fmt: skip
    assert [row[5] for row in rows[2:]].count("Withdrawn") == 1
    with acting("ada") as ada:
        staff = export(ada, file_format=file_format)
    assert staff[1][-2:] == ["Organisation", "Assignee"]
    assert TOP.fullmatch(staff[0][0])[1] == "8" and {row[-2] for row in staff[2:]} == {
        "Alder Energy",
        "Birch Gas Supply",
    }


LISTS = [
    {},
    {"status": "open"},
    {"status": "closed"},
    {"status": "assigned"},
    {"type": "ADD"},
    {"type": "ISO"},
    {"due": "week"},
    {"q": "3938424403"},
    {"q": "N3"},
    {"q": "house", "status": "open"},
    {"assignee": "nobody"},
]


@pytest.mark.parametrize("sort", ["newest", "oldest", "due"])
def test_it_holds_what_the_list_shows_in_the_lists_order(acting, some, browser, sort) -> None:
    people = {"ann": browser("ann"), "ada": browser("ada"), "bob": browser("bob")}
    for name, person in people.items():
        for filters in LISTS:
            if name != "ada" and "assignee" in filters:
                continue
            query = {**filters, "sort": sort}
            page = person.get("/contacts/", query_string=query).get_data(as_text=True)
            shown = re.findall(r'<th scope="row"[^>]*><a href="/contacts/([^/]+)/"', page)
            answer = person.post("/contacts/export/", {"format": "csv"}, query_string=query)
            assert answer.status_code == 200, (name, query)
            rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
            assert [row[0] for row in rows[2:]] == shown, (name, query)
            assert TOP.fullmatch(rows[0][0])[1] == str(len(shown)), (name, query)
            assert 'filename="contacts-' in answer.headers["Content-Disposition"]


def test_every_export_is_written_down_with_its_filters(acting, some, browser) -> None:
    browser("ann").post("/contacts/export/?status=open&sort=due", {"format": "xlsx"})
    with acting("lena"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "contact:export")).one()
        assert event.after == {"filters": {"status": "open"}, "sort": "due", "format": "xlsx"}
        assert event.actor_name == "Ann"


@pytest.mark.parametrize("query", ["?status=odd", "?sort=odd", "?colour=blue", "?after=odd"])
def test_a_list_that_does_not_exist_cannot_be_exported(some, browser, query) -> None:
    assert browser("ann").post(f"/contacts/export/{query}", {"format": "csv"}).status_code == 404


@pytest.mark.parametrize("file_format", ["", "pdf", "CSV", "../csv"])
def test_an_unknown_format_is_404(browser, file_format) -> None:
    assert browser("ann").post("/contacts/export/", {"format": file_format}).status_code == 404


def test_who_may_not_export_is_refused_and_a_filter_is_checked_before_a_byte_leaves(acting) -> None:
    with acting("lena"), pytest.raises(NotAllowed):
        contact_export.record_export({}, "newest", "csv")
    with acting("ann"):
        with pytest.raises(RuleBroken):
            contact_export.record_export({"status": "odd"}, "newest", "csv")
        with pytest.raises(ValueError, match="pdf"):
            contact_export.record_export({}, "newest", "pdf")


def test_a_text_that_would_spoil_a_workbook_cannot_get_in_nor_spoil_it(acting, some) -> None:
    with acting("system"):
        db.session.execute(update(Contact).where(Contact.reference == some[0]).values(summary="a\uffffb"))
        db.session.commit()
    with acting("ann") as ann:
        assert [row[4] for row in export(ann, sort="oldest", file_format="xlsx")[2:3]] == ["a\ufffdb"]
