"""A scan takes rows away slowly, and never because a mount is gone."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from libraries import Library, one, rows, set_columns, versions, video
from obstacles import refuse_to_list
from scanning import begin, finish, run, sweep, until
from sublarr_tasks import conductor, scans
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Conflict
from sublarr_tasks.models import (
    Asset,
    Directory,
    Item,
    MediaFile,
    ScanStatus,
    ScanUnit,
    Stream,
    UnitState,
)

SIX = [f"Film {n} (2001)" for n in range(6)]


@pytest.fixture
def six(library: Library) -> Library:
    """Give a library of six films that was scanned once."""
    library.films(*SIX)
    library.scan()
    return library


def remove(library: Library, *names: str) -> None:
    for name in names:
        shutil.rmtree(library.root / name)


def put_away(library: Library, name: str) -> Path:
    return (library.root / name).rename(library.root.with_name("away"))


def missing(table: type[Directory | Item]) -> set[int]:
    return {row.id for row in rows(table) if row.missing_since is not None}


# a mount that is gone


def assert_refused(library: Library, before: Mapping[str, object], scan: Row[Any]) -> None:
    assert (scan.status, scan.reason) == ("failed", "mount_lost")
    assert versions() == before
    assert len(library.titles()) == len(SIX)


@pytest.mark.parametrize("full", [False, True])
def test_a_vanished_root_fails_the_scan_and_changes_no_row(six: Library, full: bool) -> None:
    before = versions()
    six.root.rename(six.root.with_name("elsewhere"))
    assert_refused(six, before, six.scan(full=full))


@pytest.mark.parametrize("full", [False, True])
def test_an_empty_root_fails_the_scan_and_changes_no_row(six: Library, full: bool) -> None:
    before = versions()
    six.root.rename(six.root.with_name("elsewhere"))
    six.root.mkdir()
    assert_refused(six, before, six.scan(full=full))


def test_a_file_in_the_roots_place_fails_the_scan(six: Library) -> None:
    before = versions()
    six.root.rename(six.root.with_name("elsewhere"))
    six.root.write_bytes(b"")
    assert_refused(six, before, six.scan(full=True))


def test_a_root_that_goes_while_directories_are_read_fails_the_scan(library: Library) -> None:
    library.films(*SIX)
    scan = library.scan(
        before={ScanStatus.SCANNING: lambda: library.root.rename(library.root.with_name("x"))}
    )
    assert (scan.status, scan.reason) == ("failed", "mount_lost")
    assert library.items() == []


def test_a_root_that_goes_while_assets_are_cached_fails_the_scan(library: Library) -> None:
    library.films(*SIX)
    scan = library.scan(
        before={ScanStatus.CACHING: lambda: library.root.rename(library.root.with_name("x"))}
    )
    assert (scan.status, scan.reason) == ("failed", "mount_lost")
    assert {row.cache_state for row in rows(Asset)} == {"pending"}
    assert len(library.titles()) == len(SIX)


def test_another_folder_mounted_over_the_root_fails_the_scan(six: Library) -> None:
    def mount() -> None:
        six.root.rename(six.root.with_name("hidden"))
        six.film("Another (1999)")

    scan = six.scan(full=True, before={ScanStatus.SCANNING: mount})
    assert (scan.status, scan.reason) == ("failed", "mount_lost")
    assert "is not the folder" in scan.last_error


def test_a_failed_scan_leaves_no_open_unit_and_a_failed_job(six: Library) -> None:
    remove(six, *SIX[:3])
    scan = six.scan(full=True)
    assert rows(ScanUnit, scan_id=scan.id, state="pending") == []
    assert rows(ScanUnit, scan_id=scan.id, state="running") == []


@pytest.mark.parametrize("full", [False, True])
def test_more_than_a_third_gone_is_a_lost_mount(six: Library, full: bool) -> None:
    before = versions()
    remove(six, *SIX[:3])
    assert_refused(six, before, six.scan(full=full))


def test_a_third_gone_is_a_clean_up(six: Library) -> None:
    remove(six, *SIX[:2])
    scan = six.scan(full=True)
    assert (scan.status, scan.movies_removed) == ("completed", 2)
    assert len(six.titles()) == 4


def test_a_person_may_accept_losses(six: Library) -> None:
    remove(six, *SIX[:5])
    scan = six.scan(full=True, options={"accept_losses": True})
    assert (scan.status, scan.movies_removed) == ("completed", 5)


def test_an_empty_root_is_a_lost_mount_even_where_losses_are_accepted(six: Library) -> None:
    remove(six, *SIX)
    assert six.scan(full=True, options={"accept_losses": True}).reason == "mount_lost"


def test_the_same_loss_is_no_lost_mount_once_it_was_accepted(six: Library) -> None:
    remove(six, *SIX[:4])
    six.scan(full=True, options={"accept_losses": True})
    assert six.scan(full=True).status == "completed"


def test_renaming_most_directories_is_no_lost_mount(six: Library) -> None:
    for name in SIX[:5]:
        (six.root / name).rename(six.root / f"Renamed {name}")
    scan = six.scan(full=True)
    assert (scan.status, scan.movies_new, scan.movies_removed) == ("completed", 0, 0)


# tombstones and their end


def test_an_incremental_scan_leaves_what_it_did_not_see(six: Library) -> None:
    remove(six, SIX[0])
    scan = six.scan()
    assert (scan.kind, scan.movies_removed) == ("incremental", 0)
    assert missing(Item) == missing(Directory) == set()


def test_the_first_full_scan_marks_and_the_next_deletes(six: Library) -> None:
    gone = six.item("Film 0").id
    remove(six, SIX[0])
    first = six.scan(full=True)
    assert (first.movies_removed, missing(Item)) == (1, {gone})
    assert len(missing(Directory)) == 1
    assert rows(MediaFile, item_id=gone)
    second = six.scan(full=True)
    assert second.movies_removed == 0
    assert rows(Item, id=gone) == rows(MediaFile, item_id=gone) == rows(Asset, item_id=gone) == []
    assert len(rows(Directory)) == len(rows(Item)) == len(rows(MediaFile)) == 5
    files = {row.id for row in rows(MediaFile)}
    assert {row.media_file_id for row in rows(Stream)} == files


def test_incremental_scans_between_the_two_delete_nothing(six: Library) -> None:
    remove(six, SIX[0])
    six.scan(full=True)
    six.scan()
    assert len(missing(Item)) == 1


def test_what_comes_back_after_its_tombstone_is_the_same_item(six: Library) -> None:
    before = six.item("Film 0")
    assets = {row.id for row in rows(Asset)}
    away = put_away(six, SIX[0])
    six.scan(full=True)
    away.rename(six.root / SIX[0])
    scan = six.scan()
    assert (scan.movies_new, scan.movies_updated) == (0, 1)
    back = six.item("Film 0")
    assert (back.id, back.missing_since) == (before.id, None)
    assert {row.id for row in rows(Asset)} == assets
    assert missing(Directory) == set()


def test_what_came_back_in_time_is_not_deleted_by_the_next_full_scan(six: Library) -> None:
    away = put_away(six, SIX[0])
    six.scan(full=True)
    away.rename(six.root / SIX[0])
    six.scan(full=True)
    assert len(six.titles()) == 6


def test_a_file_gone_from_a_directory_is_marked_at_once_and_deleted_later(six: Library) -> None:
    (six.root / SIX[0] / "poster.jpg").unlink()
    six.scan()
    (marked,) = [row for row in rows(Asset) if row.missing_since is not None]
    six.scan(full=True)
    assert rows(Asset, id=marked.id) == []


def test_a_film_gone_from_a_directory_that_stays_is_removed(six: Library) -> None:
    (six.root / SIX[0] / f"{SIX[0]}.mkv").unlink()
    scan = six.scan()
    assert scan.movies_removed == 1
    assert len(six.titles()) == 5


def test_files_on_the_disk_are_never_touched(six: Library) -> None:
    remove(six, SIX[0])
    before = {path: path.stat() for path in six.root.rglob("*")}
    six.scan(full=True)
    six.scan(full=True)
    for path, status in before.items():
        now = path.stat()
        assert (now.st_mtime_ns, now.st_size, now.st_ino) == (
            status.st_mtime_ns,
            status.st_size,
            status.st_ino,
        )


# what could not be read


def test_an_unreadable_directory_protects_what_is_below_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films(*(f"Shelf/{name}" for name in SIX[:2]), "Shelf", *SIX[2:])
    library.scan()
    refuse_to_list(monkeypatch, library.root / "Shelf")
    scan = library.scan(full=True)
    assert (scan.status, scan.movies_removed, scan.discovering_failed) == ("completed", 0, 1)
    assert missing(Item) == missing(Directory) == set()


def test_a_name_that_only_begins_like_an_unreadable_one_is_not_protected(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Shelf/A (2001)", "Shelf 2/B (2002)", *SIX)
    library.scan()
    remove(library, "Shelf 2")
    refuse_to_list(monkeypatch, library.root / "Shelf")
    library.scan(full=True)
    assert "B" not in library.titles()
    assert "A" in library.titles()


def test_what_was_marked_is_not_deleted_while_it_cannot_be_looked_at(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Shelf/A (2001)", *SIX)
    library.scan()
    item_id = library.item("A").id
    away = put_away(library, "Shelf/A (2001)")
    library.scan(full=True)
    refuse_to_list(monkeypatch, library.root / "Shelf")
    library.scan(full=True)
    refuse_to_list(monkeypatch)
    away.rename(library.root / "Shelf/A (2001)")
    library.scan(full=True)
    assert "A" in library.titles()
    assert library.item("A").id == item_id


def test_a_file_marked_in_a_directory_that_cannot_be_read_is_not_deleted(
    six: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = six.root / SIX[0]
    poster = (folder / "poster.jpg").rename(six.root.with_name("poster.jpg"))
    six.scan()
    scan_id = begin(six.id, full=True)
    waves = until(scan_id, ScanStatus.SCANNING)
    refuse_to_list(monkeypatch, folder)
    for part in [part for wave in waves for part in wave.parts]:
        run(scan_id, part)
    assert finish(scan_id).scanning_failed == 1
    refuse_to_list(monkeypatch)
    poster.rename(folder / "poster.jpg")
    assert len(rows(Asset)) == 18


def test_an_unreadable_subtitle_folder_protects_its_files(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = library.film()
    (folder / "Subs").mkdir()
    (folder / "Alpha (2001).en.srt").rename(folder / "Subs/Alpha (2001).en.srt")
    library.scan()
    refuse_to_list(monkeypatch, folder / "Subs")
    scan = library.scan(full=True)
    assert scan.discovering_failed == 1
    assert "Subs/Alpha (2001).en.srt" in library.assets()


def test_an_unreadable_disc_folder_protects_its_film(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films(*SIX)
    film = library.film("Disc (2001)") / "Disc (2001).mkv"
    (film.parent / "BDMV/STREAM").mkdir(parents=True)
    film.rename(film.parent / "BDMV/STREAM/00001.m2ts")
    (film.parent / "BDMV/index.bdmv").write_bytes(b"x")
    library.scan()
    assert "Disc" in library.titles()
    refuse_to_list(monkeypatch, film.parent / "BDMV")
    library.scan(full=True)
    assert "Disc" in library.titles()


def test_a_retried_companion_folder_is_no_directory_of_its_own(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = library.film()
    (folder / "Extras").mkdir()
    shutil.copy(folder / "Alpha (2001).mkv", folder / "Extras/Making of.mkv")
    refuse_to_list(monkeypatch, folder / "Extras")
    scan = library.scan()
    assert scan.discovering_failed == 1
    refuse_to_list(monkeypatch)
    with transaction() as db:
        scans.retry_failed(db, scan.id)
    again = finish(scan.id)
    assert (again.status, again.errors_count) == ("completed", 0)
    assert [row.path for row in rows(Directory)] == ["Alpha (2001)"]
    library.scan()
    assert "Extras/Making of.mkv" in library.files()


def test_a_retried_directory_brings_what_is_below_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", "Shelf/Beta (2002)")
    refuse_to_list(monkeypatch, library.root / "Shelf")
    scan = library.scan()
    assert (scan.movies_found, scan.discovering_failed) == (1, 1)
    refuse_to_list(monkeypatch)
    with transaction() as db:
        scans.retry_failed(db, scan.id)
    again = finish(scan.id)
    assert (again.movies_found, again.directories_total, again.errors_count) == (2, 2, 0)


def test_a_cancelled_scan_is_not_retried(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    with transaction() as db:
        scans.cancel(db, scan_id)
        with pytest.raises(Conflict, match="did not complete"):
            scans.retry_failed(db, scan_id)


def test_a_root_that_lists_empty_in_mid_scan_removes_nothing(library: Library) -> None:
    for name in ("Alpha (2001).mkv", "Beta (2002).mkv", "Gamma (2003).mkv"):
        video(library.root / name)
    library.scan()
    scan_id = begin(library.id, full=True)
    (wave,) = until(scan_id, ScanStatus.SCANNING)
    for film in library.root.iterdir():
        film.rename(library.root.with_name(film.name))
    run(scan_id, wave.parts[0])
    scan = finish(scan_id)
    assert (scan.status, scan.reason, scan.movies_removed) == ("failed", "mount_lost", 0)
    assert len(library.titles()) == 3


def test_discovery_that_was_given_up_removes_nothing(six: Library) -> None:
    scan_id = begin(six.id, full=True)
    with transaction() as db:
        conductor.advance(db, scan_id)
    forget_root_unit(scan_id)
    sweep(scan_id)
    scan = finish(scan_id)
    assert (scan.status, scan.discovering_failed, scan.movies_removed) == ("completed", 1, 0)
    assert missing(Item) == set()


def forget_root_unit(scan_id: int) -> None:
    unit = one(ScanUnit, scan_id=scan_id)
    set_columns(ScanUnit, unit.id, state=UnitState.PENDING, attempts=6, lease_until=None)
