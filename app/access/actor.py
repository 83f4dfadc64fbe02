"""The actor: who is asking, for which organisations, with which permissions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from itertools import count
from typing import Any, NamedTuple, ParamSpec, TypeVar

from app.domain.errors import NotAllowed
from app.domain.preferences import Preferences
from app.domain.roles import Permission, Role
from app.extensions import db, session_number

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Glance(NamedTuple):
    """What was read about a signed-in person when their request began, for every page to show.

    Their unread notifications and the contacts that wait for their side, both up to a hundred; whether they see any
    saved view; and (code, name) of every contact type, by code: None where nobody has read them.
    """

    unread_count: int = 0
    waiting_count: int = 0
    has_saved_views: bool = True
    type_names: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True)
class Actor:
    """Somebody, as they are now; what they reach are sets of organisations, never one id.

    `organisation_ids` are those whose contacts and all else is theirs, `access_ids` those whose people and grants they
    reach, and `managed_ids` those whose access they may change, as far as their permissions go. While they act for an
    organisation that is not theirs, `on_behalf_of` is its name, `reason` is why, `acts_until` is when that ends,
    `acting_pk` is the key of what says so, and `themselves` is who they are in their own account.
    `is_pending` is somebody whose second factor is still asked for, who may do nothing; `is_proved` somebody who has
    shown who they are within the last minutes.
    """

    user_pk: int | None
    user_id: str
    name: str
    organisation_id: int
    organisation_name: str
    organisation_kind: str
    organisation_ids: frozenset[int]
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    access_ids: frozenset[int] = frozenset()
    managed_ids: frozenset[int] = frozenset()
    session_pk: int | None = None
    must_change_password: bool = False
    must_add_factor: bool = False
    is_pending: bool = False
    is_proved: bool = False
    on_behalf_of: str = ""
    reason: str = ""
    acts_until: datetime | None = None
    acting_pk: int | None = None
    themselves: "Actor | None" = None
    preferences: Preferences = Preferences()
    glance: Glance = Glance()

    @property
    def reaches_all(self) -> bool:
        """Whether every organisation's rows are within reach."""
        return Permission.ALL_ORGANISATIONS in self.permissions

    @property
    def meant_organisation_id(self) -> int:
        """The organisation whose access is meant where none is named: one's own, or the one that is acted for."""
        return next(iter(self.managed_ids)) if self.on_behalf_of else self.organisation_id

    def manages(self, organisation_id: int) -> bool:
        """Whether the access of this organisation's people is theirs to look after."""
        return self.reaches_all or organisation_id in self.managed_ids

    def may(self, permission: Permission) -> bool:
        """Whether this actor holds the permission."""
        return permission in self.permissions


# The service itself: sign-in before anyone is known, seeding, sweeps.
SYSTEM = Actor(
    user_pk=None,
    user_id="",
    name="The service",
    organisation_id=0,
    organisation_name="",
    organisation_kind="",
    organisation_ids=frozenset(),
    roles=frozenset(),
    permissions=frozenset(Permission),
)

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_numbers = count(1)

VERBS: dict[str, Permission] = {}


def find_actor() -> Actor | None:
    """Who is asking, or None before anyone is known."""
    return _actor.get()


def current_actor() -> Actor:
    """Who is asking; NotAllowed when nobody is known."""
    actor = _actor.get()
    if actor is None:
        raise NotAllowed("Sign in first.")
    return actor


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Everything inside is done by `actor`, in a database session of its own.

    Rows must not be carried across the edge; carry ids. What was not committed inside is rolled back.
    """
    actor_token = _actor.set(actor)
    number_token = session_number.set(next(_numbers))
    try:
        yield actor
    finally:
        # Whatever a failing database makes of the rest, nobody goes on as this actor.
        try:
            db.session.remove()
        finally:
            session_number.reset(number_token)
            _actor.reset(actor_token)


def needs(permission: Permission) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a function a verb: it refuses an actor without the permission, whoever calls it."""

    def wrap(verb: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(verb)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            if not current_actor().may(permission):
                raise NotAllowed("Your roles do not allow this. Your Local Security Officer can tell you who may.")
            return verb(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        VERBS[f"{verb.__module__.removeprefix('app.')}.{verb.__name__}"] = permission
        return guarded

    return wrap


def permission_of(verb: Callable[..., Any]) -> Permission:
    """The permission a verb names."""
    return verb.permission  # type: ignore[attr-defined]


def allowed(verb: Callable[..., Any]) -> bool:
    """Whether the current actor may call this verb; for buttons and menus."""
    actor = find_actor()
    return actor is not None and actor.may(permission_of(verb))
