"""Mail as it was sent, to look at where none really is; and trying again what failed."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from flask import abort, current_app, flash, redirect, url_for
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.domain.roles import Permission
from app.extensions import db
from app.mail.message import Unsendable, make_message
from app.mail.sending import Mailer
from app.mail.transports import FolderTransport
from app.models import OutgoingMail, User
from app.services.mail import try_mail_again
from app.services.sorting import Sort
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.public_ids import decode_id
from app.views.words import show_instant

STATES = {"waiting": "Waiting", "sent": "Sent", "failed": "Failed"}
_ANSWER = Markup('<span class="cms-mail-answer">{}</span>')
HEADERS = ("Date", "From", "To", "Subject", "Message-ID")


class MailPage(ListPage):
    """Every mail, newest first; mail holds links that open accounts, so in production there is no such page."""

    permission = Permission.SERVICE_WATCH
    noun = "mail"
    in_menu = False
    list_template = "pages/mails.html"
    has_views = False
    can_view_details = False  # see mail_view
    empty_hint = "Whatever the service writes to people is listed here."
    sorts = {"newest": Sort("Newest first", OutgoingMail.id, True), "oldest": Sort("Oldest first", OutgoingMail.id)}
    heading_sorts = {"created_at": ("newest", "oldest")}
    optional_columns = frozenset({"sent_at"})
    filters = (ListFilter.by_column(OutgoingMail.state, "state", "State", lambda: list(STATES.items())),)
    column_list = ("subject", "address", "created_at", "state", "attempts", "sent_at", "error")
    column_labels = {
        "subject": "Subject",
        "address": "To",
        "created_at": "Written",
        "state": "State",
        "attempts": "Tries",
        "sent_at": "Sent",
        "error": "Last answer",
    }
    column_formatters = {
        "created_at": lambda view, context, mail, name: show_instant(mail.created_at),
        "sent_at": lambda view, context, mail, name: show_instant(mail.sent_at),
        "state": lambda view, context, mail, name: STATES[mail.state],
        "error": lambda view, context, mail, name: _ANSWER.format(mail.error) if mail.error else "",
    }

    @expose("/")
    def index_view(self) -> str:
        _refuse_in_production()
        return str(super().index_view())

    def row_url(self, row: OutgoingMail) -> str:
        return url_for(".mail_view", code=self.address_id(row))

    @expose("/<code>/")
    def mail_view(self, code: str) -> str:
        """One mail: its head, and both parts as text."""
        _refuse_in_production()
        pk = decode_id(code)
        mail = None if pk is None else db.session.get(OutgoingMail, pk)
        if mail is None:
            abort(404)
        message = _find_message(mail)
        return self.render(
            "pages/mail.html",
            title=f"Mail {code}",
            mail=mail,
            state=STATES[mail.state],
            head=[(name, _show(message[name])) for name in HEADERS] if message else [],
            bodies=[(label, _part(message, kind)) for label, kind in PARTS.items()] if message else [],
            show_instant=show_instant,
        )

    @expose("/again/", methods=("POST",))
    def again_view(self) -> Response:
        count = try_mail_again()
        flash(f"{count:,} mail{' is' if count == 1 else 's are'} tried again.", "success")
        return redirect(url_for("home.index_view"))


PARTS = {"Plain text": "plain", "HTML, as it was written": "html"}


def _refuse_in_production() -> None:
    if current_app.config["CMS"].is_production:
        abort(404)


def _find_message(mail: OutgoingMail) -> EmailMessage | None:
    """The mail as it lies in the folder, or as it would be sent; None when it is kept no more or cannot be made."""
    mailer: Mailer = current_app.extensions["mailer"]
    if mail.state != "sent":
        name = db.session.scalar(select(User.name).where(User.id == mail.user_id)) or ""
        try:
            return make_message(mail, name, sender=mailer.sender, base_url=mailer.base_url)
        except Unsendable:
            return None
    if not isinstance(mailer.transport, FolderTransport):
        return None
    path = mailer.transport.path_of(mail.message_key)
    # The default policy makes messages of this class.
    return message_from_bytes(path.read_bytes(), policy=default) if path.exists() else None


def _show(header: Any) -> str:
    """A header as people read it: the date like every other."""
    at = getattr(header, "datetime", None)
    return show_instant(at) if at is not None else str(header)


def _part(message: EmailMessage, kind: str) -> str:
    body: Any = message.get_body((kind,))
    return "" if body is None else str(body.get_content())
