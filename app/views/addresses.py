"""Addresses of pages, and return addresses that cannot leave this site."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import flask
from flask import request

_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")


def url_for(endpoint: str, **values: Any) -> str:
    """Flask's, which is asked once for an address without values: a page names some twenty, the same each time."""
    if values or endpoint.startswith("."):
        return flask.url_for(endpoint, **values)
    return _fixed_url(request.script_root, endpoint)


@lru_cache(maxsize=1000)
def _fixed_url(_root: str, endpoint: str) -> str:
    return flask.url_for(endpoint)


def safe_return(address: str | None, default: str) -> str:
    """`address` when it is a plain path of this site, else `default`.

    One leading slash, no host, no backslash and no control characters, also after decoding once.
    """
    if not address or len(address) > 2000:
        return default
    for form in (address, unquote(address)):
        if not re.match(r"^/(?![/\\])", form) or _UNSEEN.search(form):
            return default
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return default
    return address
