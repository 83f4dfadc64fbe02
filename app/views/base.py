"""`Page` and `ListPage`: what every screen does the same way."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView
from markupsafe import Markup, escape
from sqlalchemy import Select, or_, select
from werkzeug.wrappers import Response

from app.access.actor import allowed, current_actor, find_actor
from app.domain.errors import DomainError, NotAllowed, NotFound
from app.domain.roles import Permission
from app.extensions import db
from app.models import OrganisationOwned
from app.services.request_keys import find_result, new_key, once
from app.services.sorting import Sort
from app.views.forms import add_error
from app.views.listing import Asked, ListFilter, Listing, count_up_to_cap, fetch_page, read_parameters
from app.views.public_ids import decode_id, encode_id

_R = TypeVar("_R")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_ID = 2**63 - 1


class Page(BaseView):
    """A screen that needs a permission; views are added to the menu when `in_menu` and allowed."""

    permission: ClassVar[Permission]
    in_menu: ClassVar[bool] = True
    icon: ClassVar[str] = ""
    # The key that follows g to come here (see the sheet of shortcuts); unique.
    key: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.endswith("views.base") and not isinstance(getattr(cls, "permission", None), Permission):
            raise TypeError(f"{cls.__name__} names no permission")

    def is_accessible(self) -> bool:
        """Asked by Flask-Admin before each of its views, and by the menu."""
        actor = find_actor()
        return actor is not None and actor.may(self.permission)

    def is_visible(self) -> bool:
        return self.in_menu

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        raise NotAllowed(
            "Your roles do not include this page. Your Local Security Officer can tell you who may use it."
        )

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the view and commit what it changed; the only commit of a request, and none for a GET.

        Flask-Admin's own version calls a view twice when it raises TypeError.
        """
        try:
            answer = fn(self, *args, **kwargs)
            if request.method not in SAFE_METHODS:
                db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        return answer

    def carry_out(self, form: Any, verb: Callable[[], _R]) -> _R | None:
        """Call a verb for a form; a refusal goes beside its field (or on top) and nothing is kept."""
        try:
            return verb()
        except NotFound:
            raise
        except DomainError as refusal:
            db.session.rollback()
            add_error(form, refusal)
            return None


