"""services.organisations: adding, changing and suspending."""

import pytest
from sqlalchemy import select

from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.extensions import db
from app.models import AuditEvent, Organisation
from app.services import organisations, sessions
from tests.cast import PASSWORD

NEW = {
    "short_code": "elm",
    "name": "Elm Energy",
    "kind_code": "SHIPPER",
    "parent_id": None,
    "advocate_name": "Ada",
    "is_active": True,
}


def find(code: str) -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_code == code)).one()


def change(code: str, **values: object) -> Organisation:
    """Change an organisation with everything else as it is."""
    row = find(code)
    known = {name: getattr(row, name) for name in ("name", "parent_id", "advocate_name", "is_active")}
    changed = organisations.change_organisation(row.id, known | values, version=row.version)
    db.session.commit()
    return changed


def test_an_administrator_adds_an_organisation_with_the_next_number(acting) -> None:
    with acting("root"):
        highest = max(row.numeric_id for row in organisations.list_organisations())
        row = organisations.create_organisation(NEW)
        db.session.commit()
        assert (row.short_code, row.numeric_id, row.version) == ("ELM", highest + 1, 1)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "organisation:create")).one()
        assert (event.organisation_id, event.after) == (row.id, {"short_code": "ELM"})


@pytest.mark.parametrize("code", ["", "AB", "ABCD", "A B", "A-1", "ÄBC", "AB\n"])
def test_a_short_code_is_three_letters_or_digits(acting, code) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="three letters or digits") as refusal:
        organisations.create_organisation(NEW | {"short_code": code})
    assert refusal.value.field == "short_code"


def test_a_short_code_is_used_once_whatever_its_case(acting) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="ALD is another") as refusal:
        organisations.create_organisation(NEW | {"short_code": "ald"})
    assert refusal.value.field == "short_code"


@pytest.mark.parametrize("name", ["ann", "lena", "ada", "mo", "xena"])
def test_only_administrators_add_and_change(acting, name) -> None:
    with acting(name):
        with pytest.raises(NotAllowed):
            organisations.create_organisation(NEW)
        with pytest.raises(NotAllowed):
            organisations.change_organisation(1, NEW, version=1)


def test_suspending_puts_its_people_out_at_once_and_back_lets_them_in_again(app, browser, acting) -> None:
    ann, bob = browser("ann"), browser("bob")
    assert ann.get("/").status_code == 200
    with acting("root"):
        change("ALD", is_active=False)
    assert ann.get("/").status_code == 302
    assert ann.get("/contacts/").location.startswith("/sign-in")
    assert bob.get("/").status_code == 200
    with app.app_context():
        assert sessions.actor_of("ALD-ANN") is None
        with pytest.raises(RuleBroken):
            sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    with acting("root"):
        change("ALD", is_active=True)
    with app.app_context():
        assert sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")


def test_a_change_keeps_code_number_and_kind_and_is_audited(acting) -> None:
    with acting("root"):
        before = find("ALD")
        kept = (before.short_code, before.numeric_id, before.kind_code)
        changed = change("ALD", name="Alder Group", advocate_name="Lia", short_code="XXX", kind_code="GT", numeric_id=1)
        assert (changed.short_code, changed.numeric_id, changed.kind_code) == kept
        assert changed.version == 2
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "organisation:change")).one()
        assert event.before == {"name": "Alder Energy", "advocate_name": "Ada"}
        assert event.after == {"name": "Alder Group", "advocate_name": "Lia"}
        assert event.organisation_id == changed.id


def test_refusals_have_a_sentence(acting) -> None:
    with acting("root"):
        alder = find("ALD")
        values = {"name": "A", "parent_id": None, "advocate_name": "", "is_active": True}
        with pytest.raises(RuleBroken, match="its own group") as refusal:
            organisations.change_organisation(alder.id, values | {"parent_id": alder.id}, version=1)
        assert refusal.value.field == "parent_id"
        with pytest.raises(Conflict):
            organisations.change_organisation(alder.id, values, version=7)
        with pytest.raises(NotFound):
            organisations.change_organisation(10**9, values, version=1)


def test_xoserve_cannot_be_suspended_for_nobody_could_take_it_back(acting) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="Xoserve cannot be suspended"):
        change("XOS", is_active=False)


def test_customers_see_only_their_own(acting) -> None:
    with acting("lena"):
        assert [row.short_code for row in organisations.list_organisations()] == ["ALD"]
    with acting("root"):
        names = [row.name for row in organisations.list_organisations()]
        assert names == sorted(names) and len(names) == 4
