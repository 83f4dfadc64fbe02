"""Deputies: who looks after access in an LSO's place, until when."""

from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from sqlalchemy import Select, or_
from wtforms import DateField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.access.actor import allowed, current_actor
from app.domain import clock
from app.domain.errors import NotAllowed
from app.domain.item import show_date
from app.domain.roles import Permission, Power
from app.domain.spans import Span
from app.models import Deputy
from app.services import deputies, organisations
from app.services.sorting import Sort
from app.views.fields import MultiCheckboxField, no_control_characters
from app.views.form_bases import BaseForm
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.lookups import MOST_LISTED, LookupField
from app.views.public_ids import encode_id
from app.views.words import show_instant

STATES = (("now", "Now"), ("to come", "To come"), ("ended", "Ended"))


def reason_field(why: str) -> TextAreaField:
    """Why, in a few words that the history keeps."""
    checks = [InputRequired(why), Length(max=400), no_control_characters]
    return TextAreaField("Reason", checks, render_kw={"rows": 2, "maxlength": 400})


class EndForm(BaseForm):
    """Why a deputy's time ends."""

    reason = reason_field("Say why this ends.")


def state_of(deputy: Deputy) -> str:
    """How a deputy's days stand to today."""
    today = clock.today()
    if deputy.ended_at is not None or deputy.ends_on < today:
        return "Ended"
    return "To come" if deputy.starts_on > today else "Now"


def _by_state(statement: Select[Any], value: str) -> Select[Any]:
    today = clock.today()
    if value == "ended":
        return statement.where(or_(Deputy.ended_at.is_not(None), Deputy.ends_on < today))
    running = statement.where(Deputy.ended_at.is_(None), Deputy.ends_on >= today)
    return running.where(Deputy.starts_on <= today if value == "now" else Deputy.starts_on > today)


def powers_of(deputy: Deputy) -> str:
    """What a deputy may do, as a list of words."""
    given = set(deputy.powers.split())
    return "; ".join(["Look after accounts", *(power.label for power in Power if power in given)])


def _organisations(view: Any, context: Any, deputy: Deputy, name: str) -> str:
    named = set(map(int, deputy.for_organisations.split()))
    if not named:
        return "All that the LSO looks after"
    return "; ".join(str(one) for one in organisations.list_organisations() if one.id in named)


class DeputyPage(ListPage):
    """Deputies within reach; an LSO appoints them and ends their time."""

    permission = Permission.USER_READ
    create = staticmethod(deputies.appoint_deputy)
    create_template = "pages/deputies/new.html"
    create_title = "Appoint a deputy"
    noun, noun_plural, icon = "deputy", "deputies", "user-check"
    key = "d"
    has_row_actions = True
    empty_hint = "An LSO can appoint a deputy for the weeks they are away."
    sorts = {
        "newest": Sort("Newest first", Deputy.id, True),
        "oldest": Sort("Oldest first", Deputy.id),
    }
    filters = (ListFilter("state", "State", lambda: STATES, _by_state),)
    column_list = ("name", "delegator_name", "starts_on", "ends_on", "powers", "state")
    column_details_list = (
        "name",
        "delegator_name",
        "starts_on",
        "ends_on",
        "state",
        "powers",
        "for_organisations",
        "reason",
        "appointed_at",
        "ended_at",
        "ended_by",
        "ended_because",
    )
    column_labels = {
        "name": "Deputy",
        "delegator_name": "For",
        "starts_on": "First day",
        "ends_on": "Last day",
        "powers": "May",
        "for_organisations": "Organisations",
        "state": "State",
        "reason": "Reason",
        "appointed_at": "Appointed",
        "ended_at": "Ended",
        "ended_by": "Ended by",
        "ended_because": "Ended because",
    }
    column_formatters = {
        "starts_on": lambda view, context, row, name: show_date(row.starts_on),
        "ends_on": lambda view, context, row, name: show_date(row.ends_on),
        "powers": lambda view, context, row, name: powers_of(row),
        "for_organisations": _organisations,
        "state": lambda view, context, row, name: state_of(row),
        "appointed_at": lambda view, context, row, name: show_instant(row.appointed_at),
        "ended_at": lambda view, context, row, name: show_instant(row.ended_at),
    }
    form_columns = ("user_id", "starts_on", "ends_on", "powers", "for_organisations", "reason")
    form_extra_fields = {
        "user_id": LookupField(
            "Deputy",
            kind="people",
            validators=[InputRequired("Choose a colleague by name or user ID.")],
            description="The user ID of somebody of your own organisation.",
        ),
        "starts_on": DateField("First day", [InputRequired("Enter the first day.")], default=clock.today),
        "ends_on": DateField(
            "Last day",
            [InputRequired("Enter the last day.")],
            description=f"The deputy's powers end after it by themselves, at most {deputies.LONGEST.days} days on.",
        ),
        "powers": MultiCheckboxField(
            "What the deputy may do besides looking after accounts",
            [Optional()],
            choices={power.value: power.label for power in Power},
            default=[power.value for power in Power],
            validate_choice=False,
        ),
        "for_organisations": MultiCheckboxField(
            "For which organisations", [Optional()], description="None chosen: all of them.", validate_choice=False
        ),
        "reason": reason_field("Say why you appoint a deputy."),
    }

    def scaffold_form(self) -> Any:
        """All fields are our own; none is made from the table."""
        return type("DeputyForm", (BaseForm,), {name: self.form_extra_fields[name] for name in self.form_columns})

    def create_form(self, obj: Any = None) -> Any:
        form = super().create_form(obj)
        form.user_id.offer({one.user_id: str(one) for one in deputies.list_candidates(MOST_LISTED + 1)})
        managed = current_actor().managed_ids
        if len(managed) > 1:
            within = [one for one in organisations.list_organisations() if one.id in managed]
            form.for_organisations.choices = {encode_id(one.id): str(one) for one in within}
        else:
            del form.for_organisations
        return form

    def create_row(self, form: Any) -> Deputy:
        chosen = form.for_organisations.data if "for_organisations" in form else []
        return deputies.appoint_deputy(
            form.user_id.data or "",
            Span(form.starts_on.data, form.ends_on.data),
            powers=form.powers.data or [],
            for_organisations=[self.read_id(code) or 0 for code in chosen or []],
            reason=form.reason.data or "",
        )

    def created_words(self, row: Deputy) -> str:
        return f"{row.name} was appointed deputy of {row.delegator_name}, and was told."

    def row_actions(self, row: Deputy) -> list[tuple[str, str]]:
        return [("End", f"{self.base_url}{self.address_id(row)}/end/")] if self._may_end(row) else []

    def _may_end(self, row: Deputy) -> bool:
        is_own = row.organisation_id == current_actor().organisation_id
        return row.ended_at is None and is_own and allowed(deputies.end_deputy)

    @expose("/<code>/end/", methods=("GET", "POST"))
    def end_view(self, code: str) -> Any:
        if not allowed(deputies.end_deputy):
            raise NotAllowed("Only an LSO of the organisation ends a deputy's time.")
        row, form = self.get_one(code), EndForm()
        if request.method == "POST" and form.validate():
            if self.carry_out(form, lambda: deputies.end_deputy(row.id, reason=form.reason.data or "")) is not None:
                flash(f"{row.name} is deputy no longer.", "success")
                return redirect(self.base_url)
            row = self.get_one(code)
        return self.render("pages/deputies/end.html", form=form, title=f"End the time of {row}", back=self.base_url)
