"""Saved views: tabs, what a list opens with, and the pages that keep, change and delete them."""

import re
from urllib.parse import quote

import pytest
from sqlalchemy import update

from app.extensions import db
from app.models import SavedView
from tests.views.test_listing import raise_many, rows_of
from tests.views.test_listing_columns import headings


def save(person, name: str, query: str, **form: str) -> str:
    """Save a view of contacts by the page; where it opens."""
    answer = person.post(f"/views/new/?page=contacts&query={quote(query)}", {"name": name, "query": query, **form})
    assert answer.status_code == 302, re.findall(r"invalid-feedback[^>]*>(.*?)</p>", answer.text)
    return answer.location


def tabs(text: str) -> list[str]:
    """The tabs of a list, folded ones too, the current one with a star."""
    bar = re.search(r'<nav class="cms-tabs".*?</nav>', text, re.DOTALL)
    found = re.findall(r'<li><a href="[^"]*"( aria-current="page")?>(.*?)</a>', bar[0], re.DOTALL) if bar else []
    return [("*" if current else "") + re.sub(r"<[^>]+>", "", label).strip() for current, label in found]


def chips(text: str) -> list[str]:
    found = re.findall(r'title="Remove this filter">([^<]+?) *<', text)
    return [" ".join(chip.split()) for chip in found]


def save_links(text: str) -> list[str]:
    return re.findall(r"</svg> (Save [^<]+)</a>", text)


@pytest.fixture
def ann(acting, browser):
    """Ann's browser, beside sixty contacts of alder's."""
    with acting("ann"):
        raise_many(60)
    return browser("ann")


def test_a_list_without_views_has_no_tabs_and_offers_to_save_what_differs(ann) -> None:
    plain = ann.get("/contacts/").text
    assert tabs(plain) == [] and save_links(plain) == []
    for query in ("status=open", "sort=oldest", "columns=mprn", "density=compact", "q=house"):
        assert save_links(ann.get(f"/contacts/?{query}").text) == ["Save this view"], query


def test_a_view_opens_as_it_was_saved_and_paging_stays_in_it(ann) -> None:
    address = save(ann, "Open, oldest", "status=open&sort=oldest&columns=mprn,status&density=compact")
    text = ann.get(address).text
    assert tabs(text) == ["All", "*Open, oldest"] and save_links(text) == []
    assert chips(text) == ["Status: All open"] and headings(text) == ["Reference", "MPRN", "Status"]
    assert "cms-compact" in text and len(rows_of(text)) == 50
    onward = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
    assert onward.startswith("?view=") and "status=" not in onward
    second = ann.get("/contacts/" + onward).text
    assert len(rows_of(second)) == 10 and headings(second) == ["Reference", "MPRN", "Status"]
    assert tabs(second) == ["All", "*Open, oldest"]


def test_the_address_overrides_the_view_and_can_take_from_it(ann) -> None:
    address = save(ann, "Open", "status=open&q=house")
    changed = ann.get(address + "&status=closed").text
    assert chips(changed) == ["Search: house", "Status: All closed"]
    assert save_links(changed) == ["Save changes", "Save as a new view"]
    gone = re.search(r'<a href="([^"]+)" title="Remove this filter">Search', ann.get(address).text)[1]
    text = ann.get("/contacts/" + gone.replace("&amp;", "&")).text
    assert chips(text) == ["Status: All open"] and tabs(text) == ["All", "*Open"]


def test_changes_to_an_open_view_are_saved_into_it(ann) -> None:
    address = save(ann, "Open", "status=open")
    text = ann.get(address + "&status=closed").text
    links = re.findall(r'<a href="([^"]+)"><svg(?:(?!</svg>).)*</svg> Save changes</a>', text)
    change = links[0].replace("&amp;", "&")
    page = ann.get(change).text
    query = re.search(r'name="query"[^>]* value="([^"]*)"', page)[1].replace("&amp;", "&")
    assert ann.post(change, {"name": "Open", "query": query}).status_code == 302
    assert chips(ann.get(address).text) == ["Status: All closed"]


def test_a_list_opens_with_the_default_until_it_is_asked_for_something(ann) -> None:
    address = save(ann, "Closed", "status=closed", is_default="y")
    assert tabs(ann.get("/contacts/").text) == ["All", "*Closed"]
    for query in ("?view=all", "?sort=newest", "?status=open", "?q=house"):
        assert tabs(ann.get(f"/contacts/{query}").text) == ["*All", "Closed"], query
    edit = "/views/edit/" + address.split("?view=")[1].join(["?id=", ""])
    assert 'name="is_default" type="checkbox" value="y"' in ann.get(edit).text.replace("checked ", "")
    ann.post(edit, {"name": "Closed"})
    assert tabs(ann.get("/contacts/").text) == ["*All", "Closed"]


def test_shared_views_are_seen_by_colleagues_with_the_makers_name(ann, browser) -> None:
    address = save(ann, "Ours", "status=open", is_shared="y")
    save(ann, "Mine alone", "status=closed")
    sue = browser("sue")
    save(sue, "Of sue", "q=x")
    assert tabs(sue.get(address).text) == ["All", "Of sue", "*Ours Ann"]
    assert save_links(sue.get(address + "&status=closed").text) == ["Save this view"]
    for name in ("bob", "ada", "root"):
        text = browser(name).get(address).text
        assert tabs(text) == [] and "does not exist any more, or is not shared with you" in text, name


