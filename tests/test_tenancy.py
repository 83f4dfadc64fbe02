"""Every owned model, every way to read or write it through the session, as a stranger."""

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from app.access import tenancy
from app.access.actor import acting_as
from app.access.tenancy import OutOfReach
from app.extensions import db
from app.models import SHARED, Contact, Message, Model, Organisation, OrganisationOwned, User
from app.models.connections import reading

MAPPED = sorted((mapper.class_ for mapper in Model.registry.mappers), key=lambda model: model.__name__)
# Rows that only Xoserve owns.
XOSERVES = {"SupportRequest"}
OWNED = [model for model in MAPPED if issubclass(model, OrganisationOwned)]
owned_models = pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)


def test_every_model_is_owned_or_shared_and_never_both() -> None:
    for model in MAPPED:
        assert issubclass(model, OrganisationOwned) != (model.__name__ in SHARED), model
    assert {model.__name__ for model in MAPPED} >= SHARED


def test_owned_columns_are_not_null_and_children_refer_by_organisation() -> None:
    for model in OWNED:
        assert not model.__table__.c.organisation_id.nullable
        for constraint in model.__table__.foreign_key_constraints:
            target = constraint.referred_table
            is_owned = "organisation_id" in target.c
            names = {column.name for column in constraint.columns}
            # These name a person of another organisation on purpose, or an event that is owned itself.
            by_design = {"assignee_id", "asked_by_id", "uploaded_by_id", "event_id", "user_session_id"}
            assert not is_owned or "organisation_id" in names or names <= by_design, (model, names)


@owned_models
def test_the_busy_world_holds_rows_of_both_organisations(model, busy, acting) -> None:
    if model.__name__ in XOSERVES:
        return
    with acting("system"):
        counts = dict(
            db.session.execute(select(model.organisation_id, func.count()).group_by(model.organisation_id)).all()
        )
    assert counts.get(busy["alder"].organisation_id) and counts.get(busy["birch"].organisation_id), (
        "extend tests/worlds.py"
    )


def test_no_owned_model_shows_another_organisations_row(busy, acting) -> None:
    with acting("system"):
        foreign = {
            model: list(
                db.session.scalars(select(model.id).where(model.organisation_id == busy["birch"].organisation_id))
            )
            for model in OWNED
        }
    for name in ("ann", "vic", "lena", "sue"):
        with acting(name) as actor:
            for model, ids in foreign.items():
                assert {row.organisation_id for row in db.session.scalars(select(model))} <= actor.organisation_ids
                assert db.session.scalar(select(func.count()).select_from(model).where(model.id.in_(ids))) == 0
                assert db.session.execute(select(model.id).where(model.id.in_(ids))).all() == []
                assert all(db.session.get(model, pk) is None for pk in ids)
                aliased = db.aliased(model)
                assert db.session.scalars(select(aliased).where(aliased.id.in_(ids))).all() == []
                inner = select(model.id).where(model.id.in_(ids))
                assert db.session.scalar(select(func.count()).select_from(inner.subquery())) == 0
                assert db.session.query(model).filter(model.id.in_(ids)).count() == 0
            assert {
                organisation.id for organisation in db.session.scalars(select(Organisation))
            } == actor.organisation_ids


def test_statements_that_go_round_the_filter_are_refused(busy, acting) -> None:
    table = Contact.__table__
    statements = [
        text("SELECT * FROM contact"),
        select(table),
        select(func.count()).select_from(table),
        update(Contact).values(summary="x"),
        delete(Contact),
        insert(Contact).values(reference="x"),
        update(table).values(summary="x"),
        delete(table),
    ]
    with acting("ann"):
        for statement in statements:
            with pytest.raises(OutOfReach):
                db.session.execute(statement)


