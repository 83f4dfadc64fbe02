"""Several people at once: one winner, and the others are told so."""

from functools import partial

from sqlalchemy import func, select

from app.access.actor import acting_as
from app.domain import clock
from app.domain.errors import Conflict
from app.domain.lifecycle import Action
from app.extensions import db
from app.models import AuditEvent, Contact, ContactType, DataItem, Organisation, User
from app.services import contact_types, contacts, organisations, people, sessions
from tests.cast import PEOPLE
from tests.services.racing import at_once
from tests.worlds import raise_one

THREADS, CONTACTS = 8, 25


def test_of_eight_who_claim_at_once_one_wins_each_contact(app, acting) -> None:
    with acting("ann"):
        references = [raise_one("3938424403", f"N{number}") for number in range(CONTACTS)]
        db.session.commit()
    names = ["ada", "lia"] * (THREADS // 2)
    with app.app_context():
        actors = [sessions.actor_of(PEOPLE[name].user_id) for name in names]

    def claim_all(actor) -> list[object]:
        found: list[object] = []
        for reference in references:
            with acting_as(actor):
                try:
                    contacts.perform(reference, Action.CLAIM, version=1)
                    db.session.commit()
                    found.append("won")
                except Exception as error:
                    found.append(error)
        return found

    results = at_once(app, [partial(claim_all, actor) for actor in actors])
    for place, reference in enumerate(references):
        outcomes = [result[place] for result in results]
        assert outcomes.count("won") == 1, (reference, outcomes)
        lost = [outcome for outcome in outcomes if outcome != "won"]
        assert all(isinstance(outcome, Conflict) and "now assigned to" in outcome.message for outcome in lost), lost
    with acting("system"):
        rows = db.session.execute(select(Contact.status, Contact.version)).all()
        assert rows == [("assigned", 2)] * CONTACTS
        claims = select(AuditEvent.object_id, func.count()).where(AuditEvent.action == "contact:claim")
        assert [count for _, count in db.session.execute(claims.group_by(AuditEvent.object_id))] == [1] * CONTACTS


def race(app, name: str, work) -> list[object]:
    """The same change by four at once, as that person."""
    with app.app_context():
        actor = sessions.actor_of(PEOPLE[name].user_id)

    def once(number: int) -> str:
        with acting_as(actor):
            work(number)
            db.session.commit()
            return "won"

    return at_once(app, [partial(once, number) for number in range(4)])


def check_one_winner(results: list[object]) -> None:
    assert results.count("won") == 1, results
    assert all(isinstance(result, Conflict) for result in results if result != "won"), results


def test_of_four_changes_to_one_contact_type_one_is_kept(app, acting) -> None:
    with acting("root"):
        row = db.session.scalars(select(ContactType).where(ContactType.code == "ADD")).one()
        names = ("name", "family", "first_worker", "guidance", "duplicate_rule", "starts_on", "ends_on")
        values = {name: getattr(row, name) for name in names}

    def change(number: int) -> None:
        changed = values | {"name": f"Name {number}"}
        contact_types.change_type("ADD", changed, raisers=["SHIPPER"], targets={10: 95}, version=1)

    results = race(app, "root", change)
    check_one_winner(results)
    with acting("root"):
        row = db.session.scalars(select(ContactType).where(ContactType.code == "ADD")).one()
        assert (row.version, row.name) == (2, f"Name {results.index('won')}")


def test_of_four_changes_to_one_data_item_one_is_kept(app, acting) -> None:
    with acting("root"):
        row = db.session.scalars(select(DataItem)).first()
        pk = row.id
        values = {"kind": row.kind, "choices": row.choices, "starts_on": clock.today(), "ends_on": None}
    check_one_winner(
        race(app, "root", lambda number: contact_types.change_item(pk, values | {"label": f"L{number}"}, version=1))
    )


def test_of_four_changes_to_one_organisation_one_is_kept(app, acting) -> None:
    with acting("root"):
        pk = db.session.scalars(select(Organisation.id).where(Organisation.short_code == "ALD")).one()
    values = {"parent_id": None, "advocate_name": "", "is_active": True}
    check_one_winner(
        race(
            app,
            "root",
            lambda number: organisations.change_organisation(pk, values | {"name": f"N{number}"}, version=1),
        )
    )


def test_of_four_changes_to_one_person_one_is_kept(app, acting) -> None:
    with acting("lena"):
        pk = db.session.scalars(select(User.id).where(User.user_id == "ALD-ANN")).one()
    values = {"email": "ann@alder.example"}
    check_one_winner(
        race(
            app,
            "lena",
            lambda number: people.change_profile(pk, values | {"name": f"N{number}"}, version=1),
        )
    )
