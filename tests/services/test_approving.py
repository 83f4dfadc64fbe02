"""services.approving: who may decide, that every rule is asked again, and that it is decided once."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from app import jobs
from app.domain import clock
from app.domain.approvals import State
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Role
from app.extensions import db
from app.models import Approval, AuditEvent, Grant, User
from app.services import approving, grants, people
from tests.services.access import WHY, add_role, find, last_event, pk_of, span
from tests.services.asking import LSO, actors, approve, ask, ask_disable, do_as, given_to, state_of
from tests.services.racing import at_once


@pytest.fixture(autouse=True)
def two_lsos(acting) -> None:
    """Alder has lena and sue."""
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()


def test_a_new_lso_waits_for_another_and_is_one_when_approved(acting) -> None:
    pk = ask(acting)
    assert given_to(acting, "ann") == {"member"}
    assert approve(acting, pk, "sue", why="I know her") is State.APPROVED
    assert given_to(acting, "ann") == {"member", "lso"}
    with acting("system"):
        given = last_event("role:grant")
        assert (given.actor_name, given.reason) == ("Sue", WHY)
        assert (given.after["asked_by"], given.after["approved_by"]) == ("Lena", "Sue")
        assert grants.find_role(find("ann"), Role.LSO).granted_by == "Lena, approved by Sue"
        for act, told in (("ask", ("Lena", WHY)), ("approve", ("Sue", "I know her"))):
            event = last_event(f"approval:{act}")
            assert (event.actor_name, event.reason) == told


def test_whoever_asks_and_whoever_it_is_about_never_approve(acting) -> None:
    with acting("system"):
        add_role("vic", "lso", span(0, 5))
        db.session.commit()
    pk = ask(acting, "vic")
    for name in ("lena", "vic"):
        with acting(name), pytest.raises(NotAllowed, match="somebody else decides"):
            approving.approve(pk)
        with acting(name), pytest.raises(NotAllowed, match="somebody else decides"):
            approving.refuse(pk, why=WHY)
    many = ask_disable(acting, "sue", "ann")
    with acting("sue"), pytest.raises(NotAllowed, match="your own access"):
        approving.approve(many)


def test_the_xoserve_lso_does_not_approve_what_she_asked_for(acting) -> None:
    pk = ask(acting)
    with acting("system"):
        db.session.get_one(Approval, pk).asked_by_id = pk_of("xena")
        db.session.commit()
    with acting("xena", "alder"), pytest.raises(NotAllowed, match="asked for this yourself"):
        approving.approve(pk)


@pytest.mark.parametrize("by", [("sue",), ("eli",), ("root",), ("xena", "alder")])
def test_another_lso_the_groups_lso_and_xoserve_approve(acting, by) -> None:
    assert approve(acting, ask(acting), *by) is State.APPROVED
    assert "lso" in given_to(acting, "ann")


@pytest.mark.parametrize("by", [("dee",), ("ann",), ("vic",), ("mo",), ("xena",), ("ada",)])
def test_nobody_else_decides_not_even_a_deputy_whom_the_asker_chose(acting, by) -> None:
    pk = ask(acting)
    for verb in (approving.approve, approving.refuse):
        with acting(*by), pytest.raises(NotAllowed):
            verb(pk, why=WHY)


@pytest.mark.parametrize("verb", [approving.approve, approving.refuse, approving.withdraw_request])
@pytest.mark.parametrize("by", [("bea",), ("xena", "birch")])
def test_another_organisations_request_is_not_there(acting, verb, by) -> None:
    pk = ask(acting)
    with acting(*by), pytest.raises(NotFound):
        verb(pk, why=WHY)


def test_refused_and_withdrawn_requests_change_nothing_and_end(acting) -> None:
    pk = ask(acting)
    with acting("sue"):
        with pytest.raises(RuleBroken, match="Say why"):
            approving.refuse(pk, why=" ")
        with pytest.raises(NotAllowed, match="Only Lena"):
            approving.withdraw_request(pk)
        approving.refuse(pk, why="Not yet")
        db.session.commit()
        with pytest.raises(Conflict, match="Sue refused this already"):
            approving.approve(pk)
    other = ask(acting)
    with acting("lena"):
        approving.withdraw_request(other)
        db.session.commit()
    with acting("sue"), pytest.raises(Conflict, match="Lena has withdrawn this already"):
        approving.approve(other)
    assert given_to(acting, "ann") == {"member"}
    with acting("system"):
        assert (last_event("approval:refuse").reason, last_event("approval:withdraw").actor_name) == ("Not yet", "Lena")


def test_many_are_disabled_only_when_somebody_else_approves(acting) -> None:
    pk = ask_disable(acting, "ann", "vic", "rae")
    with acting("system"):
        assert db.session.scalar(select(func.count(User.id)).where(~User.is_active)) == 0
        people.disable_user(pk_of("rae"), reason="Left")
        db.session.commit()
    assert approve(acting, pk, "sue") is State.APPROVED
    with acting("system"):
        assert not find("ann").is_active and not find("vic").is_active
        event = last_event("user:disable")
        assert (event.after["asked_by"], event.after["approved_by"], event.reason) == ("Lena", "Sue", WHY)


@pytest.mark.parametrize("why", ["disabled", "withdrawn", "out of time", "deleted"])
def test_a_request_lapses_when_the_asker_is_gone_or_its_time_is_up(acting, move_clock, why) -> None:
    pk = ask(acting)
    with acting("root"):
        if why == "disabled":
            people.disable_user(pk_of("lena"), reason=WHY)
        elif why == "deleted":
            people.delete_user(pk_of("lena"), reason=WHY)
        elif why == "withdrawn":
            grants.withdraw_role(pk_of("lena"), "lso", reason=WHY)
        db.session.commit()
    if why == "out of time":
        move_clock(clock.now() + timedelta(days=14, seconds=1))
    assert approve(acting, pk, "sue") is State.LAPSED
    assert given_to(acting, "ann") == {"member"}
    with acting("system"):
        assert last_event("approval:lapse").actor_name == "Sue"
    with acting("root"), pytest.raises(Conflict, match="has lapsed"):
        approving.approve(pk)


@pytest.mark.parametrize("why", ["disabled", "out of time"])
def test_a_worker_lets_requests_lapse_once(app, acting, move_clock, why) -> None:
    pk = ask(acting)
    with acting("system"):
        assert approving.lapse_requests() == 0
    with acting("root"):
        if why == "disabled":
            people.disable_user(pk_of("lena"), reason=WHY)
            db.session.commit()
    if why == "out of time":
        move_clock(clock.now() + timedelta(days=15))
    for _ in range(2):
        with app.app_context():
            jobs.end_what_is_over()
    found = state_of(acting, pk)
    assert (found.state, found.decided_by) == ("lapsed", "The service")
    with acting("system"):
        assert db.session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.action == "approval:lapse")) == 1


def test_who_is_not_there_any_more_is_given_nothing(acting) -> None:
    pk = ask(acting)
    with acting("root"):
        people.delete_user(pk_of("ann"), reason=WHY)
        db.session.commit()
    assert approve(acting, pk, "sue") is State.LAPSED


def test_what_cannot_be_done_any_more_stays_asked_with_a_sentence(acting) -> None:
    with acting("root"):
        grants.grant_service(pk_of("ann"), "reports", span(), reason=WHY)
        db.session.commit()
    pk = ask(acting, role="report_reader")
    with acting("root"):
        grants.withdraw_service(pk_of("ann"), "reports", reason=WHY)
        db.session.commit()
    with acting("sue"), pytest.raises(RuleBroken, match="Give them the service first"):
        approving.approve(pk)
    assert state_of(acting, pk).state == "asked"


def test_an_approval_opens_nothing_but_what_it_is_of(acting) -> None:
    pk = ask(acting)
    approve(acting, pk, "sue")
    with acting("sue"):
        approved = db.session.get_one(Approval, pk)
        other = grants.grant_role(pk_of("vic"), **LSO, approved=approved)
        assert isinstance(other, Approval) and other.id != pk
    with acting("lena"):
        approved = db.session.get_one(Approval, pk)
        longer = grants.grant_role(pk_of("rae"), **LSO, approved=approved)
        assert isinstance(longer, Approval), "it is whoever approved who carries it out"


def test_of_two_who_approve_and_one_who_refuses_at_the_same_moment_one_decides(app, acting) -> None:
    pk = ask(acting)
    sue, eli, root, lena = actors(acting, "sue", "eli", "root", "lena")
    works = [
        partial(do_as, actor, act)
        for actor, act in [
            (sue, partial(approving.approve, pk)), (eli, partial(approving.approve, pk)),
            (root, partial(approving.refuse, pk, why=WHY)), (lena, partial(approving.withdraw_request, pk)),
        ] * 2
    ]  # fmt: skip
    results = at_once(app, works)
    won = [result for result in results if isinstance(result, str)]
    assert len(won) == 1 and all(isinstance(one, Conflict) for one in results if not isinstance(one, str)), results
    assert state_of(acting, pk).state == won[0]
    with acting("system"):
        held = select(func.count(Grant.id)).where(Grant.role == "lso", Grant.user_id == pk_of("ann"))
        assert db.session.scalar(held) == (won[0] == "approved")


def test_an_asker_disabled_at_the_same_moment_either_lapses_or_came_first(app, acting) -> None:
    pk = ask(acting)
    sue, root = actors(acting, "sue", "root")
    with acting("system"):
        lena = pk_of("lena")
    results = at_once(
        app,
        [
            partial(do_as, sue, partial(approving.approve, pk)),
            partial(do_as, root, partial(people.disable_user, lena, reason=WHY)),
        ],
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    found = state_of(acting, pk)
    assert found.state in ("approved", "lapsed") and ("lso" in given_to(acting, "ann")) == (found.state == "approved")
    with acting("system"):
        acts = select(AuditEvent.action).where(AuditEvent.action.in_(("role:grant", "user:disable")))
        order = db.session.scalars(acts.order_by(AuditEvent.id)).all()
    assert order == (["role:grant", "user:disable"] if found.state == "approved" else ["user:disable"])
