"""What a person has been told, newest first."""

import re

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.domain.errors import NotFound
from app.domain.roles import Permission
from app.models import Notification
from app.services import notifications
from app.services.sorting import Sort
from app.views.addresses import safe_return
from app.views.base import Page
from app.views.listing import Bar, read_parameters
from app.views.listing_paging import fetch_page
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant

PAGE_SIZE = 30
SORTS = {"newest": Sort("Newest first", Notification.id, True)}
_UPLOAD = re.compile(r"/(people-)?uploads/(\d{1,18})/")


class NotificationPage(Page):
    """One's own notifications. Opening one marks it read, so that is a form and not a link."""

    permission = Permission.ACCOUNT_OWN
    in_menu = False

    @expose("/")
    def index_view(self) -> str:
        asked = read_parameters(request.args, Bar("notifications", (), SORTS, ()))
        wanted, order = notifications.select_own(), SORTS[asked.sort]
        page = fetch_page(
            wanted, "notifications", asked.sort, order, PAGE_SIZE, asked.after, asked.before, counts=False
        )
        return self.render(
            "pages/notifications.html",
            title="Notifications",
            asked=asked,
            rows=page.rows,
            before=page.before,
            after=page.after,
            address_of=_address_of,
            code_of=encode_id,
            show_instant=show_instant,
            has_unread=bool(current_actor().glance.unread_count),
        )

    @expose("/<code>/open/", methods=("POST",))
    def open_view(self, code: str) -> Response:
        return redirect(_address_of(self._mark_read(code)))

    @expose("/<code>/read/", methods=("POST",))
    def read_view(self, code: str) -> Response:
        self._mark_read(code)
        return redirect(safe_return(request.form.get("back"), url_for(".index_view")))

    def _mark_read(self, code: str) -> Notification:
        pk = decode_id(code)
        if pk is None:
            raise NotFound("There is no such notification.")
        return notifications.mark_read(pk)

    @expose("/read/", methods=("POST",))
    def read_all_view(self) -> Response:
        count = notifications.mark_all_read()
        flash(f"{count:,} notification{'' if count == 1 else 's'} marked as read.", "success")
        return redirect(url_for(".index_view"))


def _address_of(notification: Notification) -> str:
    """Where what it tells of is. Upload numbers count everybody's uploads and are spread, as in every address."""
    upload = _UPLOAD.fullmatch(notification.url)
    if upload:
        page = "people_uploads" if upload[1] else "uploads"
        return url_for(f"{page}.upload_view", upload_id=encode_id(int(upload[2])))
    return safe_return(notification.url, url_for("notifications.index_view"))
