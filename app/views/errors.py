"""What each refusal looks like: one table from domain error to status, one page for all."""

import logging
import secrets
from typing import Any

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound, RuleBroken, UnreadableUpload

logger = logging.getLogger(__name__)

STATUSES: dict[type[DomainError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    RuleBroken: 409,
    UnreadableUpload: 422,
}

TITLES: dict[int, tuple[str, str]] = {
    400: ("That request could not be read", "Go back, reload the page and try again."),
    403: ("You cannot do that", "Your roles do not allow this. Your Local Security Officer can tell you who may."),
    404: (
        "Page not found",
        "Check the address, or start again from the menu. What you may not see looks like what does not exist.",
    ),
    405: (
        "That is not possible here",
        "This address cannot be used that way. Go back and use the buttons on the page.",
    ),
    409: ("That did not fit any more", "Go back, reload the page and try again."),
    413: ("That file is too large", "A file may have 10 MB at most. Split it and upload the parts one after another."),
    422: ("The file was refused", "Correct it and upload it again."),
    429: ("Too many tries", "Wait a few minutes, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing was changed. Try again in a minute; if it happens again, tell us the number below.",
    ),
    503: ("The service is busy or unavailable", "Nothing was changed. Try again in a minute."),
}


def register(app: Flask) -> None:
    """Answer every error with a page that says what to do, and never with its inside."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database)
    app.register_error_handler(Exception, _fault)


def page(status: int, message: str = "", detail: str = "") -> tuple[str, int]:
    """The error page of a status."""
    title, advice = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    return render_template("errors/error.html", title=title, message=message or advice, detail=detail), status


def _domain(error: DomainError) -> tuple[str, int]:
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 409)
    return page(status, error.message if status != 404 else "")


def _csrf(error: CSRFError) -> tuple[str, int]:
    return page(
        400, "This page was open for too long, or in another tab you signed out. Go back, reload it and try again."
    )


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if isinstance(error, SecurityError):
        # An untrusted host: no address can be built for it, so there is no page.
        return Response("This service is not known by that name.\n", 400, mimetype="text/plain")
    if status < 400:
        return error
    answer = page(status)
    if status == 405 and (allow := error.get_headers()):
        return (*answer, [header for header in allow if header[0] == "Allow"])
    return answer


def _database(error: SQLAlchemyError) -> tuple[str, int]:
    cause = getattr(error, "orig", None) or error
    logger.error("database unavailable: %s", type(cause).__name__, extra={"path": request.path})
    return page(503)


def _fault(error: Exception) -> tuple[str, int]:
    number = secrets.token_hex(4).upper()
    logger.exception("fault %s", number, extra={"path": request.path})
    return page(500, detail=f"Fault number {number}")
