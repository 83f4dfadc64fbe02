"""Forms: what was typed stays, every error is beside its field and in the summary, and one press counts once."""

import io
import re
from functools import partial

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from app.extensions import db
from app.models import Contact, ContactType, DataItem, Organisation, User
from app.views import public_ids
from tests.services.racing import at_once
from tests.worlds import workbook

ANSWERS = {
    "MPRN": "3938424403",
    "ADDRESS_REASON": "SPELLING",
    "ADDRESS": "1 High Street, Solihull",
    "POSTCODE": "B91 3QL",
    "DESCRIPTION": "The house number is wrong.",
    "OWN_REFERENCE": "ALD/1",
}


def read(answer) -> BeautifulSoup:
    assert answer.status_code in (200, 409, 422), answer.status_code
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def check_errors(soup: BeautifulSoup, *names: str) -> None:
    """The summary links to every wrong field, each of which is marked and described by its error."""
    summary = soup.find(id="error-summary")
    assert summary is not None
    for name in names:
        field = soup.find(attrs={"name": name, "aria-invalid": "true"}) or soup.find(id=name)
        assert field is not None, name
        assert summary.find("a", href=f"#{field['id']}") is not None, name
        error = soup.find(id=f"{field['id']}-error")
        assert error is not None and error.text.strip(), name
        assert error["id"] in field["aria-describedby"].split(), name
    for link in summary.find_all("a"):
        assert soup.find(id=link["href"].lstrip("#")) is not None, link["href"]


def value_of(soup: BeautifulSoup, name: str) -> str | None:
    """What a field holds."""
    field = soup.find(attrs={"name": name})
    if field.name == "select":
        chosen = field.find("option", selected=True)
        return chosen["value"] if chosen else ""
    return field.text.removeprefix("\r\n").removeprefix("\n") if field.name == "textarea" else field.get("value")


def test_a_wrong_raise_form_keeps_what_was_typed_and_names_every_error(browser) -> None:
    typed = {**ANSWERS, "MPRN": "12345", "POSTCODE": "<b>nowhere</b>", "ADDRESS": "", "METER_SERIAL_NUMBER": "a-b"}
    soup = read(browser("ann").post("/raise/ADD/", typed))
    check_errors(soup, "MPRN", "POSTCODE", "ADDRESS", "METER_SERIAL_NUMBER")
    for name, text in typed.items():
        assert value_of(soup, name) == text, name


def test_a_date_typed_as_text_is_understood_and_one_that_is_none_is_not_lost(browser) -> None:
    ann = browser("ann")
    for typed, kind in (("2026-11-03", "date"), ("3/11/2026", "text"), ("soon", "text"), ("", "date")):
        field = read(ann.post("/raise/TOG/", {"PERIOD_START": typed})).find(id="PERIOD_START")
        assert (field["type"], field.get("value", "")) == (kind, typed)


def test_answers_can_be_changed_after_looking_at_them(browser) -> None:
    ann = browser("ann")
    typed = {**ANSWERS, "DESCRIPTION": "\n  Two\r\nlines </textarea><script>"}
    checked = read(ann.post("/raise/ADD/", typed))
    again = {field["name"]: field.text.removeprefix("\n") for field in checked.find_all("textarea")}
    assert again["DESCRIPTION"] == "Two\nlines </textarea><script>"
    soup = read(ann.post("/raise/ADD/", {**again, "change": "yes"}))
    assert {name: value_of(soup, name) for name in again} == again and soup.find(id="error-summary") is None


@pytest.mark.parametrize(
    ("address", "form", "wrong"),
    [
        ("/people/new/", {"user_id": "x", "name": "", "email": "nobody"}, ["name", "email"]),
        ("/people/new/", {"user_id": "XOS-ROOT", "name": "Zed", "email": "z@z.example"}, ["user_id"]),
    ],
)
def test_a_wrong_person_form_keeps_what_was_typed(browser, acting, address, form, wrong) -> None:
    soup = read(browser("lena").post(address, form))
    check_errors(soup, *[name for name in wrong if name != "roles"])
    if "roles" in wrong:
        summary = soup.find(id="error-summary")
        assert soup.find(id=summary.find("a")["href"].lstrip("#")).name == "fieldset"
    for name in ("user_id", "name", "email"):
        assert value_of(soup, name) == form[name]
    with acting("system"):
        assert db.session.scalar(select(func.count()).select_from(User).where(User.name == "Zed")) == 0


