"""Light, dark, or as the system says; remembered by the browser, for people signed in or not."""

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.preferences import THEMES, known_theme
from app.views.addresses import safe_return
from app.views.static_files import YEAR

COOKIE = "cms_theme"

blueprint = Blueprint("theme", __name__)


@blueprint.post("/theme")
def choose() -> Response:
    """Remember a theme and go back to where the choice was made."""
    answer = redirect(safe_return(request.form.get("back"), url_for("home.index_view")))
    answer.set_cookie(
        COOKIE,
        known_theme(request.form.get("theme")),
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def current() -> str:
    """The theme of this browser."""
    return known_theme(request.cookies.get(COOKIE))


def register(app: Flask) -> None:
    """Add the address, and what templates ask."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["theme_choices"] = THEMES

    @app.context_processor
    def theme_words() -> dict[str, object]:
        here = safe_return(request.full_path, "/") if request.method == "GET" else "/"
        return {"here": here, "chosen_theme": current()}
