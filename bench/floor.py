"""The least a list page can cost: the same sign-in, hand-written SQL, furniture rendered once, rows by a Jinja loop."""

from flask import Flask, current_app, request
from jinja2 import Environment

from app.access.actor import current_actor
from app.extensions import db

_COLUMNS = "c.reference, c.type_code, c.mprn, c.summary, c.status, c.due_on, c.raised_at"
_ALL = f"""SELECT {_COLUMNS}, c.assignee_name, o.name FROM contact c JOIN organisation o ON o.id = c.organisation_id
    ORDER BY c.id DESC LIMIT 50"""
_ONE = f"SELECT {_COLUMNS}, c.status FROM contact c WHERE c.organisation_id = {{}} ORDER BY c.id DESC LIMIT 50"
_ROWS = Environment(autoescape=True).from_string(
    "{% for row in rows %}"
    '<tr><th scope="row"><a href="/contacts/{{ row[0] }}/">{{ row[0] }}</a></th>'
    "{% for value in row[1:] %}<td>{{ value or '' }}</td>{% endfor %}</tr>\n"
    "{% endfor %}"
)
_furniture: dict[int | None, tuple[str, str]] = {}


def install(app: Flask) -> None:
    """Add the page beside our own, inside the same request scope."""
    app.add_url_rule("/floor/", "floor", _floor)


def _floor() -> str:
    actor = current_actor()
    before, after = _furniture.get(actor.user_pk) or _render_furniture(actor.user_pk)
    connection = db.session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    driver = connection.connection.driver_connection
    assert driver is not None
    if actor.reaches_all:
        rows = driver.execute(_ALL).fetchall()
    else:
        rows = driver.execute(_ONE.format("?" if is_sqlite else "%s"), (actor.organisation_id,)).fetchall()
    return f"{before}{_ROWS.render(rows=rows)}{after}"


def _render_furniture(user_pk: int | None) -> tuple[str, str]:
    """Our own page with its rows cut out, asked for as the same person."""
    client = current_app.test_client(use_cookies=False)
    page = client.get("/contacts/", headers={"Cookie": request.headers["Cookie"]}).get_data(as_text=True)
    start, end = page.index("<tbody>") + len("<tbody>"), page.index("</tbody>")
    _furniture[user_pk] = (page[:start], page[end:])
    return _furniture[user_pk]
