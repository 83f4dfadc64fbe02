"""Everything pages are built from, on one page; not there in production."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

from flask import request
from flask_admin import expose
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from app.domain import clock
from app.domain.lifecycle import Status
from app.domain.roles import Permission
from app.domain.table import Table
from app.services import contact_list
from app.views.base import Page
from app.views.fields import MultiCheckboxField
from app.views.form_bases import BaseForm
from app.views.listing import Asked, Bar, ListFilter
from app.views.listing_columns import Column
from app.views.listing_rows import render_rows
from app.views.listing_shown import Listing, Tab
from app.views.words import due_words, status_tag


class SampleForm(BaseForm):
    """A field of each sort."""

    name = StringField(
        "Name", description="A hint stands between the label and the field.", render_kw={"required": True}
    )
    wrong = StringField("MPRN", render_kw={"required": True})
    kind = SelectField("Choice from a list", choices={"": "Choose", "a": "First", "b": "Second"})
    text = TextAreaField("Long text", render_kw={"rows": 3})
    several = MultiCheckboxField("Several", choices={"a": "One", "b": "Another"})
    agreed = BooleanField("A single tick")


CHART = (("Logged", 17), ("Assigned", 36), ("Awaiting information", 18))


class KitPage(Page):
    """Layouts and macros with every state they have."""

    permission = Permission.ACCOUNT_OWN
    in_menu = False
    column_formatters: ClassVar[dict[str, Any]] = {
        "status": lambda view, context, row, name: status_tag(row.status),
        "due_on": lambda view, context, row, name: due_words(row),
    }

    def row_url(self, row: Any) -> str:
        """Every row of the sample list leads back here."""
        return self.get_url(".index_view")

    @expose("/")
    def index_view(self) -> str:
        form = SampleForm(formdata=request.args or None)
        form.wrong.errors = ["“1234567890” is not a valid MPRN: its last two digits do not check."]
        today = clock.today()
        dues = [
            due_words(SimpleNamespace(due_on=today + timedelta(days=days), is_open=is_open, status=status))
            for days, is_open, status in (
                (9, True, Status.LOGGED),
                (1, True, Status.ASSIGNED),
                (0, True, Status.ASSIGNED),
                (-3, True, Status.ASSIGNED),
                (4, True, Status.AWAITING_INFORMATION),
                (-20, False, Status.RESOLVED),
            )
        ]
        listing = self._listing()
        return self.render(
            "pages/kit.html",
            title="Kit",
            form=form,
            dues=dues,
            statuses=[status_tag(status) for status in Status],
            listing=listing,
            table=render_rows(self, listing.rows, listing.columns, pick_id=None, actions=None),
            chart=Table(("Status", "Contacts"), CHART),
        )

    def _listing(self) -> Listing:
        """A list with a tab, a filter in force, a refusal, an order and more pages."""
        columns = [Column("reference", "Reference"), Column("status", "Status"), Column("due_on", "Due")]
        statuses = [(status.value, status.label) for status in Status]
        refusal = "“colour” is not a filter of this list."
        rows = [
            SimpleNamespace(
                reference=reference, due_on=clock.today() + timedelta(days=days), is_open=True, status=Status.LOGGED
            )
            for reference, days in (("4F7-K2M-9QX", 9), ("7J1-JYB-V81", 0), ("VZB-4VZ-HHX", -3))
        ]
        return Listing(
            asked=Asked({"status": "logged"}, "newest", refusals=(refusal,)),
            bar=Bar("kit", [ListFilter("status", "Status", lambda: statuses)], contact_list.SORTS, columns),
            rows=rows,
            count=1001,
            before="sample",
            after="sample",
            first_number=51,
            columns=columns,
            heading_sorts={"reference": ("newest", "oldest"), "due_on": ("due", "due-last")},
            tabs=[Tab("All", "?", False), Tab("A view", "?", True), Tab("A colleague's", "?", False, "Sue Hartley")],
            search_hint="Reference, MPRN or words",
        )
