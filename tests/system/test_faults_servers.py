"""PostgreSQL and Redis that stop, forget or repeat themselves while a scan runs."""

import signal

import pytest

from exactness import assert_exact
from fleet import IMMEDIATE, Fleet
from libraries import Library
from sublarr_tasks.models import ScanStatus

STRIKES = [(ScanStatus.SCANNING, 100), (ScanStatus.CACHING, 300)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_scan_goes_on_when_redis_comes_back(
    fleet: Fleet, library: Library, how: signal.Signals
) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    fleet.kill("redis", how=how)
    fleet.await_words("worker-1", "Cannot connect to redis")
    fleet.start("redis")
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def test_a_scan_that_was_asked_for_while_redis_was_away_runs_once_it_is_back(
    fleet: Fleet, library: Library
) -> None:
    fleet.start("worker-1", "beat")
    fleet.kill("redis", how=signal.SIGTERM)
    scan_id = fleet.ask(library.id)
    fleet.start("redis")
    fleet.finish(scan_id)
    assert_exact(library, scan_id, killed=False)


@pytest.mark.parametrize(("phase", "done"), STRIKES)
def test_a_scan_survives_flushall(
    fleet: Fleet, library: Library, phase: ScanStatus, done: int
) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, phase, done)
    fleet.redis.flushall()
    fleet.finish(scan_id)
    assert_exact(library, scan_id, killed=False)


@pytest.mark.parametrize(("phase", "done"), STRIKES)
def test_a_scan_survives_an_immediate_restart_of_postgresql(
    fleet: Fleet, library: Library, phase: ScanStatus, done: int
) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, phase, done)
    fleet.kill("postgres", how=IMMEDIATE)
    fleet.await_words("worker-1", "part_put_off")
    fleet.start("postgres")
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def test_messages_that_arrive_twice_are_done_once(fleet: Fleet, library: Library) -> None:
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(library.id)
    fleet.finish(scan_id, meanwhile=fleet.repeat_messages)
    assert len(fleet.repeat_messages()) > 50
    assert_exact(library, scan_id, killed=False)
