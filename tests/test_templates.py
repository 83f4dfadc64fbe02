"""No page of Flask-Admin's own is ever rendered: every template that is used lies under app/templates."""

from pathlib import Path

from flask.templating import DispatchingJinjaLoader
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView

# Doors that are closed on every list, so that what they would render is out of reach: see tests/test_isolation.py.
OUT_OF_REACH = {"create_modal_template", "edit_modal_template", "details_modal_template"}
OURS = Path(__file__).resolve().parent.parent / "app" / "templates"


def test_no_template_but_ours_can_be_found(app) -> None:
    """Flask-Admin's own are out of sight: what cannot be found cannot be rendered, included or imported."""
    found = {name: app.jinja_env.get_template(name).filename for name in app.jinja_env.list_templates()}
    assert len(found) > 100
    assert {name: file for name, file in found.items() if not Path(file).resolve().is_relative_to(OURS)} == {}
    assert isinstance(app.jinja_env.loader, DispatchingJinjaLoader), "which lists all that it finds"


def test_what_flask_admins_views_would_render_is_ours_or_out_of_reach(app) -> None:
    views = [view for admin in app.extensions["admin"] for view in admin._views]
    assert len(views) >= 8
    for view in views:
        assert isinstance(view, BaseView)
        for name in sorted(one for one in dir(type(view)) if one.endswith("_template")):
            template = getattr(view, name)
            if not isinstance(template, str) or name in OUT_OF_REACH:
                continue
            assert app.jinja_env.get_template(template), (view.endpoint, name)
        if isinstance(view, ModelView):
            assert not (view.create_modal or view.edit_modal or view.details_modal), view.endpoint


def test_nothing_of_flask_admins_own_files_has_an_address(app) -> None:
    client = app.test_client()
    for path in ("admin/js/helpers.js", "bootstrap/bootstrap4/js/bootstrap.min.js", "vendor/select2/select2.min.js"):
        for prefix in ("/static/", "/admin/static/", "/none/", "/static/admin/"):
            assert client.get(prefix + path).status_code in (302, 404), (prefix, path)
            assert b"function" not in client.get(prefix + path).data
