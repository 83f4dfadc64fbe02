"""Security and cache headers of every answer."""

import secrets

from flask import Flask, g, request
from werkzeug.wrappers import Response

from app.views.static_files import YEAR


def csp_nonce() -> str:
    """This answer's script nonce."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def register(app: Flask, *, is_production: bool) -> None:
    """Add the headers to every answer, errors included."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(
            (
                "default-src 'none'",
                f"script-src 'nonce-{csp_nonce()}'",
                "style-src 'self'",
                "img-src 'self' data:",
                "font-src 'self'",
                "connect-src 'self'",
                "form-action 'self'",
                "object-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if is_production:
            headers["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        # static_files says for how long a file is kept.
        if request.endpoint != "static" or response.status_code != 200:
            headers["Cache-Control"] = "no-store"
            headers["Vary"] = "Cookie"
        return response
