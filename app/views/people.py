"""An organisation's people."""

from typing import Any

from flask import flash, g, request
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload
from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import Email, InputRequired, Length

from app.access.actor import current_actor
from app.domain.errors import RuleBroken
from app.domain.roles import Permission, Role
from app.extensions import db
from app.models import Organisation, User
from app.services import organisations, people
from app.services.sorting import Sort
from app.views.fields import no_control_characters
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.lookups import LookupField
from app.views.words import show_instant

NO_ORGANISATION = "Choose an organisation by its name or short code."


def _by_state(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(User.is_active.is_(value == "active"))


def _roles(view: Any, context: Any, user: User, name: str) -> str:
    return ", ".join(sorted(Role(grant.role).label for grant in user.grants)) or "None"


class PeoplePage(ListPage):
    """People of the organisations within reach."""

    permission = Permission.USER_READ
    create = staticmethod(people.create_user)
    update = staticmethod(people.change_profile)
    create_template = "pages/people/new.html"
    noun, noun_plural, icon = "person", "people", "users"
    key = "p"
    search_hint = "Name or user ID"
    search_columns = (User.name, User.user_id)
    sorts = {
        "newest": Sort("Newest first", User.id, True),
        "oldest": Sort("Oldest first", User.id),
        "user_id": Sort("By user ID", User.user_id),
        "user_id-last": Sort("By user ID, last first", User.user_id, True),
    }
    heading_sorts = {"user_id": ("user_id", "user_id-last"), "created_at": ("newest", "oldest")}
    optional_columns = frozenset({"email", "created_at"})
    filters = (ListFilter("state", "State", lambda: (("active", "Active"), ("disabled", "Disabled")), _by_state),)
    column_list = (
        "user_id",
        "name",
        "email",
        "organisation_id",
        "grants",
        "is_active",
        "created_at",
        "last_signed_in_at",
    )
    column_labels = {
        "user_id": "User ID",
        "name": "Name",
        "email": "E-mail address",
        "organisation_id": "Organisation",
        "grants": "Roles",
        "is_active": "State",
        "created_at": "Added",
        "last_signed_in_at": "Last signed in",
    }
    column_details_list = (
        "user_id",
        "name",
        "email",
        "organisation_id",
        "grants",
        "is_active",
        "created_at",
        "last_signed_in_at",
    )
    column_formatters = {
        "grants": _roles,
        "is_active": lambda view, context, user, name: "Active" if user.is_active else "Disabled",
        "created_at": lambda view, context, user, name: show_instant(user.created_at),
        "last_signed_in_at": lambda view, context, user, name: show_instant(user.last_signed_in_at) or "Never",
        "organisation_id": lambda view, context, user, name: view.organisation_name(user.organisation_id),
    }
    form_columns = ("organisation", "user_id", "name", "email", "version")
    form_extra_fields = {
        "organisation": LookupField(
            "Organisation",
            kind="organisations",
            validators=[InputRequired(NO_ORGANISATION)],
            description="Its name, or its three-letter short code.",
        ),
        "version": HiddenField(),
    }
    form_overrides = {"email": EmailField, "user_id": StringField}
    form_args = {
        "user_id": {
            "label": "User ID",
            "validators": [InputRequired("Enter a user ID."), Length(max=32)],
            "description": "The sign-in name. It never changes.",
        },
        "name": {
            "label": "Name",
            "validators": [InputRequired("Enter a name."), Length(max=120), no_control_characters],
        },
        "email": {
            "label": "E-mail address",
            "validators": [
                InputRequired("Enter an e-mail address."),
                Email("Write the e-mail address like name@example.com."),
                Length(max=254),
            ],
        },
    }

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement.options(selectinload(User.grants))

    def visible_columns(self) -> list[tuple[Any, str]]:
        return [column for column in self._list_columns if self.actor_sees_all() or column[0] != "organisation_id"]

    def after_rows(self, rows: list[Any]) -> None:
        """One statement for the names of all rows."""
        wanted = select(Organisation).where(Organisation.id.in_({row.organisation_id for row in rows}))
        g.organisation_names = {organisation.id: organisation.name for organisation in db.session.scalars(wanted)}

    def organisation_name(self, pk: int) -> str:
        """The name that `after_rows` fetched, or one look-up on a person's own page."""
        if "organisation_names" not in g:
            organisation = db.session.get(Organisation, pk)
            return organisation.name if organisation else ""
        return str(g.organisation_names.get(pk, ""))

    def create_form(self, obj: Any = None) -> Any:
        form = super().create_form(obj)
        del form.version
        actor = current_actor()
        if not actor.reaches_all and len(actor.managed_ids) < 2:
            del form.organisation
            return form
        if request.method == "GET":
            form.organisation.data = request.args.get("organisation", "")
        form.organisation.offer({o.short_code: str(o) for o in organisations.list_organisations()})
        return form

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        del form.user_id
        del form.organisation
        if obj is not None:
            form.version.data = obj.version
        return form

    def create_row(self, form: Any) -> Any:
        values = {name: form[name].data for name in ("user_id", "name", "email")}
        organisation_id = self._organisation_id(form) if "organisation" in form else None
        user, told = people.create_user(values, organisation_id=organisation_id)
        flash(told, "warning")
        return user

    def _organisation_id(self, form: Any) -> int:
        organisation = organisations.find_by_code(form.organisation.data or "")
        if organisation is None:
            raise RuleBroken(NO_ORGANISATION, field="organisation")
        return organisation.id

    def update_row(self, form: Any, row: Any) -> Any:
        values = {name: form[name].data for name in ("name", "email")}
        return people.change_profile(row.id, values, version=version_of(form))
