"""Integration tests run against the servers of `tests/stack.py`, through sockets in a folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import create_app
from contract import KEY, Client
from serving import Served, serving
from sublarr_tasks import settings


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Give a client of the API over the test's own database."""
    monkeypatch.setenv("SUBLARR_API_KEY", KEY)
    settings.current.cache_clear()
    return Client(create_app())


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    """Serve the API over the test's own database."""
    with serving(tmp_path) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        return made

    return make
