"""Lists as people like to open them: a name for what the address bar says."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, and_, or_, select

from app.access.actor import current_actor, needs
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Permission
from app.extensions import db
from app.models import SavedView, User
from app.services import preferences
from app.services.locking import for_change

LONGEST_NAME, LONGEST_QUERY = 60, 2000
MOST_VIEWS = 50
# A place in a list, or another view, is no part of a view.
_NOT_KEPT = frozenset({"after", "before", "view"})


def _seen_by(user_pk: Any, organisation_pk: Any) -> ColumnElement[bool]:
    is_seen = or_(SavedView.user_id == user_pk, SavedView.is_shared)
    return and_(SavedView.organisation_id == organisation_pk, is_seen)


def visible_views() -> ColumnElement[bool]:
    """Which views the actor sees: their own, and those shared in their own organisation."""
    return _seen_by(current_actor().user_pk, current_actor().organisation_id)


def has_views(user: type[User]) -> ColumnElement[bool]:
    """Whether there is any view that a user of the statement around this sees."""
    return select(SavedView.id).where(_seen_by(user.id, user.organisation_id)).correlate(user).exists()


def list_views(page: str) -> list[SavedView]:
    """The views of a page that the actor sees, their own first, each part by name."""
    if not current_actor().glance.has_saved_views:
        return []
    is_own = SavedView.user_id == current_actor().user_pk
    wanted = select(SavedView).where(SavedView.page == page, visible_views())
    return list(db.session.scalars(wanted.order_by(is_own.desc(), SavedView.name, SavedView.id)))


def is_own(view: SavedView) -> bool:
    """Whether the actor made it; only its maker changes a view."""
    return view.user_id == current_actor().user_pk


def is_default(view: SavedView) -> bool:
    """Whether the actor's list opens with it."""
    return current_actor().preferences.default_views.get(view.page) == view.id


def clean_query(query: str) -> str:
    """A query string as a view keeps it: without a place in the list."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in _NOT_KEPT]
    return urlencode(pairs)


@needs(Permission.ACCOUNT_OWN)
def save_view(page: str, name: str, query: str, *, is_shared: bool) -> SavedView:
    """Keep a query string of a page under a name that is new among the actor's own."""
    actor = current_actor()
    own = _lock_own_views(page)
    if len(own) >= MOST_VIEWS:
        raise RuleBroken(f"You have {MOST_VIEWS} views of this list. Delete one first.")
    view = SavedView(
        user_id=actor.user_pk,
        organisation_id=actor.organisation_id,
        maker_name=actor.name,
        page=page,
        name=_check_name(name, own, None),
        query=_check_query(query),
        is_shared=is_shared,
    )
    db.session.add(view)
    db.session.flush()
    return view


@needs(Permission.ACCOUNT_OWN)
def change_view(pk: int, *, name: str, is_shared: bool, query: str | None = None) -> SavedView:
    """Rename, share or stop sharing one of the actor's own views, and have it hold something else."""
    view = _get_own(pk)
    view.name = _check_name(name, _lock_own_views(view.page), pk)
    view.is_shared = is_shared
    if query is not None:
        view.query = _check_query(query)
    db.session.flush()
    return view


@needs(Permission.ACCOUNT_OWN)
def delete_view(pk: int) -> SavedView:
    """Remove one of the actor's own views; for whoever opened their list with it, the list opens as it is."""
    view = _get_own(pk)
    if preferences.own_preferences().default_views.get(view.page) == pk:
        choose_default_view(view.page, None)
    db.session.delete(view)
    db.session.flush()
    return view


@needs(Permission.ACCOUNT_OWN)
def choose_default_view(page: str, pk: int | None) -> None:
    """Have the actor's list open with a view they see, or with none."""
    if pk is not None and get_view(pk).page != page:
        raise NotFound("There is no such saved view of this list.")
    kept = preferences.own_preferences().default_views
    chosen = {name: view_pk for name, view_pk in kept.items() if name != page}
    preferences.change_own_preferences(default_views=chosen if pk is None else {**chosen, page: pk})


def get_view(pk: int) -> SavedView:
    """One view that the actor sees; NotFound otherwise."""
    view = db.session.scalar(select(SavedView).where(SavedView.id == pk, visible_views()))
    if view is None:
        raise NotFound("There is no such saved view.")
    return view


def _get_own(pk: int) -> SavedView:
    view = db.session.scalar(for_change(select(SavedView).where(SavedView.id == pk, visible_views())))
    if view is None:
        raise NotFound("There is no such saved view.")
    if not is_own(view):
        raise NotAllowed(f"Only {view.maker_name} can change this saved view. You can save one of your own.")
    return view


def _lock_own_views(page: str) -> list[SavedView]:
    """The actor's views of a page; two names chosen at the same moment are compared with each other."""
    user_pk = current_actor().user_pk
    db.session.scalars(for_change(select(User).where(User.id == user_pk))).one()
    return list(db.session.scalars(select(SavedView).where(SavedView.page == page, SavedView.user_id == user_pk)))


def _check_name(name: str, own: list[SavedView], pk: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise RuleBroken("Enter a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise RuleBroken(f"Write {LONGEST_NAME} characters at most.", field="name")
    if any(view.name.casefold() == name.casefold() and view.id != pk for view in own):
        raise Conflict(f"You already have a view “{name}” of this list. Choose another name.", field="name")
    return name


def _check_query(query: str) -> str:
    query = clean_query(query)
    if len(query) > LONGEST_QUERY:
        raise RuleBroken("That is more than a view can hold. Remove a filter or a column first.")
    return query
