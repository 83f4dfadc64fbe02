"""Lists that can be taken away as a file."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from flask import Flask, current_app, flash, redirect, request
from flask import Response as FileResponse
from flask_admin import expose
from werkzeug.wrappers import Response

from app.domain import clock
from app.domain.errors import NotFound
from app.exports.lists import FORMATS
from app.views.list_page import ListPage
from app.views.listing import Asked
from app.views.listing_columns import shown_columns
from app.views.listing_selection import read_picks


class ExportingListPage(ListPage):
    """A list with a door for files of exactly what it shows."""

    file_name: ClassVar[str] = ""

    def may_export(self) -> bool:
        """Whether to offer the export buttons."""
        return False

    def record_export(self, asked: Asked, file_format: str, picked: list[str] | None) -> None:
        """Call the verb that writes the export down; `picked` are the rows ticked, None for all."""
        raise NotFound("Nothing can be exported here.")

    def stream_export(
        self, asked: Asked, file_format: str, picked: list[str] | None, headings: Mapping[str, str]
    ) -> Iterator[bytes]:
        """The file, piece by piece."""
        raise NotFound("Nothing can be exported here.")

    @expose("/export/", methods=("POST",))
    def export_view(self) -> Response:
        """A file of exactly what the list shows; the parameters come in the address as they do for the list."""
        bar = self.bar()
        asked = self.read_asked(bar, [])
        if asked.refusals:
            raise NotFound("That list does not exist.")
        is_picked = "picked" in request.form
        file_format = request.form.get("picked" if is_picked else "format", "")
        if file_format not in FORMATS:
            raise NotFound("There is no such export format.")
        picked = read_picks(request.form) if is_picked else None
        if picked is not None and not picked:
            flash("Choose at least one row to export.", "warning")
            return redirect(self.base_url + asked.address())
        self.record_export(asked, file_format, picked)
        headings = {column.name: column.label for column in shown_columns(asked.columns, bar.columns)}
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        pieces = self.stream_export(asked, file_format, picked, headings)
        name = f"{self.file_name}-{clock.now().astimezone(clock.LONDON):%Y-%m-%d-%H%M}.{file_format}"
        return FileResponse(
            in_scope(app, pieces),
            mimetype=FORMATS[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def in_scope(app: Flask, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Outlives the request, so it brings its own application context."""
    with app.app_context():
        yield from pieces
