"""What people choose for themselves."""

from dataclasses import replace
from typing import Any

from app.access.actor import current_actor, needs
from app.domain.preferences import Preferences
from app.domain.roles import Permission
from app.extensions import db
from app.models import User


@needs(Permission.ACCOUNT_OWN)
def change_own_preferences(**choices: Any) -> Preferences:
    """Keep some of one's own preferences; the others stay as they are."""
    user = db.session.get_one(User, current_actor().user_pk)
    chosen = replace(Preferences.read(user.preferences), **choices)
    user.preferences = chosen.store()
    return chosen
