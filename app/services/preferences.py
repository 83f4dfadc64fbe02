"""What people choose for themselves."""

from dataclasses import replace
from typing import Any

from app.access.actor import current_actor, needs
from app.domain.preferences import Preferences
from app.domain.roles import Permission
from app.extensions import db
from app.models import User


def own_preferences() -> Preferences:
    """What the actor has chosen, as it is kept now."""
    return Preferences.read(db.session.get_one(User, current_actor().user_pk).preferences)


@needs(Permission.ACCOUNT_OWN)
def change_own_preferences(**choices: Any) -> Preferences:
    """Keep some of one's own preferences; the others stay as they are."""
    user = db.session.get_one(User, current_actor().user_pk)
    chosen = replace(Preferences.read(user.preferences), **choices)
    user.preferences = chosen.store()
    return chosen
