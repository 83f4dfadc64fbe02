"""The list of reviews, and beginning one."""

from typing import Any

from sqlalchemy import Select, select
from wtforms.validators import InputRequired

from app.access.actor import current_actor
from app.domain.errors import RuleBroken
from app.domain.item import show_date
from app.domain.roles import Permission
from app.models import Organisation, Review
from app.services import organisations, reviews
from app.services.sorting import Sort
from app.views.form_bases import BaseForm
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.lookups import LookupField, organisation_filter
from app.views.people.actions import DayField
from app.views.people.listing import NO_ORGANISATION
from app.views.reviews.words import progress_words, state_of
from app.views.words import show_instant

STATES = (("running", "Running"), ("finished", "Finished"))


def _by_state(statement: Select[Any], value: str) -> Select[Any]:
    is_running = Review.closed_at.is_(None)
    return statement.where(is_running if value == "running" else ~is_running)


def _by_organisation(statement: Select[Any], value: str) -> Select[Any]:
    wanted = select(Organisation.id).where(Organisation.short_code == value)
    return statement.where(Review.organisation_id == wanted.scalar_subquery())


class ReviewListPage(ListPage):
    """Reviews within reach."""

    permission = Permission.USER_READ
    create = staticmethod(reviews.start_review)
    list_template = "pages/reviews/list.html"
    create_template = "pages/reviews/new.html"
    create_title = "Begin an access review"
    noun, icon = "review", "checkbox"
    key = "w"
    has_views = False
    empty_hint = "In an access review each person of an organisation is confirmed or withdrawn by a day."
    sorts = {"newest": Sort("Newest first", Review.id, True), "oldest": Sort("Oldest first", Review.id)}
    filters = (organisation_filter(_by_organisation), ListFilter("state", "State", lambda: STATES, _by_state))
    column_list = ("due_on", "organisation_id", "state", "answered_count", "started_at", "started_by", "closed_at")
    column_labels = {
        "due_on": "Last day",
        "organisation_id": "Organisation",
        "state": "State",
        "answered_count": "Progress",
        "started_at": "Begun",
        "started_by": "Begun by",
        "closed_at": "Finished",
    }
    column_formatters = {
        "due_on": lambda view, context, row, name: show_date(row.due_on),
        "organisation_id": lambda view, context, row, name: row.organisation_name,
        "state": lambda view, context, row, name: state_of(row),
        "answered_count": lambda view, context, row, name: progress_words(row),
        "started_at": lambda view, context, row, name: show_instant(row.started_at),
        "closed_at": lambda view, context, row, name: show_instant(row.closed_at),
    }
    form_columns = ("organisation", "due_on")
    form_extra_fields = {
        "organisation": LookupField("Organisation", kind="organisations", validators=[InputRequired(NO_ORGANISATION)]),
        "due_on": DayField(
            "Last day",
            validators=[InputRequired("Enter the last day.")],
            description="By then each person is confirmed or withdrawn. LSOs are reminded a week and a day before.",
        ),
    }

    def created_words(self, row: Review) -> str:
        return f"The access review to {show_date(row.due_on)} has begun, and its LSOs were told."

    def visible_filters(self) -> list[ListFilter]:
        return [choice for choice in self.filters if self.actor_sees_all() or choice.name != "organisation"]

    def visible_columns(self) -> list[tuple[Any, str]]:
        return [column for column in self._list_columns if self.actor_sees_all() or column[0] != "organisation_id"]

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return reviews.with_progress(statement)

    def scaffold_form(self) -> Any:
        """All fields are our own; none is made from the table."""
        return type("ReviewForm", (BaseForm,), {name: self.form_extra_fields[name] for name in self.form_columns})

    def create_form(self, obj: Any = None) -> Any:
        form, actor = super().create_form(obj), current_actor()
        if not actor.reaches_all and len(actor.managed_ids) < 2:
            del form.organisation
            return form
        form.organisation.offer({one.short_code: str(one) for one in organisations.list_organisations()})
        return form

    def create_row(self, form: Any) -> Review:
        organisation_id = None
        if "organisation" in form:
            organisation = organisations.find_by_code(form.organisation.data or "")
            if organisation is None:
                raise RuleBroken(NO_ORGANISATION, field="organisation")
            organisation_id = organisation.id
        return reviews.start_review(form.due_on.data, organisation_id=organisation_id)
