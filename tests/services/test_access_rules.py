"""services.access_rules: each guard of the one rule, through every verb that changes somebody's access."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.actor import SYSTEM, Actor, acting_as, current_actor
from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Role
from app.domain.service import Service
from app.extensions import db
from app.models import AuditEvent, Grant, User
from app.services import access_rules, grants, people, sessions
from tests.cast import PEOPLE
from tests.services.access import WHY, add_role, find, pk_of, span
from tests.services.racing import at_once

VERBS: dict[str, Callable[[int], Any]] = {
    "profile": lambda pk: people.change_profile(pk, {"name": "X", "email": "x@x.xx"}, version=1),
    "disable": lambda pk: people.disable_user(pk, reason=WHY),
    "enable": lambda pk: people.enable_user(pk, reason=WHY),
    "delete": lambda pk: people.delete_user(pk, reason=WHY),
    "grant service": lambda pk: grants.grant_service(pk, "documents", span(), reason=WHY),
    "withdraw service": lambda pk: grants.withdraw_service(pk, "contacts", reason=WHY),
    "grant role": lambda pk: grants.grant_role(pk, "viewer", span(), reason=WHY),
    "withdraw role": lambda pk: grants.withdraw_role(pk, "member", reason=WHY),
}
every_verb = pytest.mark.parametrize("verb", VERBS)


def everything() -> list[tuple[Any, ...]]:
    """What must not change when something is refused."""
    people_now = db.session.execute(select(User.id, User.version, User.is_active, User.name).order_by(User.id)).all()
    held = db.session.execute(select(Grant.user_id, Grant.role, Grant.ends_on).order_by(Grant.id)).all()
    return [*map(tuple, people_now), *map(tuple, held), (db.session.scalar(select(func.count(AuditEvent.id))),)]


@every_verb
@pytest.mark.parametrize("stranger", ["bob", "bea", "ned", "ada", "root"])
def test_nobody_of_another_organisation_is_there_to_be_changed(acting, verb, stranger) -> None:
    with acting("system"):
        pk, before = pk_of(stranger), everything()
    with acting("lena"), pytest.raises(NotFound):
        VERBS[verb](pk)
    with acting("system"):
        assert everything() == before


@every_verb
@pytest.mark.parametrize("keeper", ["lena", "root"])
def test_nobody_changes_their_own_access(acting, verb, keeper) -> None:
    with acting("root"):
        add_role("lena", "member")
        db.session.commit()
        before = everything()
    with acting(keeper) as actor, pytest.raises(NotAllowed, match="your own access"):
        VERBS[verb](actor.user_pk)
    with acting("system"):
        assert everything() == before


@every_verb
@pytest.mark.parametrize("name", ["ann", "sue", "vic", "rae", "ada", "lia", "mo"])
def test_whoever_keeps_no_people_changes_nobody(acting, verb, name) -> None:
    with acting("system"):
        pk = pk_of("ann" if name != "ann" else "vic")
    with acting(name), pytest.raises(NotAllowed):
        VERBS[verb](pk)


@every_verb
def test_a_person_with_a_xoserve_role_is_left_alone_even_in_ones_own_organisation(acting, verb) -> None:
    """Such a person cannot be made through the verbs; the rule stands on its own all the same."""
    with acting("system"):
        add_role("ann", "advocate", span(-9, -5))
        db.session.commit()
        pk = pk_of("ann")
    for keeper in (("lena",), ("xena", "alder")):
        with acting(*keeper), pytest.raises(NotAllowed, match="Xoserve's administrators"):
            VERBS[verb](pk)


@every_verb
@pytest.mark.parametrize("target", ["ada", "mo", "root"])
def test_only_the_administrator_touches_xoserves_people(acting, verb, target) -> None:
    with acting("system"):
        pk = pk_of(target)
    with acting("xena"), pytest.raises(NotAllowed):
        VERBS[verb](pk)
    with acting("xena", "alder"), pytest.raises(NotFound):
        VERBS[verb](pk)


def test_a_person_of_xoserve_without_roles_is_xoserves_all_the_same(acting) -> None:
    with acting("root"):
        grants.withdraw_role(pk_of("ada"), "advocate", reason=WHY)
        db.session.commit()
        pk = pk_of("ada")
    for keeper in (("xena",), ("xena", "alder"), ("lena",)):
        with acting(*keeper), pytest.raises((NotAllowed, NotFound)):
            people.disable_user(pk, reason=WHY)


@pytest.mark.parametrize(
    ("keeper", "role"),
    [("lena", role) for role in ("advocate", "manager", "xoserve_lso", "administrator")]
    + [("xena", role) for role in ("advocate", "lead_advocate", "manager", "xoserve_lso", "administrator")],
)
def test_nobody_gives_or_takes_a_role_beyond_what_they_may(acting, keeper, role) -> None:
    with acting("system"):
        before = everything()
    with acting(keeper, "alder" if keeper == "xena" else ""):
        for verb in (partial(grants.grant_role, span=span()), grants.withdraw_role):
            with pytest.raises(NotAllowed, match="cannot give or take"):
                verb(pk_of("ann"), role, reason=WHY)
            db.session.rollback()
    with acting("system"):
        assert everything() == before


@pytest.mark.parametrize(
    ("target", "access"),
    [("ann", "advocate"), ("ann", "administrator"), ("ada", "member"), ("ada", "lso"), ("ada", "report_reader")],
)
def test_not_even_the_administrator_gives_what_the_kind_of_organisation_cannot_hold(acting, target, access) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="cannot hold this") as refusal:
        grants.grant_role(pk_of(target), access, span(), reason=WHY)
    assert refusal.value.field == "role"


@pytest.mark.parametrize("service", ["reports", "documents"])
def test_a_service_is_given_only_to_kinds_that_may_hold_it(acting, service) -> None:
    with acting("root"), pytest.raises(RuleBroken, match="cannot hold this") as refusal:
        grants.grant_service(pk_of("ada"), service, span(), reason=WHY)
    assert refusal.value.field == "service"


def test_offered_is_what_the_actor_may_give_and_the_kind_may_hold(acting) -> None:
    with acting("lena") as lena:
        services, roles = access_rules.grantable_to(lena, "SHIPPER")
        assert (len(services), Role.LSO in roles, len(roles)) == (3, True, 6)
        assert access_rules.grantable_to(lena, "MRA")[0] == [Service.CONTACTS, Service.DOCUMENTS]
        assert access_rules.grantable_to(lena, "CDSP") == ([Service.CONTACTS], [])
    with acting("ann") as ann:
        assert access_rules.grantable_to(ann, "SHIPPER") == ([], [])


LAST_GOES: dict[str, Callable[[int], Any]] = {
    "disabled": VERBS["disable"],
    "deleted": VERBS["delete"],
    "demoted": lambda pk: grants.withdraw_role(pk, "lso", reason=WHY),
    "expired": lambda pk: grants.grant_role(pk, "lso", span(0, 30), reason=WHY),
    "begun later": lambda pk: grants.grant_role(pk, "lso", span(5), reason=WHY),
}


@pytest.mark.parametrize("how", LAST_GOES)
def test_the_last_lso_stays(acting, how) -> None:
    with acting("root"):
        before = everything()
        with pytest.raises(RuleBroken, match="Alder Energy would have no LSO"):
            LAST_GOES[how](pk_of("lena"))
        db.session.rollback()
        assert everything() == before


@pytest.mark.parametrize("how", LAST_GOES)
def test_a_second_lso_with_a_last_day_does_not_free_the_first(acting, how) -> None:
    with acting("root"):
        add_role("sue", "lso", span(0, 10))
        db.session.commit()
        if how == "begun later":
            LAST_GOES[how](pk_of("lena"))  # sue is there until lena is again
        else:
            with pytest.raises(RuleBroken, match="would have no LSO from"):
                LAST_GOES[how](pk_of("lena"))


@pytest.mark.parametrize("how", LAST_GOES)
def test_of_two_lsos_one_may_go(acting, how) -> None:
    with acting("root"):
        add_role("sue", "lso")
        db.session.commit()
        LAST_GOES[how](pk_of("lena"))


@pytest.mark.parametrize("of_no_use", ["disabled", "to come", "over"])
def test_who_runs_nothing_is_not_counted(acting, of_no_use) -> None:
    with acting("root"):
        add_role("sue", "lso", {"disabled": span(), "to come": span(9), "over": span(-9, -1)}[of_no_use])
        if of_no_use == "disabled":
            find("sue").is_active = False
        db.session.commit()
        with pytest.raises(RuleBroken, match="would have no LSO"):
            people.disable_user(pk_of("lena"), reason=WHY)


def test_an_organisation_without_an_lso_can_still_be_helped(acting) -> None:
    with acting("xena", "cedar"):
        people.disable_user(pk_of("ned"), reason=WHY)


def test_the_last_administrator_stays(acting) -> None:
    with acting("system"):
        for act in (lambda pk: grants.withdraw_role(pk, "administrator", reason=WHY), VERBS["disable"]):
            with pytest.raises(RuleBroken, match="would have no Administrator"):
                act(pk_of("root"))
            db.session.rollback()


def test_going_below_two_is_warned_about(acting) -> None:
    with acting("root") as root:
        add_role("sue", "lso")
        lena = find("lena")
        assert "only one LSO. Two are advised" in access_rules.check_manage(root, lena, access_rules.SHUTS_OUT)
        later = access_rules.giving(Role.LSO, span(0, 5))
        assert "only one LSO from" in access_rules.check_manage(root, lena, later)
        add_role("vic", "lso")
        assert access_rules.check_manage(root, lena, access_rules.SHUTS_OUT) == ""
        assert access_rules.check_manage(root, find("ann"), access_rules.SHUTS_OUT) == ""


def do_as(actor: Actor, act: Callable[[], Any]) -> str:
    with acting_as(actor):
        act()
        db.session.commit()
    return "done"


@pytest.mark.parametrize("verb", ["disable", "delete"])
def test_of_two_lsos_who_act_on_each_other_at_the_same_moment_one_stays(app, acting, verb) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
        both = {name: (sessions.actor_of(PEOPLE[name].user_id), pk_of(name)) for name in ("lena", "sue")}
    pairs = [(both["lena"][0], both["sue"][1]), (both["sue"][0], both["lena"][1])]
    works = [partial(do_as, actor, partial(VERBS[verb], pk)) for actor, pk in pairs * 3]
    results = at_once(app, works)
    assert results.count("done") == 1, results
    assert all(isinstance(result, DomainError) for result in results if result != "done"), results
    with acting("system"):
        wanted = select(func.count(User.id)).where(User.is_active, User.id.in_([pk for _, pk in both.values()]))
        assert db.session.scalar(wanted) == 1


def test_whoever_was_disabled_meanwhile_does_nothing_more(acting) -> None:
    with acting("lena") as lena:
        with acting_as(SYSTEM):
            add_role("sue", "lso")
            find("lena").is_active = False
            db.session.commit()
        with pytest.raises(Conflict, match="Your own access was changed"):
            people.disable_user(pk_of("ann"), reason=WHY)
        assert current_actor() is lena


def test_whoever_lost_the_role_meanwhile_does_nothing_more(acting) -> None:
    with acting("lena"):
        with acting_as(SYSTEM):
            add_role("sue", "lso")
            db.session.scalars(select(Grant).where(Grant.user_id == pk_of("lena"))).one().ends_on = span(-1).starts_on
            db.session.commit()
        with pytest.raises(Conflict, match="Your own access was changed"):
            people.disable_user(pk_of("ann"), reason=WHY)
