"""The assets of a library in the cache: each content once, and every failure with its reason."""

import errno
import hashlib
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from libraries import Library, one, picture, rows, set_columns, subtitle, write
from scanning import begin, finish, run, state, until
from sublarr_tasks import settings, units, upkeep
from sublarr_tasks.claims import Verdict
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Asset, CacheFile, ScanStatus, ScanUnit, Step, UnitState
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.phases import caching
from sublarr_tasks.units import Part

OLD = time.time() - 3 * 86_400


@pytest.fixture
def cache(library: Library, tmp_path: Path) -> Path:
    return tmp_path / "home/cache"


def files(cache: Path) -> set[Path]:
    return {path for path in cache.rglob("*") if path.is_file()}


def place(cache: Path, sha256: bytes, extension: str) -> Path:
    return cache / sha256.hex()[:2] / f"{sha256.hex()}.{extension}"


def test_every_asset_is_whole_in_the_cache_under_its_sha256(library: Library, cache: Path) -> None:
    folder = library.film()
    library.scan()
    for name, asset in library.assets().items():
        content = (folder / name).read_bytes()
        assert asset.cache_sha256 == hashlib.sha256(content).digest()
        stored = one(CacheFile, sha256=asset.cache_sha256)
        assert place(cache, stored.sha256, stored.extension).read_bytes() == content
        assert stored.size == len(content)
    assert len(files(cache)) == 3


def test_a_cached_picture_knows_its_type_and_size(library: Library) -> None:
    picture(library.film() / "fanart.jpg", 64, 36)
    library.scan()
    stored = one(CacheFile, sha256=library.assets()["fanart.jpg"].cache_sha256)
    assert (stored.content_type, stored.width, stored.height) == ("image/jpeg", 64, 36)


def test_the_same_bytes_are_stored_once_for_two_assets(library: Library, cache: Path) -> None:
    for name in ("Alpha (2001)", "Beta (2002)"):
        picture(library.film(name) / "poster.jpg", seed=1)
    scan = library.scan()
    assert (scan.assets_cached, len(rows(CacheFile)), len(files(cache))) == (6, 5, 5)


def test_the_same_bytes_under_two_extensions_are_stored_once(library: Library, cache: Path) -> None:
    folder = library.film()
    picture(folder / "poster.jpg", seed=1)
    picture(folder / "fanart.jpeg", seed=1)
    library.scan()
    assert (len(rows(CacheFile)), len(files(cache))) == (3, 3)


def test_the_same_subtitle_under_two_extensions_is_stored_once(
    library: Library, cache: Path
) -> None:
    first = library.film() / "Alpha (2001).en.srt"
    library.scan()
    shutil.copy(first, first.with_suffix(".vtt"))
    assert library.scan().assets_cached == 1
    assert_named_by_the_rows(cache)
    assert len(files(cache)) == 3


def test_two_extensions_in_one_batch_are_stored_once(library: Library, cache: Path) -> None:
    first = library.film() / "Alpha (2001).en.srt"
    shutil.copy(first, first.with_suffix(".vtt"))
    scan_id = begin(library.id)
    until(scan_id, ScanStatus.CACHING)
    run(scan_id, Part(tuple(unit.id for unit in rows(ScanUnit, phase="caching")), (), Step.STORE))
    assert finish(scan_id).assets_cached == 4
    assert_named_by_the_rows(cache)


def test_a_lost_file_comes_back_under_its_rows_extension(library: Library, cache: Path) -> None:
    first = library.film() / "Alpha (2001).en.srt"
    library.scan()
    stored = one(CacheFile, extension="srt")
    place(cache, stored.sha256, "srt").unlink()
    shutil.copy(first, first.with_suffix(".vtt"))
    library.scan()
    assert_named_by_the_rows(cache)


def assert_named_by_the_rows(cache: Path) -> None:
    assert files(cache) == {place(cache, row.sha256, row.extension) for row in rows(CacheFile)}
    assert {row.cache_state for row in rows(Asset)} == {"cached"}


