"""Static files by the hash of their content, so that browsers keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from flask import url_for

_FOLDER = Path(__file__).resolve().parent.parent / "static"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:12]


def url(name: str) -> str:
    """The address of a file under static/; FileNotFoundError when there is none."""
    return url_for("static", filename=name, v=_version(name))
