"""A scan moves from phase to phase once, counts exactly, and ends once, whoever pushes it."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, text

from libraries import Library, one, rows, set_columns, video, write
from scanning import advance, begin, finish, run, state, sweep, until
from sublarr_tasks import conductor, scans
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Conflict, InputError, NotFound, ScanRunning
from sublarr_tasks.models import (
    Directory,
    Job,
    ScanJob,
    ScanStatus,
    ScanUnit,
    Trigger,
)
from sublarr_tasks.models import Library as LibraryRow

PAST = datetime(2020, 1, 1, tzinfo=UTC)
SCANNING, CACHING = ScanStatus.SCANNING, ScanStatus.CACHING


def request(library_id: int, **asked: object) -> scans.Requested:
    with transaction() as db:
        return scans.request(db, library_id, trigger=Trigger.API, **asked)  # type: ignore[arg-type]


def cancel(scan_id: int) -> None:
    with transaction() as db:
        scans.cancel(db, scan_id)


def retry(scan_id: int) -> int:
    with transaction() as db:
        return scans.retry_failed(db, scan_id)


def await_a_blocked_statement() -> None:
    """Wait until somebody waits for a lock in this database."""
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with transaction() as db:
            if db.scalar(blocked):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


# requesting


def test_a_request_is_a_queued_scan_and_its_job(library: Library) -> None:
    asked = request(library.id)
    job = one(Job)
    assert state(asked.scan_id).status == "queued"
    assert (job.id, job.task, job.args) == (asked.job_id, "scan.start", {"scan_id": asked.scan_id})
    assert (job.state, job.trigger) == ("queued", "api")


def test_an_unknown_library_is_not_found(database: str) -> None:
    with pytest.raises(NotFound):
        request(7)


def test_a_second_request_names_the_unfinished_scan(library: Library) -> None:
    first = request(library.id)
    with pytest.raises(ScanRunning) as refused:
        request(library.id)
    assert refused.value.scan_id == first.scan_id


def test_another_library_may_be_scanned_meanwhile(library: Library) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    assert request(library.id).scan_id != request(other.id).scan_id


def test_a_library_may_be_scanned_again_once_its_scan_has_ended(library: Library) -> None:
    cancel(request(library.id).scan_id)
    request(library.id)


def test_of_two_requests_at_the_same_time_one_wins(library: Library) -> None:
    together = Barrier(2)

    def ask() -> int:
        with transaction() as db:
            together.wait()
            return scans.request(db, library.id, trigger=Trigger.API).scan_id

    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(ask) for _ in range(2)]
        won = [answer.result() for answer in answers if not answer.exception()]
        (lost,) = [answer.exception() for answer in answers if answer.exception()]
    assert isinstance(lost, ScanRunning)
    assert [lost.scan_id] == won == [row.id for row in rows(ScanJob)]


def test_unknown_options_are_named(library: Library) -> None:
    with pytest.raises(InputError) as refused:
        request(library.id, options={"fast": True, "max_directories": 0})
    assert refused.value.fields.keys() == {"options.fast", "options.max_directories"}
    assert rows(ScanJob) == []


def test_every_sixth_scan_is_full(library: Library) -> None:
    library.film()
    kinds = [library.scan().kind for _ in range(8)]
    assert kinds == ["full", *["incremental"] * 5, "full", "incremental"]


def test_the_first_scan_stays_due_until_one_has_completed(library: Library) -> None:
    cancel(begin(library.id))
    assert library.scan().status == "failed"  # nothing is there
    library.film()
    assert library.scan().kind == "full"
    assert library.scan().kind == "incremental"


def test_a_person_can_force_a_full_scan_and_the_count_starts_again(library: Library) -> None:
    library.film()
    library.scan()
    library.scan()
    assert library.scan(full=True).kind == "full"
    assert [library.scan().kind for _ in range(6)] == [*["incremental"] * 5, "full"]


# beginning and moving on


def test_a_scan_begins_once_however_often_its_message_comes(library: Library) -> None:
    scan_id = begin(library.id)
    started = state(scan_id).started_at
    with transaction() as db:
        scans.begin(db, scan_id)
    assert len(rows(ScanUnit)) == 1
    assert state(scan_id).started_at == started
    assert one(Job).state == "running"


def test_a_cancelled_scan_does_not_begin(library: Library) -> None:
    asked = request(library.id)
    cancel(asked.scan_id)
    with transaction() as db:
        scans.begin(db, asked.scan_id)
    assert state(asked.scan_id).status == "cancelled"
    assert rows(ScanUnit) == []


def test_advancing_a_queued_scan_does_nothing(library: Library) -> None:
    asked = request(library.id)
    assert advance(asked.scan_id) == []
    assert state(asked.scan_id).status == "queued"


def test_advancing_what_does_not_exist_does_nothing(database: str) -> None:
    assert advance(7) == []
    assert sweep(7) == []


def test_a_whole_scan_leaves_its_times_its_job_and_its_library_behind(library: Library) -> None:
    library.film()
    scan = library.scan()
    assert scan.status == "completed"
    times = [
        scan.created_at,
        scan.started_at,
        scan.discovery_completed_at,
        scan.scanning_completed_at,
        scan.caching_completed_at,
        scan.completed_at,
    ]
    assert times == sorted(times)
    assert (scan.current_operation, scan.reason, scan.last_error) == (None, None, None)
    job = one(Job)
    assert (job.state, job.finished_at is not None) == ("completed", True)
    assert one(LibraryRow).last_scan_at is not None


def test_the_counters_of_a_scan_are_exact(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)", "Deep/Down/Gamma (2003)")
    write(library.root / "Delta (2004)/Delta (2004).mkv", b"")
    write(library.root / "Beta (2002)/fanart.jpg", b"no picture")
    scan = library.scan()
    assert (scan.directories_total, scan.directories_queued) == (4, 4)
    assert (scan.directories_scanned, scan.directories_skipped) == (4, 0)
    assert (scan.movies_found, scan.movies_new, scan.movies_updated) == (4, 4, 0)
    assert (scan.assets_queued, scan.assets_cached, scan.caching_failed) == (10, 9, 1)
    assert (scan.errors_count, scan.last_error) == (1, "no known picture format")


def test_many_who_advance_at_once_send_each_unit_once(library: Library) -> None:
    library.films(*(f"Film {n} (2001)" for n in range(12)))
    scan_id = begin(library.id)
    for part in advance(scan_id)[0].parts:
        run(scan_id, part)
    together = Barrier(6)

    def push(_: int) -> list[int]:
        together.wait()
        waves = advance(scan_id)
        return [unit_id for wave in waves for part in wave.parts for unit_id in part.unit_ids]

    with ThreadPoolExecutor(6) as threads:
        sent = [unit_id for pushed in threads.map(push, range(6)) for unit_id in pushed]
    assert state(scan_id).status == "scanning"
    assert sorted(sent) == [row.id for row in rows(ScanUnit, phase="scanning")]


def test_many_who_end_a_phase_at_once_move_the_scan_once(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    for part in [part for wave in until(scan_id, SCANNING) for part in wave.parts]:
        run(scan_id, part)
    together = Barrier(4)

    def push(_: int) -> None:
        together.wait()
        advance(scan_id)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(push, range(4)))
    scan = state(scan_id)
    assert (scan.status, scan.assets_queued) == ("caching", 6)
    assert len(rows(ScanUnit, phase="caching")) == 6


def test_a_large_phase_starts_with_several_waves(library: Library) -> None:
    library.films(*(f"Film {n} (2001)" for n in range(12)))
    waves = until(begin(library.id), SCANNING)
    assert len(waves) == conductor.LANES
    assert all(len(part.unit_ids) == 1 for wave in waves for part in wave.parts)


def test_the_window_bounds_what_is_on_its_way_and_widens_when_the_queue_is_dry(
    library: Library,
) -> None:
    library.films(*(f"Film {n:02} (2001)" for n in range(40)))
    scan_id = begin(library.id)
    window = state(scan_id).window
    assert sum(len(wave.parts) for wave in until(scan_id, SCANNING)) == window
    assert advance(scan_id) == []
    assert sum(len(wave.parts) for wave in advance(scan_id, dry=True)) == window
    assert state(scan_id).window == 2 * window


def test_two_who_advance_at_once_do_not_send_two_windows(library: Library) -> None:
    library.films(*(f"Film {n:02} (2001)" for n in range(20)))
    scan_id = begin(library.id)
    for part in [part for wave in until(scan_id, SCANNING) for part in wave.parts]:
        run(scan_id, part)
    set_columns(ScanJob, scan_id, window=2, unit_seconds=conductor.PART_SECONDS)
    with ThreadPoolExecutor(1) as thread:
        with transaction() as db:
            mine = conductor.advance(db, scan_id)
            other = thread.submit(advance, scan_id)
            wait([other], timeout=0.3)
        assert other.result() == []
    assert sum(len(wave.parts) for wave in mine) == 2


def test_a_waves_messages_go_to_the_group_that_sees_the_library(
    database: str, library: Library
) -> None:
    set_columns(LibraryRow, library.id, worker_group="nas")
    assert advance(begin(library.id))[0].worker_group == "nas"


def test_a_scan_whose_library_is_deleted_ends_in_silence(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    (wave,) = advance(scan_id)
    with transaction() as db:
        db.execute(delete(LibraryRow))
    assert run(scan_id, wave.parts[0]) == 0
    assert advance(scan_id) == []


# cancelling


def test_a_cancel_ends_units_scan_and_job(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    cancel(scan_id)
    scan = state(scan_id)
    assert (scan.status, scan.reason) == ("cancelled", "cancelled_by_request")
    assert {row.state for row in rows(ScanUnit, phase="scanning")} == {"cancelled"}
    assert (one(Job).state, one(Job).reason) == ("cancelled", "cancelled_by_request")


def test_parts_that_arrive_after_a_cancel_change_nothing(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    waves = until(scan_id, SCANNING)
    cancel(scan_id)
    before = state(scan_id)
    assert [run(scan_id, part) for wave in waves for part in wave.parts] == [0, 0]
    assert advance(scan_id) == sweep(scan_id) == []
    assert state(scan_id) == before
    assert library.items() == []


def test_work_that_a_cancel_overtakes_is_not_written(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.film()
    scan_id = begin(library.id)
    (wave,) = until(scan_id, SCANNING)
    scandir = os.scandir

    def cancelled_meanwhile(path: str) -> Iterator[os.DirEntry[str]]:
        monkeypatch.setattr(os, "scandir", scandir)
        cancel(scan_id)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", cancelled_meanwhile)
    assert run(scan_id, wave.parts[0]) == 0
    assert library.items() == []
    assert state(scan_id).directories_scanned == 0


def test_a_cancel_waits_for_the_settlement_that_it_meets(library: Library) -> None:
    scan_id = begin(library.id)
    with ThreadPoolExecutor(1) as thread:
        with transaction() as db:
            scans.shared_lock(db, scan_id)
            waiting = thread.submit(cancel, scan_id)
            assert waiting not in wait([waiting], timeout=0.2).done
        waiting.result()
    assert state(scan_id).status == "cancelled"


def test_an_ended_scan_cannot_be_cancelled(library: Library) -> None:
    library.film()
    scan = library.scan()
    with pytest.raises(Conflict):
        cancel(scan.id)


def test_cancelling_what_does_not_exist_is_not_found(database: str) -> None:
    with pytest.raises(NotFound):
        cancel(7)


# retrying what failed


def test_a_retry_of_failed_units_ends_with_exact_counts(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    fanart = write(library.root / "Beta (2002)/fanart.jpg", b"no picture")
    first = library.scan()
    assert (first.caching_failed, first.errors_count) == (1, 1)
    fanart.write_bytes((library.root / "Alpha (2001)/poster.jpg").read_bytes())
    job_id = retry(first.id)
    reopened = state(first.id)
    assert (reopened.status, reopened.job_id) == ("caching", job_id)
    assert (reopened.caching_failed, reopened.errors_count, reopened.last_error) == (0, 0, None)
    again = finish(first.id)
    assert (again.status, again.assets_queued, again.assets_cached) == ("completed", 7, 7)
    assert (again.errors_count, one(Job, id=job_id).state) == (0, "completed")


def test_what_fails_again_is_counted_once(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    scan = library.scan()
    retry(scan.id)
    again = finish(scan.id)
    assert (again.caching_failed, again.errors_count) == (1, 1)


def test_a_retry_is_a_job_that_no_resend_repeats(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    job_id = retry(library.scan().id)
    job = one(Job, id=job_id)
    assert (job.task, job.state) == ("scan.advance", "running")


def test_a_retry_without_failures_is_a_conflict(library: Library) -> None:
    library.film()
    scan = library.scan()
    with pytest.raises(Conflict) as refused:
        retry(scan.id)
    assert not isinstance(refused.value, ScanRunning)


def test_a_running_scan_is_not_retried(library: Library) -> None:
    scan_id = begin(library.id)
    with pytest.raises(ScanRunning):
        retry(scan_id)


def test_a_retry_waits_for_another_scan_of_the_library(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    first = library.scan()
    second = begin(library.id)
    with pytest.raises(ScanRunning) as refused:
        retry(first.id)
    assert refused.value.scan_id == second


def test_only_the_newest_scan_is_retried(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    first = library.scan()
    second = library.scan()
    with pytest.raises(Conflict, match=f"Scan {second.id} of this library is newer"):
        retry(first.id)


def test_a_retry_that_loses_to_a_request_names_it(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    first = library.scan()
    with ThreadPoolExecutor(1) as other:
        with transaction() as db:
            asked = scans.request(db, library.id, trigger=Trigger.API)
            retried = other.submit(retry, first.id)
            await_a_blocked_statement()
        with pytest.raises(ScanRunning) as refused:
            retried.result()
    assert refused.value.scan_id == asked.scan_id


@pytest.mark.parametrize(("full", "counted"), [(False, 1), (True, 0)])
def test_a_retried_scan_counts_once_towards_the_next_full_one(
    library: Library, full: bool, counted: int
) -> None:
    fanart = write(library.film() / "fanart.jpg", b"no picture")
    library.scan()
    fanart.write_bytes(b"not one either")
    scan = library.scan(full=full)
    assert scan.caching_failed == 1
    for _ in range(2):
        retry(scan.id)
        finish(scan.id)
    assert one(LibraryRow, id=library.id).scans_since_full == counted


# the sweep


def test_the_sweep_sends_again_what_lapsed_in_an_empty_queue(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    expire()
    assert [len(wave.parts) for wave in sweep(scan_id, dry=True)] == [2]


def test_the_sweep_gives_what_lapsed_time_while_others_wait_in_the_queue(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    expire(after(seconds=-1))
    assert sweep(scan_id, dry=False) == []
    expire(after(seconds=-60))
    assert [len(wave.parts) for wave in sweep(scan_id, dry=False)] == [2]


def test_the_sweep_leaves_alone_what_is_on_its_way(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    assert sweep(scan_id, dry=True) == []


def test_after_a_flush_the_sweep_sends_everything_again(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    assert [len(wave.parts) for wave in sweep(scan_id, dry=False, flushed=True)] == [2]


def test_the_sweep_finishes_a_scan_whose_callbacks_are_all_lost(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    while waves := sweep(scan_id):
        for wave in waves:
            for part in wave.parts:
                run(scan_id, part)
    scan = state(scan_id)
    assert (scan.status, scan.movies_found, scan.assets_cached) == ("completed", 2, 6)


def test_the_sweep_counts_what_it_gives_up(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    expire(state="running", alone=True, crashes=2)
    sweep(scan_id)
    scan = finish(scan_id)
    assert (scan.status, scan.scanning_failed, scan.errors_count) == ("completed", 2, 2)
    assert scan.last_error == "crashed_worker"


def test_a_directory_that_crashed_its_worker_is_read_again_by_the_next_scan(
    library: Library,
) -> None:
    library.film()
    scan_id = begin(library.id)
    until(scan_id, SCANNING)
    expire(state="running", alone=True, crashes=2)
    sweep(scan_id)
    finish(scan_id)
    assert one(Directory).signature is None
    assert library.scan().movies_new == 1


def test_unfinished_scans_are_those_in_a_phase(library: Library) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    video(other.root / "A.mkv")
    other.scan()
    request(other.id)
    scan_id = begin(library.id)
    with transaction() as db:
        assert [row.id for row in scans.unfinished(db)] == [scan_id]


def expire(until: datetime = PAST, **values: object) -> None:
    for row in rows(ScanUnit, phase="scanning"):
        set_columns(ScanUnit, row.id, lease_until=until, **values)


def after(*, seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
