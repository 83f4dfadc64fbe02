"""Browsers that people have signed in with before: such a browser has a counter of wrong passwords of its own."""

import hashlib
import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from app.services.sessions import clean_user_id

MOST_PEOPLE = 8
HALF_A_YEAR = 182 * 24 * 3600


def _cookie_name() -> str:
    return "__Host-cms-known" if current_app.config["CMS"].is_production else "cms_known"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known browser")


def _mark(user_id: str) -> str:
    return hashlib.sha256(clean_user_id(user_id).encode()).hexdigest()[:16]


def _read() -> tuple[str, list[str]]:
    try:
        kept: Any = _serializer().loads(request.cookies.get(_cookie_name(), ""))
    except BadSignature:
        return "", []
    return kept["browser"], kept["people"]


def device_of(user_id: str) -> str:
    """This browser's name when the person has signed in with it before, else empty."""
    device, people = _read()
    return device if _mark(user_id) in people else ""


def remember(answer: Response, user_id: str) -> None:
    """Let the browser remember that this person has signed in with it; those who came first are forgotten first."""
    device, people = _read()
    mark = _mark(user_id)
    people = [one for one in people if one != mark][1 - MOST_PEOPLE :] + [mark]
    answer.set_cookie(
        _cookie_name(),
        str(_serializer().dumps({"browser": device or secrets.token_hex(16), "people": people})),
        max_age=HALF_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["CMS"].is_production,
    )
