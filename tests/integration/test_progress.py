"""How far a scan is, from its row alone."""

from datetime import UTC, datetime, timedelta

import pytest

from libraries import Library, set_columns, write
from scanning import begin, until
from sublarr_tasks import progress, scans
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import NotFound
from sublarr_tasks.models import ScanJob, ScanStatus
from sublarr_tasks.progress import PhaseCount, Progress
from sublarr_tasks.viewers import INSTALLATION

DISCOVERING, SCANNING, CACHING = (
    ScanStatus.DISCOVERING,
    ScanStatus.SCANNING,
    ScanStatus.CACHING,
)


def measured(scan_id: int) -> Progress:
    with transaction() as db:
        return progress.of(db, INSTALLATION, scan_id)


def set_scan(scan_id: int, **values: object) -> None:
    set_columns(ScanJob, scan_id, **values)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def test_a_scan_that_does_not_exist_is_not_found(database: str) -> None:
    with pytest.raises(NotFound):
        measured(7)


def test_a_completed_scan_has_nothing_left_in_any_phase(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    write(library.root / "Beta (2002)/fanart.jpg", b"no picture")
    scan = library.scan()
    found = measured(scan.id)
    assert found.ended
    assert found.library_name == "Films"
    assert (found.rate, found.remaining_seconds) == (None, None)
    assert found.phases[DISCOVERING] == PhaseCount(total=2, done=2, skipped=0, failed=0)
    assert found.phases[SCANNING] == PhaseCount(total=2, done=2, skipped=0, failed=0)
    assert found.phases[CACHING] == PhaseCount(total=7, done=6, skipped=0, failed=1)
    assert {count.left for count in found.phases.values()} == {0}


def test_skipped_directories_count_as_dealt_with(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    found = measured(library.scan().id)
    assert found.phases[SCANNING] == PhaseCount(total=2, done=0, skipped=2, failed=0)


def test_a_scan_that_waits_has_neither_rate_nor_end(library: Library) -> None:
    found = measured(begin(library.id))
    assert (found.ended, found.rate, found.remaining_seconds) == (False, None, None)


def test_the_time_left_comes_from_the_rate_of_the_phase(library: Library) -> None:
    scan_id = begin(library.id)
    set_scan(
        scan_id,
        status=SCANNING,
        directories_total=100,
        directories_scanned=18,
        scanning_failed=2,
        directories_skipped=40,
        phase_started_at=ago(10),
    )
    found = measured(scan_id)
    assert found.rate == pytest.approx(2, rel=0.2)
    assert found.remaining_seconds == pytest.approx(20, rel=0.2)
    assert found.phases[SCANNING].left == 40


def test_while_discovering_nobody_knows_how_long_it_takes(library: Library) -> None:
    scan_id = begin(library.id)
    set_scan(scan_id, directories_total=100, phase_started_at=ago(10))
    found = measured(scan_id)
    assert found.rate == pytest.approx(10, rel=0.2)
    assert found.remaining_seconds is None


def test_a_phase_that_has_only_begun_has_no_rate(library: Library) -> None:
    scan_id = begin(library.id)
    set_scan(
        scan_id,
        status=CACHING,
        assets_queued=9,
        assets_cached=1,
        phase_started_at=ago(-60),
    )
    assert measured(scan_id).rate is None


def test_elapsed_time_stops_with_the_scan(library: Library) -> None:
    library.film()
    scan = library.scan()
    set_scan(scan.id, started_at=ago(100), completed_at=ago(40))
    assert measured(scan.id).elapsed_seconds == pytest.approx(60, abs=1)


def test_elapsed_time_goes_on_while_the_scan_does(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    set_scan(scan_id, started_at=ago(30))
    assert measured(scan_id).elapsed_seconds == pytest.approx(30, abs=5)


def test_counts_that_run_ahead_never_leave_less_than_nothing() -> None:
    assert PhaseCount(total=1, done=2, skipped=0, failed=0).left == 0


def test_a_retried_phase_has_no_rate(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    scan = library.scan()
    with transaction() as db:
        scans.retry_failed(db, scan.id)
    set_scan(scan.id, phase_started_at=ago(10))
    found = measured(scan.id)
    assert (found.scan.status, found.rate, found.remaining_seconds) == ("caching", None, None)
