"""What is renamed or moved stays itself: items, files, assets and their cached bytes."""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from libraries import Library, one, rows, video
from scanning import begin, finish, run, until
from sublarr_tasks import parts
from sublarr_tasks.models import Asset, CacheFile, Directory, Item, MediaFile, ScanStatus, Step
from sublarr_tasks.phases.steps import Settlement
from sublarr_tasks.units import Part

OTHERS = [f"Other {n} (2001)" for n in range(4)]


@pytest.fixture
def scanned(library: Library) -> Library:
    """Give a library with Alpha and four others that was scanned once."""
    library.films("Alpha (2001)", *OTHERS)
    library.scan()
    return library


def identity(library: Library, title: str = "Alpha") -> Mapping[str, object]:
    """Return all ids of a film, and what its assets have in the cache."""
    item_id = library.item(title).id
    return {
        "item": item_id,
        "files": {row.id for row in rows(MediaFile, item_id=item_id)},
        "assets": {(row.id, row.cache_sha256) for row in rows(Asset, item_id=item_id)},
    }


def assert_nothing_missing() -> None:
    for table in (Item, MediaFile, Asset):
        assert [row for row in rows(table) if row.missing_since is not None] == []


def test_a_renamed_directory_keeps_every_id_and_its_cached_bytes(scanned: Library) -> None:
    before = identity(scanned)
    (scanned.root / "Alpha (2001)").rename(scanned.root / "Alpha - Remastered (2001)")
    scan = scanned.scan()
    assert identity(scanned) == before
    assert (scan.movies_new, scan.movies_updated, scan.movies_removed) == (0, 1, 0)
    assert scan.assets_queued == 0
    assert_nothing_missing()


def test_a_directory_moved_deeper_keeps_every_id(scanned: Library) -> None:
    before = identity(scanned)
    (scanned.root / "Shelf").mkdir()
    (scanned.root / "Alpha (2001)").rename(scanned.root / "Shelf/Alpha (2001)")
    scanned.scan(full=True)
    assert identity(scanned) == before
    assert_nothing_missing()


def test_a_rename_seen_after_its_tombstone_keeps_every_id(scanned: Library) -> None:
    before = identity(scanned)
    away = (scanned.root / "Alpha (2001)").rename(scanned.root.with_name("away"))
    scanned.scan(full=True)
    away.rename(scanned.root / "Alpha Again (2001)")
    scan = scanned.scan(full=True)
    assert identity(scanned) == before
    assert scan.movies_new == 0
    assert_nothing_missing()


def test_two_directories_that_swap_names_keep_their_films(scanned: Library) -> None:
    alpha, other = scanned.root / "Alpha (2001)", scanned.root / OTHERS[0]
    titles = {row.id: row.title for row in scanned.items()}
    aside = alpha.rename(scanned.root.with_name("aside"))
    other.rename(alpha)
    aside.rename(other)
    scan = scanned.scan(full=True)
    assert (scan.movies_new, scan.movies_removed) == (0, 0)
    assert {row.id: row.title for row in scanned.items()} == titles
    assert_nothing_missing()


def test_a_video_renamed_in_its_directory_keeps_item_and_file(scanned: Library) -> None:
    before = identity(scanned)
    folder = scanned.root / "Alpha (2001)"
    (folder / "Alpha (2001).mkv").rename(folder / "Alpha (2001) [1080p].mkv")
    scan = scanned.scan()
    assert identity(scanned) == before
    assert (scan.movies_new, scan.movies_updated, scan.movies_removed) == (0, 1, 0)
    assert one(MediaFile, item_id=before["item"]).name == "Alpha (2001) [1080p].mkv"


def test_an_asset_renamed_in_its_directory_keeps_its_id_and_bytes(scanned: Library) -> None:
    poster = scanned.assets()["poster.jpg"]
    folder = scanned.root / "Alpha (2001)"
    before = identity(scanned)
    (folder / "poster.jpg").rename(folder / "folder.jpg")
    scan = scanned.scan()
    assert identity(scanned) == before
    assert scan.assets_queued == 0
    assert poster.id != 0


