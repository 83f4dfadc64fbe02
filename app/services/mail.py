"""Writing mail, in the transaction that makes it necessary; app.mail sends it once that is committed."""

import hashlib
import secrets

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.access.tenancy import post_mail
from app.config import ROOT
from app.domain.errors import RuleBroken
from app.domain.mail import Letter, MailKind, Value, is_address, show_values
from app.extensions import db
from app.models import User

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
