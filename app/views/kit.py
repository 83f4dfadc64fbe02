"""Everything pages are built from, on one page; not there in production."""

from datetime import timedelta
from types import SimpleNamespace

from flask import request
from flask_admin import expose
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from app.domain import clock
from app.domain.lifecycle import Status
from app.domain.roles import Permission
from app.views.base import Page
from app.views.fields import MultiCheckboxField
from app.views.words import due_words, status_tag


class SampleForm(FlaskForm):
    """A field of each sort."""

    name = StringField(
        "Name", description="A hint stands between the label and the field.", render_kw={"required": True}
    )
    wrong = StringField("MPRN", render_kw={"required": True})
    kind = SelectField("Choice from a list", choices={"": "Choose", "a": "First", "b": "Second"})
    text = TextAreaField("Long text", render_kw={"rows": 3})
    several = MultiCheckboxField("Several", choices={"a": "One", "b": "Another"})
    agreed = BooleanField("A single tick")


class KitPage(Page):
    """Layouts and macros with every state they have."""

    permission = Permission.ACCOUNT_OWN
    in_menu = False

    @expose("/")
    def index_view(self) -> str:
        form = SampleForm(formdata=request.args or None)
        form.wrong.errors = ["“1234567890” is not a valid MPRN: its last two digits do not check."]
        today = clock.today()
        dues = [
            due_words(SimpleNamespace(due_on=today + timedelta(days=days), is_open=is_open, status=status))  # type: ignore[arg-type]
            for days, is_open, status in (
                (9, True, Status.LOGGED),
                (1, True, Status.ASSIGNED),
                (0, True, Status.ASSIGNED),
                (-3, True, Status.ASSIGNED),
                (4, True, Status.AWAITING_INFORMATION),
                (-20, False, Status.RESOLVED),
            )
        ]
        return self.render(
            "pages/kit.html", title="Kit", form=form, dues=dues, statuses=[status_tag(status) for status in Status]
        )
