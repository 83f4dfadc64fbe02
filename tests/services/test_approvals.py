"""services.approvals: what waits for a second pair of eyes, and who is asked."""

from functools import partial

import pytest
from sqlalchemy import func, select

from app.domain.approvals import EVERY_ACT, Act, State, act_of, read_acts, roles_of, write_acts
from app.domain.errors import DomainError, NotAllowed, RuleBroken
from app.domain.roles import Role
from app.extensions import db
from app.models import Approval, Notification, Organisation, OutgoingMail, User
from app.services import approvals, approving, grants, organisations, people_bulk
from app.services.people_bulk import Asked
from tests.services.access import WHY, add_role, find, last_event, let_alone, pk_of, span
from tests.services.asking import LSO, actors, approve, ask, ask_disable, do_as, given_to
from tests.services.racing import at_once


@pytest.fixture(autouse=True)
def two_lsos(acting) -> None:
    """Alder has lena and sue."""
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()


def test_the_table_says_which_role_is_which_act() -> None:
    assert {role: act_of(role) for role in Role if act_of(role)} == {
        Role.LSO: Act.LSO, Role.REPORT_READER: Act.EXPORT,
    }  # fmt: skip
    assert roles_of([Act.EXPORT, Act.BULK_DISABLE]) == [Role.REPORT_READER]
    assert read_acts(EVERY_ACT) == set(Act) and write_acts([]) == "" and read_acts("") == set()
    with pytest.raises(ValueError, match="boss"):
        write_acts(["boss"])


def test_only_what_takes_data_out_and_lso_wait_and_only_when_it_is_more(acting) -> None:
    with acting("lena"):
        grants.grant_service(pk_of("ann"), "reports", span(), reason=WHY)
        assert isinstance(grants.grant_role(pk_of("ann"), "viewer", span(), reason=WHY), User)
        assert isinstance(grants.grant_role(pk_of("rae"), "document_reader", span(0, 9), reason=WHY), User)
        assert isinstance(grants.grant_role(pk_of("ann"), "report_reader", span(), reason=WHY), Approval)
        fewer = grants.grant_role(pk_of("rae"), "report_reader", span(0, 9), reason=WHY)
        assert isinstance(fewer, User), "fewer days are no new right"
        more = grants.grant_role(pk_of("rae"), "report_reader", span(0, 10), reason=WHY)
        assert isinstance(more, Approval), "more days are"


@pytest.mark.parametrize(("act", "left"), [("lso", "bulk_disable export"), ("export", "lso"), ("bulk_disable", "")])
def test_what_an_organisation_does_not_want_approved_is_done_at_once(acting, act, left) -> None:
    with acting("system"):
        db.session.get_one(Organisation, find("ann").organisation_id).approval_acts = left
        db.session.commit()
    with acting("lena"):
        grants.grant_service(pk_of("ann"), "reports", span(), reason=WHY)
        if act == "bulk_disable":
            versions = {pk_of(name): 1 for name in ("vic", "rae")}
            assert people_bulk.change_many(versions, "disable", Asked("", None, WHY)).done == 2
        else:
            role = "lso" if act == "lso" else "report_reader"
            assert isinstance(grants.grant_role(pk_of("ann"), role, span(), reason=WHY), User)


@pytest.mark.parametrize("who", [("root",), ("xena", "alder"), ("system",)])
def test_xoserve_and_the_service_need_nobody_else(acting, who) -> None:
    with acting(*who):
        assert isinstance(grants.grant_role(pk_of("ann"), **LSO), User)
        versions = {pk_of(name): find(name).version for name in ("vic", "rae")}
        assert people_bulk.change_many(versions, "disable", Asked("", None, WHY)).done == 2


def test_a_deputy_asks_and_makes_no_lso(acting) -> None:
    with acting("dee"):
        grants.grant_service(pk_of("ann"), "reports", span(), reason=WHY)
        db.session.commit()
        with pytest.raises(NotAllowed):
            grants.grant_role(pk_of("ann"), **LSO)
    assert approve(acting, ask(acting, by="dee", role="report_reader"), "lena") is State.APPROVED


def test_the_same_asked_for_twice_is_one_request_and_other_days_have_to_wait(acting) -> None:
    first = ask(acting)
    assert ask(acting, reason="Another reason") == first == ask(acting, by="sue")
    with acting("lena"), pytest.raises(RuleBroken, match="waits for approval already") as refusal:
        grants.grant_role(pk_of("ann"), "lso", span(1), reason=WHY)
    assert refusal.value.field == "role"
    many = ask_disable(acting, "ann", "vic")
    assert ask_disable(acting, "vic", "ann") == many != first


