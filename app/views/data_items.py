"""Data items of contact types: reached from their contact type."""

from typing import Any

from flask import request
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from wtforms import DateField, HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.domain.errors import NotFound
from app.domain.items import KINDS
from app.domain.roles import Permission
from app.models import ContactType, DataItem
from app.services import contact_types
from app.services.sorting import Sort
from app.views.dated import DATES, show_day, state
from app.views.fields import no_control_characters
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter


class DataItemPage(ListPage):
    """One question of a contact type each."""

    permission = Permission.CONTACT_TYPE_READ
    in_menu = False
    section = "contact_types"
    create = staticmethod(contact_types.add_item)
    update = staticmethod(contact_types.change_item)
    noun = "data item"
    sorts = {
        "position": Sort("In order", DataItem.position),
        "position-last": Sort("In order, last first", DataItem.position, True),
        "code": Sort("By code", DataItem.code),
        "code-last": Sort("By code, last first", DataItem.code, True),
    }
    heading_sorts = {"position": ("position", "position-last"), "code": ("code", "code-last")}
    optional_columns = frozenset({"position", "starts_on", "ends_on"})
    filters = (
        ListFilter(
            "type",
            "Contact type",
            contact_types.list_names,
            lambda statement, value: statement.join(ContactType).where(ContactType.code == value),
        ),
    )
    column_list = ("label", "contact_type", "code", "kind", "is_required", "state", "position", "starts_on", "ends_on")
    column_details_list = (
        "label",
        "contact_type",
        "code",
        "kind",
        "is_required",
        "help",
        "choices",
        "starts_on",
        "ends_on",
    )
    column_labels = {
        "label": "Label",
        "contact_type": "Contact type",
        "code": "Code",
        "kind": "Kind",
        "is_required": "Required",
        "help": "Help",
        "choices": "Choices",
        "starts_on": "First day",
        "ends_on": "Last day",
        "state": "State",
        "position": "Position",
    }
    column_formatters = {
        "kind": lambda view, context, row, name: KINDS[row.kind].label,
        "is_required": lambda view, context, row, name: "Yes" if row.is_required else "No",
        "choices": lambda view, context, row, name: "\n".join(label for _, label in row.choices),
        "starts_on": show_day("starts_on"),
        "ends_on": show_day("ends_on"),
        "state": state,
    }
    form_columns = (
        "code",
        "label",
        "kind",
        "choices",
        "is_required",
        "help",
        "position",
        "starts_on",
        "ends_on",
        "version",
    )
    form_overrides = {"starts_on": DateField, "ends_on": DateField, "help": TextAreaField}
    form_extra_fields = {
        "kind": SelectField("Kind", choices={kind.name: kind.label for kind in KINDS.values()}),
        "choices": TextAreaField(
            "Choices", [no_control_characters], description="For a choice from a list: one on a line, as CODE = Label."
        ),
        "version": HiddenField(),
    }
    form_args = {
        "code": {
            "label": "Code",
            "validators": [
                InputRequired("Enter a code."),
                Regexp(r"^[A-Za-z][A-Za-z0-9_]{1,39}$", message="A code is letters, digits and underscores."),
            ],
            "description": "Letters, digits and underscores. It never changes.",
        },
        "label": {
            "label": "Label",
            "validators": [InputRequired("Enter a label."), Length(max=80), no_control_characters],
        },
        "is_required": {"label": "Required when raising"},
        "help": {"label": "Help", "validators": [Length(max=400), no_control_characters]},
        "position": {"label": "Place in the order", "validators": [Optional(), NumberRange(0, 9999)], "default": 100},
        **DATES,
    }

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement.options(joinedload(DataItem.contact_type))

    def title_of(self, row: DataItem) -> str:
        return f"{row.label} of {row.contact_type.code}"

    def create_form(self, obj: Any = None) -> Any:
        form = super().create_form(obj)
        del form.version
        return form

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        del form.code
        if obj is not None:
            form.choices.data = "\n".join(f"{code} = {label}" for code, label in obj.choices)
        return form

    def _values(self, form: Any) -> dict[str, Any]:
        names = ("label", "kind", "is_required", "help", "starts_on", "ends_on")
        values = {name: form[name].data for name in names}
        lines = [line.partition("=") for line in (form.choices.data or "").splitlines() if line.strip()]
        values["choices"] = [[code.strip(), (label or code).strip()] for code, _, label in lines]
        values["position"] = form.position.data or 0
        return values

    def _type_code(self) -> str:
        code = request.args.get("type", "").upper()
        if code not in dict(contact_types.list_names()):
            raise NotFound("There is no such contact type.")
        return code

    def may_create(self) -> bool:
        """Adding starts from a contact type's page, which names itself in the address."""
        return super().may_create() and bool(request.args.get("type"))

    def create_row(self, form: Any) -> Any:
        return contact_types.add_item(self._type_code(), {**self._values(form), "code": form.code.data})

    def update_row(self, form: Any, row: Any) -> Any:
        return contact_types.change_item(row.id, self._values(form), version=version_of(form))
