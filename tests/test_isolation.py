"""Every address: what strangers, odd ids, wrong methods and missing tokens are answered, and who sees what."""

import hashlib
import re
from collections import Counter
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile, is_zipfile

from flask import Flask
from sqlalchemy import event, text

from app.extensions import db
from tests.cast import PEOPLE
from tests.routes import ROUTES
from tests.worlds import CANARY

# Of one page with the same parameters so many are followed.
MOST_ALIKE = 6
VOLATILE = {"user_session", "sign_in_limit", "sign_in_link", "audit_event", "user"}


def rules(app: Flask) -> set[tuple[str, str]]:
    """(endpoint, method) of everything that can be asked."""
    return {
        (rule.endpoint, method) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def snapshot(app: Flask) -> dict[str, str]:
    """A hash of every table's rows, sign-in traces left out."""
    hashes = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if table.name not in VOLATILE:
                rows = connection.execute(table.select().order_by(*table.primary_key.columns)).all()
                hashes[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
        count = connection.execute(text("SELECT count(*) FROM audit_event WHERE action NOT LIKE 'session:%'")).scalar()
        hashes["audit_event"] = str(count)
        people = connection.execute(
            text('SELECT id, name, email, is_active, version, password_hash FROM "user" ORDER BY id')
        )
        hashes["user"] = repr(people.all())
    return hashes


def test_the_table_lists_every_address(app) -> None:
    assert rules(app) == set(ROUTES)


def test_flask_admins_unused_doors_do_not_exist(app, busy, browser) -> None:
    root = browser("root")
    for prefix in ("contacts", "uploads", "people", "organisations", "contact-types", "data-items", "activity"):
        for path in ("export/csv/", "ajax/lookup/?name=user", "action/", "delete/", "ajax/update/"):
            answer = root.post(f"/{prefix}/{path}", {"id": "1", "rowid": "1", "action": "delete", "list_form_pk": "1"})
            assert answer.status_code in (404, 405), (prefix, path)
            assert root.get(f"/{prefix}/{path}").status_code in (404, 405), (prefix, path)
    assert root.get("/static/admin/vendor/jquery.min.js").status_code == 404


def strangers() -> list[tuple[str, str, str]]:
    """(name, endpoint, method) of everybody who holds the permission but cannot reach alder's row."""
    return [
        (name, endpoint, method)
        for (endpoint, method), route in ROUTES.items()
        if route.owned
        for name in sorted(route.allowed - route.reach)
    ]


def test_a_strangers_id_is_404_and_changes_nothing(app, busy, browser) -> None:
    before = snapshot(app)
    people = {name: browser(name) for name in {name for name, _, _ in strangers()}}
    assert len(strangers()) >= 15
    for name, endpoint, method in strangers():
        route = ROUTES[endpoint, method]
        address = route.address(busy["alder"])
        answers = [people[name].post(address, route.data)]
        if method == "GET":
            answers = [people[name].get(address), people[name].client.head(address)]
        for answer in answers:
            assert answer.status_code == 404, (name, endpoint, method)
            # Alder's own people read their organisation's name in the frame of every page.
            assert PEOPLE[name].organisation == "alder" or "Alder" not in answer.get_data(as_text=True)
    assert snapshot(app) == before


def test_malformed_ids_are_404(app, busy, browser) -> None:
    ann, root = browser("ann"), browser("root")
    odd = ["", "0", "-1", "1,2", "1.0", "1e3", "abc", "%00", "9" * 40, "１", "1 OR 1=1", "'"]
    for value in odd:
        for path in (
            "people/details/",
            "people/edit/",
            "contact-types/edit/",
            "organisations/details/",
            "activity/details/",
        ):
            assert root.get(f"/{path}?id={value}").status_code == 404, (path, value)
        assert ann.get(f"/uploads/{value or 'x'}/").status_code in (404, 308), value
        assert ann.get(f"/contacts/{value or 'x'}/").status_code in (404, 308), value
    assert root.get("/people/details/").status_code == 404
    assert root.get("/people/details/?id=1&id=2").status_code in (200, 404)


def test_a_wrong_method_is_405(app, busy, browser) -> None:
    root = browser("root")
    for (endpoint, _), route in ROUTES.items():
        if (endpoint, "POST") not in ROUTES and endpoint != "static":
            assert root.post(route.address(busy["alder"])).status_code == 405, endpoint
        if (endpoint, "GET") not in ROUTES:
            assert root.get(route.address(busy["alder"])).status_code in (404, 405), endpoint
        assert root.client.put(route.address(busy["alder"])).status_code in (400, 405), endpoint


def test_a_post_without_a_token_is_400_and_changes_nothing(app, busy, browser) -> None:
    people = {name: browser(name) for name in ("ann", "lena", "ada", "root")}
    before = snapshot(app)
    for (endpoint, method), route in ROUTES.items():
        if method == "POST":
            for person in people.values():
                answer = person.client.post(route.address(busy["alder"]), data=route.data)
                assert answer.status_code == 400, endpoint
    assert snapshot(app) == before


def without_what_was_typed(body: str, text: str) -> str:
    """A page without the places that say what was searched for."""
    for place in (f'value="{text}"', f'value="q={text}', f"?q={text}", f"q%3D{text}", f"Search: {text}"):
        body = body.replace(place, "")
    return body


def text_of(answer: Any) -> str:
    """What is written in an answer, in every part of a workbook too."""
    if not is_zipfile(BytesIO(answer.data)):
        return str(answer.get_data(as_text=True))
    with ZipFile(BytesIO(answer.data)) as parts:
        return "\n".join(parts.read(name).decode() for name in parts.namelist())


def test_nothing_of_another_organisation_is_shown_anywhere(app, busy, browser) -> None:
    """Birch's every text holds a canary; alder's people and the network follow every link they are shown."""
    looked, adapter = 0, app.url_map.bind("localhost")
    for name in ("vic", "ann", "sue", "lena", "ned"):
        person = browser(name)
        waiting = [route.address(busy["alder"]) for (_, method), route in ROUTES.items() if method == "GET"]
        waiting += [f"/contacts/?q={CANARY}", "/contacts/?q=7400000108", f"/contacts/?q={busy['birch'].reference}"]
        waiting += [
            "/contacts/?status=open&sort=due",
            "/contacts/?organisation=3",
            f"/people/?q={CANARY}",
            "/people/?q=bob",
        ]
        seen: set[str] = set()
        alike = Counter[Any]()
        while waiting:
            address = waiting.pop()
            parts = urlsplit(address)
            # Of two hundred contact types and their workbooks, made by one rule, some.
            kind = (adapter.match(parts.path)[0], *sorted(parse_qs(parts.query)))
            if address in seen or alike[kind] >= MOST_ALIKE:
                continue
            seen.add(address)
            alike[kind] += 1
            answer = person.get(address)
            looked += 1
            body = text_of(answer)
            for typed in (CANARY, busy["birch"].reference):
                assert typed not in without_what_was_typed(body, typed), (name, address)
            assert "Birch" not in body, (name, address)
            if answer.mimetype == "text/html":
                waiting += [
                    href
                    for href in re.findall(r'href="(/[^"#]*)"', body.replace("&amp;", "&"))
                    if "/static/" not in href
                ]
        if name != "lena":
            for file_format in ("csv", "xlsx"):
                content = text_of(person.post("/contacts/export/", {"format": file_format}))
                assert CANARY not in content and "Birch" not in content
    assert looked > 250


LISTS = (
    ("ann", "/contacts/"),
    ("ann", "/contacts/?q=theft"),
    ("ada", "/contacts/"),
    ("ada", "/contacts/?status=logged&sort=due"),
    ("ada", "/contacts/?q=3938424403"),
    ("ann", "/uploads/"),
    ("ann", "/contact-types/"),
    ("lena", "/people/"),
    ("lena", "/reviews/"),
    ("root", "/reviews/?organisation=BIR"),
    ("root", "/leavers/"),
    ("lena", "/people-uploads/"),
    ("root", "/people-uploads/?organisation=ALD"),
    ("root", "/people/"),
    ("root", "/people/?organisation=BIR"),
    ("root", "/people/?organisation=BIR&role=member&q=b"),
    ("root", "/people/?role=member"),
    ("ada", "/contacts/?organisation=BIR"),
    ("root", "/organisations/"),
    ("mo", "/activity/"),
    ("ann", "/notifications/"),
    ("ann", "/contacts/?columns=mprn,closed&density=compact"),
    ("ada", "/contacts/?columns=own-reference,organisation"),
    ("ann", "/views/"),
    ("root", "/mail/"),
)
# Who asks, and the rows with their count; and the saved views of those who see any.
FEWER = {("ada", "/contacts/"): 2, ("ada", "/contacts/?status=logged&sort=due"): 2, ("ann", "/contacts/"): 3}


def test_a_list_page_asks_the_database_five_times_at_most(app, busy, browser) -> None:
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "select pg_catalog", "show ")):
            counted.append(statement)

    people = {name: browser(name) for name in ("ann", "ada", "lena", "root", "mo")}
    for person in people.values():
        person.get("/")
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        for name, address in LISTS:
            counted.clear()
            assert people[name].get(address).status_code == 200
            assert 1 < len(counted) <= FEWER.get((name, address), 5), (name, address, counted)
    finally:
        event.remove(engine, "before_cursor_execute", count)
