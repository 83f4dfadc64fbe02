"""What each refusal looks like: one table from domain error to status, one page for all."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Flask, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound, RuleBroken, UnreadableUpload
from app.views import request_scope
from app.views.addresses import safe_return
from app.views.base import SAFE_METHODS
from app.views.frames import PLAIN, frame

Headers = Sequence[tuple[str, str]]
Answer = tuple[str, int, list[tuple[str, str]]]

logger = logging.getLogger(__name__)

STATUSES: dict[type[DomainError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    RuleBroken: 409,
    UnreadableUpload: 422,
}


class Advice(NamedTuple):
    """What an error page says and where it leads: endpoint and words of its link."""

    title: str
    words: str
    endpoint: str = "home.index_view"
    link: str = "Go to the start page"


ADVICE: dict[int, Advice] = {
    400: Advice("That request could not be read", "Go back, reload the page and try again."),
    403: Advice(
        "You cannot do that",
        "Your roles do not allow this. Your Local Security Officer can tell you who may.",
        "about.security_officers",
        "Who is my LSO?",
    ),
    404: Advice(
        "Page not found",
        "Check the address, or begin at the start page. It may not exist, or your roles may not include it.",
    ),
    405: Advice(
        "That is not possible here",
        "This address cannot be used that way. Go back and use the buttons on the page.",
    ),
    409: Advice("That did not fit any more", "Go back, reload the page and try again."),
    413: Advice(
        "That is too long",
        "A form holds about 250,000 characters. Go back and shorten what you typed, then send it again.",
    ),
    422: Advice("The file was refused", "Correct it and upload it again.", "uploads.new_view", "Upload another file"),
    429: Advice("Too many tries", "Wait a few minutes, then try again."),
    500: Advice(
        "Something went wrong on our side",
        "Nothing was changed. Try again in a minute; if it happens again, tell us the number below.",
        "about.status",
        "See the service status",
    ),
    503: Advice(
        "The service is busy or unavailable",
        "Nothing was changed. Try again in a minute.",
        "about.status",
        "See the service status",
    ),
}
# The same where a file is sent: its page leads back to the address that the file was sent to.
FILE_TOO_LARGE = Advice(
    "That file is too large",
    "A file may have 10 MB at most. Split it and upload the parts one after another.",
    link="Upload another file",
)
# How long to wait before the next try, in seconds, where waiting helps.
RETRY_AFTER = {429: 300, 503: 60}
# What may go well the next time.
REPEATABLE = frozenset({429, 500, 503})


def register(app: Flask) -> None:
    """Answer every error with a page that says what to do, and never with its inside."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database)
    app.register_error_handler(Exception, _fault)


def page(status: int, message: str = "", detail: str = "", headers: Headers = ()) -> Answer:
    """The error page of a status: in the panel for whoever is signed in, as long as nothing is wrong with it."""
    advice = _advice(status)
    if status in RETRY_AFTER and "Retry-After" not in dict(headers):
        headers = [*headers, ("Retry-After", str(RETRY_AFTER[status]))]
    can_repeat = status in REPEATABLE and request.method in SAFE_METHODS
    words = {
        "status": status,
        "title": advice.title,
        "message": message or advice.words,
        "detail": detail,
        "next_url": url_for(advice.endpoint),
        "next_words": advice.link,
        "again_url": safe_return(request.full_path.rstrip("?"), "/") if can_repeat else "",
    }
    if status < 500:
        request_scope.recognise()
    try:
        text = render_template("errors/error.html", frame=frame() if status != 503 else PLAIN, **words)
    except Exception:
        logger.exception("the panel failed", extra={"path": request.path})
        text = render_template("errors/error.html", frame=PLAIN, **words)
    return text, status, list(headers)


def _advice(status: int) -> Advice:
    if status == 413 and request.endpoint in request_scope.UPLOAD_ENDPOINTS:
        return FILE_TOO_LARGE._replace(endpoint=request.endpoint)
    return ADVICE.get(status, ADVICE[500 if status >= 500 else 400])


def _domain(error: DomainError) -> Answer:
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 409)
    return page(status, error.message if status != 404 else "")


def _csrf(error: CSRFError) -> Answer:
    return page(
        400, "This page was open for too long, or you signed out in another tab. Go back, reload it and try again."
    )


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if isinstance(error, SecurityError):
        # An untrusted host: no address can be built for it, so there is no page.
        return Response("This service is not known by that name.\n", 400, mimetype="text/plain")
    if status < 400:
        return error
    kept = [header for header in error.get_headers() if header[0] in ("Allow", "Retry-After")]
    return page(status, headers=kept)


def _database(error: SQLAlchemyError) -> Answer:
    cause = getattr(error, "orig", None) or error
    logger.error("database unavailable: %s", type(cause).__name__, extra={"path": request.path})
    return page(503)


def _fault(error: Exception) -> Answer:
    number = secrets.token_hex(4).upper()
    logger.exception("fault %s", number, extra={"path": request.path})
    return page(500, detail=f"Fault number {number}")
