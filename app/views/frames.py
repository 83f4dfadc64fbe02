"""Which frame a page has that people see signed in or not."""

from flask import g

from app.access.actor import Actor

PANEL, PLAIN = "layouts/panel.html", "layouts/plain.html"


def frame() -> str:
    """The panel for whoever can use its menu, the plain sheet for anybody else."""
    actor: Actor | None = g.get("actor")
    return PLAIN if actor is None or actor.must_change_password or actor.must_add_factor else PANEL