def test_the_bulk_door_checks_every_row(busy, acting) -> None:
    with acting("ann") as ann:
        rows = [{"organisation_id": ann.organisation_id}, {"organisation_id": busy["birch"].organisation_id}]
        with pytest.raises(OutOfReach):
            tenancy.bulk_insert(Message, rows)
        with pytest.raises(OutOfReach):
            tenancy.unscoped(select(Contact.id))
        with pytest.raises(OutOfReach):
            tenancy.unscoped(select(select(Contact.id).subquery().c.id))


def test_compare_and_set_cannot_reach_another_organisation(busy, acting) -> None:
    with acting("system"):
        foreign = db.session.scalars(select(Contact).where(Contact.reference == busy["birch"].reference)).one()
        db.session.expunge(foreign)
    with acting("ann"), pytest.raises(OutOfReach):
        tenancy.compare_and_set(foreign, {}, {"summary": "x"})


def test_compare_and_set_has_the_organisation_in_its_condition(busy, acting) -> None:
    """Whatever a row in memory says of its organisation, the row of another is not written."""
    with acting("system"):
        foreign = db.session.scalars(select(Contact).where(Contact.reference == busy["birch"].reference)).one()
        db.session.expunge(foreign)
    with acting("ann") as ann:
        set_committed_value(foreign, "organisation_id", ann.organisation_id)
        assert not tenancy.compare_and_set(foreign, {}, {"summary": "x"})
        db.session.commit()
    with acting("system"):
        assert db.session.scalars(select(Contact.summary).where(Contact.id == foreign.id)).one() != "x"


def test_writes_to_another_organisation_are_refused(busy, acting) -> None:
    with acting("ann") as ann:
        mine = db.session.scalars(select(Contact)).first()
        mine.organisation_id = busy["birch"].organisation_id
        with pytest.raises(OutOfReach):
            db.session.flush()
        db.session.rollback()
        db.session.add(Message(contact_id=1, organisation_id=busy["birch"].organisation_id, event_id=1, text="x"))
        with pytest.raises(OutOfReach):
            db.session.flush()
        db.session.rollback()
        db.session.add(Message(contact_id=1, event_id=1, text="x"))
        with pytest.raises(OutOfReach):
            db.session.flush()
        db.session.rollback()
        organisation = db.session.get(Organisation, ann.organisation_id)
        organisation.name = "Renamed"
        with pytest.raises(OutOfReach):
            db.session.flush()
    with acting("root"):
        user = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        user.organisation_id = busy["birch"].organisation_id
        with pytest.raises(OutOfReach):
            db.session.flush()


def test_a_child_of_mine_cannot_hang_on_anothers_parent(busy, acting) -> None:
    with acting("system"):
        contact_id, event_id = db.session.execute(
            select(Message.contact_id, Message.event_id).where(Message.organisation_id == busy["birch"].organisation_id)
        ).first()
    with acting("ann") as ann:
        db.session.add(Message(contact_id=contact_id, organisation_id=ann.organisation_id, event_id=event_id, text="x"))
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_without_an_actor_the_database_answers_nothing(app) -> None:
    with app.app_context(), pytest.raises(OutOfReach):
        db.session.execute(select(Contact))


def test_rows_do_not_cross_from_one_actor_to_the_next(busy, acting) -> None:
    with acting("system"):
        pk = db.session.scalars(select(Contact.id).where(Contact.reference == busy["birch"].reference)).one()
    with acting("ann") as ann:
        pass
    with reading(), acting("bob"):
        held = db.session.get(Contact, pk)  # or the identity map would forget it by itself
        with acting_as(ann):
            assert db.session.get(Contact, pk) is None
        assert db.session.get(Contact, pk) is held is not None


def test_relationships_do_not_lead_out(busy, acting) -> None:
    with acting("ann"):
        for mapper in Model.registry.mappers:
            for relationship in inspect(mapper.class_).relationships:
                assert relationship.lazy == "raise", f"{mapper.class_.__name__}.{relationship.key} loads by itself"
