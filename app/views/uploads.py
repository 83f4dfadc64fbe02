"""Uploads: new, list, one upload in each of its states, downloads."""

from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app, redirect, request
from flask import Response as FileResponse
from flask_admin import expose
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from app.access.actor import Actor, acting_as, allowed, current_actor
from app.domain import clock
from app.domain.errors import DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.roles import Permission
from app.domain.table import Table, Value
from app.exports.writer import write_csv
from app.extensions import db
from app.imports import pipeline
from app.models import Contact, Job, Upload
from app.models.connections import reading
from app.services import contact_types
from app.services.request_keys import new_key, once
from app.services.sorting import Sort
from app.views import upload_progress
from app.views.forms import PlainForm, UploadForm, add_error
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.words import show_instant

STATES = {
    "received": "Checking",
    "checked": "Checked",
    "refused": "Refused",
    "failed": "Check failed",
    "committing": "Raising",
    "stopped": "Stopped",
    "committed": "Raised",
}
MIXED = "mixed"


class UploadPage(ListPage):
    """One file of contacts each."""

    permission = Permission.UPLOAD_READ
    noun = "upload"
    icon = "file-upload"
    key = "u"
    list_template = "pages/uploads/list.html"
    can_view_details = False  # see upload_view
    empty_hint = "Upload a spreadsheet of contacts and it is listed here with what became of each row."
    sorts = {"newest": Sort("Newest first", Upload.id, True), "oldest": Sort("Oldest first", Upload.id)}
    heading_sorts = {"uploaded_at": ("newest", "oldest")}
    optional_columns = frozenset({"committed_at"})
    filters = (ListFilter.by_column(Upload.state, "state", "State", lambda: list(STATES.items())),)
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
        "refused_count": "Refused rows",
        "committed_at": "Raised on",
    }
    column_formatters = {
        "uploaded_at": lambda view, context, upload, name: show_instant(upload.uploaded_at),
        "committed_at": lambda view, context, upload, name: show_instant(upload.committed_at),
        "state": lambda view, context, upload, name: STATES[upload.state],
        "type_code": lambda view, context, upload, name: upload.type_code or "In each row",
        "row_count": lambda view, context, upload, name: f"{upload.row_count:,}",
        "raised_count": lambda view, context, upload, name: f"{upload.raised_count:,}",
        "refused_count": lambda view, context, upload, name: f"{upload.refused_count:,}",
    }

    def row_url(self, row: Upload) -> str:
        return f"{self.base_url}{self.address_id(row)}/"

    def may_upload(self) -> bool:
        """Whether to offer the button."""
        return allowed(pipeline.receive_and_check_later)

    @expose("/new/", methods=("GET", "POST"))
    def new_view(self) -> str | Response | tuple[str, int]:
        if not self.may_upload():
            raise NotAllowed("Your roles do not include uploading contacts.")
        form, definitions = UploadForm(), contact_types.list_raisable()
        form.type_code.choices = {
            "": "Choose",
            MIXED: "Several types: a column “Contact type” says which",
            **{definition.code: f"{definition.code} {definition.name}" for definition in definitions},
        }
        if request.method == "POST":
            try:
                raisable = {definition.code for definition in definitions}
                pk = once(f"upload-{form.request_key.data or new_key()}", lambda: str(self._receive(form, raisable).id))
                return redirect(self.row_url(pipeline.get_upload(int(pk))))
            except DomainError as refusal:
                db.session.rollback()
                refusal.field = refusal.field or "file"
                code = getattr(refusal, "code", "")
                refusal.message = f"{refusal.message} ({code})" if code else refusal.message
                add_error(form, refusal)
                return self._new(form, definitions), 422
        asked = request.args.get("type", "")
        form.type_code.data = asked if asked in form.type_code.choices else ""
        return self._new(form, definitions)

    def _new(self, form: UploadForm, definitions: list[Any]) -> str:
        form.request_key.data = form.request_key.data or new_key()
        return self.render("pages/uploads/new.html", title="Upload contacts", form=form, definitions=definitions)

    def _receive(self, form: UploadForm, raisable: set[str]) -> Upload:
        chosen = form.type_code.data
        if chosen not in raisable | {MIXED}:
            raise RuleBroken("Choose the contact type of the rows.", field="type_code")
        file = form.file.data
        if file is None or not file.filename:
            raise RuleBroken("Choose a file.", field="file")
        content = file.stream.read()
        return pipeline.receive_and_check_later(file.filename, content, None if chosen == MIXED else chosen)

    def _get(self, upload_id: str) -> Upload:
        pk = self.read_id(upload_id)
        if pk is None:
            raise NotFound("There is no such upload.")
        return pipeline.get_upload(pk)

    @expose("/<upload_id>/")
    def upload_view(self, upload_id: str) -> str:
        upload = self._get(upload_id)
        job = db.session.get(Job, upload.job_id) if upload.job_id else None
        references = []
        if upload.state == "committed":
            wanted = select(Contact.upload_row, Contact.reference, Contact.own_reference).where(
                Contact.upload_id == upload.id
            )
            references = list(db.session.execute(wanted.order_by(Contact.upload_row).limit(20)))
        return self.render(
            "pages/uploads/upload.html",
            title=upload.file_name,
            upload=upload,
            job=job,
            is_busy=_is_under_way(upload),
            progress=upload_progress.describe(upload, job),
            references=references,
            show_instant=show_instant,
            state=STATES[upload.state],
            may_commit=allowed(pipeline.start_commit) and upload.organisation_id == current_actor().organisation_id,
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
        return self.render("pages/uploads/progress.html", progress=upload_progress.describe(upload, job))

    @expose("/<upload_id>/commit/", methods=("POST",))
    def commit_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        if request.form.get("choice") == "all" and upload.refused_count:
            raise RuleBroken(
                "Some rows are wrong, so with all or nothing, nothing is raised. Correct them and upload again."
            )
        pipeline.start_commit(upload.id)
        return redirect(self.row_url(upload))

    @expose("/<upload_id>/check/", methods=("POST",))
    def check_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        pipeline.check_again(upload.id)
        return redirect(self.row_url(upload))

    @expose("/<upload_id>/errors.csv")
    def errors_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        return self._download(self._errors, upload, "errors")

    @expose("/<upload_id>/receipt.csv")
    def receipt_view(self, upload_id: str) -> Response:
        upload = self._get(upload_id)
        return self._download(self._receipt, upload, "receipt")

    def _download(self, rows: Any, upload: Upload, what: str) -> Response:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        stem = upload.file_name.rsplit(".", 1)[0].encode("ascii", "ignore").decode().replace('"', "") or "upload"
        return FileResponse(
            _in_scope(app, current_actor(), rows, upload.id, _heading(upload)),
            mimetype="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{stem}-{what}.csv"'},
        )

    @staticmethod
    def _errors(upload_id: int) -> Table:
        lines: Iterator[list[Value]] = (
            [error.row, error.column, error.header, error.code, error.message]
            for chunk in pipeline.list_chunks(upload_id)
            for error in chunk.errors
        )
        return Table(["Row", "Column", "Header", "Code", "What is wrong"], lines)

    @staticmethod
    def _receipt(upload_id: int) -> Table:
        wanted = select(Contact.upload_row, Contact.reference, Contact.own_reference, Contact.type_code, Contact.mprn)
        found = db.session.execute(
            wanted.where(Contact.upload_id == upload_id).order_by(Contact.upload_row).execution_options(yield_per=1000)
        )
        return Table(["Row", "Reference", "Your reference", "Type", "MPRN"], (list(row) for row in found))

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        return statement


def _is_under_way(upload: Upload) -> bool:
    return upload.state in ("received", "committing")


def _heading(upload: Upload) -> str:
    at = clock.now().astimezone(clock.LONDON)
    return f"{upload.file_name}, as at {at.day} {at:%b %Y, %H:%M}"


def _in_scope(app: Flask, actor: Actor, rows: Any, upload_id: int, heading: str) -> Iterator[bytes]:
    """Outlives the request, so it brings its own application context and actor."""
    with app.app_context(), acting_as(actor), reading():
        yield from write_csv(rows(upload_id), (heading,))
