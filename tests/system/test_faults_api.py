"""The API while its servers are away: what it can do it does, and the rest it says at once."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fleet import IMMEDIATE, Fleet
from libraries import Library, one
from serving import Served, serving
from sublarr_tasks.models import Job


@pytest.fixture
def served(fleet: Fleet, library: Library, tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as served:
        yield served


def ask(served: Served, path: str, data: bytes | None = None) -> tuple[int, Any, float]:
    """Ask the API; returns the status, the body and the seconds that it took."""
    began = time.monotonic()
    headers = {"X-Api-Key": served.key, "Content-Type": "application/json"}
    status, body = served.ask(f"/api/v1{path}", data, **headers)
    return status, body, time.monotonic() - began


def until(fact: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def test_without_redis_the_api_reads_and_takes_scans_that_are_sent_later(
    fleet: Fleet, served: Served, library: Library
) -> None:
    fleet.kill("redis")

    for path in ("/libraries", "/items", "/scans", f"/libraries/{library.id}"):
        status, _, seconds = ask(served, path)
        assert (status, seconds < 2) == (200, True)
    status, body, seconds = ask(served, f"/libraries/{library.id}/scans", b"{}")
    assert (status, seconds < 5) == (202, True)
    assert body["job"]["sent_at"] is None

    fleet.start("redis", "worker-1", "beat")
    fleet.finish(body["scan"]["id"])
    assert one(Job).state == "completed"


def test_a_redis_that_hangs_holds_nobody_up_for_long(
    fleet: Fleet, served: Served, library: Library
) -> None:
    with fleet.frozen("redis"):
        status, _, seconds = ask(served, "/items")
        assert (status, seconds < 2) == (200, True)
        status, _, seconds = ask(served, f"/libraries/{library.id}/scans", b"{}")
        assert (status, seconds < 8) == (202, True)


def test_without_postgresql_every_answer_is_503_within_two_seconds_and_comes_back(
    fleet: Fleet, served: Served, library: Library
) -> None:
    assert ask(served, "/items")[0] == 200
    fleet.kill("postgres", how=IMMEDIATE)

    for path, data in (
        ("/items", None),
        ("/libraries/1", None),
        (f"/libraries/{library.id}/scans", b"{}"),
        ("/auth/login", b'{"name": "a", "password": "b"}'),
    ):
        status, body, seconds = ask(served, path, data)
        assert (status, body["code"], seconds < 2) == (503, "unavailable", True)
    until(lambda: served.ask("/ping")[0] == 500)
    assert served.ask("/health") == (503, {"status": "unhealthy"})

    fleet.start("postgres")
    until(lambda: ask(served, "/items")[0] == 200)
    until(lambda: served.ask("/ping")[0] == 200)


def sent_slowly(served: Served, body: bytes) -> bytes:
    """Send a body byte by byte; returns what comes back."""
    where = urlsplit(served.url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as client:
        client.sendall(
            f"POST /api/v1/libraries HTTP/1.1\r\nHost: x\r\nX-Api-Key: {served.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        client.settimeout(0.5)
        for byte in body:
            try:
                client.sendall(bytes([byte]))
                answer = client.recv(4096)
                while answer and not answer.endswith(b"}"):
                    answer += client.recv(4096)
                return answer  # noqa: TRY300 - the rest of the body is not sent
            except TimeoutError:
                continue
            except OSError:
                return b""
    return b""


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(served: Served) -> None:
    began = time.monotonic()

    answer = sent_slowly(served, b'{"name": "' + b"x" * 1000 + b'"}')

    assert time.monotonic() - began < 20
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request_timeout"
    assert ask(served, "/libraries")[0] == 200
