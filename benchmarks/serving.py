"""The API and workers as processes of their own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sublarr_tasks import local, settings


@dataclass(frozen=True, slots=True)
class Served:
    """A running API; `pid` is gunicorn's own."""

    address: str
    pid: int


def prepare(home: Path) -> int:
    """Choose a home and a free port for what starts from now on; returns the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    os.environ |= {
        "SUBLARR_HOME": str(home),
        "SUBLARR_PORT": str(port),
        "SUBLARR_LOG_LEVEL": "ERROR",
    }
    settings.current.cache_clear()
    return port


@contextmanager
def serving(folder: Path, port: int, *arguments: str) -> Iterator[Served]:
    """Serve while a block runs; `arguments` are gunicorn's."""
    with (folder / "api.log").open("wb") as log:
        api = subprocess.Popen([*local.api(), *arguments], stdout=log, stderr=log)
        try:
            _await(f"http://127.0.0.1:{port}/ping")
            yield Served(f"127.0.0.1:{port}", api.pid)
        finally:
            api.terminate()
            api.wait()


@contextmanager
def workers(processes: int, at_once: int) -> Iterator[None]:
    """Run one process that conducts and so many that ask."""
    started = [
        subprocess.Popen(
            local.worker(pool),
            env=os.environ
            | {"SUBLARR_CONCURRENCY": str(count), "SUBLARR_REQUESTS_AT_ONCE": str(at_once)},
            stderr=subprocess.DEVNULL,
        )
        for pool, count in (("control", 1), ("net", processes))
    ]
    try:
        time.sleep(4 + processes / 4)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _await(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the API does not answer")
