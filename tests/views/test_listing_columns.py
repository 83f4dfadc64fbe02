"""Columns, density and orders of lists."""

import csv
import io
import re

import pytest

from tests.views.test_listing import raise_many, rows_of

USUAL = ["Reference", "Type", "MPRN", "Summary", "Status", "With", "Due", "Raised"]


def headings(text: str) -> list[str]:
    """What heads the columns, without the box to choose rows."""
    found = re.search(r"<thead>.*?</thead>", text, re.DOTALL)
    head = found[0] if found else ""
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<th [^>]*c-[^>]*>(.*?)</th>", head, re.DOTALL)]


def export(person, query: str = "", **form: str) -> list[list[str]]:
    """The rows of an export, the as-at line first."""
    answer = person.post(f"/contacts/export/{query}", {"format": "csv", **form})
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_a_list_begins_with_its_usual_columns(browser, busy) -> None:
    assert headings(browser("ann").get("/contacts/").text) == USUAL
    staff = headings(browser("ada").get("/contacts/").text)
    assert {"Organisation", "Assignee"} < set(staff) and "With" not in staff


@pytest.mark.parametrize("query", ["columns=mprn,closed,status", "columns=mprn&columns=closed&columns=status"])
def test_columns_are_shown_in_the_order_asked_for_behind_the_one_that_names_the_row(browser, busy, query) -> None:
    text = browser("ann").get(f"/contacts/?{query}").text
    assert headings(text) == ["Reference", "MPRN", "Closed", "Status"]
    assert "columns=reference%2Cmprn%2Cclosed%2Cstatus" in text, "links keep them"


@pytest.mark.parametrize("words", ["colour", "reference,colour", "organisation", "assignee", "%27", "a" * 3000, ",,x,"])
def test_a_column_there_is_not_is_a_sentence_and_the_usual_columns(browser, busy, words) -> None:
    answer = browser("ann").get(f"/contacts/?columns={words}")
    assert answer.status_code == 200 and "is not a column of this list." in answer.text
    assert headings(answer.text) == USUAL and rows_of(answer.text)


def test_each_list_has_columns_to_choose_and_density(browser, busy) -> None:
    root = browser("root")
    for path in ("contacts", "uploads", "contact-types", "data-items", "people", "organisations", "activity", "views"):
        text = root.get(f"/{path}/").text
        words = re.findall(r'name="columns" value="([^"]+)"', text)
        assert len(words) > 2, path
        every = root.get(f"/{path}/?columns={','.join(words)}&density=compact")
        assert every.status_code == 200 and len(headings(every.text)) in (len(words) + 1, 0), path
        assert "cms-compact" in every.text and "cms-compact" not in text


def test_an_unknown_density_is_a_sentence(browser, busy) -> None:
    text = browser("ann").get("/contacts/?density=huge").text
    assert "There is no density “huge”." in text and rows_of(text)


def test_an_export_holds_the_columns_shown_in_their_order(browser, busy) -> None:
    ann = browser("ann")
    assert export(ann)[1] == USUAL
    rows = export(ann, "?columns=closed,mprn&status=open")
    assert rows[1] == ["Reference", "Closed", "MPRN"] and rows[0][0].startswith("Contacts as at")
    assert len(rows) == 2 + len(rows_of(ann.get("/contacts/?status=open").text))
    assert ann.post("/contacts/export/?columns=organisation", {"format": "csv"}).status_code == 404
    assert "Organisation" in export(browser("ada"), "?columns=organisation")[1]


def test_an_export_of_chosen_rows_holds_those(acting, browser, busy) -> None:
    with acting("ann"):
        raise_many(5)
    ann = browser("ann")
    shown = [address.split("/")[-2] for address in rows_of(ann.get("/contacts/").text)]
    picks = {"picked": "csv", "which": "ticked", "pick": shown[1:3]}
    assert [row[0] for row in export(ann, "?sort=newest", **picks)[2:]] == shown[1:3]
    page = {"picked": "csv", "which": "page", "shown": ",".join(shown)}
    assert [row[0] for row in export(ann, **page)[2:]] == shown
    nothing = ann.post("/contacts/export/", {"picked": "csv"})
    assert nothing.status_code == 302 and "Choose at least one row" in ann.get("/contacts/").text
    foreign = {"picked": "csv", "pick": [shown[0], busy["birch"].reference]}
    assert ann.post("/contacts/export/", foreign).status_code == 404


def test_a_heading_sorts_and_turns_the_order_round(browser, busy) -> None:
    ann = browser("ann")
    text = ann.get("/contacts/").text
    assert re.search(r'<th scope="col" class="c-raised_at" aria-sort="descending"><a [^>]*href="\?sort=oldest"', text)
    assert re.search(r'class="c-due_on"><a [^>]*href="\?sort=due"', text)
    due = ann.get("/contacts/?sort=due").text
    assert re.search(r'c-due_on" aria-sort="ascending"><a [^>]*sort=due-last', due) and due.count("aria-sort") == 1
    late_first = rows_of(due)
    assert rows_of(ann.get("/contacts/?sort=due-last").text) == late_first[::-1]


def test_a_heading_without_an_index_does_not_sort(browser, busy) -> None:
    text = browser("ann").get("/contacts/").text
    for name in ("reference", "type_code", "mprn", "summary", "status", "holder"):
        assert re.search(rf'<th scope="col" class="c-{name}">[^<]', text), name


def test_other_lists_sort_by_their_headings(browser, busy) -> None:
    root = browser("root")
    for path, sorts in {
        "people": ("user_id", "user_id-last"),
        "organisations": ("name", "name-last"),
        "contact-types": ("code", "code-last"),
        "data-items": ("code", "code-last"),
        "activity": ("oldest", "newest"),
    }.items():
        up, down = (root.get(f"/{path}/?sort={sort}").text for sort in sorts)
        assert 'aria-sort="ascending"' in up and 'aria-sort="descending"' in down, path
        if "1–" in up and " of " in up and 'rel="next"' not in up:
            assert rows_of(up) == rows_of(down)[::-1], path
