"""Uploads: new, list, one upload in each of its states, downloads."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from flask import Flask, current_app, redirect, request, url_for
from flask import Response as FileResponse
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Select
from werkzeug.wrappers import Response

from app.access.actor import Actor, acting_as, allowed, current_actor
from app.domain import clock
from app.domain.errors import DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Permission
from app.domain.table import Table, Value
from app.exports.writer import write_csv
from app.extensions import db
from app.imports import pipeline
from app.models import Job, Upload
from app.models.connections import reading
from app.services import contact_types
from app.services.request_keys import new_key, once
from app.services.sorting import Sort
from app.views import upload_progress
from app.views.forms import PlainForm, UploadForm, add_error
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.upload_words import CONTACTS, UploadWords
from app.views.words import show_instant

STATES = CONTACTS.states
MIXED = "mixed"
SHOWN_OF_RECEIPT = 20


class UploadPage(ListPage):
    """One file of contacts each; pages of other kinds of file are made from it."""

    permission = Permission.UPLOAD_READ
    verbs: ClassVar[ModuleType] = pipeline
    words: ClassVar[UploadWords] = CONTACTS
    new_template: ClassVar[str] = "pages/uploads/new.html"
    noun = "upload"
    icon = "file-upload"
    key = "u"
    list_template = "pages/uploads/list.html"
    can_view_details = False  # see upload_view
    empty_hint = "Upload a spreadsheet of contacts and it is listed here with what became of each row."
    sorts = {"newest": Sort("Newest first", Upload.id, True), "oldest": Sort("Oldest first", Upload.id)}
    heading_sorts = {"uploaded_at": ("newest", "oldest")}
    optional_columns = frozenset({"committed_at"})
    filters: ClassVar[tuple[ListFilter, ...]] = (
        ListFilter.by_column(Upload.state, "state", "State", lambda: list(STATES.items())),
    )
    column_list = (
        "file_name",
        "uploaded_at",
        "uploaded_by_name",
        "type_code",
        "state",
        "row_count",
        "raised_count",
        "refused_count",
        "committed_at",
    )
    column_labels = {
        "file_name": "File",
        "uploaded_at": "Uploaded",
        "uploaded_by_name": "By",
        "type_code": "Type",
        "state": "State",
        "row_count": "Rows",
        "raised_count": "Raised",
        "refused_count": "Rows with errors",
        "committed_at": "Raised on",
    }
    column_formatters = {
        "uploaded_at": lambda view, context, upload, name: show_instant(upload.uploaded_at),
        "committed_at": lambda view, context, upload, name: show_instant(upload.committed_at),
        "state": lambda view, context, upload, name: view.words.states[upload.state],
        "type_code": lambda view, context, upload, name: upload.type_code or "In each row",
        "row_count": lambda view, context, upload, name: f"{upload.row_count:,}",
        "raised_count": lambda view, context, upload, name: f"{upload.raised_count:,}",
        "refused_count": lambda view, context, upload, name: f"{upload.refused_count:,}",
    }

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return super().select_rows(parameters, sort).where(Upload.kind == self.verbs.KIND.name.value)

    def row_url(self, row: Upload) -> str:
        return f"{self.base_url}{self.address_id(row)}/"

    def may_upload(self) -> bool:
        """Whether to offer the button."""
        return allowed(self.verbs.receive_and_check_later)

    def may_commit(self, upload: Upload) -> bool:
        """Whether the actor may do the rows of this upload."""
        return allowed(self.verbs.start_commit) and upload.organisation_id == current_actor().organisation_id

    # -- a new one ------------------------------------------------------------------------------

    def make_form(self) -> Any:
        """The form of a new upload, with what this person may choose from."""
        form = UploadForm()
        form.type_code.choices = {
            "": "Choose",
            MIXED: "Several types: a column “Contact type” says which",
            **{definition.code: f"{definition.code} {definition.name}" for definition in contact_types.list_raisable()},
        }
        return form

    def fill_form(self, form: Any) -> None:
        """What is chosen already when the form is opened."""
        asked = request.args.get("type", "")
        form.type_code.data = asked if asked in form.type_code.choices else ""

    def receive(self, form: Any, file_name: str, content: bytes) -> Upload:
        """Take the file in."""
        chosen = form.type_code.data
        return pipeline.receive_and_check_later(file_name, content, None if chosen == MIXED else chosen)

    def check_form(self, form: Any) -> None:
        """Refuse what was chosen besides the file, before the file is looked at."""
        if form.type_code.data not in form.type_code.choices or not form.type_code.data:
            raise RuleBroken("Choose the contact type of the rows.", field="type_code")

    @expose("/new/", methods=("GET", "POST"))
    def new_view(self) -> str | Response | tuple[str, int]:
        if not self.may_upload():
            raise NotAllowed("Your roles do not include uploading contacts.")
        form = self.make_form()
        if request.method == "POST":
            try:
                pk = once(f"upload-{form.request_key.data or new_key()}", lambda: str(self._receive(form).id))
                return redirect(self.row_url(self.verbs.get_upload(int(pk))))
            except DomainError as refusal:
                db.session.rollback()
                refusal.field = refusal.field or "file"
                code = getattr(refusal, "code", "")
                refusal.message = f"{refusal.message} ({code})" if code else refusal.message
                add_error(form, refusal)
                return self._new(form), 422
        self.fill_form(form)
        return self._new(form)

    def _new(self, form: Any) -> str:
        form.request_key.data = form.request_key.data or new_key()
        return self.render(self.new_template, title=self.words.title, form=form, words=self.words, **self.new_details())

    def new_details(self) -> dict[str, Any]:
        """What else the page of a new upload shows."""
        return {"definitions": contact_types.list_raisable()}

    def _receive(self, form: Any) -> Upload:
        self.check_form(form)
        file = form.file.data
        if file is None or not file.filename:
            raise RuleBroken("Choose a file.", field="file")
        return self.receive(form, file.filename, file.stream.read())

    # -- one of them ----------------------------------------------------------------------------

    def facts(self, upload: Upload) -> list[tuple[str, str]]:
        """What the top of the page says of a file of this kind."""
        return [("Contact type", upload.type_code or "In each row")]

    def receipt_cell(self, place: int, value: Any) -> Any:
        """One value of the receipt as the page shows it; `place` counts from 0."""
        if place == 1:
            return Markup('<a href="{}">{}</a>').format(url_for("contacts.contact_view", reference=value), value)
        return "" if value is None else value

    def again_url(self, upload: Upload) -> str:
        """Where a corrected file is uploaded."""
        return url_for(".new_view", type=upload.type_code or MIXED)

    def _get(self, upload_id: str) -> Upload:
        pk = self.read_id(upload_id)
        if pk is None:
            raise NotFound("There is no such upload.")
        upload: Upload = self.verbs.get_upload(pk)
        return upload

    @expose("/<upload_id>/")
    def upload_view(self, upload_id: str) -> str:
        upload = self._get(upload_id)
        job = db.session.get(Job, upload.job_id) if upload.job_id else None
        is_over = upload.state == "committed"
        receipt = self.verbs.KIND.receipt(upload.id, SHOWN_OF_RECEIPT if is_over else 0)
        return self.render(
            "pages/uploads/upload.html",
            title=upload.file_name,
            upload=upload,
            words=self.words,
            facts=self.facts(upload),
            is_busy=_is_under_way(upload),
            progress=upload_progress.describe(upload, job, self.words),
            receipt=receipt,
            receipt_rows=list(receipt.rows),
            receipt_cell=self.receipt_cell,
            asked_count=upload.preview.get("asked_count", 0) if is_over else 0,
            show_instant=show_instant,
            state=self.words.states[upload.state],
            may_commit=self.may_commit(upload),
            again_url=self.again_url(upload),
            form=PlainForm(),
        )

    @expose("/<upload_id>/progress")
    def progress_view(self, upload_id: str) -> str | Response:
        """For the script that asks once a second; anybody else, and work that is over, belongs on the page."""
        upload = self._get(upload_id)
        job = db.session.get(Job, upload.job_id) if upload.job_id else None
        if "HX-Request" not in request.headers:
            return redirect(self.row_url(upload))
        if not _is_under_way(upload):
            return Response(status=204, headers={"HX-Refresh": "true"})
        progress = upload_progress.describe(upload, job, self.words)
        return self.render("pages/uploads/progress.html", progress=progress)

    @expose("/<upload_id>/commit/", methods=("POST",))
    def commit_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        if request.form.get("choice") == "all" and upload.refused_count:
            raise RuleBroken(
                f"Some rows are wrong, so with all or nothing, nothing is {self.words.done}. Correct them and upload "
                "again."
            )
        self.verbs.start_commit(upload.id)
        return redirect(self.row_url(upload))

    @expose("/<upload_id>/check/", methods=("POST",))
    def check_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        self.verbs.check_again(upload.id)
        return redirect(self.row_url(upload))

    @expose("/<upload_id>/errors.csv")
    def errors_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        return self._download(self._errors, upload, "errors")

    @expose("/<upload_id>/receipt.csv")
    def receipt_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        return self._download(self.verbs.KIND.receipt, upload, "receipt")

    def _download(self, rows: Any, upload: Upload, what: str) -> Response:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        stem = upload.file_name.rsplit(".", 1)[0].encode("ascii", "ignore").decode().replace('"', "") or "upload"
        return FileResponse(
            _in_scope(app, current_actor(), rows, upload.id, _heading(upload)),
            mimetype="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{stem}-{what}.csv"'},
        )

    def _errors(self, upload_id: int) -> Table:
        lines: Iterator[list[Value]] = (
            [error.row, error.column, error.header, error.code, error.message]
            for chunk in self.verbs.list_chunks(upload_id)
            for error in chunk.errors
        )
        return Table(["Row", "Column", "Header", "Code", "What is wrong"], lines)

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement


def _is_under_way(upload: Upload) -> bool:
    return upload.state in ("received", "committing")


def _heading(upload: Upload) -> str:
    at = clock.now().astimezone(clock.LONDON)
    return f"{upload.file_name}, as at {at.day} {at:%b %Y, %H:%M}"


def _in_scope(app: Flask, actor: Actor, rows: Any, upload_id: int, heading: str) -> Iterator[bytes]:
    """Outlives the request, so it brings its own application context and actor."""
    with app.app_context(), acting_as(actor), reading(one_moment=True):
        yield from write_csv(rows(upload_id), (heading,))