TYPE = {"code": "NEW", "name": "New", "starts_on": "2026-01-01", "family": "operational", "first_worker": "xoserve",
        "duplicate_rule": "warn"}  # fmt: skip
ITEM = {"code": "NEW", "label": "New", "kind": "text", "starts_on": "2026-02-01"}
ITEMS = "/data-items/new/?type=ADD"
ROOTS = [
    ("/organisations/new/", {"short_code": "AB", "name": "", "kind_code": "GT"}, ["name"]),
    ("/organisations/new/", {"short_code": "ALD", "name": "New", "kind_code": "GT"}, ["short_code"]),
    ("/organisations/new/", {"short_code": "NEW", "name": "New", "kind_code": "XX"}, ["kind_code"]),
    ("/contact-types/new/", TYPE | {"code": "A1"}, ["code"]),
    ("/contact-types/new/", TYPE | {"code": "ADD"}, ["code"]),
    ("/contact-types/new/", TYPE | {"starts_on": "tomorrow"}, ["starts_on"]),
    ("/contact-types/new/", TYPE | {"targets": "10 95\nsoon"}, ["targets"]),
    (ITEMS, ITEM | {"code": "1"}, ["code"]),
    (ITEMS, ITEM | {"code": "MPRN"}, ["code"]),
    (ITEMS, ITEM | {"kind": "choice", "choices": ""}, ["choices"]),
    (ITEMS, ITEM | {"ends_on": "2026-01-01"}, ["ends_on"]),
]


@pytest.mark.parametrize(("address", "form", "wrong"), ROOTS)
def test_an_administrators_wrong_form_keeps_what_was_typed(browser, acting, address, form, wrong) -> None:
    soup = read(browser("root").post(address, form))
    check_errors(soup, *wrong)
    for name, text in form.items():
        if name not in ("starts_on", "kind_code") or name not in wrong:
            assert value_of(soup, name) == text, name
    with acting("system"):
        for model, column in ((Organisation, "name"), (ContactType, "name"), (DataItem, "label")):
            assert (
                db.session.scalar(select(func.count()).select_from(model).where(getattr(model, column) == "New")) == 0
            )


def test_a_change_opened_before_another_was_saved_says_so(browser, acting) -> None:
    root = browser("root")
    with acting("system"):
        pk = db.session.scalars(select(Organisation.id).where(Organisation.short_code == "ALD")).one()
    form = {"name": "Alder One", "parent_id": "", "advocate_name": "", "is_active": "y", "version": "1"}
    assert root.post(f"/organisations/edit/?id={pk}", form).status_code == 302
    answer = root.post(f"/organisations/edit/?id={pk}", {**form, "name": "Alder Two"})
    soup = read(answer)
    assert "Somebody else changed this organisation" in soup.find(id="error-summary").text
    assert value_of(soup, "name") == "Alder Two"


def test_fields_a_form_does_not_have_change_nothing(browser, acting) -> None:
    extra = {"status": "resolved", "organisation_id": "1", "reference": "000-000-000", "id": "1", "assignee_id": "1",
             "version": "9", "due_on": "2099-01-01", "channel": "api"}  # fmt: skip
    ann = browser("ann")
    key = re.search(r'name="request_key" value="([^"]+)"', ann.post("/raise/ADD/", ANSWERS).get_data(as_text=True))[1]
    assert ann.post("/raise/ADD/", {**ANSWERS, **extra, "confirmed": "yes", "request_key": key}).status_code == 302
    with acting("ann") as actor:
        contact = db.session.scalars(select(Contact)).one()
        assert (contact.status, contact.organisation_id) == ("logged", actor.organisation_id)
        assert (contact.version, contact.channel, contact.assignee_id) == (1, "screen", None)
        assert contact.reference != "000-000-000" and contact.due_on.year < 2099
    with acting("system"):
        user = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        pk, code, before = user.id, public_ids.encode_id(user.id), (user.user_id, user.organisation_id)
    form = {"name": "Anna", "email": "a@a.example", "roles": ["member"], "is_active": "y", "version": "1"}
    more = {"user_id": "ALD-ROOT", "organisation_id": "1", "must_change_password": "", "password_hash": "x"}
    assert browser("lena").post(f"/people/edit/?id={code}", {**form, **more}).status_code == 302
    with acting("system"):
        user = db.session.get_one(User, pk)
        assert user.name == "Anna" and (user.user_id, user.organisation_id) == before