def test_one_of_several_who_cannot_be_disabled_anyway_leaves_one_who_is(acting) -> None:
    with acting("lena") as lena:
        versions = {pk_of("ann"): 1, lena.user_pk: 1}
        outcome = people_bulk.change_many(versions, "disable", Asked("", None, WHY))
        assert (outcome.done, len(outcome.left), outcome.asked) == (1, 1, [])


def test_a_role_for_many_is_one_request_and_each_organisation_has_its_own(acting) -> None:
    with acting("eli") as eli:
        versions = {pk_of("ann"): 1, pk_of("vic"): 1, eli.user_pk: 1}
        outcome = people_bulk.change_many(versions, "give-role", Asked("lso", span(), WHY))
        assert (outcome.done, len(outcome.left)) == (0, 1)
        assert [request.summary for request in outcome.asked] == ["LSO for 2 people"]
        db.session.commit()
        again = people_bulk.change_many(versions, "give-role", Asked("lso", span(1), WHY))
        assert (again.done, len(again.left), again.asked) == (0, 3, [])
    with acting("lena"):
        approving.approve(outcome.asked[0].id)
        db.session.commit()
    assert "lso" in given_to(acting, "ann") & given_to(acting, "vic")


def test_whoever_can_approve_is_told_and_named(acting) -> None:
    pk = ask(acting)
    with acting("lena"):
        approvers = approvals.find_approvers(db.session.get_one(Approval, pk))
        assert approvers.words == "Eli and Sue can approve."
    with acting("system"):
        told = select(User.user_id, Notification.text).join(User, User.id == Notification.user_id)
        rows = db.session.execute(told.order_by(User.user_id)).all()
        assert [tuple(row) for row in rows] == [
            (who, "A change of access waits for your approval.") for who in ("ALD-SUE", "ELD-ELI")
        ]
        kinds = select(OutgoingMail.kind, OutgoingMail.address).order_by(OutgoingMail.address)
        assert [tuple(row) for row in db.session.execute(kinds)] == [
            ("approval_asked", "eli@elder.example"), ("approval_asked", "sue@alder.example"),
        ]  # fmt: skip
    approve(acting, pk, "eli")
    with acting("system"):
        newest = select(Notification.text).where(Notification.user_id == pk_of("lena"))
        assert db.session.scalars(newest).all() == ["A change of access that you asked for was approved."]
        given = select(Notification.text).where(Notification.user_id == pk_of("ann"))
        assert "You were given the role LSO" in db.session.scalars(given).one()


def test_where_there_is_no_other_lso_xoserve_is_asked(acting) -> None:
    with acting("bea"):
        asked = grants.grant_role(pk_of("bob"), **LSO)
        assert isinstance(asked, Approval)
        assert approvals.find_approvers(asked).words == "No other LSO can approve it, so Xoserve does."
        db.session.commit()
    with acting("system"):
        assert db.session.scalars(select(OutgoingMail.address)).all() == ["root@xoserve.example"]
    assert approve(acting, asked.id, "root") is State.APPROVED


def test_two_who_ask_the_same_at_the_same_moment_ask_once(app, acting) -> None:
    lena, sue = actors(acting, "lena", "sue")
    with acting("system"):
        ann = pk_of("ann")
    works = [partial(do_as, actor, partial(grants.grant_role, ann, **LSO)) for actor in (lena, sue) * 3]
    results = at_once(app, works)
    assert not [one for one in results if isinstance(one, DomainError)], results
    with acting("system"):
        assert db.session.scalar(select(func.count(Approval.id))) == 1


def test_only_the_administrator_changes_what_needs_approval(acting) -> None:
    with acting("root"):
        row = db.session.get_one(Organisation, find("ann").organisation_id)
        known = {name: getattr(row, name) for name in ("name", "parent_id", "advocate_name", "is_active")}
        with pytest.raises(RuleBroken, match="from the list"):
            organisations.change_organisation(row.id, known | {"approval_acts": ["all"]}, version=row.version)
        changed = organisations.change_organisation(row.id, known | {"approval_acts": ["lso"]}, version=row.version)
        db.session.commit()
        assert changed.approval_acts == "lso"
        event = last_event("organisation:change")
        assert (event.before, event.after) == ({"approval_acts": EVERY_ACT}, {"approval_acts": "lso"})
        pk, version = row.id, row.version
    with acting("lena"), pytest.raises(NotAllowed):
        organisations.change_organisation(pk, known | {"approval_acts": []}, version=version)


def test_what_waits_for_somebody_is_what_they_can_decide(acting) -> None:
    pk = ask(acting)
    for name, expected in (("sue", [pk]), ("eli", [pk]), ("root", [pk]), ("lena", []), ("bea", []), ("ann", [])):
        with acting(name):
            assert [one.id for one in approvals.list_for_actor(9)] == expected, name
    with acting("system"):
        let_alone("ann")
        assert [one.id for one in approvals.list_open_about(find("ann"))] == [pk]
        assert approvals.list_open_about(find("vic")) == []
