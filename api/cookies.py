"""A session in cookies, for pages: no script can read it, and no other site can use it.

The access token comes with every request of the browser, whoever's page made it. So whatever
changes something must also bear the session's own token in a header, which no other site knows.
"""

import hmac

from flask import Request, Response, request
from sqlalchemy import Connection

from sublarr_tasks.accounts import tokens
from sublarr_tasks.accounts.sessions import Tokens
from sublarr_tasks.errors import Forbidden

ACCESS, REFRESH, CSRF = "sublarr_access", "sublarr_refresh", "sublarr_csrf"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def access(asked: Request) -> str | None:
    return asked.cookies.get(ACCESS) or None


def refresh(asked: Request) -> str | None:
    return asked.cookies.get(REFRESH) or None


def require_own_page(db: Connection, asked: Request, session_id: int) -> None:
    """Raise Forbidden where a request may have been made by another site's page."""
    if not _is_same_origin(asked):
        raise Forbidden("A session's cookies are good from our own pages only.")
    if asked.method in SAFE:
        return
    given = asked.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), tokens.csrf(db, session_id).encode()):
        raise Forbidden(f"Send the session's token in {CSRF_HEADER}.")


def put(response: Response, made: Tokens, csrf: str) -> None:
    """Lay a session down in the browser."""
    life = int(tokens.REFRESH_LIFE.total_seconds())
    _set(response, ACCESS, made.access, made.expires_in, "/")
    _set(response, REFRESH, made.refresh, life, "/api")
    _set(response, CSRF, csrf, life, "/", readable=True)


def take_away(response: Response) -> None:
    for name, path in ((ACCESS, "/"), (REFRESH, "/api"), (CSRF, "/")):
        response.delete_cookie(name, path=_path(path), samesite="Strict")


def _set(
    response: Response, name: str, value: str, seconds: int, path: str, *, readable: bool = False
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_path(path),
        secure=request.is_secure,
        httponly=not readable,
        samesite="Strict",
    )


def _path(path: str) -> str:
    return request.script_root + path


def _is_same_origin(asked: Request) -> bool:
    """Believe the browser: where it says who asks, it must be us (Fetch Metadata, RFC 6454)."""
    if asked.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = asked.headers.get("Origin")
    return origin is None or origin == asked.host_url.rstrip("/")
