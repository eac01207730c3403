"""What every answer carries, and the line in the log that each request leaves."""

import re
import time
from urllib.parse import quote, urlencode
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from api.openapi import KEY_PARAMETER
from sublarr_tasks import __version__

HIDDEN = "***"
# An answer that is no page loads nothing, whatever a browser takes it for.
NOTHING = "default-src 'none'; frame-ancestors 'none'"

# What a proxy in front may call a request.
_REQUEST_ID = re.compile(r"[\w.:-]{8,64}", re.ASCII)

log = structlog.get_logger("api.access")


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.began = time.monotonic()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Application-Version"] = __version__
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    # The key may stand in the address.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", NOTHING)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers.setdefault("Cache-Control", "no-store")
    write = log.debug if request.path.endswith("/ping") else log.info
    write(
        "request",
        method=request.method,
        path=shown_path(),
        status=response.status_code,
        milliseconds=round((time.monotonic() - g.began) * 1000, 1),
        client=request.remote_addr,
    )
    return response


def shown_path() -> str:
    """Give the request's path and query for the log: quoted, and without the key."""
    pairs = [
        (name, HIDDEN if name.lower() == KEY_PARAMETER else value)
        for name, value in request.args.items(multi=True)
    ]
    query = f"?{urlencode(pairs, safe='*')}" if pairs else ""
    return quote(request.path) + query
