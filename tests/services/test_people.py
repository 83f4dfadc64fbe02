"""services.people: accounts, from the first day to the last (who may do it to whom: test_access_rules)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.access.actor import SYSTEM, acting_as, current_actor
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Role
from app.extensions import db
from app.models import (
    AuditEvent,
    Grant,
    Notification,
    Organisation,
    OutgoingMail,
    ServiceGrant,
    SignInLink,
    UserSession,
)
from app.services import grants, people, sessions
from tests.cast import PASSWORD
from tests.services.access import WHY, add_role, find, last_event, pk_of, span

NEW = {"user_id": "ald-new.1", "name": "Newton New", "email": "new@alder.example"}
LONG_WAIT = {"idle": timedelta(hours=1), "longest": timedelta(hours=9)}


def organisation_id(code: str) -> int:
    return db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()


def test_an_lso_adds_a_person_to_her_own_organisation_without_services_and_roles(app, acting) -> None:
    with acting("lena") as lena:
        user = people.create_user(NEW)
        db.session.commit()
        assert (user.user_id, user.organisation_id, user.is_active) == ("ALD-NEW.1", lena.organisation_id, True)
        assert last_event("user:create").after == {**NEW, "user_id": "ALD-NEW.1"}
    with app.app_context():
        assert sessions.actor_of("ald-new.1").roles == frozenset()


@pytest.mark.parametrize("user_id", ["", "ab", "-abc", ".abc", "a b c", "a" * 33, "ann@alder", "a\nbc", "ÅBC", "AL\0D"])
def test_a_user_id_has_its_shape(acting, user_id) -> None:
    with acting("lena"), pytest.raises(RuleBroken, match="A user ID is") as refusal:
        people.create_user({**NEW, "user_id": user_id})
    assert refusal.value.field == "user_id"


@pytest.mark.parametrize("taken", ["ALD-ANN", "ald-ann", " BIR-BOB ", "xos-root"])
def test_a_taken_user_id_is_refused_without_saying_by_whom(acting, taken) -> None:
    with acting("lena"):
        with pytest.raises(RuleBroken) as refusal:
            people.create_user({**NEW, "user_id": taken})
        assert refusal.value.message == "That user ID cannot be used. Choose another."


def test_the_user_id_of_a_deleted_person_stays_taken(acting) -> None:
    with acting("lena"):
        people.delete_user(pk_of("vic"), reason=WHY)
        db.session.commit()
        with pytest.raises(RuleBroken, match="cannot be used"):
            people.create_user({**NEW, "user_id": "ALD-VIC"})


@pytest.mark.parametrize("name", ["ann", "sue", "vic", "bob", "ada", "lia", "mo"])
def test_whoever_keeps_no_people_adds_nobody(acting, name) -> None:
    with acting(name), pytest.raises(NotAllowed):
        people.create_user(NEW)


def test_an_lso_cannot_add_to_another_organisation(acting) -> None:
    with acting("system"):
        birch, xoserve = organisation_id("BIR"), organisation_id("XOS")
    with acting("lena"), pytest.raises(RuleBroken, match="Choose an organisation"):
        people.create_user(NEW, organisation_id=birch)
    with acting("xena"), pytest.raises(NotAllowed):
        people.create_user(NEW, organisation_id=xoserve)
    with acting("xena", "alder"), pytest.raises(RuleBroken, match="Choose an organisation"):
        people.create_user(NEW, organisation_id=birch)
    with acting("xena", "birch"):
        assert people.create_user({**NEW, "user_id": "BIR-NEW"}, organisation_id=birch).organisation_id == birch


def test_a_user_id_and_an_organisation_never_change_whoever_tries(acting) -> None:
    with acting("system"):
        pk = pk_of("ann")
        for change in ("user_id = 'ALD-OTHER'", f"organisation_id = {organisation_id('BIR')}"):
            with pytest.raises(DBAPIError, match="keeps user ID and organisation"):
                db.session.execute(text(f'UPDATE "user" SET {change} WHERE id = {pk}'))
            db.session.rollback()
        db.session.execute(text(f"UPDATE \"user\" SET user_id = user_id, name = 'Anna' WHERE id = {pk}"))
        assert find("ann").name == "Anna"


def test_a_profile_is_changed_and_audited_with_what_altered_and_ends_no_session(app, acting) -> None:
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    with acting("lena") as lena:
        user = people.change_profile(pk_of("ann"), {"name": "Anna", "email": "ann@alder.example"}, version=1)
        db.session.commit()
        event = last_event("user:change")
        assert (event.before, event.after) == ({"name": "Ann"}, {"name": "Anna"})
        assert (event.organisation_id, event.actor_name, user.version) == (lena.organisation_id, "Lena", 2)
        with pytest.raises(Conflict):
            people.change_profile(pk_of("ann"), {"name": "A", "email": "a@a.aa"}, version=1)
    with app.app_context():
        assert sessions.resume(token, **LONG_WAIT).name == "Anna"


def test_disabling_ends_every_session_at_once_and_enabling_brings_the_roles_back(app, acting) -> None:
    with app.app_context():
        tokens = [sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="") for _ in range(2)]
        other = sessions.sign_in("ALD-SUE", PASSWORD, address="", browser="")
    with acting("lena"):
        user = people.disable_user(pk_of("ann"), reason=f" {WHY}\n", version=1)
        db.session.commit()
        event = last_event("user:disable")
        assert (event.before, event.after, event.reason) == ({"is_active": True}, {"is_active": False}, WHY)
        assert user.disabled_reason == WHY
        assert db.session.scalars(select(OutgoingMail.kind)).all() == ["disabled"]
        with pytest.raises(RuleBroken, match="disabled already"):
            people.disable_user(user.id, reason=WHY)
    with app.app_context():
        assert [sessions.resume(token, **LONG_WAIT) for token in tokens] == [None, None]
        assert sessions.resume(other, **LONG_WAIT) is not None
        assert sessions.actor_of("ALD-ANN") is None
    with acting("lena"):
        people.enable_user(pk_of("ann"), reason=WHY, version=2)
        db.session.commit()
        assert last_event("user:enable").reason == WHY
        with pytest.raises(RuleBroken, match="is not disabled"):
            people.enable_user(pk_of("ann"), reason=WHY)
    with app.app_context():
        assert sessions.actor_of("ALD-ANN").roles == {Role.MEMBER}
        assert [sessions.resume(token, **LONG_WAIT) for token in tokens] == [None, None]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 401, "bell\x07"])
def test_without_a_reason_that_can_be_read_nothing_is_done(acting, reason) -> None:
    with acting("lena"):
        for act in (people.disable_user, people.enable_user, people.delete_user):
            with pytest.raises(RuleBroken) as refusal:
                act(pk_of("ann"), reason=reason)
            assert refusal.value.field == "reason"


def test_a_deleted_persons_name_stays_and_nothing_else_does(app, acting) -> None:
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
    with acting("lena"):
        pk = pk_of("ann")
        user = people.delete_user(pk, reason=WHY, version=1)
        db.session.commit()
        assert (user.name, user.email, user.password_hash, user.is_active) == ("Ann", "", "", False)
        event = last_event("user:delete")
        assert event.before == {
            "email": "ann@alder.example",
            "is_active": True,
            "services": ["contacts"],
            "roles": ["member"],
        }
        assert (event.object_label, event.reason) == ("Ann (ALD-ANN)", WHY)
        for model in (Grant, ServiceGrant):
            assert db.session.scalar(select(func.count(model.id)).where(model.user_id == pk)) == 0
        for act in (people.enable_user, people.disable_user, people.delete_user):
            with pytest.raises(NotFound):
                act(pk, reason=WHY)
        with pytest.raises(NotFound):
            grants.grant_service(pk, "contacts", span(), reason=WHY)
    with app.app_context():
        assert sessions.resume(token, **LONG_WAIT) is None
        for password in (PASSWORD, "", "!"):
            with pytest.raises(RuleBroken, match="do not match"):
                sessions.sign_in("ALD-ANN", password, address="", browser="")
    with acting("system"):
        assert all(db.session.scalars(select(UserSession.revoked_at).where(UserSession.user_id == pk)))
        assert db.session.scalars(select(AuditEvent.actor_name).where(AuditEvent.actor_id == pk)).first() == "Ann"


def test_the_lsos_named_to_people_are_those_of_today(acting) -> None:
    with acting("system"):
        add_role("sue", "lso", span(1))
        add_role("vic", "lso")
        db.session.commit()
    with acting("ann"):
        assert [user.name for user in people.list_own_lsos()] == ["Lena", "Vic"]
        assert current_actor().name == "Ann"


def mails_to(app, name: str) -> list[str]:
    with app.app_context(), acting_as(SYSTEM):
        to_them = (OutgoingMail.user_id == pk_of(name)) | (OutgoingMail.address == f"{name}@alder.example")
        return list(db.session.scalars(select(OutgoingMail.kind).where(to_them).order_by(OutgoingMail.id)))


def test_a_new_address_makes_links_sent_to_the_old_one_worthless_and_the_old_one_is_told(app, acting) -> None:
    with acting("lena"):
        people.send_link(pk_of("ann"))
        db.session.commit()
        ann = find("ann")
        people.change_profile(ann.id, {"name": ann.name, "email": "annie@alder.example"}, version=ann.version)
        db.session.commit()
        assert db.session.scalars(select(SignInLink.ended_at).where(SignInLink.user_id == ann.id)).one() is not None
    assert mails_to(app, "ann")[-1] == "address_changed"
    with acting("ann"):
        told = db.session.scalars(select(Notification.text).order_by(Notification.id.desc()).limit(1)).one()
        assert told == "Lena changed your e-mail address."


def test_whoever_was_invited_to_a_wrong_address_is_invited_to_the_right_one(acting) -> None:
    with acting("lena"):
        user = people.create_user(NEW)
        db.session.commit()
        people.change_profile(user.id, {"name": user.name, "email": "right@alder.example"}, version=user.version)
        db.session.commit()
        links = db.session.scalars(
            select(SignInLink).where(SignInLink.user_id == user.id).order_by(SignInLink.id)
        ).all()
        assert [link.ended_at is None for link in links] == [False, True]
        assert [link.purpose for link in links] == ["invitation", "invitation"]


def test_people_are_told_by_mail_what_became_of_their_account(app, acting) -> None:
    with acting("lena"):
        people.disable_user(pk_of("vic"), reason=WHY)
        people.enable_user(pk_of("vic"), reason=WHY)
        people.delete_user(pk_of("vic"), reason=WHY)
        db.session.commit()
    assert mails_to(app, "vic") == ["disabled", "enabled", "deleted"]


@pytest.mark.parametrize(("name", "may"), [("sue", False), ("dee", False), ("eli", False), ("root", True)])
def test_an_lsos_address_is_changed_by_nobody_who_could_then_approve_in_their_name(acting, name, may) -> None:
    with acting("root"):
        add_role("sue", "lso")
        db.session.commit()
    with acting(name):
        lena = find("lena")
        people.change_profile(lena.id, {"name": "Lena Long", "email": lena.email}, version=lena.version)
        other = {"name": "Lena Long", "email": "mine@elsewhere.example"}
        if may:
            assert people.change_profile(lena.id, other, version=lena.version).email == other["email"]
        else:
            with pytest.raises(NotAllowed, match="Only Xoserve changes another LSO") as refusal:
                people.change_profile(lena.id, other, version=lena.version)
            assert refusal.value.field == "email"
        db.session.rollback()
