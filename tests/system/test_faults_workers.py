"""Processes of ours that die while a scan runs."""

import os
import signal

import pytest

from exactness import assert_exact
from fleet import Fleet
from libraries import Library
from sublarr_tasks.fleet import connection, signs
from sublarr_tasks.models import ScanStatus

STRIKES = [(ScanStatus.SCANNING, 100), (ScanStatus.CACHING, 300)]


@pytest.mark.parametrize(("phase", "done"), STRIKES)
def test_a_scan_survives_its_prefork_children(
    fleet: Fleet, library: Library, phase: ScanStatus, done: int
) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    for more in (0, 50):
        fleet.reach(scan_id, phase, done + more)
        os.kill(fleet.children("worker-1")[0], signal.SIGKILL)
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def test_a_scan_survives_the_main_process_of_one_of_two_workers(
    fleet: Fleet, library: Library
) -> None:
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    fleet.kill("worker-1")
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


@pytest.mark.parametrize(("phase", "done"), STRIKES)
def test_a_scan_goes_on_when_all_workers_were_killed_and_come_back(
    fleet: Fleet, library: Library, phase: ScanStatus, done: int
) -> None:
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, phase, done)
    fleet.kill("worker-1", "worker-2")
    fleet.start("worker-1", "worker-2")
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def test_a_scan_survives_beat(fleet: Fleet, library: Library) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    fleet.kill("beat")
    # What only beat can repair, while there is none.
    fleet.redis.flushall()
    fleet.start("beat")
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def test_a_worker_that_stops_in_order_is_listed_no_more(fleet: Fleet) -> None:
    fleet.start("worker-1", "worker-2")
    fleet.await_workers(2)

    fleet.kill("worker-1", how=signal.SIGTERM)

    assert len(signs.workers(connection.client())) == 1
