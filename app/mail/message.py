"""One mail as it is sent: plain text and HTML over one layout."""

import textwrap
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from app.domain.mail import greet, is_address
from app.models import OutgoingMail
from app.services.mail import templates

# Seven bits go through every server, and lines as long as a header may be keep links in one piece.
POLICY = SMTP.clone(cte_type="7bit", max_line_length=998)
_WIDTH = 76


class Unsendable(Exception):
    """No mail can be made of this row, however often it is tried."""


def make_message(mail: OutgoingMail, name: str, *, sender: str, base_url: str) -> EmailMessage:
    """The mail for a person of this name; Unsendable when its address would break out of its header."""
    if not is_address(mail.address):
        raise Unsendable("Mail cannot be sent to this address.")
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = mail.address
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.message_key}@{urlsplit(base_url).hostname}>"
    # Nobody's absence is answered to us.
    message["Auto-Submitted"] = "auto-generated"
    shown = {"greeting": greet(name), "base_url": base_url, "subject": mail.subject}
    text = templates.get_template("layout.txt").render(shown, body=_wrap(mail.text))
    # The body was made by a template of ours, which escaped what was put into it.
    html = templates.get_template("layout.html").render(shown, body=Markup(mail.html))  # noqa: S704
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def _wrap(text: str) -> str:
    lines = (textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join(lines)
