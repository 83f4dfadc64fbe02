"""The start page: what waits for this person."""

from typing import NamedTuple

from flask import url_for
from flask_admin import expose
from sqlalchemy import select

from app.access.actor import allowed, current_actor
from app.domain.roles import Permission
from app.extensions import db
from app.imports import pipeline
from app.models import Upload
from app.services import contact_list, contacts
from app.views.base import Page
from app.views.listing import COUNT_CAP, count_up_to_cap
from app.views.words import show_instant


class Figure(NamedTuple):
    """A number that leads to its list."""

    label: str
    text: str
    url: str


class HomePage(Page):
    """Figures with links, and the latest uploads."""

    permission = Permission.ACCOUNT_OWN
    icon = "home"
    key = "h"

    @expose("/")
    def index_view(self) -> str:
        actor = current_actor()
        figures = []
        if actor.may(Permission.CONTACT_READ):
            asks = [
                ("Open contacts", {"status": "open"}),
                ("Overdue", {"due": "overdue"}),
                ("Due in 7 days", {"due": "week"}),
            ]
            if actor.may(Permission.CONTACT_CLAIM):
                asks = [("Assigned to me", {"assignee": "me"}), ("Not assigned", {"assignee": "nobody"}), *asks]
            if actor.may(Permission.CONTACT_ANSWER):
                asks.insert(0, ("Waiting for your answer", {"status": "awaiting_information"}))
            figures = [self._figure(label, filters) for label, filters in asks]
        uploads = []
        if actor.may(Permission.UPLOAD_READ):
            wanted = select(Upload).order_by(Upload.id.desc()).limit(5)
            uploads = list(db.session.scalars(wanted))
        return self.render(
            "pages/home/home.html",
            title=f"Hello, {actor.name.split()[0]}",
            figures=figures,
            uploads=uploads,
            show_instant=show_instant,
            may_raise=allowed(contacts.raise_contacts),
            may_upload=allowed(pipeline.receive_and_check_later),
        )

    def _figure(self, label: str, filters: dict[str, str]) -> Figure:
        count = count_up_to_cap(contact_list.select_contacts(filters, "newest"))
        text = f"{count:,}" if count <= COUNT_CAP else f"{COUNT_CAP:,}+"
        sort = "due" if "due" in filters or "assignee" in filters else None
        return Figure(label, text, url_for("contacts.index_view", **filters, sort=sort))  # type: ignore[arg-type]
