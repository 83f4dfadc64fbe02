"""Sending what waits: at least once each, and as a rule exactly once.

A worker takes a mail by one compare-and-set that moves `next_try_at` past the time sending may take. A worker that is
killed between sending and writing so leaves a mail that is sent once more with the same Message-ID.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.access.actor import SYSTEM, acting_as
from app.config import Config
from app.domain import clock
from app.extensions import db
from app.mail.message import Unsendable, make_message
from app.mail.transports import FolderTransport, NotNow, Refused, Send, SmtpTransport, Transport, Unreachable
from app.models import OutgoingMail, User
from app.models.connections import reading

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
# 1, 2, 4 ... 128 minutes and then every four hours: thirteen tries take a day.
MOST_ATTEMPTS = 13
MOST_A_ROUND = 200
_LONGEST_ERROR = 400


@dataclass(frozen=True)
class Mailer:
    """How this deployment sends mail."""

    transport: Transport
    sender: str
    base_url: str

    def send_waiting(self) -> bool:
        """Send what is due, oldest first; whether there may be more. Ends when nobody takes mail now."""
        due = _list_due()
        with self.transport.open() as send:
            for mail_id in due:
                try:
                    self._send_one(mail_id, send)
                except Unreachable:
                    return False
        return len(due) == MOST_A_ROUND

    def _send_one(self, mail_id: int, send: Send) -> None:
        taken = _take(mail_id)
        if taken is None:
            return
        mail, name = taken
        try:
            send(make_message(mail, name, sender=self.sender, base_url=self.base_url), mail.message_key)
        except (Refused, Unsendable) as refusal:
            _settle(mail, state="failed", error=str(refusal)[:_LONGEST_ERROR])
        except NotNow as refusal:
            _put_off(mail, str(refusal))
            if isinstance(refusal, Unreachable):
                raise
        except Exception:
            logger.exception("mail was not sent", extra={"mail_id": mail_id})
            _put_off(mail, "Something went wrong on our side.")
        else:
            _settle(mail, state="sent", error=None, sent_at=clock.now(), text="", html="")


def mailer_of(config: Config) -> Mailer:
    """What the settings say."""
    transport = SmtpTransport(config.smtp_url) if config.smtp_url else FolderTransport(config.mail_folder)
    return Mailer(transport, config.mail_sender, config.base_url)


def _list_due() -> list[int]:
    with acting_as(SYSTEM), reading():
        due = select(OutgoingMail.id).where(OutgoingMail.state == "waiting", OutgoingMail.next_try_at <= clock.now())
        return list(db.session.scalars(due.order_by(OutgoingMail.next_try_at, OutgoingMail.id).limit(MOST_A_ROUND)))


def _take(mail_id: int) -> tuple[OutgoingMail, str] | None:
    """Make a mail that is due this worker's, with the name of whom it is for; None when another has it."""
    now = clock.now()
    with acting_as(SYSTEM):
        free = update(OutgoingMail).where(
            OutgoingMail.id == mail_id, OutgoingMail.state == "waiting", OutgoingMail.next_try_at <= now
        )
        taken = free.values(attempts=OutgoingMail.attempts + 1, next_try_at=now + LEASE)
        has_won = db.session.execute(taken.returning(OutgoingMail.id)).first() is not None
        db.session.commit()
        if not has_won:
            return None
        mail = db.session.get_one(OutgoingMail, mail_id)
        name = db.session.scalar(select(User.name).where(User.id == mail.user_id)) or ""
        db.session.expunge(mail)
        return mail, name


def _put_off(mail: OutgoingMail, error: str) -> None:
    """Try again after a longer wait each time; in the end give up."""
    again_at = _next_try(clock.now(), mail.attempts)
    state = "waiting" if mail.attempts < MOST_ATTEMPTS else "failed"
    _settle(mail, state=state, error=error[:_LONGEST_ERROR], next_try_at=again_at)


def _next_try(now: datetime, attempts: int) -> datetime:
    return now + min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)


def _settle(mail: OutgoingMail, **values: object) -> None:
    """Write what became of a mail, unless another worker took it meanwhile."""
    with acting_as(SYSTEM):
        mine = update(OutgoingMail).where(
            OutgoingMail.id == mail.id, OutgoingMail.state == "waiting", OutgoingMail.attempts == mail.attempts
        )
        db.session.execute(mine.values(**values))
        db.session.commit()
