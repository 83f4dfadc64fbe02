"""Every refusal and fault is a page that says what to do, and never shows its inside."""

import io
import re

import pytest
from flask import abort
from sqlalchemy import exc

from app.extensions import db
from app.services import contact_list, contacts, sessions
from app.views import errors, static_files
from tests.html_pages import check_page

INSIDE = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|SELECT |INSERT |\.py\b|secret-inside")


def check(answer, status: int, words: str) -> str:
    """A whole page with that status and these words, and nothing of the inside."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text[:2000]
    assert words in text and not INSIDE.search(text), text
    check_page(text, str(status))
    assert answer.headers["Cache-Control"] == "no-store" and "Content-Security-Policy" in answer.headers
    return text


def test_400_for_a_form_without_its_token(browser) -> None:
    check(browser("ann").client.post("/raise/ADD/"), 400, "Go back, reload it and try again")


def test_400_for_a_form_with_a_character_no_database_takes(app, browser, busy) -> None:
    for name, address, form in (
        ("ann", "/raise/ADD/", {"DESCRIPTION": "a\0b"}),
        ("ada", f"/contacts/{busy['birch'].reference}/ask/", {"message": "\0", "version": "4"}),
        ("lena", "/people/new/", {"name": "A\0nn", "user_id": "ALD-X", "email": "a@b.cc"}),
        ("root", "/organisations/new/", {"name": "A\0", "short_code": "AAA", "kind_code": "GT"}),
        ("ann", "/account/password", {"old_password": "\0", "new_password": "x", "again": "x"}),
    ):
        check(browser(name).post(address, form), 400, "could not be read")
    nobody = browser("nobody")
    nobody.get("/sign-in")
    assert nobody.post("/sign-in", {"user_id": "ALD\0-ANN", "password": "x\0"}).status_code in (200, 400)


def test_403_says_who_can_tell(browser) -> None:
    check(browser("vic").get("/raise/"), 403, "Local Security Officer")


@pytest.mark.parametrize(
    "address", ["/nowhere", "/contacts/000-000-000/", "/raise/NONE/", "/raise/USRV/", "/%00", "/é"]
)
def test_404_for_what_is_not_there(browser, address) -> None:
    check(browser("ann").get(address), 404, "Page not found")


def test_404_for_somebody_who_is_not_signed_in(browser) -> None:
    check(browser("nobody").get("/nowhere"), 404, "Page not found")


def test_405_names_what_is_allowed(browser) -> None:
    answer = browser("ann").get("/sign-out")
    check(answer, 405, "cannot be used that way")
    assert "POST" in answer.headers["Allow"]


def test_409_for_a_lost_race_names_the_winner(browser, busy) -> None:
    address = f"/contacts/{busy['alder'].reference}/claim/"
    lia = browser("lia")
    for version, words in (("1", "now assigned to Ada"), ("abc", "has changed since")):
        answer = lia.post(address, {"version": version, "message": "Not to be lost"})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409 and words in page and "Not to be lost" in page
    check(lia.post(address, {"version": "4"}), 409, "cannot be claimed")


def test_413_for_what_is_too_large(browser) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n' + bytes(11 * 1024 * 1024)
    for name, address in (("ann", "/uploads/new/"), ("lena", "/people-uploads/new/")):
        big = browser(name).client.post(address, data=body, content_type="multipart/form-data; boundary=x")
        text = check(big, 413, "10 MB at most")
        assert f'href="{address}"' in text
    check(browser("ann").post("/raise/ADD/", {"DESCRIPTION": "x" * 1_100_000}), 413, "shorten what you typed")


def test_a_file_of_people_may_be_larger_than_a_form(browser) -> None:
    rows = "Action,User ID\n" + "Disable,ALD-ANN\n" * 20_000
    file = {"file": (io.BytesIO(rows.encode()), "people.csv")}
    assert browser("lena").post("/people-uploads/new/", file).status_code in (302, 422)


def test_422_for_a_move_without_its_words_keeps_the_page(browser, busy) -> None:
    answer = browser("ada").post(f"/contacts/{busy['alder'].reference}/ask/", {"version": "4"})
    assert answer.status_code == 422 and "Write your question." in answer.get_data(as_text=True)


def test_500_has_a_number_that_the_log_has_too(browser, monkeypatch, caplog) -> None:
    ann = browser("ann")

    def fail(*args: object) -> None:
        raise ZeroDivisionError("secret-inside")

    monkeypatch.setattr(contact_list, "select_contacts", fail)
    text = check(ann.get("/contacts/"), 500, "Something went wrong on our side")
    number = re.search(r"Fault number ([0-9A-F]{8})", text)[1]
    assert f"fault {number}" in caplog.text and "secret-inside" in caplog.text


def broken(*args: object, **kwargs: object) -> None:
    raise exc.OperationalError("SELECT secret-inside", {"p": "secret-inside"}, OSError("secret-inside"))


STATUSES = {
    400: "Go back",
    403: "Who is my LSO?",
    404: "Go to the start page",
    405: "Go to the start page",
    409: "Go to the start page",
    413: "Go to the start page",
    422: "Upload another file",
    429: "Try again",
    500: "See the service status",
    503: "See the service status",
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_is_a_page_of_the_frame_that_fits_with_a_way_on(browser, monkeypatch, status) -> None:
    ann = browser("ann")

    def refuse(*args: object) -> None:
        abort(status)

    monkeypatch.setattr(contact_list, "select_contacts", refuse)
    answer = ann.get("/contacts/?sort=newest")
    text = check(answer, status, STATUSES[status])
    assert f"Error {status}" in text
    assert ('class="cms-top"' in text) == (status != 503), "the panel, unless the service is out of order"
    assert ('href="/contacts/?sort=newest">Try again' in text) == (status >= 429)
    assert answer.headers.get("Retry-After") == {429: "300", 503: "60"}.get(status)


def test_an_error_page_of_somebody_who_is_not_signed_in_has_no_menu(browser) -> None:
    text = check(browser("nobody").get("/nowhere"), 404, "Go to the start page")
    assert 'class="cms-top"' not in text


def test_a_refusal_before_the_request_was_entered_still_knows_who_asks(browser) -> None:
    assert 'class="cms-top"' in check(browser("ann").client.post("/raise/ADD/"), 400, "Go back, reload it")


def test_the_status_page_says_so_when_the_database_does_not_answer(browser, monkeypatch) -> None:
    ann = browser("ann")
    monkeypatch.setattr(sessions, "resume", broken)
    monkeypatch.setattr(type(db.session()), "scalar", broken)
    check(ann.get("/about/status/"), 200, "Contacts cannot be read or raised just now")
    assert "Something does not work" in ann.get("/about/status/").get_data(as_text=True)


def test_the_panel_of_an_error_page_may_fail_too(browser, monkeypatch) -> None:
    ann = browser("ann")
    monkeypatch.setattr(errors, "frame", lambda: "layouts/nowhere.html")
    check(ann.get("/nowhere"), 404, "Page not found")


@pytest.mark.parametrize("fault", [exc.OperationalError, exc.TimeoutError, exc.InterfaceError])
def test_503_when_the_database_fails_in_a_page(browser, monkeypatch, fault) -> None:
    ann = browser("ann")

    def fail(*args: object) -> None:
        if fault is exc.TimeoutError:
            raise exc.TimeoutError("QueuePool limit secret-inside")
        raise fault("SELECT secret-inside", {}, OSError("secret-inside"))

    monkeypatch.setattr(contact_list, "select_contacts", fail)
    check(ann.get("/contacts/"), 503, "Try again in a minute")


def test_503_when_the_database_fails_before_anybody_is_known(browser, monkeypatch) -> None:
    ann = browser("ann")
    monkeypatch.setattr(sessions, "resume", broken)
    for answer in (ann.get("/contacts/"), ann.get("/"), ann.get("/nowhere")):
        check(answer, 503, "Try again in a minute")
    assert ann.get("/static/" + static_files.hashed("img/icon.svg")).status_code == 200
    nobody = browser("nobody")
    assert nobody.get("/healthz").json == {"status": "ok"}


def test_503_when_the_database_fails_at_sign_in(browser, monkeypatch) -> None:
    nobody = browser("nobody")
    nobody.get("/sign-in")
    monkeypatch.setattr(sessions, "sign_in", broken)
    check(nobody.post("/sign-in", {"user_id": "ALD-ANN", "password": "x"}), 503, "Try again in a minute")


def test_a_failed_commit_is_503_and_nothing_is_kept(browser, busy, monkeypatch, acting) -> None:
    ada = browser("ada")
    reference = busy["alder"].reference
    ada.get("/contacts/")
    with monkeypatch.context() as failing:
        failing.setattr(type(db.session()), "commit", broken)
        check(ada.post(f"/contacts/{reference}/release/", {"version": "4"}), 503, "Nothing was changed")
    with acting("ada"):
        assert contacts.get_contact(reference).version == 4


def test_a_refused_upload_says_why_beside_the_file(browser) -> None:
    ann = browser("ann")
    for content, code in ((b"", "IMP-101"), (b"\x89PNG\r\n\x1a\n" + bytes(99), "IMP-102")):
        answer = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(content), "a.xlsx")})
        assert answer.status_code == 422 and code in answer.get_data(as_text=True)
    answer = ann.post("/uploads/new/", {"type_code": "USRV", "file": (io.BytesIO(b"a"), "a.xlsx")})
    assert answer.status_code == 422 and "Choose the contact type" in answer.get_data(as_text=True)
    assert "Choose a file" in ann.post("/uploads/new/", {"type_code": "ADD"}).get_data(as_text=True)


def test_a_form_that_is_refused_before_it_is_read_still_has_its_senders_menu(browser) -> None:
    answer = browser("ann").client.post("/raise/ADD/", data={"csrf_token": "none"})
    assert answer.status_code == 400
    assert b'href="/contacts/"' in answer.data.partition(b'class="cms-side"')[2].partition(b"</aside>")[0]
