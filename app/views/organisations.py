"""Organisations."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from app.access.actor import allowed, current_actor
from app.domain.approvals import Act, read_acts
from app.domain.roles import Permission
from app.models import Organisation
from app.models.organisation import XOSERVE_KIND
from app.services import acting, organisations
from app.services.sorting import Sort
from app.views.fields import MultiCheckboxField, no_control_characters
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter


def _by_state(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Organisation.is_active.is_(value == "active"))


def _group(view: Any, context: Any, organisation: Organisation, name: str) -> str:
    return next((str(o) for o in organisations.list_organisations() if o.id == organisation.parent_id), "")


def _approval_acts(view: Any, context: Any, organisation: Organisation, name: str) -> str:
    acts = read_acts(organisation.approval_acts) if organisation.kind_code != XOSERVE_KIND else ()
    return "\n".join(act.label for act in Act if act in acts) or "Nothing"


class OrganisationPage(ListPage):
    """The organisations within reach; customers see their own."""

    permission = Permission.ORGANISATION_READ
    create = staticmethod(organisations.create_organisation)
    update = staticmethod(organisations.change_organisation)
    noun, icon = "organisation", "building"
    details_template = "pages/organisation.html"
    key = "o"
    search_hint = "Name or short code"
    search_columns = (Organisation.name, Organisation.short_code)
    sorts = {
        "name": Sort("By name", Organisation.name),
        "name-last": Sort("By name, last first", Organisation.name, True),
        "newest": Sort("Newest first", Organisation.id, True),
        "oldest": Sort("Oldest first", Organisation.id),
    }
    heading_sorts = {"name": ("name", "name-last"), "numeric_id": ("oldest", "newest")}
    optional_columns = frozenset({"numeric_id"})
    filters = (
        ListFilter.by_column(
            Organisation.kind_code,
            "kind",
            "Kind",
            lambda: [(kind.code, kind.name) for kind in organisations.list_kinds()],
        ),
        ListFilter("state", "State", lambda: (("active", "Active"), ("suspended", "Suspended")), _by_state),
    )
    column_list = ("name", "short_code", "numeric_id", "kind", "advocate_name", "is_active")
    column_details_list = (
        "name",
        "short_code",
        "numeric_id",
        "kind",
        "parent_id",
        "advocate_name",
        "is_active",
        "approval_acts",
    )
    column_labels = {
        "name": "Name",
        "short_code": "Short code",
        "numeric_id": "Numeric ID",
        "kind": "Kind",
        "parent_id": "Group",
        "advocate_name": "Customer advocate",
        "is_active": "State",
        "approval_acts": "Needs a second pair of eyes",
    }
    column_formatters = {
        "is_active": lambda view, context, organisation, name: "Active" if organisation.is_active else "Suspended",
        "parent_id": _group,
        "approval_acts": _approval_acts,
    }
    form_columns = (
        "short_code",
        "name",
        "kind_code",
        "parent_id",
        "advocate_name",
        "is_active",
        "approval_acts",
        "version",
    )
    form_extra_fields = {
        "kind_code": SelectField("Kind", validators=[InputRequired("Choose a kind.")]),
        "parent_id": SelectField("Group", coerce=lambda value: int(value) if value else None),
        "approval_acts": MultiCheckboxField(
            "Needs a second pair of eyes",
            [Optional()],
            choices={act.value: act.label for act in Act},
            description="Another LSO, or Xoserve, has to approve what is chosen here.",
            validate_choice=False,
        ),
        "version": HiddenField(),
    }
    form_args = {
        "short_code": {
            "label": "Short code",
            "validators": [
                InputRequired("Enter a short code."),
                Length(max=3, message="A short code is three letters or digits."),
            ],
            "description": "Three letters or digits. It never changes.",
        },
        "name": {
            "label": "Name",
            "validators": [InputRequired("Enter a name."), Length(max=120), no_control_characters],
        },
        "advocate_name": {"label": "Customer advocate", "validators": [Length(max=120), no_control_characters]},
        "is_active": {"label": "Active (a suspended organisation's people cannot sign in)"},
    }

    def details_context(self, row: Organisation) -> dict[str, Any]:
        actor = current_actor()
        may_act = allowed(acting.begin_acting) and not actor.on_behalf_of and row.id != actor.organisation_id
        return {"act_address": url_for("acting.index_view", organisation=row.short_code) if may_act else ""}

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement.options(joinedload(Organisation.kind))

    def _with_choices(self, form: Any) -> Any:
        form.parent_id.choices = {"": "None"} | {str(o.id): str(o) for o in organisations.list_organisations()}
        return form

    def create_form(self, obj: Any = None) -> Any:
        form = super().create_form(obj)
        del form.version
        del form.approval_acts
        form.kind_code.choices = {"": "Choose"} | {kind.code: kind.name for kind in organisations.list_kinds()}
        return self._with_choices(form)

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        del form.short_code
        del form.kind_code
        row = self.get_one(request.args.get("id"))
        if row.kind_code == XOSERVE_KIND:
            del form.approval_acts
        elif obj is not None:
            form.approval_acts.data = sorted(read_acts(row.approval_acts))
        return self._with_choices(form)

    def create_row(self, form: Any) -> Any:
        names = ("short_code", "name", "kind_code", "parent_id", "advocate_name", "is_active")
        return organisations.create_organisation({name: form[name].data for name in names})

    def update_row(self, form: Any, row: Any) -> Any:
        values = {name: form[name].data for name in ("name", "parent_id", "advocate_name", "is_active")}
        if "approval_acts" in form:
            values["approval_acts"] = form.approval_acts.data or []
        return organisations.change_organisation(row.id, values, version=version_of(form))
