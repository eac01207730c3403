"""Live progress for pages and programs: a WebSocket, and the same as server-sent events."""

import socket
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from flask import Response, request
from pydantic import Field

from api import problems
from api.auth import visitor
from api.fields import Id, Query
from api.live import handover, hub
from api.live.streams import EventStream, WebSocketStream
from api.openapi import resource
from api.problems import answers
from sublarr_tasks.errors import InputError, Unavailable
from sublarr_tasks.fleet.bells import Bell, Topic
from sublarr_tasks.paging import LARGEST_ID

api = resource("events", "Scans and searches as they go on.")

SWITCHING, BAD_REQUEST, UPGRADE = 101, 400, 426
_STREAM: dict[str, Any] = {
    "description": "`scan:progress` and `search:progress` messages, at most five a second for each",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


class EventQuery(Query):
    """Which messages are wanted."""

    scan_id: Id | None = Field(None, description="of this scan alone")
    search_id: Id | None = Field(None, description="of this search alone")
    since: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = Field(
        None,
        description="the id of the last event, or its `lastUpdatedAt` in microseconds since 1970:"
        " what ended after it is told first",
    )

    @property
    def only(self) -> Bell | None:
        """Return the one row that is followed; raises InputError for two."""
        if self.scan_id is not None and self.search_id is not None:
            raise InputError({"search_id": "Give a scan_id or a search_id."})
        if self.search_id is not None:
            return Bell(Topic.SEARCH, self.search_id)
        return None if self.scan_id is None else Bell(Topic.SCAN, self.scan_id)


@api.get("/events", responses={200: _STREAM, **answers(422)})
def events(query: EventQuery) -> Response:
    """Follow scans and searches as server-sent events: how they stand now, then every change."""
    here, only = visitor(), query.only
    _require_room()

    def take(taken: socket.socket, head: bytes) -> None:
        hub.here().adopt(taken, lambda: EventStream(here, head, only), since)

    since = query.since if query.since is not None else _last_event_id()
    headers = {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "Connection": "close",
        "X-Accel-Buffering": "no",  # nginx would hold the events back
    }
    return handover.HandedOver(take, 200, headers)


# A route of Werkzeug takes either handshakes or other requests; these are the handshakes.
@api.get("/ws", websocket=True, endpoint="handshake", doc_ui=False)
@api.get(
    "/ws",
    responses={101: {"description": "a WebSocket of the same messages"}, **answers(400, 422, 426)},
)
def ws(query: EventQuery) -> Response:
    """Follow scans and searches over a WebSocket: how they stand now, then every change."""
    here, only = visitor(), query.only
    _require_room()
    # As the client sent it: the key may stand in the query, and the protocol does not read it.
    path = quote(request.path)
    protocol, status, headers = handover.handshake(path, request.headers.items())
    if status != SWITCHING:
        return _refused(status, dict(headers.raw_items()))

    def take(taken: socket.socket, head: bytes) -> None:
        hub.here().adopt(taken, lambda: WebSocketStream(here, head, only, protocol), query.since)

    return handover.HandedOver(take, SWITCHING, dict(headers.raw_items()))


def _require_room() -> None:
    if handover.SOCKET not in request.environ:
        raise Unavailable("This server cannot keep streams open; use gunicorn.")
    if hub.here().is_full:
        raise Unavailable("Too many streams are open.")


def _refused(status: int, headers: dict[str, str]) -> Response:
    code = UPGRADE if status == UPGRADE else BAD_REQUEST
    made = problems.answer(
        problems.Problem(
            title=HTTPStatus(code).phrase,
            status=code,
            code="no_websocket",
            detail="This address takes the opening handshake of a WebSocket.",
        )
    )
    if "Upgrade" in headers:
        made.headers["Upgrade"] = headers["Upgrade"]
    return made


def _last_event_id() -> int | None:
    given = request.headers.get("Last-Event-ID", "")
    return min(int(given), LARGEST_ID) if given.isascii() and given.isdigit() else None
