"""The API key: asked for everywhere but where a view is marked as open."""

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, request
from werkzeug.exceptions import Unauthorized

from api.openapi import KEY_PARAMETER

_OPEN = "open_to_all"
View = TypeVar("View", bound=Callable[..., object])


class KeyNeeded(Unauthorized):
    """The key is missing or wrong."""

    def get_headers(self, *args: Any, **options: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - Werkzeug's arguments
        # RFC 6750 has the realm in quotes; Werkzeug's own header leaves them out.
        challenge = ("WWW-Authenticate", 'Bearer realm="sublarr"')
        return [*super().get_headers(*args, **options), challenge]


def open_to_all(view: View) -> View:
    """Mark a view that answers without a key."""
    setattr(view, _OPEN, True)
    return view


def install(app: Flask, key: str) -> None:
    """Let nobody past without the key, not even to learn which addresses exist."""
    expected = key.encode()

    def demand() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, _OPEN, False):
            return
        given = given_key(request)
        if given is None or not hmac.compare_digest(given.encode(), expected):
            raise KeyNeeded

    app.before_request(demand)


def given_key(asked: Request) -> str | None:
    """Find the key in the order that Sonarr and Radarr use; the first that is there counts."""
    bearer = asked.authorization
    found = (
        asked.args.get(KEY_PARAMETER),
        asked.headers.get("X-Api-Key"),
        bearer.token if bearer is not None and bearer.type == "bearer" else None,
    )
    return next((key for key in found if key), None)
