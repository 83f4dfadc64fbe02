"""Pieces of pages that say the same to many: a menu, a filter bar, the footer.

A piece is written once for the same words. Nothing of one person reaches another through it: it is rendered apart from
the request and sees nothing but the words it is handed, and those are what it is kept by. A page that writes these
pieces anew takes about a tenth longer.
"""

from collections.abc import Hashable
from functools import lru_cache

from flask import Flask, request
from jinja2 import StrictUndefined
from markupsafe import Markup

from app.views.static_files import icon

# A search or an open view makes a piece of its own, of a few kilobytes.
MOST_KEPT = 1000


def register(app: Flask) -> None:
    """Let pages ask for pieces."""
    apart = app.jinja_env.overlay(undefined=StrictUndefined)
    apart.globals = {"icon": icon}

    @lru_cache(maxsize=MOST_KEPT)
    def write(name: str, _root: str, words: tuple[tuple[str, Hashable], ...]) -> Markup:
        _refuse_markup(words)
        return Markup(apart.get_template(f"pieces/{name}.html").render(words))  # noqa: S704 - escaped in there

    def piece(name: str, **words: Hashable) -> Markup:
        """The piece of that name in these words; TypeError for words that may change, UndefinedError for one missing.

        Icons have addresses, which differ where the service is mounted elsewhere.
        """
        return write(name, request.script_root, tuple(words.items()))

    app.jinja_env.globals["piece"] = piece


def _refuse_markup(words: object) -> None:
    """TypeError for what is not escaped any more: text that somebody typed would be kept as the same words."""
    if isinstance(words, Markup):
        raise TypeError("pieces are handed text and escape it themselves")
    if isinstance(words, tuple):
        for one in words:
            _refuse_markup(one)
