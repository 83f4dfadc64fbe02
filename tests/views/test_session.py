"""Signing in and out by the pages: cookies, return addresses, first passwords."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain import clock
from app.domain.spans import Span
from app.extensions import db
from app.models import User
from app.services import grants, passwords, people
from app.views.addresses import safe_return
from tests.cast import PASSWORD, PEOPLE

NEW_PASSWORD = "another-horse-battery"
HOSTILE = [
    "//evil.example", "///evil.example", "////evil.example", "http://evil.example", "https://evil.example/",
    "HTTP://x.yz",
    "http:evil.example", "https:/evil.example", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x",
    "vbscript:x", "\\evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example",
    " //evil.example", "/ /evil.example",
    "%2f%2fevil.example", "/%2fevil.example", "/%2f%2fevil.example", "/%5cevil.example", "/%5c%5cevil.example",
    "%5cevil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d%0aSet-Cookie:x=1", "/\x00/evil.example",
    "/%00evil.example", "//user@evil.example", "//evil.example@127.0.0.1", "evil.example", "evil.example/contacts",
    "@evil.example", ".evil.example", "?next=//evil.example", "#//evil.example", "", " ", "contacts/", "../contacts/",
    "/" + "a" * 2000, "mailto:a@b.c", "file:///etc/passwd", "/\x7f/x",
]  # fmt: skip


def sign_in(client, name: str = "ann", password: str = PASSWORD, **query: str):
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"user_id": PEOPLE[name].user_id, "password": password, "csrf_token": token}
    return client.post("/sign-in", data=form, query_string=query)


def cookie(client) -> str:
    return client.get_cookie("cms").value


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_return_address_leads_to_the_start_page(address) -> None:
    assert safe_return(address, "/start") == "/start"


@pytest.mark.parametrize(
    "address", ["/", "/contacts/", "/contacts/?status=open&sort=due", "/contacts/4F7-K2M-9QX/", "/a?next=http://x.yz/"]
)
def test_an_address_of_ours_is_returned_to(address) -> None:
    assert safe_return(address, "/start") == address


def test_sign_in_never_redirects_away_from_the_site(app) -> None:
    assert len(HOSTILE) >= 30
    client = app.test_client()
    for address in HOSTILE:
        answer = sign_in(client, next=address)
        assert (answer.status_code, answer.location) == (302, "/"), address
        client.delete_cookie("cms")
    assert sign_in(client, next="/contacts/?status=open").location == "/contacts/?status=open"


def test_being_sent_to_sign_in_leads_back_to_where_one_was_going(app) -> None:
    client = app.test_client()
    sent = client.get("/contacts/?status=open&q=a%26b")
    assert sent.status_code == 302
    client.get(sent.location)
    query = dict(part.split("=", 1) for part in sent.location.split("?", 1)[1].split("&"))
    assert list(query) == ["next"]
    assert client.post("/contacts/export/").status_code in (302, 400)


@pytest.mark.parametrize("state", ["wrong", "unknown", "disabled"])
def test_every_refused_sign_in_is_the_same_page(app, acting, state) -> None:
    if state == "disabled":
        with acting("system"):
            db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one().is_active = False
            db.session.commit()
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {
        "user_id": "ALD-NIX" if state == "unknown" else "ALD-ANN",
        "password": "wrong-horse-battery",
        "csrf_token": token,
    }
    answer = client.post("/sign-in", data=form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "do not match" in text and form["password"] not in text
    assert client.get("/contacts/").status_code == 302


def test_a_signed_out_cookie_is_worth_nothing(app, browser) -> None:
    ann = browser("ann")
    old = cookie(ann.client)
    assert ann.post("/sign-out").location == "/sign-in"
    thief = app.test_client()
    thief.set_cookie("cms", old)
    assert thief.get("/contacts/").status_code == 302


def test_a_cookie_from_before_signing_in_is_not_the_one_after(app) -> None:
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    before = page.split('name="csrf_token" value="')[1].split('"')[0]
    sign_in(client)
    answer = client.post("/sign-out", data={"csrf_token": before})
    assert answer.status_code == 400, "a CSRF token of before signing in is worth nothing after"


def test_a_made_up_cookie_is_worth_nothing(app) -> None:
    client = app.test_client()
    for value in ("x", "eyJfdXNlcl9pZCI6ICIxIn0.x.y", "", "." * 500):
        client.set_cookie("cms", value)
        assert client.get("/contacts/").status_code == 302


def test_a_new_password_ends_other_browsers_and_not_this_one(browser) -> None:
    here, there = browser("ann"), browser("ann")
    form = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert here.post("/account/password", {**form, "again": "different-horse"}).status_code == 200
    assert there.get("/contacts/").status_code == 200
    assert here.post("/account/password", form).status_code == 302
    assert here.get("/contacts/").status_code == 200
    assert there.get("/contacts/").status_code == 302


def test_an_idle_and_an_old_session_end(app: Flask, browser, monkeypatch) -> None:
    start = clock.now()
    ann = browser("ann")
    for minutes in range(25, 9 * 60, 25):
        monkeypatch.setattr(clock, "now", lambda at=start + timedelta(minutes=minutes): at)
        assert ann.get("/").status_code == 200, minutes
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=9, minutes=1))
    assert ann.get("/").status_code == 302
    monkeypatch.setattr(clock, "now", lambda: start)
    bob = browser("bob")
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=31))
    assert bob.get("/").location.startswith("/sign-in")


def test_a_first_password_must_be_changed_before_anything_else(app, acting, browser) -> None:
    first = "a first password to change"
    with acting("lena"):
        user = people.create_user({"user_id": "ALD-NEW", "name": "New", "email": "n@a.example"})
        user.password_hash = passwords.make_hash(first)
        grants.grant_service(user.id, "contacts", Span(clock.today()), reason="New")
        grants.grant_role(user.id, "member", Span(clock.today()), reason="New")
        db.session.commit()
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/sign-in", data={"user_id": "ALD-NEW", "password": first, "csrf_token": token})
    for address in ("/", "/contacts/", "/raise/", "/raise/ADD/", "/uploads/new/", "/contact-types/", "/nowhere/"):
        answer = client.get(address)
        assert (answer.status_code, answer.location) in ((302, "/account/password"), (404, None)), address
    page = client.get("/account/password").get_data(as_text=True)
    assert "Choose a new password" in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/raise/ADD/", data={"csrf_token": token}).location == "/account/password"
    form = {"old_password": first, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD, "csrf_token": token}
    assert client.post("/account/password", data=form).location == "/"
    assert client.get("/contacts/").status_code == 200


def test_a_form_of_another_site_is_refused_even_with_a_token(browser) -> None:
    ann = browser("ann")
    assert ann.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert ann.get("/contacts/").status_code == 200


def test_the_cookie_is_for_this_site_and_not_for_scripts(app) -> None:
    headers = sign_in(app.test_client()).headers.getlist("Set-Cookie")
    (header,) = [one for one in headers if one.startswith("cms=")]
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Expires" not in header and "Domain" not in header
