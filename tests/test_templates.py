"""No page of Flask-Admin's own is ever rendered: every template that is used lies under app/templates."""

from pathlib import Path

import flask
import pytest
from flask.templating import DispatchingJinjaLoader
from flask_admin import BaseView
from flask_admin.contrib.sqla import ModelView
from jinja2 import Environment, UndefinedError, meta, nodes
from markupsafe import Markup
from werkzeug.routing import BuildError

from app.views.about import AboutLink
from app.views.addresses import url_for

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


def words_asked_of(file: Path) -> set[str]:
    """The names that a template takes from whatever it is rendered with, and does not make itself."""
    parsed = Environment(autoescape=True).parse(file.read_text())
    made = {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "store"}
    return meta.find_undeclared_variables(parsed) - made


def test_macros_see_what_they_are_handed_and_nothing_of_who_asks(app) -> None:
    """They are imported without the page's words, so that they are made once; a word they miss would be silent."""
    files = sorted((OURS / "macros").glob("*.html"))
    assert len(files) >= 8
    for_all = set(app.jinja_env.globals) - {"config", "g", "request", "session"}
    missing = {file.name: words_asked_of(file) - for_all for file in files}
    assert {name: words for name, words in missing.items() if words} == {}
    imports = [
        (file.name, one.with_context)
        for file in OURS.rglob("*.html")
        for one in Environment(autoescape=True).parse(file.read_text()).find_all((nodes.Import, nodes.FromImport))
    ]
    assert len(imports) > 30
    assert [name for name, with_context in imports if with_context] == []


def test_pieces_cannot_see_who_asks(app) -> None:
    """What is kept for many is written from its key alone."""
    files = sorted((OURS / "pieces").glob("*.html"))
    assert len(files) >= 6
    for file in files:
        personal = {"actor", "acting", "config", "csrf_token", "current_user", "g", "request", "session", "url_for"}
        assert not words_asked_of(file) & personal, file.name


def test_a_piece_is_of_its_words(app) -> None:
    piece = app.jinja_env.globals["piece"]
    links = (AboutLink("Ours", "/ours", False), AboutLink("<Here>", "/here?a&b", True))
    with app.test_request_context():
        foot = piece("foot", items=links)
        assert piece("foot", items=tuple(links)) is foot
        assert "&lt;Here&gt;" in foot and "/here?a&amp;b" in foot
        assert "Ours" not in piece("foot", items=links[1:])
        with pytest.raises(UndefinedError):
            piece("foot")
        with pytest.raises(TypeError):
            piece("foot", items=list(links))
        with pytest.raises(TypeError, match="escape it themselves"):
            piece("foot", items=(AboutLink(Markup("<b>"), "/ours", False),))
        assert "&lt;b&gt;" in piece("foot", items=(AboutLink("<b>", "/ours", False),))
        here = piece("menu", items=())
    with app.test_request_context(environ_overrides={"SCRIPT_NAME": "/elsewhere"}):
        assert piece("menu", items=()) == here and piece("menu", items=()) is not here


def test_addresses_are_of_where_the_service_is_mounted(app) -> None:
    """They are kept, and a kept one leads nowhere in a service that is reached by another path."""
    expected = {"": "/contacts/", "/elsewhere": "/elsewhere/contacts/"}
    for root in [*expected, *expected]:
        with app.test_request_context("/uploads/", environ_overrides={"SCRIPT_NAME": root}):
            assert url_for("contacts.index_view") == expected[root] == flask.url_for("contacts.index_view")
            for endpoint, values in ((".index_view", {}), ("contacts.index_view", {"q": "a&b"})):
                assert url_for(endpoint, **values) == flask.url_for(endpoint, **values)
            with pytest.raises(BuildError):
                url_for("no.such")
