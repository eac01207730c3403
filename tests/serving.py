"""The API as gunicorn serves it: a real process on a real port."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """Run the API on the settings' servers; `options` are gunicorn's."""
    port = free_port()
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            (*COMMAND, *options),
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
