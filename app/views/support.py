"""The queue of support requests."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, redirect
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.access.actor import allowed, current_actor
from app.domain.roles import Permission
from app.models import SupportRequest
from app.services import support
from app.services.sorting import Sort
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.forms import version_of
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.words import show_instant


class AnswerForm(BaseForm):
    """What is sent by mail."""

    version = HiddenField()
    answer = TextAreaField(
        "Answer",
        [InputRequired("Write the answer."), Length(max=4000), no_control_characters],
        description="Sent to the e-mail address above. Name nobody you have not checked.",
        render_kw={"rows": 6, "maxlength": 4000},
    )


class CloseForm(BaseForm):
    """Why no answer is needed."""

    version = HiddenField()
    reason = TextAreaField(
        "Why no answer is needed",
        [InputRequired("Say why no answer is needed."), Length(max=400), no_control_characters],
        render_kw={"rows": 2, "maxlength": 400},
    )


class SupportPage(ListPage):
    """What people asked who are not known; worked by Xoserve."""

    permission = Permission.SUPPORT_WORK
    noun, noun_plural, icon = "support request", "support requests", "mail"
    key = "s"
    details_template = "pages/support/request.html"
    empty_hint = "Requests from “Who is my LSO?” are listed here."
    sorts = {
        "oldest": Sort("Oldest first", SupportRequest.id),
        "newest": Sort("Newest first", SupportRequest.id, True),
    }
    heading_sorts = {"asked_at": ("oldest", "newest")}
    filters = (
        ListFilter(
            "state",
            "State",
            lambda: tuple(support.STATES.items()),
            lambda statement, value: statement.where(SupportRequest.state == value),
        ),
    )
    column_list = ("asked_at", "organisation_typed", "name", "state", "taken_by")
    column_details_list = (
        "asked_at",
        "organisation_typed",
        "name",
        "email",
        "need",
        "state",
        "taken_by",
        "answer",
        "answered_at",
        "closed_at",
        "closed_because",
    )
    column_labels = {
        "asked_at": "Asked",
        "organisation_typed": "Organisation, as typed",
        "name": "Name",
        "email": "E-mail address",
        "need": "Needs",
        "state": "State",
        "taken_by": "Taken by",
        "answer": "Answer",
        "answered_at": "Answered",
        "closed_at": "Closed",
        "closed_because": "Closed because",
    }
    column_formatters = {
        name: lambda view, context, row, name: show_instant(getattr(row, name))
        for name in ("asked_at", "answered_at", "closed_at")
    } | {"state": lambda view, context, row, name: support.STATES[row.state]}

    def title_of(self, row: SupportRequest) -> str:
        return str(row)

    def _is_mine(self, row: SupportRequest) -> bool:
        return row.state == support.TAKEN and row.taken_by_id == current_actor().user_pk

    def details_context(self, row: SupportRequest) -> dict[str, Any]:
        return {
            "is_open": row.state == support.OPEN and allowed(support.take_request),
            "is_mine": self._is_mine(row),
            "answer_form": AnswerForm(formdata=None, version=row.version),
            "close_form": CloseForm(formdata=None, version=row.version),
        }

    @expose("/<code>/take/", methods=("POST",))
    def take_view(self, code: str) -> Response:
        row = self.get_one(code)
        form = CloseForm()
        support.take_request(row.id, version=version_of(form))
        flash("The request is yours. Answer it, or say why it needs no answer.", "success")
        return redirect(self.row_url(row))

    @expose("/<code>/answer/", methods=("POST",))
    def answer_view(self, code: str) -> Any:
        row, form = self.get_one(code), AnswerForm()
        done = "The answer was sent and the request is closed."
        answer = partial(support.answer_request, row.id, form.answer.data, version=version_of(form))
        return self._finish(row, form, answer, done, "answer_form")

    @expose("/<code>/close/", methods=("POST",))
    def close_view(self, code: str) -> Any:
        row, form = self.get_one(code), CloseForm()
        close = partial(support.close_request, row.id, form.reason.data, version=version_of(form))
        return self._finish(row, form, close, "The request is closed.", "close_form")

    def _finish(self, row: SupportRequest, form: Any, verb: Callable[[], Any], done: str, name: str) -> Any:
        # Whoever may not do it is told so, and not what else is wrong with the form.
        if (not self._is_mine(row) or form.validate()) and self.carry_out(form, verb) is not None:
            flash(done, "success")
            return redirect(self.base_url)
        row = self.get_one(self.address_id(row))
        fields = [(label, self.get_detail_value(None, row, column)) for column, label in self._details_columns]
        context = {**self.details_context(row), name: form}
        return self.render(self.details_template, model=row, fields=fields, title=self.title_of(row), **context), 422
