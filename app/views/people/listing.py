"""The list of people, and adding one or changing who they are."""

from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import Email, InputRequired, Length

from app.access.actor import allowed, current_actor
from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.domain.service import holdable_roles
from app.imports.people import pipeline
from app.models import User
from app.services import locks, organisations, people, people_bulk, people_list
from app.views.fields import no_control_characters
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.listing_shown import Listing
from app.views.lookups import LookupField, organisation_filter
from app.views.people.words import end_words, role_words, service_words, state_tag
from app.views.words import show_instant

NO_ORGANISATION = "Choose an organisation by its name or short code."


class PeopleListPage(ListPage):
    """People of the organisations within reach."""

    permission = Permission.USER_READ
    create = staticmethod(people.create_user)
    update = staticmethod(people.change_profile)
    create_template = "pages/people/new.html"
    noun, noun_plural, icon = "person", "people", "users"
    key = "p"
    prepares_late = True
    search_hint = "Name or user ID"
    empty_hint = "Whoever gets a user ID is listed here."
    unmatched_hint = "Nobody matches. Remove a filter, or check the name or user ID you searched for."
    sorts = people_list.SORTS
    heading_sorts = {
        "name": ("name", "name-last"),
        "user_id": ("user_id", "user_id-last"),
        "created_at": ("newest", "oldest"),
    }
    optional_columns = frozenset({"email", "created_at"})
    filters = (
        organisation_filter(),
        ListFilter("service", "Service", lambda: people_list.SERVICE_FILTERS),
        ListFilter("role", "Role", lambda: _role_choices()),
        ListFilter("state", "State", lambda: people_list.STATE_FILTERS),
        ListFilter("ends", "Ends", lambda: people_list.END_FILTERS),
    )
    column_list = (
        "name",
        "user_id",
        "organisation_id",
        "services_today",
        "roles_today",
        "is_active",
        "first_end",
        "last_signed_in_at",
        "email",
        "created_at",
    )
    column_labels = {
        "name": "Name",
        "user_id": "User ID",
        "organisation_id": "Organisation",
        "services_today": "Services",
        "roles_today": "Roles",
        "is_active": "State",
        "first_end": "Ends soon",
        "last_signed_in_at": "Last signed in",
        "email": "E-mail address",
        "created_at": "Added",
    }
    column_formatters = {
        "services_today": lambda view, context, user, name: service_words(user.services_today),
        "roles_today": lambda view, context, user, name: role_words(user.roles_today),
        "is_active": lambda view, context, user, name: state_tag(user, g.locks.get(user.id)),
        "first_end": lambda view, context, user, name: end_words(user),
        "created_at": lambda view, context, user, name: show_instant(user.created_at),
        "last_signed_in_at": lambda view, context, user, name: show_instant(user.last_signed_in_at) or "Never",
        "organisation_id": lambda view, context, user, name: user.organisation_name,
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
            "description": "The sign-in name. It never changes, and nobody else ever gets it.",
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
            "description": "The link to choose a password goes there.",
        },
    }

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return people_list.select_people(parameters)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return people_list.with_access(statement)

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        return statement.options(joinedload(User.organisation))

    def visible_filters(self) -> list[ListFilter]:
        return [choice for choice in self.filters if current_actor().reaches_all or choice.name != "organisation"]

    def visible_columns(self) -> list[tuple[Any, str]]:
        return [column for column in self._list_columns if self.actor_sees_all() or column[0] != "organisation_id"]

    def render_rows(self, listing: Listing) -> Markup:
        """One statement for who is locked."""
        g.locks = locks.state_of(listing.rows)
        return super().render_rows(listing)

    def bulk_choices(self) -> list[tuple[str, str]]:
        if not allowed(people_bulk.change_many):
            return []
        return [("disable", "Disable"), ("enable", "Enable again"), ("withdraw-service", "Withdraw a service"),
                ("give-role", "Give a role")]  # fmt: skip

    def spreadsheet_url(self) -> str:
        """Where changes by spreadsheet are, for those who may make them."""
        return url_for("people_uploads.index_view") if allowed(pipeline.receive_and_check_later) else ""

    def bulk_url(self) -> str:
        return url_for("people_many.index_view")

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
        return people.create_user(values, organisation_id=organisation_id)

    def _organisation_id(self, form: Any) -> int:
        organisation = organisations.find_by_code(form.organisation.data or "")
        if organisation is None:
            raise RuleBroken(NO_ORGANISATION, field="organisation")
        return organisation.id

    def update_row(self, form: Any, row: Any) -> Any:
        values = {name: form[name].data for name in ("name", "email")}
        return people.change_profile(row.id, values, version=version_of(form))


def _role_choices() -> list[tuple[str, str]]:
    """The roles that people within reach may hold."""
    actor = current_actor()
    if actor.reaches_all:
        return list(people_list.ROLE_FILTERS)
    fitting = holdable_roles(actor.organisation_kind) | {people_list.NONE}
    return [choice for choice in people_list.ROLE_FILTERS if choice[0] in fitting]
