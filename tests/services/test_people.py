"""services.people: who may give what to whom."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.access.actor import current_actor
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.roles import CUSTOMER_ROLES, Role
from app.extensions import db
from app.models import AuditEvent, Organisation, User, UserSession
from app.services import passwords, people, sessions
from tests.cast import PASSWORD, PEOPLE

NEW = {"user_id": "ald-new.1", "name": "Newton New", "email": "new@alder.example"}
LONG_WAIT = {"idle": timedelta(hours=1), "longest": timedelta(hours=9)}


def find(name: str) -> User:
    """A member of the cast as the actor sees them."""
    pk = db.session.scalar(select(User.id).where(User.user_id == PEOPLE[name].user_id))
    return people.get_user(pk if pk is not None else -1)


def change(user: User, roles: list[str] | None = None, **values: object) -> User:
    """Change a person with everything else as it is."""
    held = sorted(grant.role for grant in user.grants)
    known = {"name": user.name, "email": user.email, "is_active": user.is_active}
    return people.change_user(user.id, known | values, held if roles is None else roles, version=user.version)


def organisation_id(code: str) -> int:
    return db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()


def test_an_lso_adds_a_person_to_her_own_organisation(app, acting) -> None:
    with acting("lena") as lena:
        user, first_password = people.create_user(NEW, ["member", "report_reader"])
        db.session.commit()
        assert (user.user_id, user.organisation_id) == ("ALD-NEW.1", lena.organisation_id)
        assert user.must_change_password and user.is_active
        assert first_password not in user.password_hash and passwords.is_right(user.password_hash, first_password)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user:create")).one()
        assert event.after == {"user_id": "ALD-NEW.1", "roles": ["member", "report_reader"]}
        assert first_password not in repr(event.after)
    with app.app_context():
        assert sessions.actor_of("ald-new.1").roles == {Role.MEMBER, Role.REPORT_READER}
        assert sessions.sign_in("ALD-new.1", first_password, address="", browser="")


def test_two_first_passwords_are_never_the_same_and_long_enough_to_keep() -> None:
    made = {passwords.make_first() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        passwords.check_new(password, user_id="ALD-ANN")


@pytest.mark.parametrize("user_id", ["", "ab", "-abc", ".abc", "a b c", "a" * 33, "ann@alder", "a\nbc", "ÅBC", "AL\0D"])
def test_a_user_id_has_its_shape(acting, user_id) -> None:
    with acting("lena"), pytest.raises(RuleBroken, match="A user ID is") as refusal:
        people.create_user({**NEW, "user_id": user_id}, [])
    assert refusal.value.field == "user_id"


@pytest.mark.parametrize("taken", ["ALD-ANN", "ald-ann", " BIR-BOB ", "xos-root"])
def test_a_taken_user_id_is_refused_without_saying_by_whom(acting, taken) -> None:
    with acting("lena"):
        with pytest.raises(RuleBroken) as refusal:
            people.create_user({**NEW, "user_id": taken}, ["member"])
        assert refusal.value.message == "That user ID cannot be used. Choose another."


@pytest.mark.parametrize("name", ["ann", "sue", "vic", "bob", "ada", "lia", "mo"])
def test_whoever_keeps_no_people_adds_and_changes_nobody(acting, name) -> None:
    with acting(name):
        with pytest.raises(NotAllowed):
            people.create_user(NEW, [])
        with pytest.raises(NotAllowed):
            people.change_user(current_actor().user_pk, {}, [], version=1)


def test_an_lso_cannot_add_to_another_organisation(acting) -> None:
    with acting("system"):
        birch = organisation_id("BIR")
    with acting("lena"), pytest.raises(RuleBroken, match="Choose an organisation"):
        people.create_user(NEW, ["member"], organisation_id=birch)
    with acting("root"):
        user, _ = people.create_user({**NEW, "user_id": "BIR-NEW"}, ["lso"], organisation_id=birch)
        assert user.organisation_id == birch


@pytest.mark.parametrize("stranger", ["bob", "bea", "ned", "root", "ada"])
def test_an_lso_cannot_reach_anybody_elsewhere(acting, stranger) -> None:
    with acting("system"):
        user = find(stranger)
        pk, version = user.id, user.version
    with acting("lena"):
        with pytest.raises(NotFound):
            people.get_user(pk)
        with pytest.raises(NotFound):
            people.change_user(pk, {"name": "X", "email": "x@x.xx", "is_active": False}, [], version=version)
    with acting("system"):
        assert (find(stranger).version, find(stranger).is_active) == (version, True)


@pytest.mark.parametrize("keeper", ["lena", "bea", "xena", "root"])
def test_nobody_changes_their_own_roles_or_disables_themselves(acting, keeper) -> None:
    with acting(keeper):
        user = find(keeper)
        held = [grant.role for grant in user.grants]
        for roles in ([], [*held, "member"], ["manager"], ["viewer"]):
            with pytest.raises(NotAllowed, match="your own roles"):
                change(user, roles)
        with pytest.raises(NotAllowed, match="disable yourself"):
            change(user, is_active=False)
        assert change(user, name="Another Name").name == "Another Name"


@pytest.mark.parametrize(
    ("keeper", "target", "role"),
    [("lena", "ann", role) for role in ("lso", "advocate", "lead_advocate", "manager", "xoserve_lso", "administrator")]
    + [("xena", "ann", role) for role in ("advocate", "manager", "xoserve_lso", "administrator")]
    + [("xena", "ada", "member"), ("xena", "ada", "administrator"), ("root", "ann", "administrator")]
    + [("root", "ada", "member")],
)
def test_nobody_gives_a_role_beyond_what_they_may(acting, keeper, target, role) -> None:
    with acting(keeper):
        user = find(target)
        held = [grant.role for grant in user.grants]
        with pytest.raises(NotAllowed, match="cannot give or take|managed by Xoserve"):
            change(user, [*held, role])
        db.session.rollback()
    with acting("system"):
        assert [grant.role for grant in find(target).grants] == held


def test_an_lso_cannot_take_a_role_she_could_not_give(acting) -> None:
    with acting("root"):
        change(find("sue"), ["supervisor", "lso"])
        db.session.commit()
    with acting("lena"):
        with pytest.raises(NotAllowed, match="LSO"):
            change(find("sue"), ["supervisor"])
        db.session.rollback()
        assert change(find("sue"), ["member", "lso"]).id


def test_nobody_can_add_a_person_with_roles_beyond_theirs_and_nothing_is_kept(acting) -> None:
    with acting("lena"):
        with pytest.raises(NotAllowed):
            people.create_user(NEW, ["member", "administrator"])
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(User).where(User.user_id == "ALD-NEW.1")) == 0


@pytest.mark.parametrize("role", ["", "boss", "ADMINISTRATOR", "member;lso"])
def test_an_invented_role_is_refused_with_a_sentence(acting, role) -> None:
    with acting("root"):
        with pytest.raises(RuleBroken, match="There is no role") as refusal:
            change(find("ann"), ["member", role])
        assert refusal.value.field == "roles"


def test_offered_roles_are_those_of_the_organisations_kind(acting) -> None:
    with acting("lena"):
        assert set(people.grantable_roles("SHIPPER")) == CUSTOMER_ROLES - {Role.LSO}
        assert people.grantable_roles("CDSP") == []
    with acting("xena"):
        assert set(people.grantable_roles("SHIPPER")) == CUSTOMER_ROLES
        assert people.grantable_roles("CDSP") == []
    with acting("root"):
        assert set(people.grantable_roles("CDSP")) == set(Role) - CUSTOMER_ROLES
    with acting("ann"):
        assert people.grantable_roles("SHIPPER") == []


def test_an_lso_cannot_touch_a_person_with_a_xoserve_role_even_in_her_organisation(acting) -> None:
    """Such a person cannot be made through the verbs; the rule stands on its own all the same."""
    with acting("system"):
        user = find("ann")
        user.grants[0].role = Role.ADVOCATE.value
        db.session.commit()
    with acting("lena"), pytest.raises(NotAllowed, match="managed by Xoserve"):
        change(find("ann"), name="X")


def test_a_change_is_audited_with_what_altered_and_nothing_else(acting) -> None:
    with acting("lena") as lena:
        change(find("ann"), ["member", "viewer"], name="Anna")
        db.session.commit()
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user:change")).one()
        assert (event.before, event.after) == (
            {"name": "Ann", "roles": ["member"]},
            {"name": "Anna", "roles": ["member", "viewer"]},
        )
        assert (event.organisation_id, event.actor_name) == (lena.organisation_id, "Lena")


def test_an_old_version_of_a_person_is_a_conflict(acting) -> None:
    with acting("lena"):
        user = find("ann")
        change(user, name="Anna")
        db.session.commit()
        with pytest.raises(Conflict):
            people.change_user(user.id, {"name": "A", "email": "a@a.aa", "is_active": True}, ["member"], version=1)


@pytest.mark.parametrize("what", [{"is_active": False}, {"roles": ["viewer"]}, {"roles": []}])
def test_disabling_or_other_roles_end_the_persons_sessions_at_once(app, acting, what) -> None:
    with app.app_context():
        tokens = [sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="") for _ in range(2)]
        other = sessions.sign_in("ALD-SUE", PASSWORD, address="", browser="")
    with acting("lena"):
        change(find("ann"), **what)
        db.session.commit()
    with app.app_context():
        assert [sessions.resume(token, **LONG_WAIT) for token in tokens] == [None, None]
        assert sessions.resume(other, **LONG_WAIT) is not None
    with acting("system"):
        revoked = db.session.scalars(select(UserSession.revoked_at).order_by(UserSession.id)).all()
        assert [at is not None for at in revoked] == [True, True, False]


def test_a_new_name_ends_no_session(app, acting) -> None:
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    with acting("lena"):
        change(find("ann"), name="Anna")
        db.session.commit()
    with app.app_context():
        assert sessions.resume(token, **LONG_WAIT).name == "Anna"


def test_a_disabled_person_is_no_actor(app, acting) -> None:
    with acting("lena"):
        change(find("ann"), is_active=False)
        db.session.commit()
    with app.app_context():
        assert sessions.actor_of("ALD-ANN") is None