def test_a_form_pressed_twice_at_once_raises_one_contact(app, browser, acting) -> None:
    ann = browser("ann")
    page = ann.post("/raise/ADD/", ANSWERS).get_data(as_text=True)
    key = re.search(r'name="request_key" value="([^"]+)"', page)[1]
    form = {**ANSWERS, "confirmed": "yes", "request_key": key, "csrf_token": ann._token}
    cookie = ann.client.get_cookie("cms").value

    def press():
        client = app.test_client()
        client.set_cookie("cms", cookie)
        return client.post("/raise/ADD/", data=form)

    answers = at_once(app, [partial(press) for _ in range(2)])
    answers.append(press())
    assert [answer.status_code for answer in answers] == [302] * 3, answers
    assert len({answer.location for answer in answers}) == 1
    with acting("ann"):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_a_confirmation_without_its_key_raises_nothing(browser, acting) -> None:
    ann = browser("ann")
    for key in ("", "x", "é" * 20):
        assert ann.post("/raise/ADD/", {**ANSWERS, "confirmed": "yes", "request_key": key}).status_code == 409
    with acting("ann"):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


SCRIPTS = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "{{76543*7}}",
    "{% raw %}", "</textarea><script>x</script>", "javascript:alert(1)", "<b>bold</b>", "&lt;i&gt;", "<!--", "]]>",
    "${76543*7}",
]  # fmt: skip


def test_script_like_text_is_only_ever_text(browser, run_jobs) -> None:
    ann = browser("ann")
    for number, text in enumerate(SCRIPTS):
        typed = {**ANSWERS, "DESCRIPTION": text, "ADDRESS": text, "OWN_REFERENCE": text[:30]}
        page = ann.post("/raise/ADD/", typed)
        check_inert(page, text)
        key = re.search(r'name="request_key" value="([^"]+)"', page.get_data(as_text=True))[1]
        done = ann.post("/raise/ADD/", {**typed, "confirmed": "yes", "request_key": key}).location
        reference = re.search(r"/done/([^/]+)/", done)[1]
        check_inert(ann.get(f"/contacts/{reference}/"), text)
        check_inert(ann.get("/contacts/"), text)
        check_inert(ann.get("/contacts/", query_string={"q": text}), text)
        if number % 3:
            continue  # an upload takes a process
        rows = [["3938424403", text, text, text, text, text[:30]], [text] * 6]
        name = f"{text}.xlsx".replace("/", "").replace('"', "")
        file = (io.BytesIO(workbook(rows)), name)
        sent = ann.post("/uploads/new/", {"type_code": "ADD", "file": file})
        assert sent.status_code == 302 and run_jobs() == 1, number
        check_inert(ann.get(sent.location), text)
        check_inert(ann.get("/uploads/"), text)


def check_inert(answer, text: str) -> None:
    """The page holds the text, if at all, only as text."""
    body = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "535801" not in body
    if "<" in text:
        assert text not in body.replace('"<!doctype', "").replace("<!doctype html>", ""), text
    soup = BeautifulSoup(body, "html.parser")
    assert all(script["src"].startswith("/static/") for script in soup.find_all("script"))
    assert not soup.find_all(["b", "i"]) or text not in ("<b>bold</b>", "&lt;i&gt;")
    assert not [tag for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert not [tag for tag in soup.find_all(href=True) if tag["href"].lower().startswith("javascript:")]
