"""The LSO of a group looks after its members' access, and sees nothing else of theirs."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.access.actor import acting_as
from app.access.tenancy import OutOfReach
from app.domain import clock
from app.domain.errors import NotFound
from app.extensions import db
from app.models import (
    AccessOwned,
    AuditEvent,
    Contact,
    Grant,
    Model,
    Notification,
    Organisation,
    OrganisationOwned,
    RequestKey,
    User,
)
from app.services import contacts, notifications, people, sessions
from tests.cast import PEOPLE

OWNED = [mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, OrganisationOwned)]


def test_an_lso_of_a_group_reaches_members_for_access_work_only(busy, acting) -> None:
    alder, birch = busy["alder"].organisation_id, busy["birch"].organisation_id
    with acting("eli") as eli:
        assert eli.access_ids == eli.managed_ids == {eli.organisation_id, alder}
        for model in OWNED:
            owners = set(db.session.scalars(select(model.organisation_id)))
            assert birch not in owners, model
            assert (alder in owners) <= issubclass(model, AccessOwned), model
        assert alder in set(db.session.scalars(select(User.organisation_id)))
        assert set(db.session.scalars(select(Organisation.id))) == eli.access_ids


def test_of_a_members_acts_only_those_of_access_work_are_read(busy, acting) -> None:
    with acting("eli") as eli:
        members = select(AuditEvent.object_type).where(AuditEvent.organisation_id != eli.organisation_id)
        about = set(db.session.scalars(members))
        aliased = db.aliased(AuditEvent)
        assert set(db.session.scalars(select(aliased.object_type).distinct())) == about
        assert db.session.scalar(select(func.count()).where(AuditEvent.object_type == "contact")) == 0
    assert "user" in about and "acting_session" in about and not about & {"contact", "upload"}


def test_a_members_notifications_are_written_and_never_read(busy, acting) -> None:
    with acting("eli") as eli:
        told = select(Notification.user_id).distinct()
        assert db.session.scalars(told).all() == [eli.user_pk], "lena asked for approval"
        ann = db.session.get_one(User, busy["alder"].user_pk)
        notifications.tell_of_access(ann, "A sentence.", "/account/")
        db.session.commit()
        assert db.session.scalars(told).all() == [eli.user_pk]


def test_nothing_but_access_work_can_be_written_for_a_member(busy, acting) -> None:
    with acting("eli"):
        key = RequestKey(key="x" * 20, organisation_id=busy["alder"].organisation_id, used_at=db.func.now(), result="")
        db.session.add(key)
        with pytest.raises(OutOfReach):
            db.session.flush()
        db.session.rollback()
        with pytest.raises(NotFound):
            contacts.get_contact(busy["alder"].reference)
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_every_page_of_a_groups_lso_keeps_its_members_contacts_to_them(busy, browser) -> None:
    eli, alder = browser("eli"), busy["alder"]
    waiting, seen = ["/", "/people/", "/organisations/", "/activity/", "/contacts/", "/uploads/"], set()
    waiting += [f"/contacts/?q={alder.reference}", "/contacts/?q=3938424403"]
    assert eli.get(f"/contacts/{alder.reference}/").status_code == 404
    bodies = ""
    while waiting:
        address = waiting.pop()
        if address in seen or len(seen) > 150:
            continue
        seen.add(address)
        answer = eli.get(address)
        body = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        assert "Birch" not in body and "BIR-" not in body, address
        shown = body.replace(f'value="{alder.reference}"', "").replace("q=" + alder.reference, "")
        assert alder.reference not in shown.replace("Search: " + alder.reference, ""), address
        assert "Alder Street" not in body and "Alder.xlsx" not in body, address
        bodies += body
        waiting += [h for h in re.findall(r'href="(/[^"#]*)"', body.replace("&amp;", "&")) if "/static/" not in h]
    assert "ALD-ANN" in bodies and len(seen) > 20


def test_what_is_done_for_a_member_is_written_down_as_the_members(busy, acting) -> None:
    with acting("eli") as eli:
        values = {"user_id": "ALD-NEW", "name": "Nell", "email": "nell@alder.example"}
        made = people.create_user(values, organisation_id=busy["alder"].organisation_id)
        db.session.commit()
        made_by = select(AuditEvent).where(AuditEvent.action == "user:create").order_by(AuditEvent.id.desc())
        event = db.session.scalars(made_by).first()
        assert event.object_id == made.id and event.organisation_id == busy["alder"].organisation_id
        assert (event.on_behalf_of, event.actor_organisation) == ("Alder Energy", eli.organisation_name)
    with acting("lena"):
        assert db.session.get(AuditEvent, event.id) is not None


def test_strangers_and_members_gain_nothing_from_the_group(busy, acting) -> None:
    for name in ("lena", "ann", "bea"):
        with acting(name) as one:
            assert one.access_ids == one.organisation_ids == {one.organisation_id}
    with acting("eli"), pytest.raises(NotFound):
        people.get_user(busy["birch"].user_pk)


def test_a_member_that_leaves_the_group_is_out_of_reach_on_the_next_request(busy, acting, app) -> None:
    with acting("system"):
        db.session.get_one(Organisation, busy["alder"].organisation_id).parent_id = None
        db.session.commit()
    with app.app_context():
        eli = sessions.actor_of(PEOPLE["eli"].user_id)
        assert eli is not None
        with acting_as(eli):
            assert eli.access_ids == {eli.organisation_id} and db.session.get(User, busy["alder"].user_pk) is None


def test_a_group_without_the_role_is_nothing(busy, acting, app) -> None:
    """Only whoever may change people reaches the members."""
    with acting("system"):
        eli = db.session.scalars(select(User).where(User.user_id == "ELD-ELI")).one()
        grant = db.session.scalars(select(Grant).where(Grant.user_id == eli.id, Grant.role == "lso")).one()
        grant.starts_on, grant.ends_on = clock.today() - timedelta(days=2), clock.today() - timedelta(days=1)
        db.session.commit()
    with acting("eli") as now:
        assert now.access_ids == {now.organisation_id} and not now.managed_ids
