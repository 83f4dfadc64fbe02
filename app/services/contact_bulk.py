"""Moving many contacts at once, by the moves of the life cycle that allow it; each is made by `contacts.perform`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from app.access.actor import current_actor, needs
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.lifecycle import LIFECYCLE, Action, Status, Transition
from app.domain.roles import Permission
from app.extensions import db
from app.models import Contact, Job
from app.services import contact_list, contacts
from app.services.job_queue import enqueue, get_own_job

JOB = "move_contacts"
# More than this are moved by a worker.
MOST_AT_ONCE = 200
CHUNK_SIZE = 100
# So many of those that were not moved are named.
MOST_NAMED = 20


class Moved(NamedTuple):
    """What became of the contacts: references of those moved, and of those that had changed meanwhile."""

    moved: list[str]
    left: list[str]


def list_moves() -> list[Transition]:
    """The moves this actor may make to many contacts, in the order of the table."""
    actor = current_actor()
    found = {move.action: move for move in reversed(LIFECYCLE) if move.takes_many and actor.may(move.needs)}
    return [move for move in LIFECYCLE if found.get(move.action) is move]


def get_move(action: str) -> Transition:
    """The move of that name; NotFound when none takes many, NotAllowed when it is not this actor's."""
    if action not in {move.action for move in LIFECYCLE if move.takes_many}:
        raise NotFound("There is no such action for several contacts.")
    for move in list_moves():
        if move.action == action:
            return move
    raise NotAllowed("Your roles do not allow this.")


def sources(action: Action) -> list[str]:
    """The statuses from which this actor may make the move."""
    actor = current_actor()
    moves = [move for move in LIFECYCLE if move.action is action and actor.may(move.needs)]
    return [status.value for status in Status if any(status in move.sources for move in moves)]


def find_contacts(references: Sequence[str]) -> list[Contact]:
    """Contacts within reach, oldest first; NotFound when one of them is unknown or another's."""
    wanted = select(Contact).where(Contact.reference.in_(references)).order_by(Contact.id)
    found = list(db.session.scalars(wanted))
    if len(found) != len(set(references)):
        raise NotFound("There is no contact with that reference.")
    return found


def select_movable(filters: Mapping[str, str], action: Action) -> Select[Any]:
    """The contacts of a list to which the move may be made, oldest first."""
    matching = contact_list.select_contacts(filters, contact_list.OLDEST)
    return matching.where(Contact.status.in_(sources(action))).order_by(Contact.id)


def newest_id() -> int:
    """The newest contact within reach; what is raised after a person looked is not moved."""
    return db.session.scalar(select(func.max(Contact.id))) or 0


@needs(Permission.CONTACT_READ)
def move_contacts(versions: Mapping[str, int], action: str, *, message: str = "", outcome_code: str = "") -> Moved:
    """Make one move to contacts as they were seen, version by reference, in this transaction.

    All are within reach, or NotFound and none is moved. Whatever has changed since stays as it is.
    """
    move = get_move(action)
    if len(versions) > MOST_AT_ONCE:
        raise RuleBroken(f"Choose {MOST_AT_ONCE} contacts at most.")
    contacts.check_given(move, message, outcome_code)
    found = find_contacts(list(versions))
    seen = [(contact.reference, versions[contact.reference]) for contact in found]
    return _move_each(seen, move.action, message, outcome_code)


def _move_each(seen: Iterable[tuple[str, int]], action: Action, message: str, outcome_code: str) -> Moved:
    """Oldest first, so that two who move the same contacts wait for each other in one order."""
    moved, left = [], []
    for reference, version in seen:
        try:
            contacts.perform(reference, action, version=version, message=message, outcome_code=outcome_code)
            moved.append(reference)
        except (Conflict, RuleBroken):
            left.append(reference)
    return Moved(moved, left)


@needs(Permission.CONTACT_READ)
def move_later(
    filters: Mapping[str, str], action: str, *, up_to: int, message: str = "", outcome_code: str = ""
) -> Job:
    """Have a worker move all contacts of a list that were there when it was looked at."""
    move = get_move(action)
    contacts.check_given(move, message, outcome_code)
    contact_list.select_contacts(filters, contact_list.OLDEST)
    asked: dict[str, Any] = {
        "filters": dict(filters),
        "action": move.action.value,
        "message": message,
        "outcome_code": outcome_code,
        "up_to": up_to,
    }
    return enqueue(JOB, {**asked, "after": 0, "moved_count": 0, "left_count": 0, "left": []})


@needs(Permission.CONTACT_READ)
def move_matching(job_id: int, progress: Callable[[int, int], None]) -> None:
    """Do what `move_later` wrote down, some hundred contacts and the place marker in one transaction.

    May be killed at any point and run again: a contact is moved with the marker behind it or not at all.
    """
    asked = dict(get_own_job(job_id, JOB).arguments)
    move = get_move(asked["action"])
    movable = select_movable(asked["filters"], move.action).where(Contact.id <= asked["up_to"])
    done = asked["moved_count"] + asked["left_count"]
    ahead = movable.where(Contact.id > asked["after"]).with_only_columns(Contact.id).order_by(None)
    total = done + (db.session.scalar(select(func.count()).select_from(ahead.subquery())) or 0)
    columns = (Contact.id, Contact.reference, Contact.version)
    while True:
        some = movable.where(Contact.id > asked["after"]).with_only_columns(*columns).limit(CHUNK_SIZE)
        rows = db.session.execute(some).all()
        if not rows:
            break
        seen = [(row.reference, row.version) for row in rows]
        outcome = _move_each(seen, move.action, asked["message"], asked["outcome_code"])
        asked["after"] = rows[-1].id
        asked["moved_count"] += len(outcome.moved)
        asked["left_count"] += len(outcome.left)
        asked["left"] = [*asked["left"], *outcome.left][:MOST_NAMED]
        get_own_job(job_id, JOB).arguments = dict(asked)
        db.session.flush()
        progress(asked["moved_count"] + asked["left_count"], total)
        db.session.commit()
