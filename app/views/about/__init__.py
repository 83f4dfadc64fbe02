"""Pages about the service, for people who are signed in and for those who are not."""

from typing import NamedTuple

from flask import Blueprint, Flask, request

from app.config import Config
from app.views.about import contact_types, security_officers, statement, status
from app.views.addresses import url_for

MENU = {
    "about.contact_types": "Contact types",
    "about.security_officers": "Who is my LSO?",
    "about.status": "Service status",
    "about.accessibility": "Accessibility",
}


class AboutLink(NamedTuple):
    """One line of the footer."""

    name: str
    url: str
    is_current: bool


def about_menu() -> tuple[AboutLink, ...]:
    """The footer of every page."""
    here = request.endpoint
    return tuple(AboutLink(name, url_for(endpoint), here == endpoint) for endpoint, name in MENU.items())


class Support(NamedTuple):
    """Whom people ask for help; empty where nothing was set."""

    email: str
    phone: str
    hours: str


def register(app: Flask, config: Config) -> None:
    """Add the pages, and what templates ask."""
    blueprint = Blueprint("about", __name__, url_prefix="/about")
    for family in (contact_types, security_officers, statement, status):
        family.add_pages(blueprint)
    app.register_blueprint(blueprint)
    support = Support(config.support_email, config.support_phone, config.support_hours)
    app.jinja_env.globals.update(about_menu=about_menu, support=support)
