"""`Page`: what every screen does the same way."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from flask import request
from flask_admin import BaseView

from app.access.actor import find_actor
from app.domain.errors import DomainError, NotAllowed, NotFound
from app.domain.roles import Permission
from app.domain.service import CONTACTS_PERMISSIONS
from app.extensions import db
from app.models import User
from app.services import standing
from app.views.forms import add_error

_R = TypeVar("_R")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Where pages are made that name no permission yet.
_BASES = ("views.base", "views.row_pages", "views.list_page", "views.list_export")


class Page(BaseView):
    """A screen that needs a permission; views are added to the menu when `in_menu` and allowed."""

    permission: ClassVar[Permission]
    in_menu: ClassVar[bool] = True
    # Whose section of the menu a page outside it belongs to.
    section: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    # What the number beside its name in the menu counts, for those who hold the permission that is named with it.
    menu_counts: ClassVar[Mapping[Permission, str]] = {}
    # The key that follows g to come here (see the sheet of shortcuts); unique.
    key: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.endswith(_BASES) and not isinstance(getattr(cls, "permission", None), Permission):
            raise TypeError(f"{cls.__name__} names no permission")

    def is_accessible(self) -> bool:
        """Asked by Flask-Admin before each of its views, and by the menu."""
        actor = find_actor()
        return actor is not None and actor.may(self.permission)

    def is_visible(self) -> bool:
        return self.in_menu

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        raise NotAllowed(_why_closed(self.permission))

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the view and commit what it changed; the only commit of a request, and none for a GET.

        Flask-Admin's own version calls a view twice when it raises TypeError.
        """
        try:
            answer = fn(self, *args, **kwargs)
            if request.method not in SAFE_METHODS:
                db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        return answer

    def carry_out(self, form: Any, verb: Callable[[], _R]) -> _R | None:
        """Call a verb for a form; a refusal goes beside its field (or on top) and nothing is kept."""
        try:
            return verb()
        except NotFound:
            raise
        except DomainError as refusal:
            db.session.rollback()
            add_error(form, refusal)
            return None


def _why_closed(permission: Permission) -> str:
    """Why a page is closed to the actor; what lies in the service Contacts is told with what happened to it."""
    actor = find_actor()
    user = db.session.get(User, actor.user_pk) if actor is not None and permission in CONTACTS_PERMISSIONS else None
    words = standing.access_words(user) if user is not None else None
    if words is None:
        return "Your roles do not include this page. Your Local Security Officer can tell you who may use it."
    whom = f"Ask {' or '.join(words.ask)}" if words.ask else "Ask Xoserve"
    return f"{words.sentence} {whom}. Your own account, and what else your roles open, you can still use."
