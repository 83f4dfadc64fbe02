"""What forms say is wrong is said in our words, and once."""

import ast
import importlib
import pkgutil
from pathlib import Path

import flask_admin.contrib.sqla
import flask_admin.form
import flask_wtf.file
import pytest
import wtforms
from bs4 import BeautifulSoup

from app.domain import clock
from app.domain.lifecycle import LIFECYCLE, MESSAGE_MISSING, Given
from app.services.contact_types import get_definition
from app.views.fields import item_form
from app.views.form_bases import WORDS, BaseForm, RowForm

# Where fields and validators come from.
STOCK = (wtforms, flask_admin.form, flask_admin.contrib.sqla)


def stock_sentences() -> set[str]:
    """Every sentence that WTForms, Flask-WTF or Flask-Admin may put beside a field."""
    files = [path for module in STOCK for path in Path(module.__file__).parent.rglob("*.py")]
    found = set()
    for path in [*files, Path(flask_wtf.file.__file__)]:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("gettext", "ngettext"):
                found |= {text.value for text in call.args if isinstance(text, ast.Constant)}
    return found


def test_every_sentence_of_the_libraries_has_one_of_ours() -> None:
    said_to_developers = {"Choices cannot be None.", "Invalid field name '%s'."}
    assert len(stock_sentences()) > 40
    assert stock_sentences() - said_to_developers == WORDS.keys()


def test_our_sentences_take_what_the_libraries_fill_in() -> None:
    values = {"min": 2, "max": 9, "value": "x", "values": "x, y", "num": 2, "other_name": "that"}
    for theirs, ours in WORDS.items():
        assert theirs % values and ours % values
        assert ours[0].isupper() and "!" not in ours


def test_every_form_is_made_from_a_base_that_says_them(app) -> None:
    for module in pkgutil.walk_packages(importlib.import_module("app.views").__path__, "app.views."):
        importlib.import_module(module.name)
    ours = [form for form in every_subclass(wtforms.Form) if form.__module__.startswith("app.")]
    assert len(ours) > 20
    assert [form.__name__ for form in ours if not issubclass(form, BaseForm | RowForm)] == []
    made = [
        getattr(view, f"_{door}_form_class")
        for view in app.extensions["admin"][0]._views
        for door in ("create", "edit")
        if hasattr(view, f"_{door}_form_class")
    ]
    assert made and [form for form in made if not issubclass(form, BaseForm | RowForm)] == []


def every_subclass(one: type) -> set[type]:
    """Its subclasses and theirs."""
    return {one}.union(*(every_subclass(sub) for sub in one.__subclasses__()))


def test_the_form_of_a_contact_type_says_them_too(acting) -> None:
    with acting("ann"):
        assert issubclass(item_form(get_definition("ADD")), BaseForm)


def test_what_is_wrong_with_a_field_is_said_once(browser) -> None:
    """Flask-Admin checks a column's length as well as we do."""
    answers = {"code": "NEW", "name": "x" * 121, "family": "none", "starts_on": "2026-11-23"}
    soup = BeautifulSoup(browser("root").post("/contact-types/new/", answers).get_data(as_text=True), "html.parser")
    for name, sentence in {"name": "Use at most 120 characters.", "family": "Choose one of the options."}.items():
        beside = soup.find(id=name).find_parent("div").find_all("p", class_="invalid-feedback")
        assert [error.text for error in beside] == [f"Error: {sentence}"]
        assert [link.text for link in soup.find(id="error-summary").find_all("a", href=f"#{name}")] == [sentence]


def test_of_a_code_that_is_too_long_the_first_sentence_is_said_and_no_other(browser) -> None:
    root = browser("root")
    for path, name, sentence in (
        ("/organisations/new/", "short_code", "A short code is three letters or digits."),
        ("/contact-types/new/", "code", "Use at most 4 characters."),
    ):
        soup = BeautifulSoup(root.post(path, {name: "TOO-LONG"}).get_data(as_text=True), "html.parser")
        assert [link.text for link in soup.find(id="error-summary").find_all("a", href=f"#{name}")] == [sentence]


@pytest.mark.parametrize(("name", "path"), [("lena", "/deputies/new/"), ("root", "/contact-types/new/")])
def test_a_first_day_that_was_taken_out_stays_out(browser, name, path) -> None:
    person = browser(name)
    opened = BeautifulSoup(person.get(path).get_data(as_text=True), "html.parser")
    assert opened.find(id="starts_on")["value"] == clock.today().isoformat()
    for taken_out in ({"reason": "x"}, {"reason": "x", "starts_on": ""}):
        soup = BeautifulSoup(person.post(path, taken_out).get_data(as_text=True), "html.parser")
        assert soup.find(id="starts_on")["value"] == "" and "Enter the first day." in soup.text


def test_each_move_that_needs_words_says_which() -> None:
    assert {move.action for move in LIFECYCLE if move.must_give is Given.MESSAGE} == MESSAGE_MISSING.keys()
