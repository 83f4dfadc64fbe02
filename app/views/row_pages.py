"""`RowPages`: the page of one row, and the doors through which rows are added, changed and deleted."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from app.access.actor import allowed
from app.domain.errors import NotAllowed, NotFound
from app.extensions import db
from app.models import OrganisationOwned
from app.services.request_keys import find_result, new_key, once
from app.views.base import Page
from app.views.form_bases import RowForm
from app.views.public_ids import decode_id, encode_id

LARGEST_ID = 2**63 - 1


class RowPages(Page, ModelView):
    """Rows of one table, each with a page; read-only until `create`, `update` or `delete` name a verb.

    Doors that are not open do not exist: their URL rules are never registered. Every row is fetched
    through the guarded session, so another organisation's id is 404 like an unknown one.
    """

    create: ClassVar[Callable[..., Any] | None] = None
    update: ClassVar[Callable[..., Any] | None] = None
    delete: ClassVar[Callable[..., Any] | None] = None
    noun: ClassVar[str] = "row"
    noun_plural: ClassVar[str] = ""
    create_title: ClassVar[str] = ""

    form_base_class = RowForm
    can_view_details = True
    can_create = can_edit = can_delete = can_export = False
    column_display_actions = False
    details_template = "admin/model/details.html"
    create_template = "admin/model/create.html"
    edit_template = "admin/model/edit.html"
    delete_template = "admin/model/delete.html"

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        super().__init__(model, db, **kwargs)
        self.noun_plural = self.noun_plural or f"{self.noun}s"  # type: ignore[misc]
        article = "an" if self.noun[0] in "aeiou" else "a"
        self.create_title = self.create_title or f"Add {article} {self.noun}"  # type: ignore[misc]

    def create_blueprint(self, admin: Any) -> Any:
        doors = {
            "index_view": True,
            "details_view": self.can_view_details,
            "create_view": self.create,
            "edit_view": self.update,
            "delete_view": self.delete,
        }
        stock = {name for _, name, _ in vars(ModelView)["_urls"]}
        self._urls = [url for url in vars(type(self))["_urls"] if doors.get(url[1]) or url[1] not in stock]
        return super().create_blueprint(admin)

    def title_of(self, row: Any) -> str:
        """What the page of a row is called; no two rows share it."""
        return str(row)

    def row_url(self, row: Any) -> str:
        """Where a row's own page is."""
        return f"{self.base_url}details/?id={self.address_id(row)}"

    def address_id(self, row: Any) -> str:
        """The row's id as it stands in addresses: owned rows' numbers would count other organisations' rows."""
        return encode_id(row.id) if issubclass(self.model, OrganisationOwned) else str(row.id)

    def read_id(self, text: str) -> int | None:
        """The id behind an address, or None for a malformed one."""
        if issubclass(self.model, OrganisationOwned):
            return decode_id(text)
        return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID else None

    @property
    def base_url(self) -> str:
        """This list's address, ending with a slash."""
        return f"{self.url or ''}/"

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        """Load options for the rows shown, so that no row asks again."""
        return statement

    def get_one(self, id: Any) -> Any:
        """A row by its id as text; 404 for a malformed, unknown or foreign one."""
        pk = self.read_id(id) if isinstance(id, str) else None
        row = None if pk is None else db.session.scalar(self.prepare_one(select(self.model).where(self.model.id == pk)))
        if row is None:
            abort(404)
        return row

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        """Load options for one row's own page."""
        return self.prepare_rows(statement)

    @expose("/details/")
    def details_view(self) -> str:
        row = self.get_one(request.args.get("id"))
        fields = [(label, self.get_detail_value(None, row, name)) for name, label in self._details_columns]
        return self.render(
            self.details_template,
            model=row,
            fields=fields,
            title=self.title_of(row),
            can_change=self.update and allowed(self.update),
            can_delete_row=self.delete and allowed(self.delete),
            **self.details_context(row),
        )

    def details_context(self, row: Any) -> dict[str, Any]:
        """What else the page of one row shows."""
        return {}

    # -- changing ----------------------------------------------------------------------------

    def may_create(self) -> bool:
        """Whether to offer "add"."""
        return self.create is not None and allowed(self.create)

    def create_back(self) -> str:
        """Where adding began."""
        return self.base_url

    def create_row(self, form: Any) -> Any:
        """Call the verb with what the form holds."""
        raise NotFound("Nothing can be added here.")

    def update_row(self, form: Any, row: Any) -> Any:
        """Call the verb with what the form holds."""
        raise NotFound("Nothing can be changed here.")

    def delete_row(self, row: Any) -> Any:
        """Call the verb."""
        raise NotFound("Nothing can be deleted here.")

    def delete_words(self, row: Any) -> str:
        """What deleting does, as the confirmation says it."""
        return "This cannot be undone."

    def after_change(self, row: Any) -> str:
        """Where a person goes who added or changed a row."""
        return self.row_url(row)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response:
        if not self.may_create():
            raise NotAllowed("Your roles do not allow adding here.")
        form = self.create_form()
        key = request.form.get("request_key") or new_key()
        if request.method == "POST":
            pk = self._create_once(form, f"{self.endpoint}-{key}")
            if pk is not None:
                row = db.session.get_one(self.model, int(pk))
                flash(self.created_words(row), "success")
                return redirect(self.after_change(row))
        asked = {"title": self.create_title, "back": self.create_back(), "request_key": key}
        return self.render(self.create_template, form=form, **asked)

    def created_words(self, row: Any) -> str:
        """What is said once a row was added."""
        return f"{self.noun.capitalize()} {row} was added."

    def _create_once(self, form: Any, key: str) -> str | None:
        """Id of the row this form added, now or when it was sent before; None when the form is wrong."""
        earlier = find_result(key)
        if earlier is not None or not form.validate():
            return earlier
        return self.carry_out(form, lambda: once(key, lambda: str(self.create_row(form).id)))

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> str | Response:
        if self.update is None or not allowed(self.update):
            raise NotAllowed("Your roles do not allow changes here.")
        row = self.get_one(request.args.get("id"))
        title, back = f"Change {self.title_of(row)}", self.row_url(row)
        form = self.edit_form(obj=row if request.method == "GET" else None)
        if request.method == "POST" and form.validate():
            changed = self.carry_out(form, lambda: self.update_row(form, row))
            if changed is not None:
                flash(f"{self.noun.capitalize()} {changed} was changed.", "success")
                return redirect(self.after_change(changed))
        return self.render(self.edit_template, form=form, title=title, back=back)

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> str | Response:
        """Ask first; the second answer deletes."""
        if self.delete is None or not allowed(self.delete):
            raise NotAllowed("Your roles do not allow deleting here.")
        row = self.get_one(request.args.get("id"))
        name = str(row)
        if request.method == "POST":
            self.delete_row(row)
            flash(f"{self.noun.capitalize()} {name} was deleted.", "success")
            return redirect(self.base_url)
        return self.render(self.delete_template, model=row, title=f"Delete {name}", back=self.base_url)
