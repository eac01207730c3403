"""Real servers and real libraries for any test that asks for them."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

import stack
from libraries import Library
from stack import Servers
from sublarr_tasks import db, settings
from sublarr_tasks.fleet import connection
from sublarr_tasks.integrations import building

_numbers = count(1)
# Test processes, and those of them that begin with the tests of the fleet.
PROCESSES, FLEETS = 4, 2


@pytest.fixture(scope="session")
def worker(worker_id: str) -> int:
    """Give the number of this test process among those of the run."""
    return 0 if worker_id == "master" else int(worker_id.removeprefix("gw"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Servers]:
    folder = tmp_path_factory.getbasetemp()
    with stack.shared(folder if worker_id == "master" else folder.parent) as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing of this machine's settings in, and nothing of this test's out."""
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SUBLARR_HOME", str(tmp_path / "home"))
    forget()
    yield
    forget()


@pytest.fixture
def redis(
    servers: Servers, worker: int, environment: None, monkeypatch: pytest.MonkeyPatch
) -> Redis:
    """Give an empty Redis database that no other test process uses."""
    monkeypatch.setenv("SUBLARR_REDIS_URL", servers.redis_database(worker))
    client = connection.client()
    client.flushdb()
    return client


@pytest.fixture
def database(
    servers: Servers, worker: int, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Give the URL of a new migrated database, which the settings name."""
    with servers.database(f"test_{worker}_{next(_numbers)}") as url:
        monkeypatch.setenv("SUBLARR_DATABASE_URL", url)
        settings.current.cache_clear()
        yield url
        forget()


@pytest.fixture
def library(database: str, tmp_path: Path) -> Library:
    """Give an empty library, registered as "Films"."""
    return Library.register(tmp_path / "library")


def forget() -> None:
    """Drop what this process keeps of the settings and of what they name."""
    if db.engine.cache_info().currsize:
        db.engine().dispose()
    for client in (connection.client, connection.quick):
        if client.cache_info().currsize:
            client().close()
    building.forget()
    for cached in (settings.current, db.engine, connection.client, connection.quick):
        cached.cache_clear()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run more tests at once than there are processors: those of the fleet mostly wait."""
    return max(PROCESSES, os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let some processes begin with the tests of the fleet, while the others use the processors.

    Each is first given a part of the list that hangs together; the longest tests come first.
    """
    fleet = [item for item in items if "system" in item.path.parts]
    fleet.sort(key=lambda item: not item.path.stem.startswith("test_faults"))
    others = [item for item in items if "system" not in item.path.parts]
    share = -(-len(items) // PROCESSES)
    items.clear()
    for begins in range(FLEETS):
        own = fleet[begins::FLEETS]
        rest = max(0, share - len(own))
        items += own + others[:rest]
        del others[:rest]
    items += others
