"""Small forms that are not made from a model or a contact type."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, TextAreaField, widgets

from app.domain.errors import DomainError
from app.domain.lifecycle import Given
from app.services.contacts import list_outcome_codes
from app.views.form_bases import BaseForm


class MoveForm(BaseForm):
    """What a move of the life cycle asks for; unused fields are deleted."""

    version = IntegerField(widget=widgets.HiddenInput())
    outcome_code = SelectField("Reason", validate_choice=False)
    message = TextAreaField(
        "Message", description="The other side reads this.", render_kw={"rows": 4, "maxlength": 4000}
    )


def shape_move_form(form: MoveForm, must_give: Given) -> None:
    """Leave the fields that a move asks for."""
    if must_give in (Given.RESOLUTION_CODE, Given.REJECTION_CODE):
        codes = list_outcome_codes(must_give)
        form.outcome_code.choices = {"": "Choose"} | {code.code: code.text for code in codes}
    else:
        del form.outcome_code
    if must_give is Given.NOTHING:
        del form.message


class UploadForm(BaseForm):
    """A file, and the contact type of all its rows."""

    type_code = SelectField("Contact type", validate_choice=False, render_kw={"required": True})
    request_key = HiddenField()
    file = FileField("File", render_kw={"accept": ".xlsx,.csv", "required": True})


class PlainForm(BaseForm):
    """A button."""


def add_error(form: Any, refusal: DomainError) -> None:
    """Put a refusal where the person will look for it."""
    if refusal.field and refusal.field in form:
        field = form[refusal.field]
        field.errors = [*field.errors, refusal.message]
    else:
        form.form_errors = [*form.form_errors, refusal.message]


def version_of(form: Any) -> int:
    """The hidden version a form was opened with; anything odd is never the row's."""
    text = str(form["version"].data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