def test_a_video_replaced_by_another_release_keeps_the_item(scanned: Library) -> None:
    before = scanned.item("Alpha")
    folder = scanned.root / "Alpha (2001)"
    (folder / "Alpha (2001).mkv").unlink()
    video(folder / "Alpha (2001).mp4")
    scanned.scan()
    assert scanned.item("Alpha").id == before.id
    assert "Alpha (2001).mp4" in scanned.files()
    assert "Alpha (2001).mkv" not in scanned.files()


def test_a_film_moved_from_the_root_into_a_folder_keeps_its_item(library: Library) -> None:
    loose = video(library.root / "Beta (2002).mkv")
    video(library.root / "Gamma (2003).mkv")
    library.scan()
    before = library.item("Beta")
    folder = library.root / "Beta (2002)"
    folder.mkdir()
    loose.rename(folder / loose.name)
    scan = library.scan()
    assert library.item("Beta").id == before.id
    assert (scan.movies_new, scan.movies_removed) == (0, 0)
    assert library.titles() == {"Beta", "Gamma"}


def test_a_film_moved_into_the_folder_of_another_keeps_its_item(scanned: Library) -> None:
    before = scanned.item("Alpha").id
    source = scanned.root / "Alpha (2001)"
    (source / "Alpha (2001).mkv").rename(scanned.root / OTHERS[0] / "Alpha (2001).mkv")
    shutil.rmtree(source)
    scanned.scan(full=True)
    items = {row.id for row in scanned.items() if row.missing_since is None}
    assert before in items
    assert len(items) == 5


@pytest.mark.parametrize("twice", [shutil.copy2, os.link])
def test_a_second_copy_is_a_second_item(scanned: Library, twice: object) -> None:
    before = identity(scanned)
    folder = scanned.root / "Alpha Copy (2001)"
    folder.mkdir()
    assert callable(twice)
    twice(scanned.root / "Alpha (2001)/Alpha (2001).mkv", folder / "Alpha Copy (2001).mkv")
    scan = scanned.scan()
    assert identity(scanned) == before
    assert (scan.movies_new, scan.movies_removed) == (1, 0)
    assert scanned.item("Alpha Copy").id != before["item"]


def test_a_moved_file_that_changed_as_well_is_another_film(scanned: Library) -> None:
    before = scanned.item("Alpha").id
    shutil.rmtree(scanned.root / "Alpha (2001)")
    scanned.film("Alpha Again (2001)")
    scan = scanned.scan(full=True)
    assert (scan.movies_new, scan.movies_removed) == (1, 1)
    assert scanned.item("Alpha Again").id != before


def test_a_renamed_directory_of_several_films_keeps_them_all(library: Library) -> None:
    for name in ("Beta (2002)", "Gamma (2003)"):
        video(library.root / "Collection" / f"{name}.mkv")
    library.films(*OTHERS)
    library.scan()
    before = {row.title: row.id for row in library.items()}
    (library.root / "Collection").rename(library.root / "Set")
    scan = library.scan(full=True)
    assert {row.title: row.id for row in library.items()} == before
    assert (scan.movies_new, scan.movies_removed) == (0, 0)
    assert_nothing_missing()


def test_the_old_directory_of_a_renamed_one_is_forgotten(scanned: Library) -> None:
    (scanned.root / "Alpha (2001)").rename(scanned.root / "Renamed (2001)")
    scanned.scan(full=True)
    scanned.scan(full=True)
    assert "Alpha (2001)" not in {row.path for row in rows(Directory)}
    assert len(scanned.titles()) == 5


def test_a_directory_renamed_between_discovery_and_reading_is_found_by_the_next_scan(
    scanned: Library,
) -> None:
    before = identity(scanned)
    alpha = scanned.root / "Alpha (2001)"
    scan = scanned.scan(
        full=True,
        before={ScanStatus.SCANNING: lambda: alpha.rename(scanned.root / "Late (2001)")},
    )
    assert (scan.status, scan.directories_skipped, scan.movies_removed) == ("completed", 1, 0)
    scanned.scan()
    assert identity(scanned) == before


