"""What the tests of sending share."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.mail import MailKind
from app.extensions import db
from app.mail import transports
from app.mail.sending import Mailer
from app.mail.transports import SmtpTransport
from app.models import OutgoingMail, User
from app.services import mail


@pytest.fixture(autouse=True)
def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine's server may be slow; tests of slowness say so themselves."""
    monkeypatch.setattr(transports, "TIMEOUT_SECONDS", 120)


@pytest.fixture
def post(acting) -> Callable[..., list[int]]:
    """`post("ALD-ANN", ...)`: write to each of them that their account was disabled; the ids of the mails."""

    def write(*user_ids: str) -> list[int]:
        with acting("system"):
            for user_id in user_ids:
                mail.post(MailKind.DISABLED, to=db.session.scalars(select(User).where(User.user_id == user_id)).one())
            db.session.commit()
            newest = select(OutgoingMail.id).order_by(OutgoingMail.id.desc()).limit(len(user_ids))
            return list(db.session.scalars(newest))[::-1]

    return write


@pytest.fixture
def look(acting) -> Callable[[int], OutgoingMail]:
    """The row of a mail as it is now."""

    def at(mail_id: int) -> OutgoingMail:
        with acting("system"):
            return db.session.get_one(OutgoingMail, mail_id)

    return at


@pytest.fixture
def send(app: Flask) -> Callable[..., bool]:
    """`send(port)`: what a worker does that has a server there, or is told another address."""

    def work(port: int, url: str = "smtp://127.0.0.1:{}") -> bool:
        mailer = Mailer(SmtpTransport(url.format(port)), "no-reply@cms.example", "https://cms.example")
        with app.app_context():
            return mailer.send_waiting()

    return work
