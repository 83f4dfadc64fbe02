"""Item kind -> form field, one table; and the form of a contact type."""

import re
from collections.abc import Callable
from typing import Any

from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField, ValidationError, widgets

from app.domain.item import Item, ItemError
from app.domain.items import CONTROL, KINDS, Choice
from app.services.definition import Definition
from app.views.form_bases import BaseForm


def no_control_characters(form: Any, field: Field) -> None:
    """For text that is also written into workbooks."""
    if CONTROL.search(field.data or ""):
        raise ValidationError("This holds characters that cannot be shown. Type it again by hand.")


class MultiCheckboxField(SelectMultipleField):
    """Several choices as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class NativeDateField(StringField):
    """The browser's own date field. What was typed without one is shown as text again, for it would show nothing."""

    def __call__(self, **attributes: Any) -> Any:
        is_shown = not self.data or re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.data)
        return super().__call__(**{"type": "date" if is_shown else "text", **attributes})


def _text(item: Item, **attributes: Any) -> Field:
    return StringField(item.label, description=item.help, render_kw={"autocomplete": "off", **attributes})


def _long_text(item: Item) -> Field:
    return TextAreaField(item.label, description=item.help, render_kw={"rows": 5})


def _choice(item: Item) -> Field:
    kind = KINDS[item.kind]
    assert isinstance(kind, Choice)
    return SelectField(
        item.label, choices={"": "Choose", **dict(kind.options(item))}, description=item.help, validate_choice=False
    )


def _yes_no(item: Item) -> Field:
    choices = {"": "Choose", "yes": "Yes", "no": "No"}
    return SelectField(item.label, choices=choices, description=item.help, validate_choice=False)


def _digits(item: Item) -> Field:
    return _text(item, inputmode="numeric")


def _date(item: Item) -> Field:
    return NativeDateField(item.label, description=item.help, render_kw={"autocomplete": "off"})


FIELDS: dict[str, Callable[[Item], Field]] = {
    "text": _text,
    "long_text": _long_text,
    "whole_number": _digits,
    "decimal": lambda item: _text(item, inputmode="decimal"),
    "money": lambda item: _text(item, inputmode="decimal"),
    "date": _date,
    "choice": _choice,
    "yes_no": _yes_no,
    "mprn": _digits,
    "meter_serial_number": _text,
    "meter_reading": _digits,
    "postcode": _text,
    "ldz": _choice,
    "confirmation_reference": _digits,
    "email": lambda item: _text(item, inputmode="email"),
}

if FIELDS.keys() != KINDS.keys():
    raise RuntimeError(f"item kinds without a field, or the other way round: {FIELDS.keys() ^ KINDS.keys()}")


def item_form(definition: Definition) -> type[BaseForm]:
    """A form class with one field per data item, named by item code; the kinds themselves do the checking."""
    fields: dict[str, Any] = {}
    for item in definition.asked:
        field = FIELDS[item.kind](item)
        field.kwargs["render_kw"] = {
            **(field.kwargs.get("render_kw") or {}),
            **({"required": True} if item.is_required else {}),
        }
        fields[item.code] = field
    return type("ItemForm", (BaseForm,), fields)


def show_errors(form: BaseForm, errors: dict[str, ItemError]) -> None:
    """Put each item's error beside its field."""
    for code, error in errors.items():
        form[code].errors = [error.message]
