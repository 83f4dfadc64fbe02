"""My account: what everybody does for themselves."""

from typing import NamedTuple

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotProved
from app.extensions import db
from app.views.account import confirm, factors, passkeys, profile, reading, sessions
from app.views.base import SAFE_METHODS

MENU = {
    "account.profile": "About me",
    "account.factors": "Signing in",
    "account.sessions": "Sessions",
    "account.access": "What I may do",
    "account.activity": "My activity",
}


class AccountLink(NamedTuple):
    """One tab of the account pages."""

    name: str
    url: str
    is_current: bool


def account_menu() -> list[AccountLink]:
    """The tabs of the account pages."""
    return [AccountLink(name, url_for(endpoint), request.endpoint == endpoint) for endpoint, name in MENU.items()]


def _ask_first(_refusal: NotProved) -> Response:
    """To the page that asks who it is, and then back to where that was needed."""
    db.session.rollback()
    back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else url_for("account.factors")
    if request.endpoint == "account.details":
        back = url_for("account.details")
    return redirect(url_for("account.confirm", next=back))


def register(app: Flask) -> None:
    """Add the pages, and what templates ask."""
    blueprint = Blueprint("account", __name__, url_prefix="/account")
    for family in (profile, confirm, factors, passkeys, sessions, reading):
        family.add_pages(blueprint)
    app.register_blueprint(blueprint)
    app.register_error_handler(NotProved, _ask_first)
    app.jinja_env.globals["account_menu"] = account_menu
