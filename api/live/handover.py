"""How a request's socket leaves gunicorn: its thread goes back to the pool, the stream stays."""

import socket
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from flask import Response
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

# gunicorn's sign for "the application has dealt with this connection itself".
SOCKET = "gunicorn.socket"


class HandedOver(Response):
    """An answer whose head is sent by the stream, once the socket is its own."""

    def __init__(
        self, take: Callable[[socket.socket, bytes], None], status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(status=status, headers=headers)
        self._take = take

    def __call__(self, environ: dict[str, Any], start_response: object) -> Iterable[bytes]:  # noqa: ARG002 - WSGI's arguments
        taken: socket.socket = environ[SOCKET]
        # gunicorn is left with a socket that is closed; its clean-up finds nothing to shut.
        own = socket.socket(fileno=taken.detach())
        self._take(own, self._head())
        return _leave()

    def _head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status}"]
        lines += [
            f"{name}: {value}"
            for name, value in self.headers.items()
            if name.lower() not in ("content-length", "content-type")
            or (name.lower() == "content-type" and self.status_code == 200)  # noqa: PLR2004 - OK
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def handshake(path: str, headers: Iterable[tuple[str, str]]) -> tuple[ServerProtocol, int, Headers]:
    """Answer a WebSocket's opening handshake; returns the protocol, the status and the headers."""
    protocol = ServerProtocol(max_size=1 << 12)
    asked = Request(path, Headers(list(headers)))
    protocol.receive_data(asked.serialize())
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    answer = protocol.accept(request)
    protocol.send_response(answer)
    protocol.data_to_send()  # the head is written with the application's own headers
    return protocol, answer.status_code, answer.headers


def _leave() -> NoReturn:
    raise StopIteration
