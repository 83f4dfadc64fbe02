"""Whether the service is up."""

from flask import Blueprint, Flask

blueprint = Blueprint("status", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """For whoever watches the processes; asks nothing of the database."""
    return {"status": "ok"}


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(blueprint)
