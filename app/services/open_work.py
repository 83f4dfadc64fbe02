"""What a person has in hand, and handing it to somebody else before they go."""

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.access.actor import Actor
from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.extensions import db
from app.models import Contact, Job, User
from app.services import audit, sessions

_UNFINISHED = ("ready", "running")
# The open contacts assigned to a `User`, and the jobs they asked for that are not finished.
CONTACTS: Any = (
    select(func.count(Contact.id))
    .where(Contact.is_open, Contact.assignee_id == User.id)
    .correlate(User)
    .scalar_subquery()
)
JOBS: Any = (
    select(func.count(Job.id)).where(Job.state.in_(_UNFINISHED), Job.asked_by_id == User.id).correlate(User)
    .scalar_subquery()
)  # fmt: skip
_WORK = frozenset(permission for permission in Permission if permission.partition(":")[0] == "contact")


class OpenWork(NamedTuple):
    """How much somebody else would have to take on."""

    contacts: int
    jobs: int


def count_open_work(user: User) -> OpenWork:
    """The open contacts assigned to a person, and the jobs they asked for that are not finished."""
    row = db.session.execute(select(CONTACTS, JOBS).select_from(User).where(User.id == user.id)).one()
    return OpenWork(*row)


def list_successors(user: User) -> dict[str, str]:
    """Colleagues who can sign in, by user ID: those among whom to choose. Whether one may do the work is seen later."""
    wanted = select(User).where(User.organisation_id == user.organisation_id, User.id != user.id, User.is_active)
    return {one.user_id: str(one) for one in db.session.scalars(wanted.order_by(User.name, User.id))}


def pass_on(user: User, successor_id: int | None) -> dict[str, Any]:
    """Give all of a person's open work to somebody of the same organisation; what was done, for the audit event."""
    if not any(count_open_work(user)):
        return {}
    if successor_id is None:
        raise RuleBroken(f"{user.name} has open work. Choose who takes it over.", field="successor")
    successor = _find_successor(user, successor_id)
    by_organisation: dict[int, list[tuple[int, str]]] = defaultdict(list)
    assigned = select(Contact).where(Contact.is_open, Contact.assignee_id == user.id).with_for_update(key_share=True)
    for contact in db.session.scalars(assigned):
        contact.assignee_id, contact.assignee_name = successor_id, successor.name
        contact.version += 1
        by_organisation[contact.organisation_id].append((contact.id, contact.reference))
    for job in db.session.scalars(select(Job).where(Job.state.in_(_UNFINISHED), Job.asked_by_id == user.id)):
        job.asked_by_id = successor_id
    for organisation_id, contacts in by_organisation.items():
        names = {"before": {"assignee_name": user.name}, "after": {"assignee_name": successor.name}}
        audit.record_many("contact:pass", "contact", contacts, organisation_id=organisation_id, **names)
    return {"successor": successor.name}


def _find_successor(user: User, successor_id: int) -> Actor:
    """Somebody of the same organisation who may do all that the person may, so that no work is stranded."""
    successor = db.session.get(User, successor_id)
    is_fitting = successor is not None and successor.organisation_id == user.organisation_id and successor is not user
    actor, leaving = sessions.actor_of_pk(successor_id) if is_fitting else None, sessions.actor_of_pk(user.id)
    if actor is None:
        raise RuleBroken("Choose somebody of the same organisation who can sign in.", field="successor")
    needed = leaving.permissions & _WORK if leaving is not None else frozenset()
    if not needed <= actor.permissions:
        raise RuleBroken(f"{actor.name} may not do all the work that is open. Choose somebody else.", field="successor")
    return actor
