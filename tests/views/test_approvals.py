"""The pages of approvals: asking instead of doing, the list, the decision, the person's page, the home page."""

import re

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import Approval, Organisation, User
from app.views import public_ids
from tests.services.access import WHY, add_role, find, pk_of
from tests.views.test_people_desk import code_of, day, many, send, text_of


@pytest.fixture(autouse=True)
def two_lsos(acting) -> None:
    """Alder has lena and sue."""
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()


def ask(app, acting, lena, name="ann") -> str:
    """Ask for an LSO by the page; the request's address."""
    address = f"/people/{code_of(app, acting, name)}/give-role/"
    answer = send(lena, address, role="lso", starts_on=day(0), reason=WHY)
    assert answer.status_code == 302
    return answer.location


def decide(person, address: str, decision: str, **data: str):
    code = address.split("id=")[1]
    return person.post(f"/approvals/{code}/{decision}/", data)


def test_whoever_asks_is_told_before_and_after_who_can_approve(app, acting, browser) -> None:
    lena, code = browser("lena"), code_of(app, acting, "ann")
    form = text_of(lena.get(f"/people/{code}/give-role/"))
    assert "The roles LSO and Report reader need approval. Eli and Sue can approve." in form
    page = text_of(lena.get(ask(app, acting, lena)))
    assert "This needs approval. Eli and Sue can approve. They were told." in page
    assert "The role LSO is given from" in page and "Withdraw the request" in page and ">Approve<" not in page
    person = text_of(lena.get(f"/people/details/?id={code}"))
    assert "Waiting for approval" in person and "LSO for Ann (ALD-ANN)" in person


def test_where_only_xoserve_can_approve_it_is_said_when_asking(app, acting, browser) -> None:
    bea, code = browser("bea"), code_of(app, acting, "bob")
    assert "No other LSO can approve it, so Xoserve does." in text_of(bea.get(f"/people/{code}/give-role/"))
    answer = send(bea, f"/people/{code}/give-role/", role="lso", starts_on=day(0), reason=WHY)
    assert "so Xoserve does. Xoserve was told." in text_of(bea.get(answer.location))
    assert "needs approval" not in text_of(browser("root").get(f"/people/{code}/give-role/"))


def test_another_lso_approves_on_the_requests_page_found_from_home(app, acting, browser) -> None:
    lena, sue = browser("lena"), browser("sue")
    address = ask(app, acting, lena)
    home = text_of(sue.get("/"))
    assert "Waiting for your approval" in home and address.split("id=")[1] in home
    assert "Nothing waits for your approval" in text_of(lena.get("/"))
    assert "You asked for this yourself" in text_of(decide(lena, address, "approve"))
    assert ">Approve<" in text_of(sue.get(address))
    assert decide(sue, address, "approve", reason="I know her").status_code == 302
    page = text_of(sue.get(address))
    assert "LSO for Ann (ALD-ANN): approved and done." in page and "I know her" in page and ">Approve<" not in page
    again = decide(browser("eli"), address, "refuse", reason=WHY)
    assert again.status_code == 422 and "Sue approved this already" in text_of(again)
    with acting("system"):
        assert {grant.role for grant in find("ann").grants} == {"member", "lso"}


def test_refusing_needs_a_reason_and_withdrawing_none(app, acting, browser) -> None:
    lena, sue = browser("lena"), browser("sue")
    address = ask(app, acting, lena)
    answer = decide(sue, address, "refuse")
    assert answer.status_code == 422 and "Say why" in text_of(answer) and ">Refuse<" in text_of(answer)
    assert decide(sue, address, "refuse", reason="Not yet").status_code == 302
    assert "Not yet" in text_of(lena.get(address))
    other = ask(app, acting, lena)
    assert decide(sue, other, "withdraw").status_code == 422
    assert decide(lena, other, "withdraw").status_code == 302
    rows = text_of(lena.get("/approvals/"))
    assert "Refused" in rows and "Withdrawn" in rows and "Waiting</span>" not in rows
    assert lena.post(f"/approvals/{other.split('id=')[1]}/burn/", {}).status_code == 404


def test_what_lapsed_is_said_to_whoever_approves(app, acting, browser) -> None:
    address = ask(app, acting, browser("lena"))
    with acting("system"):
        db.session.scalars(select(User).where(User.id == pk_of("lena"))).one().is_active = False
        db.session.commit()
    sue = browser("sue")
    assert decide(sue, address, "approve").status_code == 302
    assert "Nothing was changed: this request has lapsed. Lena" in text_of(sue.get(address))


def test_many_wait_as_one_request_and_the_list_begins_with_what_waits(app, acting, browser) -> None:
    lena, codes = browser("lena"), [code_of(app, acting, name) for name in ("ann", "vic")]
    first = ask(app, acting, lena)
    page = text_of(lena.post("/people/many/", {"action": "disable", "which": "ticked", "pick": codes}))
    assert "Disabling several people needs approval. Eli and Sue can approve." in page
    assert many(lena, "disable", codes, reason=WHY).status_code == 302
    assert "This needs approval. Eli and Sue can approve. They were told." in text_of(lena.get("/people/"))
    assert decide(lena, first, "withdraw").status_code == 302
    lena.get("/people/")  # where the answer is told, once
    rows = text_of(lena.get("/approvals/")).split("<tbody>")[1]
    assert re.findall(r"Waiting|Withdrawn", rows) == ["Waiting", "Withdrawn"]
    with acting("system"):
        assert db.session.scalar(select(func.count(User.id)).where(~User.is_active)) == 0
        code = public_ids.encode_id(db.session.scalars(select(Approval.id).where(Approval.act == "bulk_disable")).one())
    address = f"/approvals/details/?id={code}"
    assert decide(browser("eli"), address, "approve").status_code == 302
    with acting("system"):
        assert db.session.scalar(select(func.count(User.id)).where(~User.is_active)) == 2


def test_the_administrator_chooses_what_needs_approval(app, acting, browser) -> None:
    with acting("system"):
        pk = find("ann").organisation_id
        xoserve = find("root").organisation_id
    root = browser("root")
    page = text_of(root.get(f"/organisations/edit/?id={pk}"))
    assert len(re.findall(r"<input checked[^>]*approval_acts", page)) == 3
    assert "approval_acts" not in text_of(root.get(f"/organisations/edit/?id={xoserve}"))
    assert send(root, f"/organisations/edit/?id={pk}", name="Alder Energy", is_active="y", approval_acts="lso")
    with acting("system"):
        assert db.session.get_one(Organisation, pk).approval_acts == "lso"
    details = text_of(browser("lena").get(f"/organisations/details/?id={pk}"))
    assert "Giving the role LSO" in details and "Disabling several" not in details
