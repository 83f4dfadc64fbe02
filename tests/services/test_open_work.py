"""services.open_work: nobody goes and leaves work that nobody has."""

import pytest
from sqlalchemy import select

from app.domain.errors import RuleBroken
from app.domain.lifecycle import Action
from app.extensions import db
from app.models import AuditEvent, Contact, Job, User
from app.services import contact_bulk, contacts, people
from tests.services.access import WHY, last_event, pk_of
from tests.worlds import raise_one


def claim_one(acting) -> str:
    """A contact of alder's, assigned to ada."""
    with acting("ann"):
        reference = raise_one("3938424403", "N1")
        db.session.commit()
    with acting("ada"):
        contacts.perform(reference, Action.CLAIM, version=1)
        db.session.commit()
    return reference


def test_contacts_go_to_the_successor_before_their_assignee_goes(acting) -> None:
    reference = claim_one(acting)
    with acting("root"):
        people.delete_user(pk_of("ada"), successor_id=pk_of("lia"), reason=WHY)
        db.session.commit()
        contact = db.session.scalars(select(Contact).where(Contact.reference == reference)).one()
        assert (contact.assignee_id, contact.assignee_name, contact.version) == (pk_of("lia"), "Lia", 3)
        passed = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "contact:pass")).one()
        assert (passed.object_label, passed.organisation_id) == (reference, contact.organisation_id)
        assert last_event("user:delete").after == {"successor": "Lia"}


@pytest.mark.parametrize("successor", [None, "ada", "mo", "xena", "ann"])
def test_without_somebody_who_can_do_the_work_nobody_with_open_work_is_deleted(acting, successor) -> None:
    claim_one(acting)
    with acting("root"):
        pk = pk_of(successor) if successor else None
        with pytest.raises(RuleBroken) as refusal:
            people.delete_user(pk_of("ada"), successor_id=pk, reason=WHY)
        assert refusal.value.field == "successor"
        db.session.rollback()
        assert db.session.get_one(User, pk_of("ada")).deleted_at is None


def test_unfinished_jobs_go_to_the_successor(acting, run_jobs) -> None:
    with acting("ann"):
        job_id = contact_bulk.move_later({"status": "open"}, "withdraw", up_to=10**9, message="No longer needed").id
        db.session.commit()
    with acting("lena"):
        with pytest.raises(RuleBroken, match="may not do all the work"):
            people.delete_user(pk_of("ann"), successor_id=pk_of("vic"), reason=WHY)
        db.session.rollback()
        people.delete_user(pk_of("ann"), successor_id=pk_of("sue"), reason=WHY)
        db.session.commit()
        assert db.session.get_one(Job, job_id).asked_by_id == pk_of("sue")
    run_jobs()
    with acting("sue"):
        assert db.session.get_one(Job, job_id).state == "done"
