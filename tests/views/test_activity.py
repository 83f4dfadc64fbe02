"""The activity list: who did what, for whom and why; filtered, and taken away as it is shown."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from app.access.actor import Actor, acting_as
from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, User
from app.sealing import seals
from app.services import audit, audit_list, sessions
from app.views.public_ids import encode_id


@pytest.fixture
def done(app, busy, acting) -> None:
    """Xena acted for Alder with a reason, and somebody did something 40 days ago."""
    with app.app_context():
        xena = sessions.actor_of("XOS-XENA")
        behalf = {**vars(xena), "on_behalf_of": "Alder Energy", "reason": "Their LSO is on leave."}
        with acting_as(Actor(**behalf)):
            ann = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
            audit.record("user:change", ann, before={"name": "Ann"}, after={"name": "=Anna"})
            audit.record("user:change", ann, after={"email": "x"}, reason="A reason of its own.")
            long_ago = clock.now() - timedelta(days=40)
            audit.record("user:create", ann, after={"user_id": "ALD-ANN"}, at=long_ago)
            db.session.commit()


def rows_of(page: str) -> list[list[str]]:
    soup = BeautifulSoup(page, "html.parser")
    return [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")]


def seen(person, query: str = "") -> list[list[str]]:
    answer = person.get(f"/activity/{query}")
    assert answer.status_code == 200 and "is not a" not in answer.get_data(as_text=True)
    return rows_of(answer.get_data(as_text=True))


ALL = "columns=when,who,organisation,on-behalf-of,did,to,changes,why"


def test_an_lso_reads_what_xoserve_did_for_them_and_why(done, browser) -> None:
    lena = browser("lena")
    found = seen(lena, f"?{ALL}&q=on+leave")
    assert [row[1:4] for row in found] == [["Xena", "Xoserve", "Alder Energy"]] * 2
    assert [row[7] for row in found] == ["Their LSO is on leave."] * 2
    assert found[1][6] == "Name: Ann → =Anna"
    assert [row[7] for row in seen(lena, f"?{ALL}&q=of+its+own")] == ["A reason of its own."]
    assert seen(browser("bea"), "?q=on+leave") == []


def test_a_contacts_reference_finds_what_was_done_to_it_and_only_within_reach(done, busy, acting, browser) -> None:
    reference = busy["alder"].reference
    everything = seen(browser("root"), f"?{ALL}&q={reference}")
    assert len(everything) > 1 and {row[5] for row in everything} == {reference}
    assert seen(browser("root"), f"?{ALL}&q={reference.replace('-', '').lower()}") == everything
    assert len(seen(browser("lena"), f"?q={reference}")) == len(everything)
    assert seen(browser("bea"), f"?q={reference}") == []
    with acting("root"):
        statement = audit_list.SORTS["newest"].order(audit_list.select_events({"q": reference})).limit(51)
        if db.engine.dialect.name == "sqlite":
            compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
            plan = str(db.session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all())
            assert "object_type=? AND object_id=?" in plan and "SCAN" not in plan, plan


def test_it_is_filtered_by_act_person_and_period(app, done, busy, browser) -> None:
    lena = browser("lena")
    assert {row[3] for row in seen(lena, "?action=user:change")} == {"changed the person"}
    assert len(seen(lena, "?action=user:create")) == 1
    assert seen(lena, "?action=user:create&period=month") == []
    assert len(seen(lena, "?action=user:create&period=quarter")) == 1
    assert {row[1] for row in seen(lena, f"?who={busy['alder'].user_code}")} == {"Ann"}
    assert {row[1] for row in seen(lena, "?who=me")} == {"Lena"}
    with app.app_context():
        seals.seal(grace=timedelta(0))
    assert len(seen(lena, "?period=today")) > 5, "what is sealed today is of today"
    assert len(seen(lena, "?action=user:create&period=quarter")) == 1


def test_a_person_out_of_reach_or_unknown_is_not_a_choice(app, done, busy, browser) -> None:
    lena = browser("lena")
    with app.app_context():
        unknown = encode_id(10**6)
    for code in (busy["birch"].user_code, "nobody", unknown):
        page = lena.get(f"/activity/?who={code}").get_data(as_text=True)
        assert "is not a choice of the filter Person" in page and "Bob" not in page


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_holds_exactly_what_is_shown_and_no_live_formula(done, browser, acting, file_format) -> None:
    lena = browser("lena")
    address = "?action=user:change&sort=oldest"
    shown = seen(lena, address)
    answer = lena.post(f"/activity/export/{address}", {"format": file_format})
    assert answer.status_code == 200 and "activity-" in answer.headers["Content-Disposition"]
    if file_format == "csv":
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        assert sheet.title == "Activity"
        rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0][0].startswith("Activity as at ") and rows[0][0].endswith(f"{len(shown)} rows")
    assert rows[1] == ["When", "Who", "Organisation", "Did", "To", "Changes"]
    assert [[str(cell) for cell in row[1:]] for row in rows[2:]] == [row[1:] for row in shown]
    with acting("lena"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "audit:export")).one()
        assert event.after == {"filters": {"action": "user:change"}, "sort": "oldest", "format": file_format}


def test_an_export_that_is_refused_leaves_no_trace(done, browser, acting) -> None:
    lena = browser("lena")
    for address, data in (
        ("?colour=red", {"format": "csv"}),
        ("", {"format": "pdf"}),
        ("", {"picked": "csv", "pick": "1"}),
    ):
        assert lena.post(f"/activity/export/{address}", data).status_code in (302, 404)
    with acting("system"):
        count = select(func.count(AuditEvent.id)).where(AuditEvent.action == "audit:export")
        assert db.session.scalar(count) == 0


def test_a_persons_page_shows_what_was_done_about_them(done, busy, browser) -> None:
    lena = browser("lena")
    page = lena.get(f"/people/details/?id={busy['alder'].user_code}").get_data(as_text=True)
    soup = BeautifulSoup(page, "html.parser")
    history = soup.select_one("section[aria-labelledby=history-title] ol").get_text(" ", strip=True)
    assert "Xena , Xoserve," in history and "on behalf of Alder Energy" in history
    assert "Their LSO is on leave." in history
    more = soup.find("a", string="See all activity")["href"]
    assert len(seen(lena, more.removeprefix("/activity/"))) >= 3
