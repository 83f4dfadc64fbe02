"""Static files under names that carry the hash of their content, compressed, kept by browsers for a year."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import Flask, abort, request
from werkzeug.wrappers import Response

FOLDER = Path(__file__).resolve().parent.parent / "static"
PREFIX = "/static/"
YEAR = 31_536_000
_SQUEEZED = frozenset({".css", ".js", ".svg"})
_LEVEL = 9


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    squeezed: bytes | None
    kind: str


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Name -> hashed name, and back."""
    hashed = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.suffix in {".css", ".js", ".svg", ".png", ".ico"}:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            hashed[path.relative_to(FOLDER).as_posix()] = (
                path.relative_to(FOLDER).with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
            )
    return hashed, {new: old for old, new in hashed.items()}


@cache
def _load(name: str) -> Asset:
    body = (FOLDER / name).read_bytes()
    squeezed = gzip.compress(body, _LEVEL, mtime=0) if Path(name).suffix in _SQUEEZED else None
    return Asset(body, squeezed, mimetypes.guess_type(name)[0] or "application/octet-stream")


def hashed(name: str) -> str:
    """The name a file under static/ is served by; KeyError when there is none."""
    return _names()[0][name]


def url(name: str) -> str:
    """Its address; made by hand, for every page names some forty of them."""
    return f"{request.script_root}{PREFIX}{hashed(name)}"


def register(app: Flask) -> None:
    """Serve the files by their hashed names and by no others."""

    def static(filename: str) -> Response:
        name = _names()[1].get(filename)
        if name is None:
            abort(404)
        asset = _load(name)
        headers = {"Cache-Control": f"public, max-age={YEAR}, immutable", "Vary": "Accept-Encoding"}
        if asset.squeezed is not None and request.accept_encodings["gzip"] > 0:
            return Response(asset.squeezed, mimetype=asset.kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(asset.body, mimetype=asset.kind, headers=headers)

    app.add_url_rule(f"{PREFIX}<path:filename>", "static", static)
