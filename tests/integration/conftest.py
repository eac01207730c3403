"""Integration tests run against the servers of `tests/stack.py`, through sockets in a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api import create_app
from contract import KEY, Client
from sublarr_tasks import settings


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Give a client of the API over the test's own database."""
    monkeypatch.setenv("SUBLARR_API_KEY", KEY)
    settings.current.cache_clear()
    return Client(create_app())


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        return made

    return make
