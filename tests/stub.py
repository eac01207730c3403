"""A web service on loopback that answers as it is told, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came in; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    at: float
    raw: bytes = b""


@dataclass(frozen=True)
class Said:
    """An answer, and how it is sent: after `latency`, with `drip` seconds between its bytes."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    latency: float = 0.0
    drip: float = 0.0
    drip_head: bool = False
    hang_up: bool = False

    def content(self) -> bytes:
        return json.dumps(self.body).encode() if self.raw is None else self.raw


Answering = Callable[[Asked], Said]


@dataclass
class Stub:
    """A running service; `answer` may be changed at any time."""

    url: str
    answer: Answering
    asked: list[Asked] = field(default_factory=list)

    def say(self, *said: Said) -> None:
        """Answer these one after another, the last one for ever."""
        left = list(said)
        self.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stub: Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            json.loads(body) if "json" in headers.get("content-type", "") else None,
            time.monotonic(),
            body,
        )
        self.server.stub.asked.append(asked)
        said = self.server.stub.answer(asked)
        time.sleep(said.latency)
        if said.hang_up:
            self.close_connection = True
            return
        content = said.content()
        head = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines = [f"HTTP/1.1 {said.status} Said"]
        lines += [f"{name}: {value}" for name, value in (head | dict(said.headers)).items()]
        opening = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self._send(opening, said.drip if said.drip_head else 0)
        self._send(content, said.drip)

    def _send(self, data: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(drip)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names


@contextmanager
def serving_stub(answer: Answering | None = None) -> Iterator[Stub]:
    """Run a service until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    stub = Stub(
        f"http://127.0.0.1:{server.server_port}", answer or (lambda _: Said({"fine": True}))
    )
    server.stub = stub
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
