"""services.organisations: adding, changing and suspending."""

from functools import partial

import pytest
from sqlalchemy import select

from app.access.actor import acting_as
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken, ShutOut
from app.extensions import db
from app.models import AuditEvent, Organisation
from app.services import organisations, sessions
from tests.cast import PASSWORD
from tests.services.racing import at_once

NEW = {
    "short_code": "elm",
    "name": "Elm Energy",
    "kind_code": "SHIPPER",
    "parent_id": None,
    "advocate_name": "Ada",
    "is_active": True,
}


@pytest.fixture(autouse=True)
def nobody_in_a_group(acting) -> None:
    """Here groups are made by the tests."""
    with acting("system"):
        find("ALD").parent_id = None
        db.session.commit()


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
        with pytest.raises(ShutOut):
            sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    with acting("root"):
        change("ALD", is_active=True)
    assert ann.get("/").status_code == 302, "an old session does not come back with the organisation"
    assert bob.get("/").status_code == 200
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


def test_an_organisation_is_put_into_a_group_and_taken_out_again(acting) -> None:
    with acting("root"):
        group = find("ALD").id
        assert change("BIR", parent_id=group).parent_id == group
        assert change("BIR", name="Birch").parent_id == group, "what is not changed is not asked about"
        row = organisations.create_organisation(NEW | {"parent_id": group})
        db.session.commit()
        assert row.parent_id == group
        assert change("BIR", parent_id=None).parent_id is None


def test_groups_have_one_level_and_so_no_circles(acting) -> None:
    with acting("root"):
        alder, birch, cedar = (find(code).id for code in ("ALD", "BIR", "CED"))
        change("BIR", parent_id=alder)
        for code, parent_id, words in (
            ("ALD", birch, "Birch Gas Supply .BIR. is itself in a group"),
            ("CED", birch, "Birch Gas Supply .BIR. is itself in a group"),
            ("ALD", cedar, "Alder Energy .ALD. is the group of Birch Gas Supply .BIR., so it cannot"),
            ("ALD", 10**9, "Choose a group from the list"),
        ):
            with pytest.raises(RuleBroken, match=words) as refusal:
                change(code, parent_id=parent_id)
            assert refusal.value.field == "parent_id"
            db.session.rollback()
        for parent_id in (birch, 10**9):
            with pytest.raises(RuleBroken) as refusal:
                organisations.create_organisation(NEW | {"parent_id": parent_id})
            assert refusal.value.field == "parent_id"
            db.session.rollback()
        organisations.create_organisation(NEW | {"parent_id": alder})
        db.session.commit()
        with pytest.raises(RuleBroken, match="Birch Gas Supply .BIR. and 1 more"):
            change("ALD", parent_id=cedar)


def test_the_page_refuses_a_circle_beside_its_field(acting, browser) -> None:
    with acting("root"):
        alder, birch = find("ALD").id, find("BIR").id
        change("BIR", parent_id=alder)
    form = {"name": "Alder Energy", "parent_id": str(birch), "advocate_name": "", "is_active": "y", "version": "1"}
    text = browser("root").post(f"/organisations/edit/?id={alder}", form).get_data(as_text=True)
    assert "is itself in a group" in text and 'href="#parent_id"' in text
    with acting("root"):
        assert find("ALD").parent_id is None


def test_of_two_who_make_each_the_others_group_at_once_one_is_refused(app, acting) -> None:
    with acting("root"):
        pks = [find(code).id for code in ("ALD", "BIR")]
    with app.app_context():
        root = sessions.actor_of("XOS-ROOT")

    def put(pk: int, parent_id: int) -> str:
        with acting_as(root):
            row = db.session.get_one(Organisation, pk)
            known = {name: getattr(row, name) for name in ("name", "advocate_name", "is_active")}
            organisations.change_organisation(pk, known | {"parent_id": parent_id}, version=1)
            db.session.commit()
            return "put"

    results = at_once(app, [partial(put, *pks), partial(put, *reversed(pks))])
    assert results.count("put") == 1 and sum(isinstance(result, RuleBroken) for result in results) == 1, results


def test_xoserve_cannot_be_suspended_for_nobody_could_take_it_back(acting) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="Xoserve cannot be suspended"):
        change("XOS", is_active=False)


def test_customers_see_only_their_own(acting) -> None:
    with acting("lena"):
        assert [row.short_code for row in organisations.list_organisations()] == ["ALD"]
    with acting("root"):
        names = [row.name for row in organisations.list_organisations()]
        assert names == sorted(names) and len(names) == 5
