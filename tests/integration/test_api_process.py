"""The API as gunicorn serves it: a real process, a real port, PostgreSQL and Redis."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from libraries import Library
from sublarr_tasks.fleet import queues

COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:api.gunicorn", "api:create_app()")


@dataclass
class Served:
    """A running API."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    key: str

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, object]:
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            COMMAND,
            env=os.environ | {"SUBLARR_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Served(f"http://127.0.0.1:{port}", process, log, "")
    try:
        wait(served)
        served.key = (Path(os.environ["SUBLARR_HOME"]) / "api_key").read_text().strip()
        yield served
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(served: Served) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert served.process.poll() is None, served.log.read_text()
        try:
            if served.ask("/ping")[0] == 200:
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(served.log.read_text())


def test_the_served_api_takes_a_scan_and_hides_its_key(
    served: Served, library: Library, redis: Redis
) -> None:
    assert served.ask("/api/v1/libraries")[0] == 401
    status, body = served.ask(
        f"/api/v1/libraries/{library.id}/scans?apikey={served.key}",
        b"{}",
        **{"Content-Type": "application/json"},
    )
    assert status == 202, body
    assert queues.depth(redis, "scan") == 1
    assert served.ask("/api/v1/scans/1", Authorization=f"Bearer {served.key}")[0] == 200
    assert served.ask("/api/v1/docs/none", Authorization=f"Bearer {served.key}")[0] == 404

    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(20) == 0
    said = served.log.read_text()
    assert "apikey=***" in said
    assert served.key not in said
