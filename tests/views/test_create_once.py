"""Every form that adds something adds it once, however often it is sent."""

import io
import re

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import ContactType, DataItem, Organisation, Upload, User
from tests.worlds import workbook

TYPE = {"code": "NEW", "name": "New", "starts_on": "2026-01-01", "family": "operational", "first_worker": "xoserve",
        "duplicate_rule": "warn"}  # fmt: skip
FORMS = [
    ("lena", "/people/new/", {"user_id": "ALD-NEW", "name": "New", "email": "n@a.example"}, User),
    ("root", "/organisations/new/", {"short_code": "NEW", "name": "New", "kind_code": "GT"}, Organisation),
    ("root", "/contact-types/new/", TYPE, ContactType),
    ("root", "/data-items/new/?type=ADD", {"code": "NEW", "label": "New", "kind": "text", "starts_on": "2026-02-01"},
     DataItem),
]  # fmt: skip


def key_of(answer) -> str:
    """The hidden key of the form on a page."""
    return re.search(r'name="request_key"[^>]* value="([^"]+)"', answer.get_data(as_text=True))[1]


def count(acting, model) -> int:
    with acting("system"):
        return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize(("name", "address", "form", "model"), FORMS)
def test_a_form_sent_twice_adds_one_row(browser, acting, name, address, form, model) -> None:
    before = count(acting, model)
    person = browser(name)
    form = {**form, "request_key": key_of(person.get(address))}
    answers = [person.post(address, form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302] * 3, answers[-1].get_data(as_text=True)
    assert len({answer.location for answer in answers}) == 1
    assert count(acting, model) == before + 1


@pytest.mark.parametrize(("name", "address", "form", "model"), FORMS)
def test_a_form_with_a_mistake_keeps_its_key(browser, acting, name, address, form, model) -> None:
    person = browser(name)
    key = key_of(person.get(address))
    wrong = person.post(address, {**form, "name": "", "label": "", "request_key": key})
    assert wrong.status_code == 200 and key_of(wrong) == key
    assert person.post(address, {**form, "request_key": key}).status_code == 302


def test_a_key_of_one_form_means_nothing_in_another(browser, acting) -> None:
    root = browser("root")
    key = key_of(root.get("/organisations/new/"))
    for name, address, form, _ in FORMS:
        if name == "root":
            assert root.post(address, {**form, "request_key": key}).status_code == 302


@pytest.mark.parametrize("key", ["x", "a b" * 10, "é" * 20, "k" * 65])
def test_a_key_that_no_form_of_ours_has_is_refused_on_the_form(browser, acting, key) -> None:
    before = count(acting, User)
    answer = browser("lena").post("/people/new/", {**FORMS[0][2], "request_key": key})
    assert answer.status_code == 200 and "This form is incomplete" in answer.get_data(as_text=True)
    assert count(acting, User) == before


def test_a_file_sent_twice_is_one_upload(browser, acting) -> None:
    ann = browser("ann")
    key = key_of(ann.get("/uploads/new/"))
    rows = [["3938424403", "SPELLING", "1 High Street", "B91 3QL", "Wrong.", "A/1"]]

    def send():
        file = (io.BytesIO(workbook(rows)), "November.xlsx")
        return ann.post("/uploads/new/", {"type_code": "ADD", "file": file, "request_key": key})

    assert len({send().location for _ in range(2)}) == 1
    assert count(acting, Upload) == 1
