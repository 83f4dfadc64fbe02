"""Contact types and their data items: data that administrators change on screen."""

import re
from typing import Any

from flask import Response
from flask_admin import expose
from sqlalchemy import Select
from sqlalchemy.orm import selectinload
from wtforms import DateField, HiddenField, SelectField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Regexp

from app.access.actor import allowed
from app.domain import clock
from app.domain.items import KINDS
from app.domain.roles import Permission
from app.exports.writer import XLSX
from app.models import ContactType, ContactTypeRaiser
from app.models.contact_type import DUPLICATE_RULES, FAMILIES, FIRST_WORKERS
from app.services import contact_types, organisations
from app.services.sorting import Sort
from app.views.dated import DATES, show_day, state
from app.views.fields import MultiCheckboxField, no_control_characters
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter


def _words(choices: tuple[tuple[str, str], ...], name: str) -> Any:
    return lambda view, context, row, _: dict(choices).get(getattr(row, name), getattr(row, name))


class ContactTypePage(ListPage):
    """Everybody who reads contacts reads the types; administrators change them."""

    permission = Permission.CONTACT_TYPE_READ
    create = staticmethod(contact_types.create_type)
    update = staticmethod(contact_types.change_type)
    noun, icon = "contact type", "list-details"
    key = "t"
    details_template = "pages/contact_type.html"
    sorts = {
        "code": Sort("By code", ContactType.code),
        "code-last": Sort("By code, last first", ContactType.code, True),
        "name": Sort("By name", ContactType.name),
        "name-last": Sort("By name, last first", ContactType.name, True),
    }
    heading_sorts = {"code": ("code", "code-last"), "name": ("name", "name-last")}
    optional_columns = frozenset({"starts_on", "ends_on"})
    filters = (ListFilter.by_column(ContactType.family, "family", "Family", lambda: FAMILIES),)
    column_list = ("code", "name", "family", "first_worker", "raisers", "state", "starts_on", "ends_on")
    column_details_list = (
        "code",
        "name",
        "family",
        "first_worker",
        "raisers",
        "targets",
        "duplicate_rule",
        "guidance",
        "starts_on",
        "ends_on",
    )
    column_labels = {
        "code": "Code",
        "name": "Name",
        "family": "Family",
        "first_worker": "Worked first by",
        "raisers": "Raised by",
        "targets": "Targets",
        "duplicate_rule": "Repeats of an open contact",
        "guidance": "Guidance",
        "starts_on": "First day",
        "ends_on": "Last day",
        "state": "State",
    }
    column_formatters = {
        "family": _words(FAMILIES, "family"),
        "first_worker": _words(FIRST_WORKERS, "first_worker"),
        "raisers": lambda view, context, row, name: ", ".join(raiser.kind.name for raiser in row.raisers),
        "targets": lambda view, context, row, name: ", ".join(f"{t.percentage}% by D+{t.days}" for t in row.targets),
        "duplicate_rule": _words(DUPLICATE_RULES, "duplicate_rule"),
        "starts_on": show_day("starts_on"),
        "ends_on": show_day("ends_on"),
        "state": state,
    }
    form_columns = (
        "code",
        "name",
        "family",
        "first_worker",
        "guidance",
        "raisers",
        "targets",
        "duplicate_rule",
        "starts_on",
        "ends_on",
        "version",
    )
    form_overrides = {"guidance": TextAreaField, "starts_on": DateField, "ends_on": DateField}
    form_extra_fields = {
        "family": SelectField("Family", choices=dict(FAMILIES)),
        "first_worker": SelectField("Worked first by", choices=dict(FIRST_WORKERS)),
        "raisers": MultiCheckboxField("Who may raise it"),
        "duplicate_rule": SelectField("Repeats of an open contact", choices=dict(DUPLICATE_RULES)),
        "targets": TextAreaField("Targets", description="One on a line: business days and percentage, like 10 95."),
        "version": HiddenField(),
    }
    form_args = {
        "code": {
            "label": "Code",
            "validators": [
                InputRequired("Enter a code."),
                Length(max=4),
                Regexp(r"^[A-Za-z]{3,4}$", message="A code is three or four letters."),
            ],
            "description": "Three or four letters. It never changes.",
        },
        "name": {
            "label": "Name",
            "validators": [InputRequired("Enter a name."), Length(max=120), no_control_characters],
        },
        "guidance": {
            "label": "Guidance",
            "validators": [Length(max=2000), no_control_characters],
            "description": "When to use it, and what to have ready.",
        },
        **DATES,
    }

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        raisers = selectinload(ContactType.raisers).joinedload(ContactTypeRaiser.kind)
        return statement.options(raisers, selectinload(ContactType.targets))

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        return self.prepare_rows(statement).options(selectinload(ContactType.items))

    @expose("/template/<code>.xlsx")
    def template_view(self, code: str) -> Response:
        # Loaded here, for few of the processes that start with the pages make a workbook.
        from app.exports.templates import template

        definition = contact_types.get_definition(code)
        name = f"contacts-{definition.code}.xlsx"
        return Response(
            template(definition),
            mimetype=XLSX,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def details_context(self, row: ContactType) -> dict[str, Any]:
        return {
            "items": row.items,
            "kinds": KINDS,
            "state": lambda item: state(self, None, item, ""),
            "may_add_item": allowed(contact_types.add_item),
            "today": clock.today(),
        }

    def _with_choices(self, form: Any) -> Any:
        form.raisers.choices = {kind.code: kind.name for kind in organisations.list_kinds()}
        return form

    def create_form(self, obj: Any = None) -> Any:
        form = self._with_choices(super().create_form(obj))
        del form.version
        return form

    def edit_form(self, obj: Any = None) -> Any:
        form = self._with_choices(super().edit_form(obj))
        del form.code
        if obj is not None:
            form.raisers.data = [raiser.kind_code for raiser in obj.raisers]
            form.targets.data = "\n".join(f"{target.days} {target.percentage}" for target in obj.targets)
        return form

    def validate_targets(self, form: Any) -> dict[int, int]:
        """Percentage by days; ValidationError names the first line that is wrong."""
        targets: dict[int, int] = {}
        for line in filter(str.strip, (form.targets.data or "").splitlines()):
            match = re.fullmatch(r"\s*(?:D\+)?(\d{1,3})\s+(\d{1,3})\s*%?\s*", line)
            if not match or not 1 <= int(match[2]) <= 100 or int(match[1]) in targets:
                raise ValidationError(
                    f"“{line.strip()[:40]}” is not a target. Write business days and a percentage, like 10 95."
                )
            targets[int(match[1])] = int(match[2])
        return targets

    def _values(self, form: Any) -> dict[str, Any]:
        names = ("name", "family", "first_worker", "guidance", "duplicate_rule", "starts_on", "ends_on")
        return {name: form[name].data for name in names}

    def carry_out(self, form: Any, verb: Any) -> Any:
        try:
            return super().carry_out(form, verb)
        except ValidationError as error:
            form.targets.errors = [str(error)]
            return None

    def create_row(self, form: Any) -> Any:
        values = {**self._values(form), "code": form.code.data}
        return contact_types.create_type(values, raisers=form.raisers.data, targets=self.validate_targets(form))

    def update_row(self, form: Any, row: Any) -> Any:
        return contact_types.change_type(
            row.code,
            self._values(form),
            raisers=form.raisers.data,
            targets=self.validate_targets(form),
            version=version_of(form),
        )
