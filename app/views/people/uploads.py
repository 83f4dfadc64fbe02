"""Files of people: what is to become of accounts, services and roles, a row for each act."""

from types import ModuleType
from typing import Any, ClassVar

from flask import Response as FileResponse
from flask import g, request, url_for
from flask_admin import expose
from flask_wtf.file import FileField
from sqlalchemy import Select, select
from wtforms import HiddenField

from app.access.actor import allowed, current_actor
from app.domain.errors import RuleBroken
from app.domain.people_sheet import ACTS, columns_for
from app.domain.roles import Permission, Role
from app.domain.service import Service
from app.exports.writer import XLSX
from app.extensions import db
from app.imports.people import pipeline
from app.models import Organisation, Upload
from app.services import access_rules, organisations
from app.views.form_bases import BaseForm
from app.views.listing import ListFilter
from app.views.lookups import LookupField, organisation_filter
from app.views.people.listing import NO_ORGANISATION
from app.views.upload_words import PEOPLE
from app.views.uploads import UploadPage


class PeopleUploadForm(BaseForm):
    """A file, and whose people its rows are about."""

    organisation = LookupField(
        "Organisation", kind="organisations", description="Its name, or its three-letter short code.",
        render_kw={"required": True},
    )  # fmt: skip
    request_key = HiddenField()
    file = FileField("File", render_kw={"accept": ".xlsx,.csv", "required": True})


class PeopleUploadPage(UploadPage):
    """One file of people each."""

    permission = Permission.USER_CHANGE
    in_menu = False
    section = "people"
    key = ""
    has_views = False
    verbs: ClassVar[ModuleType] = pipeline
    words = PEOPLE
    new_template = "pages/people/upload.html"
    empty_hint = "Upload a spreadsheet of people and it is listed here with what became of each row."
    filters = (
        organisation_filter(lambda statement, code: statement.where(_is_of(code))),
        ListFilter.by_column(Upload.state, "state", "State", lambda: list(PEOPLE.states.items())),
    )
    column_list = (
        "file_name",
        "organisation_id",
        "uploaded_at",
        "uploaded_by_name",
        "state",
        "row_count",
        "raised_count",
        "refused_count",
        "committed_at",
    )
    column_labels = {
        **UploadPage.column_labels,
        "organisation_id": "Organisation",
        "raised_count": "Done",
        "committed_at": "Done on",
    }
    column_formatters = {
        **UploadPage.column_formatters,
        "organisation_id": lambda view, context, upload, name: view.organisation_names().get(upload.organisation_id),
    }

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        """A deputy may look after other organisations than their own."""
        statement, actor = super().select_rows(parameters, sort), current_actor()
        return statement if actor.reaches_all else statement.where(Upload.organisation_id.in_(actor.managed_ids))

    def visible_filters(self) -> list[ListFilter]:
        return [choice for choice in self.filters if current_actor().reaches_all or choice.name != "organisation"]

    def visible_columns(self) -> list[tuple[Any, str]]:
        return [column for column in self._list_columns if self.actor_sees_all() or column[0] != "organisation_id"]

    def organisation_names(self) -> dict[int, str]:
        """The names of the organisations within reach, asked for once in a request."""
        if "organisation_names" not in g:
            g.organisation_names = {one.id: one.name for one in organisations.list_organisations()}
        names: dict[int, str] = g.organisation_names
        return names

    def may_commit(self, upload: Upload) -> bool:
        return allowed(pipeline.start_commit) and current_actor().manages(upload.organisation_id)

    def make_form(self) -> Any:
        form = PeopleUploadForm()
        actor = current_actor()
        if actor.reaches_all or len(actor.managed_ids) > 1:
            form.organisation.offer({one.short_code: str(one) for one in organisations.list_organisations()})
        else:
            del form.organisation
        return form

    def fill_form(self, form: Any) -> None:
        if "organisation" in form:
            form.organisation.data = request.args.get("organisation", "")

    def check_form(self, form: Any) -> None:
        """The organisation is looked for when the file is received."""

    def receive(self, form: Any, file_name: str, content: bytes) -> Upload:
        organisation_id = None
        if "organisation" in form:
            organisation = organisations.find_by_code(form.organisation.data or "")
            if organisation is None:
                raise RuleBroken(NO_ORGANISATION, field="organisation")
            organisation_id = organisation.id
        return pipeline.receive_and_check_later(file_name, content, organisation_id)

    def new_details(self) -> dict[str, Any]:
        return {"acts": ACTS.values()}

    def facts(self, upload: Upload) -> list[tuple[str, str]]:
        return [("Organisation", self.organisation_names().get(upload.organisation_id, ""))]

    def receipt_cell(self, place: int, value: Any) -> Any:
        return "" if value is None else value

    def again_url(self, upload: Upload) -> str:
        return url_for(".new_view")

    @expose("/template/people.xlsx")
    def template_view(self) -> FileResponse:
        """The template, with the services and roles that the actor may give."""
        # Loaded here, for few of the processes that start with the pages make a workbook.
        from app.exports.templates import people_template

        columns = columns_for(*self._grantable())
        return FileResponse(
            people_template(list(columns.values())),
            mimetype=XLSX,
            headers={"Content-Disposition": 'attachment; filename="people.xlsx"'},
        )

    @staticmethod
    def _grantable() -> tuple[list[Service], list[Role]]:
        """What the actor may give to the people of their organisation; of any, where they look after several."""
        actor = current_actor()
        if actor.reaches_all or len(actor.managed_ids) > 1:
            return access_rules.grantable_anywhere(actor)
        organisation = db.session.get_one(Organisation, actor.meant_organisation_id)
        return access_rules.grantable_to(actor, organisation.kind_code)


def _is_of(code: str) -> Any:
    return Upload.organisation_id == select(Organisation.id).where(Organisation.short_code == code).scalar_subquery()
