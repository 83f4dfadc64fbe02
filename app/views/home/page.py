"""The page: the panels this person is for, in the order they are listed here."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_admin import expose

from app.access.actor import allowed, current_actor
from app.domain.roles import Permission
from app.imports import pipeline
from app.services import contacts
from app.views.base import Page
from app.views.home import administrator, advocate, manager, member, officer
from app.views.home.panel import MAIN, SIDE, TOP, Panel

PANELS: tuple[Panel, ...] = (
    *member.PANELS,
    *advocate.PANELS,
    *manager.PANELS,
    *administrator.PANELS,
    *officer.PANELS,
)


_Filled = tuple[Panel, Mapping[str, Any]]


def _arrange(filled: Sequence[_Filled]) -> dict[str, list[_Filled]]:
    """The panels by place; the last of a column that is two longer than the other goes over to it."""
    places = {place: [one for one in filled if one[0].place == place] for place in (TOP, MAIN, SIDE)}
    shorter, longer = sorted((places[MAIN], places[SIDE]), key=len)
    if shorter and len(longer) - len(shorter) > 1:
        shorter.append(longer.pop())
    return places


class HomePage(Page):
    """What waits for this person, and how things stand."""

    permission = Permission.ACCOUNT_OWN
    icon = "home"
    key = "h"

    @expose("/")
    def index_view(self) -> str:
        actor = current_actor()
        chosen = [panel for panel in PANELS if panel.is_for(actor)] or [officer.NOTHING_ELSE]
        filled = [(panel, panel.data()) for panel in chosen]
        return self.render(
            "pages/home/home.html",
            title=f"Hello, {actor.name.split()[0]}",
            places=_arrange(filled),
            has_charts=any(panel.is_figure for panel in chosen),
            may_raise=allowed(contacts.raise_contacts),
            may_upload=allowed(pipeline.receive_and_check_later),
        )
