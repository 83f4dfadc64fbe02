"""Lists: what the address bar may say, and paging by key over many rows."""

import json
import re

import pytest
from sqlalchemy import select, update

from app.domain import clock
from app.extensions import db
from app.models import Contact, ContactType
from app.services import contact_types, contacts, drafts
from app.services.contact_list import SORTS
from app.views import public_ids
from app.views.list_page import ListPage
from tests.worlds import answers

LISTS = ["/contacts/", "/uploads/", "/contact-types/", "/data-items/", "/people/", "/organisations/", "/activity/"]
COUNT = 130


def raise_many(count: int) -> None:
    """Raise so many as the current actor."""
    definition = contact_types.get_definition("ADD")
    made = [drafts.check(definition, answers("3938424403", f"N{number}").get)[0] for number in range(count)]
    contacts.raise_contacts(made, {"ADD": definition}, channel="screen")
    db.session.commit()


def rows_of(text: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', text)


def link(text: str, rel: str) -> str | None:
    found = re.search(rf'<a class="btn" rel="{rel}" href="([^"]+)"', text)
    return found and found[1].replace("&amp;", "&")


def walk(person, address: str, rel: str) -> tuple[list[list[str]], str]:
    """Every page from here on in one direction, and the last page's address."""
    pages = []
    while True:
        text = person.get(address).get_data(as_text=True)
        pages.append(rows_of(text))
        onward = link(text, rel)
        assert len(pages) < 50
        if onward is None:
            return pages, address
        address = address.split("?")[0] + onward


def test_paging_shows_each_of_130_contacts_once_forward_and_back_in_each_order(acting, browser) -> None:
    with acting("ann"):
        raise_many(COUNT)
    with acting("system"):
        # Few due dates for many contacts, so that pages break between equals.
        third = update(Contact).where(Contact.id % 3 == 0)
        db.session.execute(third.values(due_on=clock.today()))
        db.session.commit()
    ann = browser("ann")
    orders = {}
    for sort in SORTS:
        pages, last = walk(ann, f"/contacts/?sort={sort}", "next")
        shown = [row for page in pages for row in page]
        assert [len(page) for page in pages] == [50, 50, 30]
        assert len(shown) == len(set(shown)) == COUNT
        back, first = walk(ann, last, "prev")
        assert [row for page in reversed(back) for row in page] == shown, sort
        again, _ = walk(ann, first, "next")
        assert again == pages
        orders[sort] = shown
    assert orders["oldest"] == orders["newest"][::-1] and orders["due"] != orders["oldest"]


def test_a_filter_stays_while_paging(acting, browser) -> None:
    with acting("ann"):
        raise_many(60)
    pages, last = walk(browser("ann"), "/contacts/?status=open&q=house&sort=oldest", "next")
    assert [len(page) for page in pages] == [50, 10]
    assert "status=open" in last and "q=house" in last and "sort=oldest" in last


def test_other_lists_page_by_names_too(browser) -> None:
    root = browser("root")
    for address in ("/data-items/?sort=code", "/data-items/?sort=position", "/data-items/?type=ADD"):
        pages, last = walk(root, address, "next")
        shown = [row for page in pages for row in page]
        assert len(shown) == len(set(shown)) > 5, address
        back, _ = walk(root, last, "prev")
        assert [row for page in reversed(back) for row in page] == shown


def test_a_count_is_exact_up_to_a_thousand(acting, browser) -> None:
    ann = browser("ann")
    for more, text in ((999, "999 contacts"), (1, "1,000 contacts"), (1, "1,000+ contacts")):
        with acting("ann"):
            raise_many(more)
        page = ann.get("/contacts/").get_data(as_text=True)
        assert re.search(rf">\s*{re.escape(text)}\s*<", page), text
    assert "1,000+" in ann.get("/").get_data(as_text=True)


def test_each_page_counts_what_all_pages_hold(acting, browser) -> None:
    with acting("ann"):
        raise_many(COUNT)
    ann = browser("ann")
    for way in ("next", "prev"):
        address = walk(ann, "/contacts/", "next")[1] if way == "prev" else "/contacts/"
        while address:
            text = ann.get(address).text
            assert f"of {COUNT}" in " ".join(text.split()), address
            onward = link(text, way)
            address = onward and f"/contacts/{onward}"


def test_a_contact_type_that_is_renamed_is_called_so_at_once(acting, browser) -> None:
    ann = browser("ann")
    assert ">ADD Address amendments</option>" not in ann.get("/contacts/").text
    with acting("root"):
        db.session.scalars(select(ContactType).where(ContactType.code == "ADD")).one().name = "Address amendments"
        db.session.commit()
    assert ">ADD Address amendments</option>" in ann.get("/contacts/").text


@pytest.mark.parametrize("page_size", [1, 50])
def test_a_count_is_of_ones_own_rows(busy, browser, monkeypatch, page_size) -> None:
    """Also where there are more than a page holds."""
    monkeypatch.setattr(ListPage, "page_size", page_size)
    for name, address, text in (
        ("ann", "/contacts/", "2 contacts"),
        ("bob", "/contacts/", "2 contacts"),
        ("ned", "/contacts/", "0 contacts"),
        ("ann", "/uploads/", "1 upload"),
        ("lena", "/people/", "6 people"),
    ):
        page = browser(name).get(address).get_data(as_text=True)
        assert re.search(rf">\s*{text}\s*<", page), (name, address)


@pytest.mark.parametrize("address", LISTS)
def test_what_a_list_does_not_know_gives_a_sentence_and_the_list(browser, busy, address) -> None:
    root = browser("root")
    shown = rows_of(root.get(address).get_data(as_text=True))
    assert shown
    for query, words in (
        ("colour=blue", "“colour” is not a filter of this list."),
        ("flt1_0=x", "is not a filter of this list."),
        ("sort=colour", "cannot be sorted by “colour”"),
        ("after=odd", "belongs to another list"),
        ("before=eyJ4Ijo", "belongs to another list"),
        ("after=" + "A" * 3000, "belongs to another list"),
    ):
        answer = root.get(f"{address}?{query}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200 and words in text, (query, text[:500])
        assert rows_of(text) == shown or "sort" in query


@pytest.mark.parametrize(
    ("address", "query", "words"),
    [
        ("/contacts/", "status=odd", "is not a choice of the filter Status"),
        ("/contacts/", "type=ZZZZ", "is not a choice of the filter Contact type"),
        ("/contacts/", "due=1", "is not a choice of the filter Due"),
        ("/contacts/", "assignee=bob", "is not a choice of the filter Assignee"),
        ("/contacts/", "q=%E2%80%94", "Search for letters or digits"),
        ("/contacts/", "q=" + "x" * 101, "Search for 100 characters at most"),
        ("/uploads/", "state=odd", "is not a choice of the filter State"),
        ("/contact-types/", "family=odd", "is not a choice of the filter Family"),
        ("/data-items/", "type=odd", "is not a choice of the filter Contact type"),
        ("/people/", "state=odd", "is not a choice of the filter State"),
        ("/organisations/", "kind=odd", "is not a choice of the filter Kind"),
        ("/activity/", "about=odd", "is not a choice of the filter About"),
    ],
)
def test_a_value_that_means_nothing_gives_a_sentence_and_the_whole_list(browser, busy, address, query, words) -> None:
    person = browser("ada" if address == "/contacts/" else "root")
    answer = person.get(f"{address}?{query}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and words in text
    assert rows_of(text) == rows_of(person.get(address).get_data(as_text=True)) != []


ODD = [
    "%00", "a%00b", "%F0%9F%91%8D", "%", "_", "'", '"', "%27%20OR%201=1--", "%5C", "%ED%A0%80", "(", "*",
    "-", "x" * 5000,
]  # fmt: skip
ASKED = [
    "q={0}",
    "sort={0}&after={0}&before={0}",
    "status={0}&type={0}&state={0}&kind={0}&family={0}&about={0}&due={0}&organisation={0}",
]


def test_no_address_of_a_list_is_ever_a_fault(browser, busy) -> None:
    root = browser("root")
    for address in LISTS:
        for value in ODD:
            for asked in ASKED:
                assert root.get(f"{address}?{asked.format(value)}").status_code == 200, (address, asked, value)


def token(*values: object) -> str:
    return json.dumps(values)


# NAME stands for the list and order that the token is sent to; after it come the row's number and its key.
FORGED = [
    "[" * 2500, '["NAME", 1, 1e999]', "null", "", "{}", "x", token("NAME"), token("NAME", None), token("NAME", 1),
    token("NAME", None, 1), token("NAME", "x", 1), token("NAME", 2**63, 1), token("NAME", -5, 1), token("NAME", [1], 1),
    token("NAME", 1, "x"), token("NAME", 1, 2**63), token("NAME", 1, -(2**64)), token("NAME", 1, [1]),
    token("NAME", 1, {"a": 1}), token("NAME", 1, 1, 2), token("contacts/oldest", 1, 1), token(1), token(),
    token("NAME", 1, "2026-13-01", 1), token("NAME", 1, 5, 1), token("NAME", 1, "2026-01-01", "x"),
    token("NAME", 1, "\0", 1), token("NAME", 1, "x", 2**63), token("NAME", 1, "\ud800", 1),
]  # fmt: skip
UNSEALED = ["null", "MQ", "é", "....", "=" * 9, "A", "A" * 31, "A" * 33, "%00", "WyJuZXdlc3QiLCAxXQ"]


def test_an_odd_page_token_is_a_sentence_and_never_a_fault(app, browser, busy) -> None:
    """Even if somebody could seal a token, what is in it is not believed."""
    root = browser("root")
    for address, sort in (("/contacts/", "newest"), ("/contacts/", "due"), ("/organisations/", "name")):
        named = f"{address.strip('/')}/{sort}"
        with app.app_context():
            odd = [*(public_ids.seal(text.replace("NAME", named)) for text in FORGED), *UNSEALED]
        for number, text in enumerate(odd):
            name = ("after", "before")[number % 2]
            answer = root.get(address, query_string={"sort": sort, name: text})
            assert answer.status_code == 200, (address, sort, number)
            assert rows_of(answer.text), (address, sort, number)


def test_a_token_of_another_list_is_not_used(acting, browser) -> None:
    with acting("ann"):
        raise_many(60)
    root = browser("root")
    onward = link(root.get("/activity/?sort=newest").get_data(as_text=True), "next")
    text = root.get("/contacts/" + onward).get_data(as_text=True)
    assert "belongs to another list" in text and len(rows_of(text)) == 50


def test_a_page_beyond_the_end_is_a_sentence_and_the_first_page(acting, browser) -> None:
    with acting("ann"):
        raise_many(60)
    ann = browser("ann")
    onward = link(ann.get("/contacts/").get_data(as_text=True), "next")
    with acting("system"):
        old = db.session.scalars(select(Contact.id).order_by(Contact.id).limit(10)).all()
        db.session.execute(update(Contact).where(Contact.id.in_(old)).values(status="resolved", is_open=False))
        db.session.commit()
    text = ann.get("/contacts/" + onward + "&status=open").get_data(as_text=True)
    assert "There is no such page any more" in text and len(rows_of(text)) == 50


def test_a_page_says_which_rows_it_holds(acting, browser) -> None:
    with acting("ann"):
        raise_many(COUNT)
    ann = browser("ann")
    seen, address = [], "/contacts/?sort=oldest"
    for rel in ("next", "next", "prev", "prev"):
        text = ann.get(address).get_data(as_text=True)
        seen.append(re.search(r"(\d+–\d+ of \d+)", text)[1])
        address = "/contacts/" + link(text, rel)
    assert seen == ["1–50 of 130", "51–100 of 130", "101–130 of 130", "51–100 of 130"]
    assert "1–50 of 130" in ann.get(address).get_data(as_text=True)
    assert (
        ">First</a>" not in ann.get("/contacts/").text
        and ">First</a>" in ann.get("/contacts/" + link(text, "next")).text
    )


def test_a_token_of_another_order_is_not_used(acting, browser) -> None:
    with acting("ann"):
        raise_many(60)
    ann = browser("ann")
    onward = link(ann.get("/contacts/?sort=oldest").get_data(as_text=True), "next")
    text = ann.get("/contacts/" + onward.replace("sort=oldest", "sort=newest")).get_data(as_text=True)
    assert "belongs to another list" in text and len(rows_of(text)) == 50


def test_an_empty_list_speaks_of_filters_only_where_there_are_some(browser) -> None:
    for name, path in (("bob", "/contacts/"), ("lena", "/leavers/")):
        assert "Remove a filter" not in browser(name).get(path).get_data(as_text=True)
        filtered = browser(name).get(f"{path}?state=disabled&status=open")
        assert "Remove a filter" in filtered.get_data(as_text=True)
