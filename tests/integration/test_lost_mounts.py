"""A mount inside a library, or behind a link, that is gone: nothing of it is removed."""

import shutil
from pathlib import Path

import pytest

from libraries import Library, one, rows
from mount_table import mount_at
from scanning import finish
from sublarr_tasks import scans
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.models import ScanStatus, ScanUnit

OWN = ("Alpha (2001)", "Beta (2002)", "Gamma (2003)", "Delta (2004)")


@pytest.fixture
def mount(library: Library, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a scanned library of four films, and a fifth below its mount point."""
    library.films(*OWN, "Disk/Epsilon (2005)")
    mount_at(monkeypatch, library.root / "Disk")
    library.scan()
    return library.root / "Disk"


@pytest.fixture
def loose(library: Library, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a scanned library of four films, and a fifth that lies on its mount itself."""
    library.films(*OWN, "Disk")
    mount_at(monkeypatch, library.root / "Disk")
    library.scan()
    return library.root / "Disk"


@pytest.fixture
def link(library: Library) -> Path:
    """Give a scanned library of four films, and a fifth behind a link."""
    library.films(*OWN)
    elsewhere = Library.register(library.root.with_name("elsewhere"), "Elsewhere")
    elsewhere.film("Epsilon (2005)")
    (library.root / "Disk").symlink_to(elsewhere.root)
    library.scan()
    return elsewhere.root


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def test_mount_points_with_content_are_remembered(library: Library, mount: Path) -> None:
    assert one(LibraryRow, id=library.id).mounts == [mount.name]


def test_what_was_on_a_mount_that_is_empty_stays_through_full_scans(
    library: Library, mount: Path
) -> None:
    empty(mount)
    for _ in range(3):
        scan = library.scan(full=True)
        assert (scan.status, scan.movies_removed, scan.errors_count) == ("completed", 0, 1)
    assert len(library.titles()) == 5


def test_an_empty_mount_point_is_a_failed_unit_that_says_why(library: Library, mount: Path) -> None:
    empty(mount)
    scan = library.scan()
    unit = one(ScanUnit, scan_id=scan.id, state="failed")
    assert (unit.phase, unit.subject, unit.reason) == ("discovering", "Disk", "lost_mount")
    assert "accept_losses" in unit.detail


def test_films_loose_on_a_mount_that_is_empty_stay(library: Library, loose: Path) -> None:
    empty(loose)
    assert library.scan(full=True).movies_removed == 0
    assert len(library.titles()) == 5


def test_films_loose_on_a_mount_that_empties_before_they_are_read_stay(
    library: Library, loose: Path
) -> None:
    scan = library.scan(full=True, before={ScanStatus.SCANNING: lambda: empty(loose)})
    assert (scan.movies_removed, scan.scanning_failed) == (0, 1)
    assert len(library.titles()) == 5


def test_a_retry_while_the_mount_is_empty_removes_nothing(library: Library, mount: Path) -> None:
    empty(mount)
    scan = library.scan(full=True)
    with transaction() as db:
        scans.retry_failed(db, scan.id)
    again = finish(scan.id)
    assert (again.status, again.movies_removed, again.errors_count) == ("completed", 0, 1)


def test_a_mount_that_came_back_is_as_it_was(library: Library, mount: Path) -> None:
    before = {item.title: item.id for item in library.items()}
    away = mount.rename(library.root.with_name("away"))
    mount.mkdir()
    library.scan(full=True)
    mount.rmdir()
    away.rename(mount)
    scan = library.scan(full=True)
    assert (scan.errors_count, scan.movies_new, scan.movies_removed) == (0, 0, 0)
    assert {item.title: item.id for item in library.items()} == before


def test_losses_that_are_accepted_are_taken_away_and_the_mount_forgotten(
    library: Library, mount: Path
) -> None:
    empty(mount)
    scan = library.scan(full=True, options={"accept_losses": True})
    assert (scan.errors_count, scan.movies_removed) == (0, 1)
    assert one(LibraryRow, id=library.id).mounts == []
    assert library.scan().errors_count == 0


def test_losses_of_films_loose_on_a_mount_are_accepted_too(library: Library, loose: Path) -> None:
    empty(loose)
    scan = library.scan(full=True, options={"accept_losses": True})
    assert (scan.movies_removed, scan.errors_count) == (1, 0)


def test_a_mount_point_that_is_gone_with_its_folder_was_taken_away(
    library: Library, mount: Path
) -> None:
    shutil.rmtree(mount)
    assert library.scan(full=True).movies_removed == 1


@pytest.mark.parametrize("leave_the_folder", [False, True])
def test_what_was_behind_a_link_that_leads_to_nothing_stays(
    library: Library, link: Path, leave_the_folder: bool
) -> None:
    shutil.rmtree(link)
    if leave_the_folder:
        link.mkdir()
    scan = library.scan(full=True)
    assert (scan.status, scan.movies_removed, scan.errors_count) == ("completed", 0, 0)
    (unit,) = rows(ScanUnit, scan_id=scan.id, state="skipped")
    assert (unit.subject, unit.reason) == ("Disk", "lost_link")
    assert len(library.titles()) == 5


def test_what_was_behind_a_link_goes_with_the_link(library: Library, link: Path) -> None:
    assert link.is_dir()
    (library.root / "Disk").unlink()
    assert library.scan(full=True).movies_removed == 1