class ListPage(Page, ModelView):
    """A list of rows with a page for each; read-only until `create` or `update` name a verb.

    Doors that are not open do not exist: their URL rules are never registered. Every row is fetched
    through the guarded session, so another organisation's id is 404 like an unknown one.
    """

    create: ClassVar[Callable[..., Any] | None] = None
    update: ClassVar[Callable[..., Any] | None] = None
    noun: ClassVar[str] = "row"
    noun_plural: ClassVar[str] = ""
    filters: ClassVar[tuple[ListFilter, ...]] = ()
    sorts: ClassVar[dict[str, Sort]] = {}
    search_hint: ClassVar[str] = ""
    search_columns: ClassVar[tuple[Any, ...]] = ()
    empty_hint: ClassVar[str] = "Nothing matches. Remove a filter to see more."

    page_size = 50
    can_view_details = True
    can_create = can_edit = can_delete = can_export = False
    column_display_actions = False
    list_template = "admin/model/list.html"
    details_template = "admin/model/details.html"
    create_template = "admin/model/create.html"
    edit_template = "admin/model/edit.html"

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        super().__init__(model, db, **kwargs)
        self.noun_plural = self.noun_plural or f"{self.noun}s"  # type: ignore[misc]

    def create_blueprint(self, admin: Any) -> Any:
        doors = {
            "index_view": True,
            "details_view": self.can_view_details,
            "create_view": self.create,
            "edit_view": self.update,
        }
        stock = {name for _, name, _ in vars(ModelView)["_urls"]}
        self._urls = [url for url in vars(type(self))["_urls"] if doors.get(url[1]) or url[1] not in stock]
        return super().create_blueprint(admin)

    # -- reading -----------------------------------------------------------------------------

    def select_rows(self, parameters: dict[str, str], sort: str) -> Select[Any]:
        """The rows the filters leave, not ordered."""
        statement = select(self.model)
        for choice in self.filters:
            if value := parameters.get(choice.name):
                statement = choice.apply(statement, value)
        if self.search_columns and (text := parameters.get("q")):
            found = [column.icontains(text, autoescape=True) for column in self.search_columns]
            statement = statement.where(or_(*found))
        return statement

    def prepare_rows(self, statement: Select[Any]) -> Select[Any]:
        """Load options for the rows shown, so that no row asks again."""
        return statement

    def visible_filters(self) -> list[ListFilter]:
        """The filters this person is offered."""
        return list(self.filters)

    def visible_columns(self) -> list[tuple[Any, str]]:
        """(name, heading) of the columns this person is shown."""
        return list(self._list_columns)

    def after_rows(self, rows: list[Any]) -> None:
        """A chance to fetch once what all rows need."""

    @expose("/")
    def index_view(self) -> str:
        listing = self.listing()
        return self.render(self.list_template, listing=listing, table=self.render_rows(listing.rows))

    def listing(self) -> Listing:
        """One page of rows and what the bar above them needs."""
        asked = self.interpret(read_parameters(request.args, self.visible_filters(), self.sorts))
        while True:
            try:
                statement = self.select_rows(asked.filters, asked.sort)
                break
            except DomainError as refusal:
                # Taken off the list of filters, so this ends.
                asked = asked.without(refusal.field, refusal.message)
        rows, before, after = fetch_page(self.prepare_rows(statement), self.sorts[asked.sort], asked, self.page_size)
        self.after_rows(rows)
        return Listing(
            asked=asked,
            rows=rows,
            count=count_up_to_cap(statement),
            before=before,
            after=after,
            filters=self.visible_filters(),
            sorts=self.sorts,
            search_hint=self.search_hint,
        )

    def interpret(self, asked: Asked) -> Asked:
        """What a question means beyond its words."""
        return asked

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

    def render_rows(self, rows: list[Any]) -> Markup:
        """Table rows as HTML. Written in Python because a template loop costs more than all else together."""
        columns = [(name, self.column_formatters.get(name), escape(label)) for name, label in self.visible_columns()]
        parts: list[str] = []
        for row in rows:
            parts.append("<tr>")
            for index, (name, formatter, label) in enumerate(columns):
                value = formatter(self, None, row, name) if formatter else getattr(row, name)
                shown = "" if value is None else escape(value)
                if index == 0:
                    parts.append(
                        f'<th scope="row" data-label="{label}"><a href="{escape(self.row_url(row))}">{shown}</a></th>'
                    )
                else:
                    parts.append(f'<td class="c-{name}" data-label="{label}">{shown}</td>')
            parts.append("</tr>\n")
        return Markup("".join(parts))  # noqa: S704 - every value above is escaped

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
            title=str(row),
            can_change=self.update and allowed(self.update),
            **self.details_context(row),
        )

    def details_context(self, row: Any) -> dict[str, Any]:
        """What else the page of one row shows."""
        return {}

    # -- changing ----------------------------------------------------------------------------

    def may_create(self) -> bool:
        """Whether to offer "add"."""
        return self.create is not None and allowed(self.create)

    def create_row(self, form: Any) -> Any:
        """Call the verb with what the form holds."""
        raise NotFound("Nothing can be added here.")

    def update_row(self, form: Any, row: Any) -> Any:
        """Call the verb with what the form holds."""
        raise NotFound("Nothing can be changed here.")

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
                flash(f"{self.noun.capitalize()} {row} was added.", "success")
                return redirect(self.row_url(row))
        return self.render(self.create_template, form=form, title=f"Add {self.noun}", request_key=key)

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
        title, back = f"Change {row}", self.row_url(row)
        form = self.edit_form(obj=row if request.method == "GET" else None)
        if request.method == "POST" and form.validate():
            changed = self.carry_out(form, lambda: self.update_row(form, row))
            if changed is not None:
                flash(f"{self.noun.capitalize()} {changed} was changed.", "success")
                return redirect(back)
        return self.render(self.edit_template, form=form, title=title, back=back)

    def actor_sees_all(self) -> bool:
        """Whether rows of several organisations meet in this list."""
        return current_actor().reaches_all or len(current_actor().organisation_ids) > 1
