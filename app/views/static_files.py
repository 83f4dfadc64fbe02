"""Static files under names that carry the hash of their content, compressed, kept by browsers for a year."""

import gzip
import hashlib
import mimetypes
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from flask import Flask, abort, request
from markupsafe import Markup
from werkzeug.wrappers import Response

FOLDER = Path(__file__).resolve().parent.parent / "static"
PREFIX = "/static/"
YEAR = 31_536_000
# What every page needs, in the order in which one rule goes before another: sent as one file, so that a browser's
# first view asks once and not fourteen times.
BUNDLES = {
    "css/cms.css": (
        "vendor/tabler/tabler.min.css",
        *(
            f"css/{name}.css"
            for name in (
                "tokens", "frame", "lists", "parts", "access", "pages", "home", "account", "people", "approvals",
                "reach", "review", "phone",
            )
        ),
    )
}  # fmt: skip
_SQUEEZED = frozenset({".css", ".js", ".svg"})
_LEVEL = 9
_KINDS = frozenset({".css", ".js", ".svg", ".png", ".ico"})


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    squeezed: bytes | None
    kind: str


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Name -> hashed name, and back."""
    within = {name for names in BUNDLES.values() for name in names}
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in _KINDS}
    hashed = {}
    for name in sorted(found - within | BUNDLES.keys()):
        digest, path = hashlib.sha256(_read(name)).hexdigest()[:12], PurePosixPath(name)
        hashed[name] = path.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
    return hashed, {new: old for old, new in hashed.items()}


def _read(name: str) -> bytes:
    return b"\n".join((FOLDER / one).read_bytes() for one in BUNDLES.get(name, (name,)))


@cache
def _load(name: str) -> Asset:
    body = _read(name)
    squeezed = gzip.compress(body, _LEVEL, mtime=0) if Path(name).suffix in _SQUEEZED else None
    return Asset(body, squeezed, mimetypes.guess_type(name)[0] or "application/octet-stream")


def hashed(name: str) -> str:
    """The name a file under static/, or a bundle of some, is served by; KeyError when there is none."""
    return _names()[0][name]


def url(name: str) -> str:
    """Its address; made by hand, for every page names some forty of them."""
    return f"{request.script_root}{PREFIX}{hashed(name)}"


def icon(name: str) -> Markup:
    """A drawing of the sprite that says nothing to a screen reader; no macro, for a page shows some twenty."""
    return _draw(request.script_root, name)


@lru_cache(maxsize=1024)
def _draw(_root: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        url("vendor/tabler-icons/sprite.svg"), name
    )


def register(app: Flask) -> None:
    """Serve the files by their hashed names and by no others, and let templates draw icons."""
    app.jinja_env.globals["icon"] = icon

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
