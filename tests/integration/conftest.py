"""Integration tests run against the servers of `tests/stack.py`, through sockets in a folder."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from api import create_app, system
from contract import KEY, Client
from libraries import Library, video
from provider_stubs import OpenSubtitlesStub, provider
from searching import NAME, PLAIN, want
from serving import Served, serving
from stub import Stub
from sublarr_tasks import settings


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Give a client of the API over the test's own database."""
    monkeypatch.setenv("SUBLARR_API_KEY", KEY)
    settings.current.cache_clear()
    app = _app()
    system.install(app)  # it remembers for some seconds whether the servers answer
    return Client(app)


@cache
def _app() -> Flask:
    """Build the application once: it takes a tenth of a second, and keeps nothing of a test."""
    return create_app()


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    """Serve the API over the test's own database."""
    with serving(tmp_path) as served:
        yield served


@pytest.fixture
def film(client: Client, library: Library) -> Path:
    """Give a library of one film that lacks German subtitles."""
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de")
    library.scan()
    return library.root / NAME


@pytest.fixture
def known() -> OpenSubtitlesStub:
    """Give an OpenSubtitles that has one plain subtitle of one film."""
    return OpenSubtitlesStub([PLAIN])


@pytest.fixture
def service(client: Client, known: OpenSubtitlesStub) -> Iterator[Stub]:
    """Serve it, and set it up as an integration."""
    with provider(client, "opensubtitles", known) as stub:
        yield stub


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        return made

    return make
