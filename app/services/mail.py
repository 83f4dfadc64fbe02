"""Writing mail, in the transaction that makes it necessary; app.mail sends it once that is committed."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import func, select, update

from app.access.actor import current_actor, needs
from app.access.tenancy import post_mail
from app.config import ROOT
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.mail import Letter, MailKind, Value, is_address, show_values
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, OutgoingMail, User
from app.services import audit

BAD_ADDRESS = "Write the e-mail address like name@example.com."

templates = Environment(
    loader=FileSystemLoader(ROOT / "app" / "templates" / "mail"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_base_url = ""


def configure(*, base_url: str) -> None:
    """Set the address that links in mail begin with; called once at start-up, for no request is to be believed."""
    global _base_url
    _base_url = base_url


def post(kind: MailKind, *, to: User | int, key: str = "", **values: Value) -> None:
    """Write one mail of a fixed kind to a person, within reach or not; part of a verb.

    `values` are those the kind names (domain.mail.MAILS); a `link` is a path of this site. With a `key`, the same kind
    with the same key is written to the same person only once. Nothing is sent before the caller's commit.
    """
    user_pk = to if isinstance(to, int) else to.id
    text, html = _fill(kind, values)
    _hand_over(Letter(kind, text, html, _message_key(kind, str(user_pk), key), user_pk=user_pk))


def post_to_address(kind: MailKind, address: str, *, key: str = "", **values: Value) -> None:
    """The same to an address that is no known person's; RuleBroken when mail cannot be sent there."""
    address = address.strip()
    if not is_address(address):
        raise RuleBroken(BAD_ADDRESS, field="email")
    text, html = _fill(kind, values)
    _hand_over(Letter(kind, text, html, _message_key(kind, address, key), address=address))


def _fill(kind: MailKind, values: dict[str, Value]) -> tuple[str, str]:
    shown = show_values(kind, values, _base_url)
    text, html = (templates.get_template(f"{kind}.{part}").render(shown) for part in ("txt", "html"))
    return text.strip(), html.strip()


def _message_key(kind: MailKind, told: str, key: str) -> str:
    """Tells nothing, for it stands in the mail's head."""
    return hashlib.sha256(f"{kind}\n{told}\n{key}".encode()).hexdigest()[:40] if key else secrets.token_hex(20)


def _hand_over(letter: Letter) -> None:
    post_mail([letter])
    db.session().info["new_mail"] = True


class Outbox(NamedTuple):
    """What is not sent, and since when the oldest waits; `failed` are the newest of those that were given up."""

    waiting_count: int
    oldest_waiting_since: datetime | None
    failed_count: int
    failed: list[Any]


def look_into_outbox(limit: int) -> Outbox:
    """What waits and what has failed, of everybody within reach."""
    by_state = select(OutgoingMail.state, func.count(OutgoingMail.id), func.min(OutgoingMail.created_at))
    by_state = by_state.where(OutgoingMail.state.in_(("waiting", "failed"))).group_by(OutgoingMail.state)
    counts = {state: (count, oldest) for state, count, oldest in db.session.execute(by_state)}
    failed_count = counts.get("failed", (0, None))[0]
    failed: list[Any] = []
    if failed_count:
        newest = select(OutgoingMail).where(OutgoingMail.state == "failed").order_by(OutgoingMail.id.desc())
        failed = list(db.session.scalars(newest.limit(limit)))
    waiting_count, oldest = counts.get("waiting", (0, None))
    return Outbox(waiting_count, oldest, failed_count, failed)


@needs(Permission.SERVICE_WATCH)
def try_mail_again() -> int:
    """Let everything that failed wait once more, with all its tries; how many there were."""
    failed = update(OutgoingMail).where(OutgoingMail.state == "failed").execution_options(synchronize_session=False)
    again = failed.values(state="waiting", attempts=0, next_try_at=clock.now(), error=None)
    count: int = db.session.execute(again).rowcount  # type: ignore[attr-defined]
    own = db.session.get_one(Organisation, current_actor().organisation_id)
    audit.record("mail:retry", own, organisation_id=own.id, after={"count": count})
    db.session().info["new_mail"] = True
    return count
