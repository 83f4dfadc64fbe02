"""Pages about the service: the same facts for everybody, and names for nobody but their own."""

from datetime import timedelta

import pytest
from markupsafe import escape
from sqlalchemy import select

from app.domain import clock
from app.domain.item import Item
from app.domain.item_words import limit_words
from app.extensions import db
from app.models import ContactType, DataItem, Job
from app.services import contact_types
from tests.html_pages import check_page


def text_of(answer) -> str:
    """A whole page."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200, text[:2000]
    check_page(text, "about")
    return text


def test_every_type_is_listed_and_has_a_page_for_somebody_who_is_not_signed_in(browser, acting) -> None:
    nobody = browser("nobody")
    listed = text_of(nobody.get("/about/contact-types/"))
    with acting("system"):
        definitions = contact_types.list_definitions()
    assert len(definitions) > 20
    for definition in definitions:
        assert f"{definition.code} {definition.name}" in listed
        page = text_of(nobody.get(f"/about/contact-types/{definition.code}/"))
        for item in definition.items:
            assert escape(item.label) in page, (definition.code, item.code)
        assert "Template workbook" not in page
    assert nobody.get("/about/contact-types/NONE/").status_code == 404
    for odd in ("%00", "A%00DD", "ADD%00"):
        assert nobody.get(f"/about/contact-types/{odd}/").status_code == 404, odd


def test_a_code_may_be_written_small(browser) -> None:
    assert "ADD Address amendment" in text_of(browser("nobody").get("/about/contact-types/add/"))


def test_who_may_use_them_is_offered_the_template_and_the_form(browser) -> None:
    page = text_of(browser("ann").get("/about/contact-types/ADD/"))
    assert "Template workbook" in page and "Raise one" in page
    assert "Raise one" not in text_of(browser("vic").get("/about/contact-types/ADD/"))
    assert "Template workbook" not in text_of(browser("lena").get("/about/contact-types/ADD/"))


def test_a_retired_type_and_a_retired_item_say_so(browser, acting) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with acting("system"):
        db.session.scalars(select(ContactType).where(ContactType.code == "ENQ")).one().ends_on = yesterday
        item = db.session.scalars(select(DataItem).join(ContactType).where(ContactType.code == "ADD").limit(1)).one()
        item.ends_on = yesterday
        db.session.commit()
    ann = browser("ann")
    assert "Retired" in text_of(ann.get("/about/contact-types/"))
    page = text_of(ann.get("/about/contact-types/ENQ/"))
    assert "This type is retired" in page and "Raise one" not in page
    assert "No longer asked" in text_of(ann.get("/about/contact-types/ADD/"))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Item("A", "A", "text"), ["200 characters at most."]),
        (Item("A", "A", "text", limits={"max_length": 30}), ["30 characters at most."]),
        (Item("A", "A", "whole_number", limits={"minimum": 1, "maximum": 99999}),
         ["Not less than 1.", "Not more than 99,999."]),
        (Item("A", "A", "date", limits={"latest": "today"}), ["Not after the day it is raised."]),
        (Item("A", "A", "date", limits={"earliest": "2026-01-31", "not_before": "START"}),
         ["Not before 31 Jan 2026.", "Not before first day."]),
        (Item("A", "A", "confirmation_reference"), ["6 to 10 digits."]),
        (Item("A", "A", "yes_no"), []),
    ],
)  # fmt: skip
def test_limits_are_said_in_words(item, words) -> None:
    assert limit_words(item, {"START": "First day"}) == words


def test_an_lsos_name_is_shown_to_their_own_people_only(browser) -> None:
    for name, sees in (("nobody", False), ("ann", True), ("vic", True), ("bob", False), ("ada", False)):
        page = text_of(browser(name).get("/about/lso/"))
        assert ("lena@alder.example" in page) == sees, name
        assert ("bea@birch.example" in page) == (name == "bob"), name
        assert ("xena@xoserve.example" in page) == (name == "ada"), name


def test_support_is_named_only_where_it_was_set(browser, app) -> None:
    assert "Ask your customer advocate" in text_of(browser("nobody").get("/about/status/"))


def test_the_status_page_says_when_no_worker_is_there(browser, busy, acting) -> None:
    ann = browser("ann")
    assert "Everything works" in text_of(ann.get("/about/status/"))
    long_ago = clock.now() - timedelta(minutes=10)
    with acting("system"):
        job = db.session.scalars(select(Job).order_by(Job.id).limit(1)).one()
        job.state, job.run_after = "ready", long_ago
        db.session.commit()
    page = text_of(browser("nobody").get("/about/status/"))
    assert "Something does not work" in page and "Uploaded files wait" in page
    with acting("system"):
        job = db.session.scalars(select(Job).order_by(Job.id).limit(1)).one()
        job.state, job.lease_until = "running", clock.now() + timedelta(seconds=30)
        db.session.commit()
    assert "Everything works" in text_of(ann.get("/about/status/"))


def test_nobody_keeps_a_copy_of_these_pages(browser) -> None:
    for path in ("/about/status/", "/about/lso/", "/about/contact-types/"):
        assert browser("nobody").get(path).headers["Cache-Control"] == "no-store"


def test_whoever_is_signed_in_need_not_say_who_they_are(browser) -> None:
    page = text_of(browser("ann").get("/about/lso/ask/"))
    for known in ("Alder Energy", "Ann", "ann@alder.example"):
        assert f'value="{known}"' in page
    assert "alder" not in text_of(browser("nobody").get("/about/lso/ask/")).lower()


def test_every_page_of_a_demonstration_says_so(browser) -> None:
    for path in ("/sign-in", "/about/status/"):
        assert "Demonstration" in text_of(browser("nobody").get(path))
