"""Saved views: where they are named, shared, made the default, and deleted."""

from typing import Any

from flask import request
from sqlalchemy import Select
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from app.access.actor import current_actor
from app.domain.errors import NotAllowed, NotFound
from app.domain.roles import Permission
from app.models import SavedView
from app.services import saved_views
from app.services.sorting import Sort
from app.views.fields import no_control_characters
from app.views.list_page import ListPage
from app.views.listing import ListFilter
from app.views.public_ids import encode_id


class SavedViewPage(ListPage):
    """One's own views, and those that others of the organisation share."""

    permission = Permission.ACCOUNT_OWN
    in_menu = False
    has_views = False
    has_row_actions = True
    can_view_details = False
    create = staticmethod(saved_views.save_view)
    update = staticmethod(saved_views.change_view)
    delete = staticmethod(saved_views.delete_view)
    noun = "saved view"
    create_title = "Save this view"
    empty_hint = "Set filters, order or columns on any list, then choose “Save this view” above it."
    sorts = {
        "newest": Sort("Newest first", SavedView.id, True),
        "oldest": Sort("Oldest first", SavedView.id),
    }
    filters = (
        ListFilter(
            "whose",
            "Whose",
            lambda: (("mine", "Mine"), ("others", "Shared by others")),
            lambda statement, value: statement.where(
                (SavedView.user_id == current_actor().user_pk) == (value == "mine")
            ),
        ),
    )
    column_list = ("name", "page", "is_shared", "default", "maker_name")
    column_labels = {
        "name": "Name",
        "page": "List",
        "is_shared": "Seen by",
        "default": "Opens the list",
        "maker_name": "Made by",
    }
    column_formatters = {
        "page": lambda view, context, row, name: view.list_name(row.page),
        "is_shared": lambda view, context, row, name: "My organisation" if row.is_shared else "Me",
        "default": lambda view, context, row, name: "Yes" if saved_views.is_default(row) else "",
    }
    form_columns = ("name", "is_shared", "is_default", "query")
    form_extra_fields = {
        "name": StringField(
            "Name",
            [InputRequired("Enter a name."), Length(max=saved_views.LONGEST_NAME), no_control_characters],
        ),
        "is_shared": BooleanField(
            "Share it with my organisation", description="Others can open it. Only you can change or delete it."
        ),
        "is_default": BooleanField("Open the list with it", description="For you only. One view of a list can do so."),
        "query": HiddenField(),
    }

    def list_page(self, page: str) -> ListPage | None:
        """The list of that name, if this person may open it."""
        view = self._find_list(page)
        return view if view is not None and view.is_accessible() else None

    def _find_list(self, page: str) -> ListPage | None:
        lists = (view for view in self.admin._views if isinstance(view, ListPage) and view.has_views)
        return next((view for view in lists if view.endpoint == page), None)

    def list_name(self, page: str) -> str:
        """How a list is called."""
        view = self._find_list(page)
        return str(view.name) if view else page

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        return super().select_rows(parameters, sort).where(saved_views.visible_views())

    def prepare_one(self, statement: Select[Any]) -> Select[Any]:
        return statement.where(saved_views.visible_views())

    def row_url(self, row: SavedView) -> str:
        """The list as the view shows it."""
        view = self.list_page(row.page)
        return f"{view.base_url if view else self.base_url}?view={encode_id(row.id)}" if view else self.base_url

    def row_actions(self, row: SavedView) -> list[tuple[str, str]]:
        name = self.address_id(row)
        change = ("Change", f"{self.base_url}edit/?id={name}")
        return [change, ("Delete", f"{self.base_url}delete/?id={name}")] if saved_views.is_own(row) else [change]

    def may_create(self) -> bool:
        """Saving starts from a list, which names itself in the address."""
        return super().may_create() and bool(request.args.get("page"))

    def create_back(self) -> str:
        view = self.list_page(request.args.get("page", ""))
        return f"{view.base_url}?{request.args.get('query', '')}" if view else self.base_url

    def create_form(self, obj: Any = None) -> Any:
        page = self._find_list(request.args.get("page", ""))
        if page is None:
            raise NotFound("There is no such list.")
        if not page.is_accessible():
            raise NotAllowed("Your roles do not include that list.")
        form = super().create_form(obj)
        form.query.data = request.args.get("query", "")
        return form

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        view = obj or self.get_one(request.args.get("id"))
        if not saved_views.is_own(view):
            del form.name
            del form.is_shared
        if obj is not None:
            form.is_default.data = saved_views.is_default(obj)
        form.query.data = request.args.get("query")
        return form

    def create_row(self, form: Any) -> Any:
        page = request.args["page"]
        view = saved_views.save_view(page, form.name.data, form.query.data, is_shared=form.is_shared.data)
        if form.is_default.data:
            saved_views.choose_default_view(page, view.id)
        return view

    def update_row(self, form: Any, row: SavedView) -> Any:
        if "name" in form:
            given = {"name": form.name.data, "is_shared": form.is_shared.data, "query": form.query.data}
            saved_views.change_view(row.id, **given)
        if form.is_default.data != saved_views.is_default(row):
            saved_views.choose_default_view(row.page, row.id if form.is_default.data else None)
        return row

    def delete_row(self, row: SavedView) -> Any:
        return saved_views.delete_view(row.id)

    def delete_words(self, row: SavedView) -> str:
        if row.is_shared:
            return "Others of your organisation lose it too. No contact or other row is deleted."
        return "Only the view is deleted, nothing that it lists."
