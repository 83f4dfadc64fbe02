"""A form is carried out once, however often it is sent."""

import re
import secrets
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import RequestKey

_KEY = re.compile(r"[A-Za-z0-9_\-]{16,64}")


def new_key() -> str:
    """A key for a fresh form."""
    return secrets.token_urlsafe(24)


def check_key(key: str) -> None:
    """RuleBroken when this cannot be a key that `new_key` made."""
    if not _KEY.fullmatch(key):
        raise RuleBroken("This form is incomplete. Go back, reload the page and try again.")


def once(key: str, work: Callable[[], str]) -> str:
    """The result of `work`, done now, or the result of the first time this key was used.

    Two presses at the same moment: the second waits for the first and gets its result.
    """
    check_key(key)
    used = RequestKey(key=key, organisation_id=current_actor().organisation_id, used_at=clock.now(), result="")
    earlier = find_result(key)
    if earlier is not None:
        return earlier
    db.session.add(used)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        earlier = find_result(key)
        if earlier is None:
            raise RuleBroken("This form was already used. Start again.") from None
        return earlier
    used.result = work()
    return used.result


def find_result(key: str) -> str | None:
    """The result of the first time this key was used, or None."""
    return db.session.scalar(select(RequestKey.result).where(RequestKey.key == key))