def test_a_colleague_may_open_their_list_with_a_shared_view_but_not_change_it(ann, browser) -> None:
    code = save(ann, "Ours", "status=open", is_shared="y").split("?view=")[1]
    sue = browser("sue")
    page = sue.get(f"/views/edit/?id={code}").text
    assert 'name="name"' not in page and 'name="is_shared"' not in page and 'name="is_default"' in page
    assert sue.post(f"/views/edit/?id={code}", {"name": "Taken", "is_default": "y"}).status_code == 302
    assert tabs(sue.get("/contacts/").text) == ["All", "*Ours Ann"]
    assert sue.post(f"/views/delete/?id={code}").status_code == 403
    bob = browser("bob")
    for path in ("edit", "delete"):
        assert bob.get(f"/views/{path}/?id={code}").status_code == 404
        assert bob.post(f"/views/{path}/?id={code}", {"name": "x"}).status_code == 404
    assert tabs(ann.get("/contacts/").text) == ["*All", "Ours"]


def test_someone_elses_private_view_is_a_sentence_and_the_list(ann, browser) -> None:
    address = save(ann, "Private", "status=closed")
    text = browser("sue").get(address).text
    assert "does not exist any more, or is not shared with you" in text and len(rows_of(text)) == 50
    for odd in ("x", "4F7-K2M-9QX", "%00", "9" * 500, "%27", address.split("=")[1] + "x"):
        answer = ann.get(f"/contacts/?view={odd}")
        assert answer.status_code == 200 and "does not exist any more" in answer.text and rows_of(answer.text), odd


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("columns=reference,colour", "is not a column"),
        ("colour=blue", "is not a filter"),
        ("status=odd", "is not a choice"),
        ("sort=colour", "cannot be sorted by"),
        ("density=huge", "There is no density"),
        ("after=x", ""),
        ("%%%&&==", ""),
        ("view=all", ""),
    ],
)
def test_a_view_that_makes_no_sense_any_more_is_a_sentence_and_the_list(acting, ann, query, words) -> None:
    address = save(ann, "Old", "status=open")
    with acting("system"):
        db.session.execute(update(SavedView).values(query=query))
        db.session.commit()
    answer = ann.get(address)
    assert answer.status_code == 200 and words in answer.text and len(rows_of(answer.text)) == 50


def test_many_views_fold_into_a_menu_and_the_open_one_stays_in_sight(ann) -> None:
    addresses = [save(ann, f"View {number}", "status=open") for number in range(9)]
    text = ann.get("/contacts/?view=all").text
    assert "More" in text and tabs(text) == ["*All", *(f"View {number}" for number in range(9))]
    seen = re.search(r'<nav class="cms-tabs".*?</ul>', ann.get(addresses[8]).text, re.DOTALL)[0]
    assert 'aria-current="page">View 8' in seen


def test_a_name_taken_or_missing_is_said_beside_its_field(ann) -> None:
    save(ann, "Mine", "status=open")
    for name, words in (("Mine", "already have a view"), ("", "Enter a name."), ("x" * 61, "60")):
        answer = ann.post("/views/new/?page=contacts&query=q%3Dx", {"name": name, "query": "q=x"})
        assert answer.status_code == 200 and words in answer.text, name


def test_the_list_of_views_changes_and_deletes_after_asking(ann) -> None:
    code = save(ann, "Mine", "status=open").split("?view=")[1]
    page = ann.get("/views/").text
    assert f"/contacts/?view={code}" in page and f"/views/delete/?id={code}" in page
    asked = ann.get(f"/views/delete/?id={code}").text
    assert "Delete Mine" in asked and tabs(ann.get("/contacts/").text) == ["*All", "Mine"]
    assert ann.post(f"/views/delete/?id={code}").location == "/views/"
    assert "Saved view Mine was deleted." in ann.get("/views/").text and tabs(ann.get("/contacts/").text) == []


def test_views_are_saved_for_lists_that_this_person_has(ann, browser) -> None:
    for page in ("", "odd", "saved_views", "home", "%00"):
        assert ann.get(f"/views/new/?page={page}&query=q%3Dx").status_code in (403, 404), page
    assert ann.get("/views/new/?page=people&query=q%3Dx").status_code == 403
    lena = browser("lena")
    form = {"name": "Disabled", "query": "state=disabled"}
    answer = lena.post("/views/new/?page=people&query=state%3Ddisabled", form)
    assert answer.location.startswith("/people/?view=") and tabs(lena.get(answer.location).text) == ["All", "*Disabled"]
    assert lena.get("/views/new/?page=contacts&query=q%3Dx").status_code == 403


def test_texts_of_a_view_are_shown_as_text(ann, browser) -> None:
    name = "<script>alert(1)</script>"
    address = save(ann, name, "q=%3Cscript%3E", is_shared="y")
    for person in (ann, browser("sue")):
        for page in (address, "/views/"):
            assert "<script>alert" not in person.get(page).text
