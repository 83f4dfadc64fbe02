"""Mail on pages: what was sent as text, and what failed, for those who watch the service."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from app import create_app
from app.config import Config
from app.domain import clock
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.extensions import db
from app.models import AuditEvent, OutgoingMail, User
from app.services import mail
from app.views.public_ids import encode_id

LINK = "/account/choose/kept-secret"


@pytest.fixture
def code(app, acting) -> str:
    """The code of a mail to somebody with an odd name that holds a link and waits."""
    with acting("system"):
        db.session.execute(update(User).where(User.user_id == "ALD-ANN").values(name="<script>x</script>"))
        ann = db.session.scalars(select(User).where(User.user_id == "ALD-ANN")).one()
        mail.post(MailKind.PASSWORD_RESET, to=ann, link=LINK, minutes=30)
        db.session.commit()
        return encode_id(db.session.scalars(select(OutgoingMail.id)).one())


def set_state(acting, **values: object) -> None:
    with acting("system"):
        db.session.execute(update(OutgoingMail).values(**values))
        db.session.commit()


def test_a_mail_is_shown_as_text_before_and_after_it_is_sent(app, browser, code) -> None:
    root = browser("root")
    pages = [root.get(f"/mail/{code}/").get_data(as_text=True)]
    with app.app_context():
        app.extensions["mailer"].send_waiting()
    pages.append(root.get(f"/mail/{code}/").get_data(as_text=True))
    for page, state in zip(pages, ("Waiting", "Sent"), strict=True):
        soup = BeautifulSoup(page, "html.parser")
        plain, html = (part.get_text() for part in soup.select("pre.cms-mail"))
        assert f"http://127.0.0.1:5000{LINK}" in plain and "Hello <script>x</script>," in plain
        assert "<p>Hello &lt;script&gt;x&lt;/script&gt;,</p>" in html
        assert "<script>x" not in page and f'href="http://127.0.0.1:5000{LINK}' not in page, "nothing of it is alive"
        assert soup.select_one("dl").get_text().startswith(f"\nState{state}")
        assert show_date(clock.today()) in soup.select_one("dl").get_text(), "its date is written like every other"
    listed = root.get("/mail/?state=sent").get_data(as_text=True)
    assert "Choose a new password" in listed and f"/mail/{code}/" in listed and LINK not in listed


def test_a_mail_that_a_server_took_is_not_kept(app, acting, browser, code) -> None:
    set_state(acting, state="sent", text="", html="", message_key="elsewhere")
    page = browser("root").get(f"/mail/{code}/").get_data(as_text=True)
    assert "its text is kept no longer" in page and "<pre" not in page


def test_a_mail_that_cannot_be_made_is_shown_with_what_is_wrong(acting, browser, code) -> None:
    set_state(acting, state="failed", error="Mail cannot be sent to this address.", address="a@b.example\r\nX: y")
    page = browser("root").get(f"/mail/{code}/").get_data(as_text=True)
    assert "Mail cannot be sent to this address." in page


def test_there_are_no_pages_of_mail_in_production(world, app, browser, code) -> None:
    settings = {"is_testing": True, "secret_key": world.config.secret_key, "database_url": world.config.database_url}
    # What a hash costs is the process's, and the tests after this one are in it.
    cost = {"argon2_memory_kib": world.config.argon2_memory_kib, "argon2_passes": world.config.argon2_passes}
    production = create_app(
        Config(environment="production", second_factor="off", trusted_hosts=("localhost",), **settings, **cost)
    )
    root = production.test_client()
    answer = root.get("/sign-in", base_url="https://localhost")
    token = BeautifulSoup(answer.data, "html.parser").select_one("[name=csrf_token]")["value"]
    form = {"user_id": "XOS-ROOT", "password": "correct-horse-battery", "csrf_token": token}
    signed_in = root.post(
        "/sign-in", base_url="https://localhost", data=form, headers={"Referer": "https://localhost/"}
    )
    assert signed_in.status_code == 302
    for path in ("/mail/", f"/mail/{code}/"):
        assert root.get(path, base_url="https://localhost").status_code == 404
    home = root.get("/", base_url="https://localhost").get_data(as_text=True)
    assert "reaches nobody" in home and '/mail/"' not in home
    with production.app_context():
        db.engine.dispose()


def test_failed_mail_is_told_at_home_and_tried_again(app, acting, browser, code) -> None:
    root = browser("root")
    assert "the oldest since" in root.get("/").get_data(as_text=True)
    set_state(acting, state="failed", attempts=13, error="The mail server answered 550: No")
    page = root.get("/").get_data(as_text=True)
    assert "1 mail has failed." in page and "The mail server answered 550: No" in page
    answer = root.post("/mail/again/")
    assert answer.status_code == 302 and answer.location == "/"
    assert "1 mail is tried again." in root.get("/").get_data(as_text=True)
    with acting("system"):
        row = db.session.scalars(select(OutgoingMail)).one()
        assert (row.state, row.attempts, row.error) == ("waiting", 0, None)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "mail:retry")).one()
        assert (event.after, event.actor_name) == ({"count": 1}, "Root")
