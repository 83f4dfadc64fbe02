"""Those who reach every organisation filter contacts and people by one of them; nobody else can."""

import re

import pytest
from bs4 import BeautifulSoup

from tests.views.test_listing import rows_of

LISTS = {"/contacts/": "ada", "/people/": "root"}


def field(text: str):
    """What the filter bar asks for an organisation with."""
    return BeautifulSoup(text, "html.parser").select_one(".cms-filters [name=organisation]")


def chips(text: str) -> list[str]:
    """The filters in force, as they read."""
    found = BeautifulSoup(text, "html.parser").select(".cms-chips a")
    return [re.sub(r"\s*, remove$", "", one.get_text()).strip() for one in found]


@pytest.mark.parametrize(("address", "name"), LISTS.items())
@pytest.mark.parametrize("code", ["BIR", "bir", " Bir "])
def test_a_list_of_one_organisation(browser, busy, address, name, code) -> None:
    person = browser(name)
    text = person.get(address, query_string={"organisation": code}).text
    every = rows_of(person.get(address).text)
    assert 0 < len(rows_of(text)) < len(every)
    assert "Alder Energy" not in re.findall(r"<tbody>.*</tbody>", text, re.DOTALL)[0]
    assert chips(text) == ["Organisation: Birch Gas Supply (BIR)"]
    assert "organisation=BIR" in text, "links name it as it is written"


@pytest.mark.parametrize(("address", "name"), LISTS.items())
def test_the_field_takes_a_short_code_and_asks_the_look_up(browser, busy, address, name) -> None:
    person = browser(name)
    text = person.get(f"{address}?organisation=bir").text
    found = field(text)
    assert (found.name, found["value"], found["data-text"]) == ("input", "BIR", "Birch Gas Supply (BIR)")
    assert found["data-lookup"] == "/lookup/organisations" and found["placeholder"] == "Short code"
    assert "lookup." in text and "tom-select.min." in text
    assert field(person.get(address).text)["value"] == ""


@pytest.mark.parametrize(("address", "name"), LISTS.items())
@pytest.mark.parametrize("value", ["NIX", "Birch", "3", "<b>", "é", "%"])
def test_an_organisation_there_is_not_is_a_sentence_and_the_whole_list(browser, busy, address, name, value) -> None:
    person = browser(name)
    answer = person.get(address, query_string={"organisation": value})
    assert answer.status_code == 200 and "is not a choice of the filter Organisation." in answer.text
    assert rows_of(answer.text) == rows_of(person.get(address).text) and chips(answer.text) == []


@pytest.mark.parametrize(("address", "name"), [("/contacts/", "ann"), ("/people/", "lena")])
@pytest.mark.parametrize("code", ["BIR", "ALD", "NIX"])
def test_no_customer_is_offered_it_or_can_write_it(browser, busy, address, name, code) -> None:
    person = browser(name)
    plain = person.get(address).text
    assert field(plain) is None and "tom-select" not in plain
    answer = person.get(f"{address}?organisation={code}")
    assert "“organisation” is not a filter of this list." in answer.text
    assert rows_of(answer.text) == rows_of(plain) != []


def test_what_a_list_of_one_organisation_exports_is_what_it_shows(browser, busy) -> None:
    ada = browser("ada")
    shown = len(rows_of(ada.get("/contacts/?organisation=BIR").text))
    lines = ada.post("/contacts/export/?organisation=BIR", data={"format": "csv"}).text.splitlines()
    assert len(lines) == shown + 2 and not any("Alder" in line for line in lines)


def test_a_saved_view_holds_it(browser, busy) -> None:
    ada = browser("ada")
    ada.post("/views/new/?page=contacts&query=organisation%3DBIR", data={"name": "Birch", "page": "contacts"})
    text = ada.get("/contacts/").text
    address = BeautifulSoup(text, "html.parser").find("a", string="Birch")
    assert address is not None, text
    assert chips(ada.get("/contacts/" + address["href"].removeprefix("/contacts/")).text) == [
        "Organisation: Birch Gas Supply (BIR)"
    ]
