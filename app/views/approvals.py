"""Changes of access that wait for a second pair of eyes: what, who, why, what would change; and the decision."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from wtforms import TextAreaField
from wtforms.validators import Length

from app.access.actor import allowed, current_actor
from app.domain.approvals import LASTS, State
from app.domain.errors import NotAllowed, NotFound
from app.domain.item import show_date
from app.domain.reasons import LONGEST_REASON
from app.domain.roles import Permission, Role
from app.models import Approval
from app.services import approvals, approving
from app.services.sorting import Sort
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.public_ids import encode_id
from app.views.words import show_instant

VERBS: dict[str, Callable[..., Approval]] = {
    "approve": approving.approve,
    "refuse": approving.refuse,
    "withdraw": approving.withdraw_request,
}
_COLOURS = {State.ASKED: " cms-tag-warn", State.APPROVED: " cms-tag-good", State.REFUSED: " cms-tag-bad"}
_TAG = Markup('<span class="cms-tag{}">{}</span>')


class DecisionForm(BaseForm):
    """What whoever asked, and the history, are told of the decision."""

    reason = TextAreaField(
        "Reason",
        [Length(max=LONGEST_REASON), no_control_characters],
        description="Whoever asked can read it. It is needed only to refuse.",
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


def state_tag(approval: Approval) -> Markup:
    """What became of a request as a coloured word."""
    state = State(approval.state)
    return _TAG.format(_COLOURS.get(state, ""), state.label)


def changes_of(approval: Approval) -> list[str]:
    """What would be different, a sentence for each change."""
    if "role" not in approval.arguments:
        return [
            "Whoever is disabled is signed out everywhere at once and cannot sign in until they are enabled again.",
            "Services and roles are kept.",
        ]
    role, span = Role(approval.arguments["role"]), approvals.read_span(approval)
    end = f"until {show_date(span.ends_on)}" if span.ends_on else "without an end"
    return [f"The role {role.label} is given from {show_date(span.starts_on)}, {end}."]


def _by_state(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Approval.state == value)


class ApprovalPage(ListPage):
    """Requests within reach; those who may decide do it on a request's own page."""

    permission = Permission.USER_READ
    noun, icon = "request for approval", "checks"
    noun_plural = "requests for approval"
    key = "v"
    details_template = "pages/approvals/request.html"
    empty_hint = "Changes of access that need a second pair of eyes are listed here."
    sorts = {
        "waiting": Sort("Waiting first", Approval.is_open, True),
        "newest": Sort("Newest first", Approval.id, True),
        "oldest": Sort("Oldest first", Approval.id),
    }
    filters = (ListFilter("state", "State", lambda: [(state.value, state.label) for state in State], _by_state),)
    column_list = ("summary", "organisation", "asked_by", "asked_at", "state", "decided_by")
    column_details_list = (
        "organisation",
        "reason",
        "asked_by",
        "asked_at",
        "state",
        "decided_by",
        "decided_at",
        "why",
    )
    column_labels = {
        "summary": "What",
        "organisation": "Organisation",
        "reason": "Reason given",
        "asked_by": "Asked by",
        "asked_at": "Asked",
        "state": "State",
        "decided_by": "Ended by",
        "decided_at": "Ended",
        "why": "Reason for the decision",
    }
    column_formatters = {
        "asked_at": lambda view, context, row, name: show_instant(row.asked_at),
        "decided_at": lambda view, context, row, name: show_instant(row.decided_at),
        "state": lambda view, context, row, name: state_tag(row),
    }

    def visible_columns(self) -> list[tuple[Any, str]]:
        columns = super().visible_columns()
        return columns if self.actor_sees_all() else [one for one in columns if one[0] != "organisation"]

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement.options(joinedload(Approval.organisation))

    def details_context(self, row: Approval) -> dict[str, Any]:
        actor, is_open = current_actor(), row.state == State.ASKED
        why_not = approving.why_not(actor, row) if is_open else ""
        is_own = row.asked_by_id == actor.user_pk
        return {
            "form": DecisionForm(formdata=None),
            "people": [(name, encode_id(pk)) for pk, name in row.people.items()],
            "changes": changes_of(row),
            "is_open": is_open,
            "ends_at": show_instant(row.asked_at + LASTS),
            "approvers": approvals.find_approvers(row).words if is_open else "",
            "may_decide": is_open and allowed(approving.approve) and not why_not,
            "may_withdraw": is_open and is_own and allowed(approving.withdraw_request),
            "why_not": why_not if allowed(approving.approve) else "",
        }

    @expose("/<code>/<decision>/", methods=("POST",))
    def decide_view(self, code: str, decision: str) -> Any:
        verb = VERBS.get(decision)
        if verb is None:
            raise NotFound("There is no such decision.")
        if not allowed(verb):
            raise NotAllowed("Only another LSO, or Xoserve, decides about a change of access.")
        row, form = self.get_one(code), DecisionForm()
        pk, why = row.id, form.reason.data or ""
        made = self.carry_out(form, lambda: verb(pk, why=why)) if form.validate() else None
        if made is not None:
            flash(*_done_words(made))
            return redirect(self.row_url(made))
        row = self.get_one(code)
        fields = [(label, self.get_detail_value(None, row, column)) for column, label in self._details_columns]
        context = {**self.details_context(row), "form": form}
        return self.render(self.details_template, model=row, fields=fields, title=self.title_of(row), **context), 422


def _done_words(approval: Approval) -> tuple[str, str]:
    state = State(approval.state)
    if state is State.LAPSED:
        return f"Nothing was changed: this request has lapsed. {approval.why}", "warning"
    words = {
        State.APPROVED: f"{approval.summary}: approved and done.",
        State.REFUSED: f"{approval.summary}: refused. {approval.asked_by} was told.",
        State.WITHDRAWN: f"{approval.summary}: withdrawn.",
    }
    return words[state], "success"
