"""Who is my LSO?"""

from flask import Blueprint, g, render_template

from app.services import people
from app.views.frames import frame


def security_officers() -> str:
    """What an LSO is and how to reach one; names only to people of their own organisation."""
    return render_template(
        "pages/about/security_officers.html",
        title="Who is my LSO?",
        frame=frame(),
        officers=people.list_own_lsos() if g.get("actor") else [],
    )


def add_pages(blueprint: Blueprint) -> None:
    """The address."""
    blueprint.add_url_rule("/lso/", view_func=security_officers)