def test_a_broken_picture_fails_with_its_reason_and_the_rest_is_cached(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    scan = library.scan()
    assert (scan.assets_cached, scan.caching_failed) == (3, 1)
    asset = library.assets()["fanart.jpg"]
    assert (asset.cache_state, asset.cache_reason) == ("failed", "not_an_image")


def test_assets_of_one_batch_fail_each_with_its_own_reason(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_CACHE_MAX_BYTES", "5000")
    settings.current.cache_clear()
    folder = library.film()
    write(folder / "fanart.jpg", b"no picture")
    write(folder / "Alpha (2001).fr.srt", b"")
    write(folder / "Alpha (2001).de.srt", b"x" * 5001)
    scan_id = begin(library.id)
    until(scan_id, ScanStatus.CACHING)
    (folder / "poster.jpg").unlink()
    run(scan_id, Part(tuple(unit.id for unit in rows(ScanUnit, phase="caching")), (), Step.STORE))
    scan = finish(scan_id)
    assert (scan.assets_cached, scan.assets_skipped, scan.caching_failed) == (2, 1, 3)
    seen = {name: (row.cache_state, row.cache_reason) for name, row in library.assets().items()}
    assert seen == {
        "movie.nfo": ("cached", None),
        "Alpha (2001).en.srt": ("cached", None),
        "fanart.jpg": ("failed", "not_an_image"),
        "Alpha (2001).fr.srt": ("failed", "empty_file"),
        "Alpha (2001).de.srt": ("skipped", "too_large"),
        "poster.jpg": ("pending", "vanished"),
    }


def test_an_unchanged_broken_picture_is_tried_again_only_by_a_full_scan(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    library.scan()
    assert library.scan().assets_queued == 0
    assert library.scan(full=True).assets_queued == 1


def test_an_asset_that_is_too_large_is_skipped_with_its_reason(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_CACHE_MAX_BYTES", "5000")
    settings.current.cache_clear()
    write(library.film() / "Alpha (2001).en.srt", b"x" * 5001)
    scan = library.scan()
    assert (scan.assets_skipped, scan.assets_cached, scan.caching_failed) == (1, 2, 0)
    asset = library.assets()["Alpha (2001).en.srt"]
    assert (asset.cache_state, asset.cache_reason) == ("skipped", "too_large")
    assert one(ScanUnit, scan_id=scan.id, state="skipped").reason == "too_large"


def test_a_file_that_cannot_be_synced_fails_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.film()
    syncing, calls = os.fsync, Counter[str]()

    def refuse_once(descriptor: int) -> None:
        calls["fsync"] += 1
        if calls["fsync"] == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        syncing(descriptor)

    scan_id = begin(library.id)
    until(scan_id, ScanStatus.CACHING)
    monkeypatch.setattr(os, "fsync", refuse_once)
    run(scan_id, Part(tuple(unit.id for unit in rows(ScanUnit, phase="caching")), (), Step.STORE))
    scan = finish(scan_id)
    assert (scan.assets_cached, scan.caching_failed) == (2, 1)
    assert one(ScanUnit, state="failed").reason == "disk_full"


def test_a_library_that_goes_in_the_middle_of_a_part_leaves_nothing_unfinished(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.film()
    scan_id = begin(library.id)
    until(scan_id, ScanStatus.CACHING)

    def lose_the_library(*_: int) -> None:
        library.root.rename(library.root.with_name("away"))
        monkeypatch.setattr(os, "posix_fadvise", lambda *_: None)

    monkeypatch.setattr(os, "posix_fadvise", lose_the_library)
    run(scan_id, Part(tuple(unit.id for unit in rows(ScanUnit, phase="caching")), (), Step.STORE))
    assert state(scan_id).reason == "mount_lost"
    assert list((cache / "tmp").iterdir()) == []


def test_an_asset_that_vanished_stays_pending_for_the_next_scan(library: Library) -> None:
    poster = library.film() / "poster.jpg"
    scan = library.scan(before={ScanStatus.CACHING: poster.unlink})
    assert (scan.status, scan.caching_failed) == ("completed", 1)
    asset = library.assets()["poster.jpg"]
    assert (asset.cache_state, asset.cache_reason) == ("pending", "vanished")
    picture(poster)
    assert library.scan().assets_cached == 1


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.EACCES, "permission_denied"), (errno.EIO, "io_error")]
)
def test_an_asset_that_cannot_be_read_stays_pending(
    library: Library, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    poster = library.film() / "poster.jpg"
    opening = os.open

    def refusing(path: Path, *flags: int, **more: int) -> int:
        if Path(path) == poster:
            raise OSError(number, os.strerror(number), str(path))
        return opening(path, *flags, **more)

    def refuse() -> None:
        monkeypatch.setattr(os, "open", refusing)

    library.scan(before={ScanStatus.CACHING: refuse})
    asset = library.assets()["poster.jpg"]
    assert (asset.cache_state, asset.cache_reason) == ("pending", reason)
    monkeypatch.setattr(os, "open", opening)
    assert library.scan().assets_cached == 1


def test_a_full_disk_is_named_and_tried_again_by_the_next_scan(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.film()
    syncing = os.fsync

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    scan = library.scan(before={ScanStatus.CACHING: lambda: monkeypatch.setattr(os, "fsync", full)})
    assert (scan.status, scan.caching_failed) == ("completed", 3)
    assert {row.cache_reason for row in rows(Asset)} == {"disk_full"}
    assert files(cache) == set()
    monkeypatch.setattr(os, "fsync", syncing)
    assert library.scan().assets_cached == 3


@pytest.mark.parametrize("mistake", [RuntimeError("a mistake"), MemoryError()])
def test_what_nobody_foresaw_stays_pending_for_the_next_scan(
    library: Library, monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    library.film()
    syncing = os.fsync

    def fail(_: int) -> None:
        raise mistake

    scan = library.scan(before={ScanStatus.CACHING: lambda: monkeypatch.setattr(os, "fsync", fail)})
    assert (scan.status, scan.caching_failed) == ("completed", 3)
    seen = {(row.cache_state, row.cache_reason) for row in rows(Asset)}
    assert seen == {("pending", "internal_error")}
    monkeypatch.setattr(os, "fsync", syncing)
    assert library.scan().assets_cached == 3
    assert {row.cache_reason for row in rows(Asset)} == {None}


@pytest.mark.parametrize(("reason", "state"), [("crashed_worker", "failed"), ("lost", "pending")])
def test_an_asset_whose_unit_is_given_up_says_why(
    library: Library, reason: str, state: str
) -> None:
    library.film()
    until(begin(library.id), ScanStatus.CACHING)
    lost, *others = rows(ScanUnit, phase="caching")
    with transaction() as db:
        caching.give_up(db, [Verdict(lost.id, UnitState.FAILED, reason)])
    asset = one(Asset, id=lost.subject_id)
    assert (asset.cache_state, asset.cache_reason) == (state, reason)
    assert {one(Asset, id=unit.subject_id).cache_reason for unit in others} == {None}


def test_an_asset_deleted_from_the_rows_meanwhile_fails_alone(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    until(scan_id, ScanStatus.CACHING)
    with transaction() as db:
        db.execute(delete(Asset).where(Asset.name == "poster.jpg"))
    for unit in rows(ScanUnit, phase="caching"):
        run(scan_id, Part((unit.id,), (), Step.STORE))
    scan = finish(scan_id)
    assert (scan.assets_cached, scan.caching_failed) == (2, 1)


def test_a_missing_cached_file_does_not_hurt_a_rescan(library: Library, cache: Path) -> None:
    library.film()
    library.scan()
    shutil.rmtree(cache)
    assert library.scan().status == "completed"


@pytest.mark.parametrize("slice_", [1, 50_000])
def test_a_full_scan_fills_an_emptied_cache(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch, slice_: int
) -> None:
    monkeypatch.setattr(caching, "SLICE", slice_)
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    before = files(cache)
    shutil.rmtree(cache)
    scan = library.scan(full=True)
    assert (scan.status, scan.assets_queued, scan.assets_cached) == ("completed", 6, 6)
    assert files(cache) == before


def test_a_full_scan_brings_a_lost_file_back_and_touches_no_other(
    library: Library, cache: Path
) -> None:
    library.film()
    library.scan()
    lost, *others = sorted(files(cache))
    lost.unlink()
    seen = [path.stat() for path in others]
    assert library.scan(full=True).assets_queued == 1
    assert lost.exists()
    assert [path.stat() for path in others] == seen


def test_a_scan_that_is_not_full_does_not_look_for_lost_files(
    library: Library, cache: Path
) -> None:
    library.film()
    library.scan()
    shutil.rmtree(cache)
    assert library.scan().assets_queued == 0


def test_a_full_scan_looks_for_the_files_of_its_own_library(library: Library, cache: Path) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    for one_library, name in ((library, "Alpha (2001)"), (other, "Beta (2002)")):
        one_library.film(name)
        one_library.scan()
    shutil.rmtree(cache)
    assert library.scan(full=True).assets_cached == 3
    assert len(files(cache)) == 3
    assert {row.cache_state for row in rows(Asset)} == {"cached"}
    assert other.scan(full=True).assets_cached == 3
    assert_named_by_the_rows(cache)


def test_an_asset_that_is_lost_twice_in_one_scan_waits_for_the_next(
    library: Library, cache: Path
) -> None:
    library.film()
    library.scan()
    shutil.rmtree(cache)
    scan_id = begin(library.id, full=True)
    for wave in until(scan_id, ScanStatus.CACHING):
        for part in wave.parts:
            run(scan_id, part)
    shutil.rmtree(cache)
    assert finish(scan_id).assets_cached == 3
    assert {row.cache_state for row in rows(Asset)} == {"pending"}
    assert library.scan().assets_cached == 3


def test_a_cache_that_cannot_be_listed_is_not_taken_for_empty(
    library: Library, cache: Path
) -> None:
    library.film()
    library.scan()
    shutil.rmtree(cache)
    cache.touch()
    scan = library.scan(full=True)
    assert (scan.status, scan.assets_queued) == ("completed", 0)
    assert {row.cache_state for row in rows(Asset)} == {"cached"}


def test_an_asset_that_kills_its_workers_says_so(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    waves = until(scan_id, ScanStatus.CACHING)
    poster = one(ScanUnit, phase="caching", subject="Alpha (2001)/poster.jpg")
    set_columns(ScanUnit, poster.id, crashes=units.MAX_CRASHES, lease_until=None)
    for part in (part for wave in waves for part in wave.parts):
        run(scan_id, part)
    assert finish(scan_id).caching_failed == 1
    asset = library.assets()["poster.jpg"]
    assert (asset.cache_state, asset.cache_reason) == ("failed", "crashed_worker")


def test_units_made_in_slices_are_made_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "SLICE", 2)
    broken = library.film() / "poster.jpg"
    scan = library.scan(before={ScanStatus.CACHING: broken.unlink})
    assert (scan.assets_queued, scan.assets_cached, scan.caching_failed) == (3, 2, 1)


def test_an_asset_of_a_missing_directory_is_not_queued(library: Library) -> None:
    library.films(*(f"Film {n} (2001)" for n in range(4)))
    library.scan(options={"enable_caching": False})
    shutil.rmtree(library.root / "Film 0 (2001)")
    assert library.scan(full=True).assets_queued == 9


# the collector


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (OLD, OLD))


@pytest.fixture
def orphaned(library: Library, cache: Path) -> Path:
    """Give the cached file of an asset that has other bytes now."""
    poster = library.film() / "poster.jpg"
    library.scan()
    stored = one(CacheFile, sha256=library.assets()["poster.jpg"].cache_sha256)
    picture(poster)
    library.scan()
    return place(cache, stored.sha256, stored.extension)


def test_the_collector_deletes_what_nobody_refers_to(cache: Path, orphaned: Path) -> None:
    age(*files(cache))
    upkeep.collect()
    assert not orphaned.exists()
    assert len(rows(CacheFile)) == len(files(cache)) == 3


def test_the_collector_spares_what_was_wanted_within_a_day(cache: Path, orphaned: Path) -> None:
    upkeep.collect()
    assert orphaned.exists()
    assert len(rows(CacheFile)) == 4


def test_the_collector_deletes_the_bytes_that_a_broken_asset_had(
    library: Library, cache: Path
) -> None:
    poster = library.film() / "poster.jpg"
    library.scan()
    write(poster, b"no picture")
    library.scan()
    age(*files(cache))
    upkeep.collect()
    assert len(rows(CacheFile)) == len(files(cache)) == 2


def test_the_collector_deletes_files_that_no_row_names(library: Library, cache: Path) -> None:
    library.film()
    library.scan()
    named = files(cache)
    for row in rows(CacheFile):
        age(write(place(cache, row.sha256, "other"), b"no row has this extension"))
    age(write(place(cache, bytes(32), "srt"), b"no row at all"), *named)
    new = write(place(cache, bytes(31) + b"1", "srt"), b"its row is about to be written")
    foreign = write(cache / "00/Thumbs.db", b"not of this cache")
    age(foreign)
    upkeep.collect()
    assert files(cache) == named | {new, foreign}
    assert len(rows(CacheFile)) == 3


def test_the_collector_goes_by_the_rows_of_all_libraries(
    library: Library, cache: Path, orphaned: Path
) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    write(other.film("Beta (2002)") / "poster.jpg", orphaned.read_bytes())
    other.scan()
    age(*files(cache))
    upkeep.collect()
    assert orphaned.exists()


def test_a_file_wanted_again_just_before_the_collector_is_kept(
    library: Library, cache: Path, orphaned: Path
) -> None:
    age(*files(cache))
    subtitle(library.root / "Alpha (2001)/Alpha (2001).fr.srt")
    shutil.copy(orphaned, library.root / "Alpha (2001)/fanart.jpg")
    library.scan()
    upkeep.collect()
    assert orphaned.exists()
    assert library.assets()["fanart.jpg"].cache_sha256.hex() == orphaned.stem


def test_storing_while_the_collector_runs_loses_no_bytes(
    library: Library, cache: Path, orphaned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(*files(cache))
    shutil.copy(orphaned, library.root / "Alpha (2001)/fanart.jpg")
    scan_id = begin(library.id)
    (wave,) = until(scan_id, ScanStatus.CACHING)
    unlinking = Path.unlink

    def store_first(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.setattr(Path, "unlink", unlinking)
        run(scan_id, wave.parts[0])
        unlinking(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", store_first)
    upkeep.collect()
    finish(scan_id)
    asset = library.assets()["fanart.jpg"]
    assert asset.cache_state == "cached"
    stored = one(CacheFile, sha256=asset.cache_sha256)
    assert place(cache, stored.sha256, stored.extension).exists()


def test_hard_linked_bytes_are_safe_from_the_collector_while_they_are_new(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_CACHE_LINK", "hardlink")
    settings.current.cache_clear()
    poster = library.film() / "poster.jpg"
    age(poster)
    library.scan()
    with transaction() as db:
        db.execute(update(Asset).values(cache_sha256=None))
    upkeep.collect()
    assert len(files(cache)) == 3


def test_deleting_a_library_leaves_its_bytes_to_the_collector(
    library: Library, cache: Path
) -> None:
    library.film()
    library.scan()
    with transaction() as db:
        db.execute(delete(LibraryRow))
    assert rows(Asset) == []
    age(*files(cache))
    upkeep.collect()
    assert files(cache) == set()
    assert rows(CacheFile) == []
