"""The accessibility statement."""

from flask import Blueprint, render_template

from app.views.frames import frame


def accessibility() -> str:
    """What we aim at, how it is tested, what does not work yet, and how to complain."""
    return render_template("pages/about/accessibility.html", title="Accessibility statement", frame=frame())


def add_pages(blueprint: Blueprint) -> None:
    """The address."""
    blueprint.add_url_rule("/accessibility/", view_func=accessibility)
