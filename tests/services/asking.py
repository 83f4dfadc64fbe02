"""What the tests of approvals share."""

from typing import Any

from app.access.actor import Actor, acting_as
from app.domain.approvals import State
from app.extensions import db
from app.models import Approval
from app.services import approving, grants, people_bulk, sessions
from app.services.people_bulk import Asked
from tests.cast import PEOPLE
from tests.services.access import WHY, find, pk_of, span

LSO = {"role": "lso", "span": span(), "reason": WHY}


def ask(acting, name="ann", by="lena", **changes: Any) -> int:
    """Ask for a role (LSO) as an LSO; the key of the request."""
    with acting(by):
        asked = grants.grant_role(pk_of(name), **{**LSO, **changes})
        assert isinstance(asked, Approval)
        db.session.commit()
        return asked.id


def ask_disable(acting, *names: str, by="lena") -> int:
    """Ask for several people to be disabled; the key of the request."""
    with acting(by):
        outcome = people_bulk.change_many({pk_of(name): 1 for name in names}, "disable", Asked("", None, WHY))
        db.session.commit()
        assert outcome.done == 0
        return outcome.asked[0].id


def approve(acting, pk: int, *by: str, **words: str) -> State:
    """Approve, and what became of the request."""
    with acting(*by):
        made = approving.approve(pk, **words)
        db.session.commit()
        return State(made.state)


def given_to(acting, name: str) -> set[str]:
    """The roles somebody was given."""
    with acting("system"):
        return {grant.role for grant in find(name).grants}


def state_of(acting, pk: int) -> Approval:
    """A request as it is kept, apart from the session."""
    with acting("system"):
        found = db.session.get_one(Approval, pk)
        db.session.expunge(found)
        return found


def do_as(actor: Actor, act: Any) -> str:
    """Do something as somebody and commit; what became of the request, or "done"."""
    with acting_as(actor):
        result = act()
        db.session.commit()
        return str(getattr(result, "state", "done"))


def actors(acting, *names: str) -> list[Actor]:
    """Members of the cast as they are now."""
    with acting("system"):
        found = [sessions.actor_of(PEOPLE[name].user_id) for name in names]
    assert None not in found
    return found  # type: ignore[return-value]
