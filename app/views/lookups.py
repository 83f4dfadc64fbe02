"""Look-ups: the address that fields with many choices ask, and the field that asks it.

Without script a look-up field is a list while there are few choices, else a text field for the short code.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, request
from sqlalchemy import Select
from wtforms import SelectField, widgets

from app.access.actor import current_actor
from app.domain.errors import NotAllowed, NotFound
from app.services import organisations
from app.services.look_ups import LONGEST_TEXT, LOOK_UPS
from app.views.listing import LookUpFilter

# More than this many choices are not written into a page.
MOST_LISTED = 200

blueprint = Blueprint("lookups", __name__)


@blueprint.get("/lookup/<kind>")
def look_up(kind: str) -> list[dict[str, str]]:
    """At most twenty of a kind that match, within the reach of whoever asks."""
    if kind not in LOOK_UPS:
        raise NotFound("There is no such look-up.")
    wanted = LOOK_UPS[kind]
    if not current_actor().may(wanted.permission):
        raise NotAllowed("Your roles do not include this look-up.")
    text = request.args.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT]
    return [found._asdict() for found in wanted.find(text)]


def organisation_filter(
    apply: Callable[[Select[Any], str], Select[Any]] = lambda statement, value: statement,
) -> LookUpFilter:
    """The filter of those who reach every organisation, by short code."""
    return LookUpFilter("organisation", "Organisation", apply=apply, kind="organisations", find_one=_find_organisation)


def _find_organisation(text: str) -> tuple[str, str] | None:
    organisation = organisations.find_by_code(text)
    return None if organisation is None else (organisation.short_code, str(organisation))


class LookupField(SelectField):
    """One of many, by its short code; `offer` decides at each request how it is shown."""

    def __init__(self, label: str, *, kind: str, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)
        self.kind = kind
        self.own_attributes: dict[str, Any] = kwargs.get("render_kw") or {}

    def offer(self, choices: dict[str, str]) -> None:
        """Show these as a list, or a text field where they are too many to be listed."""
        attributes: dict[str, Any] = {
            **self.own_attributes,
            "data-module": "lookup",
            "data-lookup": f"/lookup/{self.kind}",
        }
        if len(choices) > MOST_LISTED:
            self.choices, self.widget = None, widgets.TextInput()
            attributes |= {"autocomplete": "off", "data-text": choices.get(str(self.data), self.data or "")}
        else:
            self.choices = {"": "Choose", **choices}
        self.render_kw = attributes

    def _value(self) -> str:
        return str(self.data or "")


def register(app: Flask) -> None:
    """Add the address."""
    app.register_blueprint(blueprint)