def test_moving_a_film_leaves_the_cache_as_it_is(scanned: Library, tmp_path: Path) -> None:
    def cached() -> set[Path]:
        return set((tmp_path / "home/cache").rglob("*.*"))

    before = cached()
    assert len(before) == len(rows(CacheFile)) == 15
    (scanned.root / "Alpha (2001)").rename(scanned.root / "Renamed (2001)")
    scanned.scan()
    assert cached() == before


def test_films_of_two_folders_that_move_into_one_keep_their_items(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    before = {item.title: item.id for item in library.items()}
    box = library.root / "Box"
    box.mkdir()
    for name in ("Alpha (2001)", "Beta (2002)"):
        (library.root / name / f"{name}.mkv").rename(box / f"{name}.mkv")
        shutil.rmtree(library.root / name)
    scan = library.scan(full=True, options={"accept_losses": True})
    assert (scan.status, scan.errors_count) == ("completed", 0)
    assert {item.title: item.id for item in library.items()} == before


def test_a_film_whose_old_name_is_taken_by_another_keeps_its_item(library: Library) -> None:
    video(library.root / "Heat (1995).mkv")
    library.scan()
    heat = library.item("Heat").id
    (library.root / "Heat (1995).mkv").rename(library.root / "Casino (1995).mkv")
    video(library.root / "Heat (1995).mkv")
    scan = library.scan()
    assert scan.errors_count == 0
    assert {item.title for item in library.items()} == {"Heat", "Casino"}
    assert heat in {item.id for item in library.items()}


def test_a_renamed_directory_keeps_the_rows_of_its_extras(library: Library) -> None:
    folder = library.film()
    video(folder / "Featurettes" / "Making of.mkv")
    library.scan()
    before = {row.id for row in rows(MediaFile)}
    folder.rename(folder.with_name("Alpha (2001) [new]"))
    library.scan(options={"accept_losses": True})
    assert {row.id for row in rows(MediaFile, missing_since=None)} == before


def test_a_film_that_two_parts_would_move_at_once_goes_to_one_place(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", *OTHERS)
    library.scan()
    before = library.item("Alpha").id
    old = library.root / "Alpha (2001)/Alpha (2001).mkv"
    for name in ("Here (2001)", "There (2001)"):
        (library.root / name).mkdir()
        os.link(old, library.root / name / f"{name}.mkv")
    shutil.rmtree(old.parent)
    both_looked, looking = Barrier(2), os.lstat

    def look(path: str) -> os.stat_result:
        if path == str(old):
            both_looked.wait(30)
        return looking(path)

    scan_id = begin(library.id)
    (wave,) = until(scan_id, ScanStatus.SCANNING)
    monkeypatch.setattr(os, "lstat", look)
    with ThreadPoolExecutor(2) as two:
        list(two.map(partial(run, scan_id), wave.parts))
    finish(scan_id)
    assert [item.id for item in library.items()].count(before) == 1
    assert {"Here", "There"} <= library.titles()
    assert not [item.key for item in library.items() if item.key.startswith("moved")]
    assert library.scan().movies_found == 0


def test_a_file_whose_row_moved_away_before_it_was_written_is_read_by_the_next_scan(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", *OTHERS)
    library.scan()
    alpha = library.root / "Alpha (2001)/Alpha (2001).mkv"
    (library.root / "Beta (2002)").mkdir()
    os.link(alpha, library.root / "Beta (2002)/Beta (2002).mkv")
    steps = parts.PROCEDURES[Step.READ]

    def settle(*given: Any) -> Settlement:  # noqa: ANN401 - the phase's own
        alpha.unlink(missing_ok=True)
        return steps.settle(*given)

    monkeypatch.setitem(parts.PROCEDURES, Step.READ, replace(steps, settle=settle))
    scan_id = begin(library.id, full=True)
    parts_ = [part for wave in until(scan_id, ScanStatus.SCANNING) for part in wave.parts]
    run(
        scan_id, Part(tuple(unit_id for part in parts_ for unit_id in part.unit_ids), (), Step.READ)
    )
    finish(scan_id)
    assert one(Directory, path="Alpha (2001)").signature is None
    monkeypatch.undo()
    library.scan()
    assert {row.probe_state for row in rows(MediaFile) if not row.missing_since} == {"probed"}
