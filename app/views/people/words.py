"""How a person stands, and what they hold, as pages show it."""

from datetime import timedelta
from functools import lru_cache

from markupsafe import Markup

from app.domain import clock, dormancy
from app.domain.item import show_date
from app.domain.roles import Role
from app.domain.service import Service
from app.models import User
from app.services.locks import State

_TAG = Markup('<span class="cms-tag{}">{}</span>')
SOON = timedelta(days=30)


def state_of(user: User, lock: State | None = None) -> tuple[str, str]:
    """How a person stands in a word, and the class of its colour."""
    if user.deleted_at is not None:
        return "Deleted", ""
    if not user.is_active:
        return "Disabled", " cms-tag-bad"
    if lock is not None and lock.until is not None:
        return "Locked", " cms-tag-warn"
    if dormancy.is_unused(clock.now(), user.created_at, user.enabled_at, user.last_signed_in_at):
        return "Dormant", " cms-tag-warn"
    if user.last_signed_in_at is None:
        return "Never signed in", ""
    return "Active", " cms-tag-good"


def state_tag(user: User, lock: State | None = None) -> Markup:
    """The same as a coloured word."""
    return _tag(*state_of(user, lock))


@lru_cache
def _tag(word: str, colour: str) -> Markup:
    return _TAG.format(colour, word)


@lru_cache(maxsize=1000)
def role_words(roles: str | None) -> str:
    """The roles of a list's row, in the order of the table."""
    held = set((roles or "").split(","))
    return ", ".join(role.label for role in Role if role.value in held) or "None"


@lru_cache(maxsize=1000)
def service_words(services: str | None) -> str:
    """The services of a list's row, Access Control, which everyone has, left out."""
    held = set((services or "").split(","))
    return ", ".join(service.label for service in Service if service.value in held) or "None"


def end_words(user: User) -> str:
    """When the first role of a list's row ends, where that is soon."""
    is_soon = user.first_end is not None and user.first_end <= clock.today() + SOON
    return show_date(user.first_end) if is_soon and user.first_end else ""
