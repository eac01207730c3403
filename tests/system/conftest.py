"""A fleet, and a library of a few hundred films, for each test that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import fleet as fleets
from fleet import Fleet
from libraries import Library
from sublarr_tasks import settings

DIRECTORIES = 520

pytest.register_assert_rewrite("exactness")


@pytest.fixture
def fleet(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Give running servers, which the settings name; workers and beat are the test's to start."""
    with fleets.running() as fleet:
        monkeypatch.setenv("SUBLARR_HOME", str(fleet.home.path))
        monkeypatch.setenv("SUBLARR_DATABASE_URL", fleet.database_url)
        monkeypatch.setenv("SUBLARR_REDIS_URL", fleet.redis_url)
        monkeypatch.setenv("SUBLARR_CONCURRENCY", "2")
        settings.current.cache_clear()
        yield fleet


@pytest.fixture
def library(fleet: Fleet, tmp_path: Path) -> Library:
    """Give a registered library of small real films."""
    library = Library.register(tmp_path / "library")
    library.films(*(f"Title {number:03} (2001)" for number in range(DIRECTORIES)))
    return library
