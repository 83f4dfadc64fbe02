"""What is told by mail: a fixed subject for each kind, and the few values its template may hold.

Mail crosses from one organisation to another (see tenancy.post_mail) and lies in strangers' mail boxes, so no value
says more than where to look: no contact, no colleague's name, nothing anybody wrote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.item import show_date, show_instant


class MailKind(StrEnum):
    """Each has a line in MAILS and the templates mail/KIND.txt and mail/KIND.html."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    ROLE_GRANTED = "role_granted"
    ROLE_WITHDRAWN = "role_withdrawn"
    SERVICE_GRANTED = "service_granted"
    SERVICE_WITHDRAWN = "service_withdrawn"
    DEPUTY_APPOINTED = "deputy_appointed"
    DEPUTY_ENDED = "deputy_ended"
    ACTING_ON_BEHALF = "acting_on_behalf"
    APPROVAL_ASKED = "approval_asked"
    REVIEW_ASKED = "review_asked"
    REVIEW_REMINDER = "review_reminder"
    REVIEW_NOTICE = "review_notice"
    DORMANT_WARNING = "dormant_warning"
    DISABLED = "disabled"
    ENABLED = "enabled"
    UNLOCKED = "unlocked"
    DELETED = "deleted"
    ADDRESS_CHANGED = "address_changed"
    SUPPORT_REQUEST_RECEIVED = "support_request_received"
    SUPPORT_ANSWER = "support_answer"


@dataclass(frozen=True)
class Form:
    """The subject of a kind, and the names of the values that must be given for it."""

    subject: str
    values: frozenset[str] = frozenset()


def _form(subject: str, *values: str) -> Form:
    return Form(subject, frozenset(values))


# `link` is a path of this site. A value may be None where its template has words for that.
MAILS: dict[MailKind, Form] = {
    MailKind.INVITATION: _form("Your account with the Contact Management Service", "link", "hours"),
    MailKind.PASSWORD_RESET: _form("Choose a new password", "link", "minutes"),
    MailKind.PASSWORD_CHANGED: _form("Your password was changed", "at"),
    MailKind.SECOND_FACTOR_CHANGED: _form("How you sign in was changed", "at"),
    MailKind.ROLE_GRANTED: _form("You were given a role", "role", "starts_on", "ends_on"),
    MailKind.ROLE_WITHDRAWN: _form("A role was withdrawn from you", "role"),
    MailKind.SERVICE_GRANTED: _form("You were given a service", "service", "starts_on", "ends_on"),
    MailKind.SERVICE_WITHDRAWN: _form("A service was withdrawn from you", "service"),
    MailKind.DEPUTY_APPOINTED: _form("You were appointed deputy LSO", "organisation", "starts_on", "ends_on"),
    MailKind.DEPUTY_ENDED: _form("You are no longer deputy LSO", "organisation"),
    MailKind.ACTING_ON_BEHALF: _form("Xoserve is acting for your organisation", "organisation", "ends_at", "link"),
    MailKind.APPROVAL_ASKED: _form("Your approval is asked for", "link"),
    MailKind.REVIEW_ASKED: _form("Review who has access", "due_on", "link"),
    MailKind.REVIEW_REMINDER: _form("Your access review is not finished", "due_on", "link"),
    MailKind.REVIEW_NOTICE: _form("Nobody has confirmed your access", "disabled_on"),
    MailKind.DORMANT_WARNING: _form("Sign in to keep your account", "disabled_on"),
    MailKind.DISABLED: _form("Your account was disabled"),
    MailKind.ENABLED: _form("Your account was enabled again"),
    MailKind.UNLOCKED: _form("Your account was unlocked"),
    MailKind.DELETED: _form("Your account was deleted"),
    MailKind.ADDRESS_CHANGED: _form("Your e-mail address was changed", "at"),
    MailKind.SUPPORT_REQUEST_RECEIVED: _form("We have received your request", "reference"),
    # The one mail with words that somebody wrote: Xoserve's, to whoever asked.
    MailKind.SUPPORT_ANSWER: _form("The answer to your request", "reference", "answer"),
}

Value = str | int | date | datetime | None
LONGEST_VALUE = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PATH = re.compile(r"/(?![/\\])[!-~]*")
# What mail is sent to: one address, without a name and without anything that ends a header.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True)
class Letter:
    """One mail as it is posted, to a person or else to an address; ValueError when it is of no known kind."""

    kind: MailKind
    text: str
    html: str
    message_key: str
    user_pk: int | None = None
    address: str = ""

    def __post_init__(self) -> None:
        if type(self.kind) is not MailKind:
            raise ValueError("a letter is of one of the known kinds")
        if (self.user_pk is None) != is_address(self.address):
            raise ValueError("a letter goes to a person or to an address")

    @property
    def subject(self) -> str:
        """The fixed subject of its kind."""
        return MAILS[self.kind].subject


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def show_values(kind: MailKind, values: Mapping[str, Value], base_url: str) -> dict[str, str]:
    """The values as they are read, links with the address of this site; ValueError when others are given."""
    if values.keys() != MAILS[kind].values:
        raise ValueError(f"mail of kind {kind} takes {sorted(MAILS[kind].values)}")
    return {name: base_url + _path(value) if name == "link" else _show(value, name) for name, value in values.items()}


def _path(value: Value) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise ValueError("a link in mail is a path of this site")
    return value


def _show(value: Value, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return show_instant(value)
    if isinstance(value, date):
        return show_date(value)
    if isinstance(value, int):
        return f"{value:,}"
    if name == "answer":
        return value.replace("\r\n", "\n")
    if _CONTROL.search(value) or len(value) > LONGEST_VALUE:
        raise ValueError("a value in mail is one short line")
    return value


def greet(name: str) -> str:
    """The line mail begins with."""
    shown = _CONTROL.sub(" ", name).strip()
    return f"Hello {shown}," if shown else "Hello,"
