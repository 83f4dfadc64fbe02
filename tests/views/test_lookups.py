"""Look-ups: within reach, by permission, twenty at most; and a field that works with and without script."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.models import Organisation, User
from app.views import lookups

PERSON = {"user_id": "BIR-NEW", "name": "New", "email": "n@b.example", "roles": ["member"]}


def texts(answer) -> list[str]:
    """What is found, as it reads."""
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return [found["text"] for found in answer.json]


def add_organisations(acting, count: int) -> None:
    with acting("system"):
        for number in range(count):
            code = f"Q{number // 36:X}{'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 36]}"
            db.session.add(
                Organisation(
                    short_code=code,
                    numeric_id=9000 + number,
                    name=f"Quarry <b>{number:03}",
                    kind_code="GT",
                    is_active=True,
                )
            )
        db.session.commit()


@pytest.mark.parametrize(
    ("name", "kind", "text", "found"),
    [
        ("root", "organisations", "birch", ["Birch Gas Supply (BIR)"]),
        ("root", "organisations", "bir", ["Birch Gas Supply (BIR)"]),
        ("root", "organisations", "%", []),
        ("root", "organisations", "\0ced", ["Cedar Networks (CED)"]),
        ("lena", "organisations", "", ["Alder Energy (ALD)"]),
        ("lena", "organisations", "birch", []),
        ("lena", "people", "bob", []),
        ("lena", "people", "ald-v", ["Vic (ALD-VIC)"]),
        ("root", "people", "bob", ["Bob (BIR-BOB)"]),
        ("ann", "contact-types", "address", ["ADD Address amendment"]),
    ],
)  # fmt: skip
def test_what_is_found_is_within_reach(browser, name, kind, text, found) -> None:
    assert texts(browser(name).get(f"/lookup/{kind}", query_string={"q": text})) == found


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [("ann", "organisations", 403), ("ann", "people", 403), ("ada", "people", 403), ("lena", "contact-types", 403),
     ("root", "passwords", 404), ("nobody", "organisations", 302)],
)  # fmt: skip
def test_each_kind_has_its_permission(browser, name, kind, status) -> None:
    assert browser(name).get(f"/lookup/{kind}?q=a").status_code == status


def test_no_more_than_twenty_are_found_and_a_long_question_is_cut(browser, acting) -> None:
    add_organisations(acting, 30)
    root = browser("root")
    assert len(texts(root.get("/lookup/organisations?q=quarry"))) == 20
    assert texts(root.get("/lookup/organisations", query_string={"q": "quarry" * 500})) == []


def test_few_choices_are_a_list_and_many_a_text_field_for_the_short_code(browser, acting) -> None:
    root = browser("root")
    field = BeautifulSoup(root.get("/people/new/?organisation=BIR").data, "html.parser").find(id="organisation")
    assert field.name == "select" and field.find("option", selected=True)["value"] == "BIR"
    assert field["data-lookup"] == "/lookup/organisations"
    add_organisations(acting, lookups.MOST_LISTED)
    field = BeautifulSoup(root.get("/people/new/?organisation=BIR").data, "html.parser").find(id="organisation")
    assert (field.name, field["value"], field["data-text"]) == ("input", "BIR", "Birch Gas Supply (BIR)")


@pytest.mark.parametrize("code", ["BIR", "bir", " bir "])
def test_a_short_code_is_enough(browser, acting, code) -> None:
    assert browser("root").post("/people/new/", {**PERSON, "organisation": code}).status_code == 302
    with acting("bea") as bea:
        user = db.session.scalars(select(User).where(User.user_id == "BIR-NEW")).one()
        assert user.organisation_id == bea.organisation_id and user.created_at <= clock.now()


@pytest.mark.parametrize("code", ["", "NIX", "BIRCH", "3", "<b>", "\u00e9"])
def test_an_organisation_that_is_not_there_is_refused_beside_the_field(browser, acting, code) -> None:
    answer = browser("root").post("/people/new/", {**PERSON, "organisation": code})
    soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 200 and soup.find("a", href="#organisation") is not None
    with acting("system"):
        assert db.session.scalar(select(func.count()).select_from(User).where(User.user_id == "BIR-NEW")) == 0


def test_an_lso_is_not_asked_for_the_organisation(browser, acting) -> None:
    lena = browser("lena")
    assert BeautifulSoup(lena.get("/people/new/").data, "html.parser").find(id="organisation") is None
    form = {**PERSON, "user_id": "ALD-NEW", "organisation": "BIR"}
    assert lena.post("/people/new/", form).status_code == 302
    with acting("lena") as actor:
        user = db.session.scalars(select(User).where(User.user_id == "ALD-NEW")).one()
        assert user.organisation_id == actor.organisation_id
