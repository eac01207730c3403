"""Who comes in: with a key, a token or a session's cookie; views say what they ask for."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from flask import Flask, Request, g, request
from redis.exceptions import RedisError
from sqlalchemy import Connection

from api import cookies
from api.openapi import KEY_PARAMETER
from sublarr_tasks.accounts import api_keys, lockout, sessions, tokens
from sublarr_tasks.accounts.tokens import Kind, Token
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Forbidden, Limited, Unauthenticated
from sublarr_tasks.fleet import attempts, connection
from sublarr_tasks.models import Scope
from sublarr_tasks.viewers import INSTALLATION, Viewer

_OPEN, _ADMIN = "open_to_all", "admin_only"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Wrong keys a minute and address; a right one is never counted.
MOST_FAILURES = 20
# What a client in good order meets: a token that grew old is no guess.
NO_GUESS = frozenset({"token_expired", "session_ended"})

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and with what: a key has no session and does not expire within a request."""

    viewer: Viewer
    token: Token | None = None
    key: str | None = field(default=None, repr=False)

    @property
    def session_id(self) -> int | None:
        return None if self.token is None else self.token.session_id

    @property
    def expires_at(self) -> int | None:
        """Return the second since 1970 from which this is good no more."""
        return None if self.token is None else self.token.expires_at


def open_to_all(view: View) -> View:
    """Mark a view that answers whoever asks."""
    setattr(view, _OPEN, True)
    return view


def admin_only(view: View) -> View:
    """Mark a view for admins."""
    setattr(view, _ADMIN, True)
    return view


def install(app: Flask, key: str) -> None:
    """Let nobody past unknown, not even to learn which addresses exist."""

    def demand() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, _OPEN, False):
            return
        g.visitor = visitor = _recognised(key)
        needed = Scope.READ if request.method in SAFE else Scope.WRITE
        if not visitor.viewer.may(needed):
            raise Forbidden("This key may only read.")
        if getattr(view, _ADMIN, False):
            visitor.viewer.require_admin()

    app.before_request(demand)


def visitor() -> Visitor:
    """Return who makes the present request."""
    found: Visitor = g.visitor
    return found


def viewer() -> Viewer:
    """Return who makes the present request, as the domain wants to know it."""
    return visitor().viewer


def user_with_session() -> tuple[int, int]:
    """Return the ids of the person and the session; raises Forbidden for whoever has a key."""
    found = visitor()
    if found.viewer.user_id is None or found.session_id is None:
        raise Forbidden("This takes a login, not a key.")
    return found.viewer.user_id, found.session_id


def recognised_again(known: Visitor) -> Visitor:
    """Ask once more who somebody is who stays long; raises Unauthenticated."""
    with transaction() as db:
        if known.token is not None:
            return replace(known, viewer=sessions.viewer(db, known.token))
        if known.key is not None:
            return replace(known, viewer=api_keys.find(db, known.key))
    return known


def given_key(asked: Request) -> str | None:
    """Find the key in the order that Sonarr and Radarr use; the first that is there counts."""
    bearer = asked.authorization
    found = (
        asked.args.get(KEY_PARAMETER),
        asked.headers.get("X-Api-Key"),
        bearer.token if bearer is not None and bearer.type == "bearer" else None,
        # Sonarr's and Radarr's webhooks know a name and a password: the key is the password.
        bearer.password if bearer is not None and bearer.type == "basic" else None,
    )
    return next((key for key in found if key), None)


def _recognised(key: str) -> Visitor:
    try:
        return _identified(key)
    except Unauthenticated as error:
        if error.code not in NO_GUESS and (given_key(request) or cookies.access(request)):
            _count_failure()
        raise


def _identified(key: str) -> Visitor:
    given = given_key(request)
    if given is not None and hmac.compare_digest(given.encode(), key.encode()):
        return Visitor(INSTALLATION)
    token = cookies.access(request)
    if given is None and token is None:
        raise Unauthenticated("Give an API key or a token.")
    with transaction() as db:
        if given is None:
            visitor = _by_token(db, token or "")
            cookies.require_own_page(db, request, visitor.session_id or 0)
            return visitor
        if tokens.looks_like_one(given):
            return _by_token(db, given)
        return Visitor(api_keys.find(db, given), key=given)


def _by_token(db: Connection, token: str) -> Visitor:
    known = tokens.read(db, token, Kind.ACCESS)
    return Visitor(sessions.viewer(db, known), known)


def _count_failure() -> None:
    """Raise Limited for an address that guesses."""
    try:
        redis = connection.quick()
        wait = attempts.failed(
            redis, f"key:{lockout.of_address(request.remote_addr)}", MOST_FAILURES
        )
    except RedisError:
        wait = attempts.WITHOUT_REDIS
    if wait:
        raise Limited(wait)
