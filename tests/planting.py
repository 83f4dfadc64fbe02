"""Puts texts into every field where a person may write what they like, by the pages, and says where they are shown."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from openpyxl import Workbook

from app.access.actor import acting_as
from app.domain import clock
from app.extensions import db
from app.models import Notification, SavedView
from app.services import sessions
from tests.cast import PEOPLE
from tests.conftest import Browser, World, run_waiting_jobs
from tests.injections import INJECTIONS
from tests.worlds import workbook

OpenBrowser = Callable[[str], Browser]
MPRN = "3938424403"
# Saved views have the shortest names of all (models/saved_view.py).
SHORT = 60
# Of the heads of a table more than half must be known.
HEADS = 5


@dataclass
class Planted:
    """Where the texts are: pages by who looks at them, and for each text the pages that must show it."""

    pages: list[tuple[str, str]] = field(default_factory=list)
    shown: list[tuple[str, str, str]] = field(default_factory=list)

    def show(self, name: str, address: str, *texts: str) -> None:
        """That person sees these texts there."""
        self.pages.append((name, address))
        self.shown += [(name, address, text) for text in texts]


def words(text: str, limit: int) -> str:
    """As much of a text as a field takes."""
    return text[:limit].rstrip()


def refusals(answer: Any) -> list[str]:
    """What a page says is wrong, for the report of the test."""
    return re.findall(r'<li><a href="#.*?</li>', answer.get_data(as_text=True))


def put_planted(world: World, browser: OpenBrowser) -> Planted:
    """The busy world with every text of tests/injections.py in it, typed once for all tests of a worker."""

    def make() -> Planted:
        world.busy()
        return plant(world.app, browser, INJECTIONS)

    planted: Planted = world.put("planted", make)
    return planted


def plant(app: Flask, browser: OpenBrowser, texts: Sequence[str]) -> Planted:
    """Type every text everywhere."""
    planted = Planted()
    root, ann, ada, lena = (browser(name) for name in ("root", "ann", "ada", "lena"))
    for number, text in enumerate(texts):
        letters = f"Q{chr(65 + number // 26)}{chr(65 + number % 26)}"
        _organisation(planted, root, letters, text)
        _type(planted, root, ann, letters, text)
        _person(planted, lena, letters, text)
        _contact(planted, ann, ada, letters, text, number)
    _personal_rows(app, planted, texts)
    _files(app, planted, ann, texts)
    planted.pages += [("ann", address) for address in ("/", "/contacts/", "/raise/", "/uploads/", "/uploads/new/")]
    planted.pages += [("ann", "/contact-types/"), ("ann", "/data-items/?sort=code"), ("ann", "/account/")]
    planted.pages += [("lena", "/"), ("lena", "/people/"), ("lena", "/activity/"), ("ada", "/"), ("ada", "/contacts/")]
    planted.pages += [("root", address) for address in ("/people/", "/people/new/", "/organisations/", "/activity/")]
    return planted


def _organisation(planted: Planted, root: Browser, code: str, text: str) -> None:
    form = {"short_code": code, "name": text, "kind_code": "SHIPPER", "advocate_name": text, "is_active": "y"}
    answer = root.post("/organisations/new/", form)
    assert answer.status_code == 302, refusals(answer)
    planted.show("root", answer.location, text)


def _type(planted: Planted, root: Browser, ann: Browser, code: str, text: str) -> None:
    answer = root.post(
        "/contact-types/new/",
        {
            "code": code, "name": text, "guidance": text, "raisers": "SHIPPER", "targets": "10 95",
            "starts_on": "2026-01-01", "family": "operational", "first_worker": "xoserve", "duplicate_rule": "ignore",
        },
    )  # fmt: skip
    assert answer.status_code == 302, refusals(answer)
    planted.show("ann", answer.location, text)
    for item, kind, more in (("ASK", "long_text", {}), ("PICK", "choice", {"choices": f"A = {words(text, 80)}"})):
        form = {"code": item, "label": words(text, 80), "kind": kind, "help": text, "starts_on": "2026-01-01", **more}
        answer = root.post(f"/data-items/new/?type={code}", form)
        assert answer.status_code == 302, refusals(answer)
        planted.show("ann", answer.location, text)
    planted.show("ann", f"/raise/{code}/", text)


def _person(planted: Planted, lena: Browser, code: str, text: str) -> None:
    form = {"user_id": f"ALD-{code}", "name": text, "email": f"{code}@alder.example", "roles": "member"}
    answer = lena.post("/people/new/", form)
    assert answer.status_code == 302, refusals(answer)
    planted.show("lena", answer.location, text)
    assert b"There is a problem" in lena.post("/people/new/", {**form, "email": text, "user_id": text}).data


def _contact(planted: Planted, ann: Browser, ada: Browser, code: str, text: str, number: int) -> None:
    form = {"ASK": text, "PICK": "A", "OWN_REFERENCE": words(text, 30)}
    check = ann.post(f"/raise/{code}/", form)
    key = re.search(r'name="request_key" value="([^"]+)"', check.get_data(as_text=True))
    assert key is not None, refusals(check)
    answer = ann.post(f"/raise/{code}/", {**form, "confirmed": "yes", "request_key": key[1]})
    reference = answer.location.rstrip("/").rsplit("/", 1)[1]
    address = f"/contacts/{reference}/"
    for person, action, version in ((ada, "claim", 1), (ada, "ask", 2), (ann, "answer", 3)):
        answer = person.post(f"{address}{action}/", {"version": str(version), "message": text})
        assert answer.status_code == 302, (action, answer.status_code)
    if number % 2:
        assert ann.post(f"{address}withdraw/", {"version": "4", "message": text}).status_code == 302
    planted.show("ann", address, text, words(text, 30))
    planted.show("ada", address, text)
    planted.show("ann", f"/raise/{code}/done/{reference}/", text)


def _personal_rows(app: Flask, planted: Planted, texts: Sequence[str]) -> None:
    """Saved views and notifications, as their verbs write them."""
    with app.app_context():
        actor = sessions.actor_of(PEOPLE["ann"].user_id)
        assert actor is not None
        owner = {"user_id": actor.user_pk, "organisation_id": actor.organisation_id}
        with acting_as(actor):
            for text in texts:
                name = words(text, SHORT)
                view = {"page": "contacts", "name": name, "query": "?q=" + name, "maker_name": name}
                db.session.add(SavedView(**owner, **view))
                db.session.add(Notification(**owner, at=clock.now(), text=text, url="/contacts/"))
            db.session.commit()


def _files(app: Flask, planted: Planted, ann: Browser, texts: Sequence[str]) -> None:
    """A file named by each text; and one whose cells, heads and sheet hold them all, in .xlsx and .csv."""
    for number, text in enumerate(texts):
        # What a browser makes of a quotation mark in a name; and of a path the last part is kept.
        name = "".join(letter for letter in text.replace("/", "|") if letter.isprintable())[:100]
        quoted, content = name.replace('"', "%22") + ".xlsx", workbook([[MPRN, f"Row of file {number}"]])
        answer = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(content), quoted)})
        assert answer.status_code == 302, refusals(answer)
        planted.show("ann", answer.location, name)
    run_waiting_jobs(app)
    for start in range(0, len(texts), HEADS):
        _table(app, planted, ann, start // HEADS, texts[start : start + HEADS])


def _table(app: Flask, planted: Planted, ann: Browser, number: int, texts: Sequence[str]) -> None:
    """A file with good rows and wrong ones, read, looked at and raised."""
    heads = ["MPRN", "What is wrong with the address", "Correct address", "Correct postcode", "Description"]
    lines = [[*heads, "Your reference", *(f"{text} too" for text in texts)]]
    for text in texts:
        lines.append([MPRN, "SPELLING", text, "B91 3QL", text, words(text, 30), text])
        lines.append([f"{text} too"] * (len(heads) + 1))
    content, ending = (_csv(lines), ".csv") if number % 2 else (_xlsx(lines), ".xlsx")
    answer = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(content), f"Cells{ending}")})
    assert answer.status_code == 302, refusals(answer)
    run_waiting_jobs(app)
    # Long cells are quoted by their beginning, without the mark that makes a spreadsheet take them for text.
    planted.show("ann", answer.location, *(words(text, 30).lstrip("'") for text in texts))
    planted.show("ann", answer.location + "errors.csv")
    raised = ann.post(answer.location + "commit/", {"choice": "good"})
    assert raised.status_code == 302, ann.get(answer.location).get_data(as_text=True)
    run_waiting_jobs(app)
    planted.show("ann", answer.location + "receipt.csv")


def _xlsx(lines: list[list[str]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = re.sub(r"[\[\]:*?/\\']", "", lines[1][2])[:31]
    for line in lines:
        sheet.append(line)
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # a text that begins like a formula stays one
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv(lines: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()
