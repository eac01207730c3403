"""Files and disks that fail while a scan runs, and a person who cancels it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from exactness import (
    assert_cache_whole,
    assert_counted,
    assert_exact,
    assert_nothing_removed,
)
from fleet import Fleet
from frail_worker import POISON
from libraries import Library, rows
from sublarr_tasks import scans, settings
from sublarr_tasks.db import transaction
from sublarr_tasks.library.kinds import VIDEO_EXTENSIONS, extension
from sublarr_tasks.models import Item, MediaFile, ScanJob, ScanStatus, ScanUnit, UnitState


def test_a_video_that_kills_its_reader_fails_alone(fleet: Fleet, library: Library) -> None:
    poisoned = sorted(library.root.iterdir())[200]
    (video,) = (f for f in poisoned.iterdir() if extension(f.name) in VIDEO_EXTENSIONS)
    healthy = video.read_bytes()
    video.write_bytes(POISON + healthy)
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.finish(scan_id)
    (unread,) = [row for row in rows(MediaFile) if row.probe_reason is not None]
    assert (unread.name, unread.probe_reason) == (video.name, "crashed_reader")
    assert rows(ScanJob, id=scan_id)[0].errors_count == 0

    video.write_bytes(healthy)
    again = fleet.request(library.id)
    fleet.finish(again)
    assert not [row for row in rows(MediaFile) if row.probe_reason is not None]


def test_a_directory_that_kills_its_reader_fails_alone(fleet: Fleet, library: Library) -> None:
    poisoned = sorted(library.root.iterdir())[200]
    healthy = (poisoned / "movie.nfo").read_bytes()
    (poisoned / "movie.nfo").write_bytes(POISON + healthy)
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    fleet.finish(scan_id)
    assert_exact(library, scan_id, failed={poisoned.name: "crashed_worker"})

    (poisoned / "movie.nfo").write_bytes(healthy)
    retry(fleet, scan_id)
    assert_exact(library, scan_id)


def test_directories_that_become_unreadable_fail_alone(fleet: Fleet, library: Library) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 50)
    locked = [library.root / name for name in unread(scan_id)[-3:]]
    for folder in locked:
        folder.chmod(0)
    fleet.finish(scan_id)
    for folder in locked:
        folder.chmod(0o755)
    assert_exact(library, scan_id, failed={folder.name: "permission_denied" for folder in locked})

    retry(fleet, scan_id)
    assert_exact(library, scan_id)


def test_a_library_that_goes_away_fails_the_scan_and_loses_nothing(
    fleet: Fleet, library: Library
) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    away = library.root.rename(library.root.with_name("away"))
    fleet.finish(scan_id)
    scan = assert_counted(scan_id)
    assert (scan.status, scan.reason) == (ScanStatus.FAILED, "mount_lost")
    assert len(rows(Item)) >= 100
    assert_nothing_removed(library)

    away.rename(library.root)
    again = rescan(fleet, library)
    assert_exact(library, again)
    assert_counted(scan_id)


def test_a_cancelled_scan_stops_and_the_next_one_completes(fleet: Fleet, library: Library) -> None:
    fleet.start("worker-1", "beat")
    scan_id = fleet.request(library.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 100)
    with transaction() as db:
        scans.cancel(db, scan_id)
    assert assert_counted(scan_id).status == ScanStatus.CANCELLED

    again = rescan(fleet, library)
    assert_exact(library, again, killed=False)
    assert_counted(scan_id)


@pytest.mark.parametrize("remedy", ["retry", "rescan"])
def test_a_full_cache_disk_is_said_and_made_good_once_there_is_space(
    fleet: Fleet, library: Library, remedy: str
) -> None:
    with small_disk(settings.current().cache_root, megabytes=2) as disk:
        fleet.start("worker-1", "beat")
        scan_id = fleet.request(library.id)
        fleet.finish(scan_id)
        scan = assert_counted(scan_id)
        assert scan.status == ScanStatus.COMPLETED
        failed = rows(ScanUnit, scan_id=scan_id, state=UnitState.FAILED)
        assert len(failed) > 100
        assert {unit.reason for unit in failed} == {"disk_full"}
        assert_cache_whole()

        mount(disk, "remount", megabytes=50)
        scan_id = retry(fleet, scan_id) if remedy == "retry" else rescan(fleet, library)
        assert_exact(library, scan_id, killed=False)


def retry(fleet: Fleet, scan_id: int) -> int:
    """Have what failed tried again, and wait for the scan's end; returns its id."""
    with transaction() as db:
        scans.retry_failed(db, scan_id)
    fleet.send("scan.advance", scan_id)
    fleet.finish(scan_id)
    return scan_id


def rescan(fleet: Fleet, library: Library) -> int:
    """Scan again to the end; returns the new scan's id."""
    scan_id = fleet.request(library.id)
    fleet.finish(scan_id)
    return scan_id


def unread(scan_id: int) -> list[str]:
    """Return the directories that no worker reads yet, in the order in which they come."""
    with transaction() as db:
        return list(
            db.scalars(
                select(ScanUnit.subject)
                .where(
                    ScanUnit.scan_id == scan_id,
                    ScanUnit.phase == ScanStatus.SCANNING,
                    ScanUnit.state == UnitState.PENDING,
                )
                .order_by(ScanUnit.id)
            )
        )


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    if mount(folder, "rw", megabytes).returncode:
        pytest.skip("a disk can only be filled by who may mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def mount(folder: Path, option: str, megabytes: int) -> "subprocess.CompletedProcess[bytes]":
    options = f"{option},size={megabytes}m"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True)
