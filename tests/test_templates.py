"""No page of Flask-Admin's own is ever rendered: every template that is used lies under app/templates."""

from pathlib import Path

import pytest
from flask import Flask
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView

from tests.routes import ROUTES
from tests.stops import Places, Stop, different_people, prepare, stops_of
from tests.worlds import Owned

OURS = Path(__file__).resolve().parent.parent / "app" / "templates"
# Doors that are closed on every list, so that what they would render is out of reach: see tests/test_isolation.py.
OUT_OF_REACH = {"create_modal_template", "edit_modal_template", "details_modal_template"}


def is_ours(filename: str | None) -> bool:
    """Whether a template came from our folder."""
    return filename is not None and Path(filename).resolve().is_relative_to(OURS)


def used_templates(app: Flask) -> dict[str, str | None]:
    """Every template that was loaded since the cache was emptied, included and imported ones too, and its file."""
    cache = app.jinja_env.cache
    assert cache is not None
    return {name: template.filename for (_, name), template in cache.items()}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_every_template_of_the_whole_crawl_is_ours(world, app, busy: dict[str, Owned], browser) -> None:
    places: Places = prepare(app, busy["alder"])
    app.jinja_env.cache.clear()
    for name in different_people():
        person = browser(name)
        for stop in stops_of(name, places):
            _open(person, stop)
        for (endpoint, method), route in ROUTES.items():
            if method == "POST" and endpoint != "session.sign_out":
                person.post(route.address(busy["alder"]), route.data)
    used = used_templates(app)
    assert len(used) > 15
    assert {name: file for name, file in used.items() if not is_ours(file)} == {}


def _open(person, stop: Stop) -> None:
    if stop.data is None:
        person.get(stop.path)
    else:
        person.post(stop.path, stop.data)


def test_what_flask_admins_views_would_render_is_ours_or_out_of_reach(app) -> None:
    views = [view for admin in app.extensions["admin"] for view in admin._views]
    assert len(views) >= 8
    for view in views:
        assert isinstance(view, BaseView)
        for name in sorted(one for one in dir(type(view)) if one.endswith("_template")):
            template = getattr(view, name)
            if not isinstance(template, str) or name in OUT_OF_REACH:
                continue
            assert is_ours(app.jinja_env.get_template(template).filename), (view.endpoint, name, template)
        if isinstance(view, ModelView):
            assert not (view.create_modal or view.edit_modal or view.details_modal), view.endpoint


def test_nothing_of_flask_admins_own_files_has_an_address(app) -> None:
    client = app.test_client()
    for path in ("admin/js/helpers.js", "bootstrap/bootstrap4/js/bootstrap.min.js", "vendor/select2/select2.min.js"):
        for prefix in ("/static/", "/admin/static/", "/none/", "/static/admin/"):
            assert client.get(prefix + path).status_code in (302, 404), (prefix, path)
            assert b"function" not in client.get(prefix + path).data
