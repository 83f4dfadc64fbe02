"""Whether the service works, in words anybody may read; also when the database does not answer."""

from typing import NamedTuple

from flask import Blueprint, current_app, render_template

from app.config import Config
from app.domain import clock
from app.services import about
from app.services.about import Health
from app.views.frames import frame
from app.views.words import show_instant


class Part(NamedTuple):
    """One part of the service: what it is, whether it works (None: cannot be told), and what that means."""

    name: str
    works: bool | None
    meaning: str


def status() -> str:
    """The parts, and what is planned."""
    config: Config = current_app.config["CMS"]
    health = about.look_at_health()
    return render_template(
        "pages/about/status.html",
        title="Service status",
        frame=frame(),
        parts_of_service=_parts(health),
        is_well=health.has_database and health.has_worker is not False,
        planned_outages=config.planned_outages,
        looked_at=show_instant(clock.now()),
    )


def _parts(health: Health) -> list[Part]:
    worker_words = {
        True: "Uploaded files are checked and raised as they come.",
        False: "Uploaded files wait. Nothing is lost: they are checked and raised as soon as this works again.",
        None: "This cannot be told while records are out of reach.",
    }
    return [
        Part("Web pages", True, "You are reading one."),
        Part(
            "Records",
            health.has_database,
            "Contacts can be read, raised and worked."
            if health.has_database
            else "Contacts cannot be read or raised just now. What was raised before is safe.",
        ),
        Part("Uploads", health.has_worker, worker_words[health.has_worker]),
    ]


def add_pages(blueprint: Blueprint) -> None:
    """The address."""
    blueprint.add_url_rule("/status/", view_func=status)
