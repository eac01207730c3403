"""What is in the directories is what is in the rows, and only what changed is written."""

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from libraries import Library, nfo, one, picture, rows, subtitle, versions, video, write
from scanning import begin, run, until
from sublarr_tasks import filenames, samples
from sublarr_tasks.db import transaction
from sublarr_tasks.library import examine
from sublarr_tasks.models import (
    Asset,
    Directory,
    Item,
    MediaFile,
    ScanStatus,
    ScanUnit,
    Step,
    Stream,
)
from sublarr_tasks.units import Part


@pytest.fixture
def alpha(library: Library) -> Path:
    """Give the folder of a film that was scanned once."""
    folder = library.film()
    library.scan()
    return folder


# the first scan


def test_a_film_becomes_an_item_with_its_files_and_assets(library: Library) -> None:
    library.film()
    library.scan()
    item = library.item()
    assert (item.title, item.year, item.tmdb_id, item.state) == ("Alpha", 2001, "1", "identified")
    assert library.files().keys() == {"Alpha (2001).mkv"}
    types = {name: row.type for name, row in library.assets().items()}
    assert types == {
        "movie.nfo": "nfo",
        "poster.jpg": "poster",
        "Alpha (2001).en.srt": "subtitle",
    }
    assert [row.kind for row in rows(Stream)] == ["video", "audio", "subtitle"]


def test_two_films_in_one_directory_are_two_items(library: Library) -> None:
    for name in ("Beta (2002)", "Gamma (2003)"):
        video(library.root / "Both" / f"{name}.mkv")
        subtitle(library.root / "Both" / f"{name}.en.srt")
    scan = library.scan()
    assert (scan.movies_found, scan.directories_scanned) == (2, 1)
    owners = {row.name: row.item_id for row in rows(Asset)}
    assert owners["Beta (2002).en.srt"] == library.item("Beta").id
    assert owners["Gamma (2003).en.srt"] == library.item("Gamma").id


@pytest.mark.parametrize("content", [b"", b"\x1a\x45\xdf\xa3 and no more", b"not a video" * 99])
def test_a_video_that_cannot_be_read_is_an_item_with_the_reason(
    library: Library, content: bytes
) -> None:
    folder = library.film()
    write(folder / "Alpha (2001).mkv", content)
    scan = library.scan()
    assert (scan.movies_found, scan.errors_count) == (1, 0)
    file = one(MediaFile)
    assert file.probe_state == "failed"
    assert file.probe_reason
    assert library.item().title == "Alpha"
    assert rows(Stream) == []


def test_a_repaired_video_is_probed(library: Library) -> None:
    file = write(library.root / "Alpha (2001)/Alpha (2001).mkv", b"")
    library.scan()
    video(file)
    scan = library.scan()
    assert (scan.movies_updated, one(MediaFile).probe_state) == (1, "probed")
    assert len(rows(Stream)) == 3


def test_a_broken_nfo_is_named_and_the_file_name_holds(library: Library) -> None:
    folder = library.film()
    write(folder / "movie.nfo", b"<movie><title>Unclosed")
    library.scan()
    item = library.item()
    assert (item.title, item.year) in {("Alpha", 2001), ("Unclosed", 2001)}


def test_a_directory_without_films_is_no_directory(library: Library) -> None:
    library.film()
    subtitle(library.root / "Notes/readme.srt")
    scan = library.scan()
    assert scan.directories_total == 1


# changes, one at a time


def changed(library: Library) -> None:
    """Scan, and see that exactly one film was read and found changed."""
    scan = library.scan()
    assert scan.kind == "incremental"
    assert (scan.directories_scanned, scan.movies_updated, scan.movies_new) == (1, 1, 0)
    assert scan.movies_removed == 0


def test_an_added_poster_is_seen(library: Library, alpha: Path) -> None:
    picture(alpha / "fanart.jpg")
    changed(library)
    assert library.assets()["fanart.jpg"].cache_state == "cached"


def test_a_changed_poster_is_cached_again(library: Library, alpha: Path) -> None:
    before = library.assets()["poster.jpg"]
    picture(alpha / "poster.jpg")
    changed(library)
    after = library.assets()["poster.jpg"]
    assert (after.id, after.cache_state) == (before.id, "cached")
    assert after.cache_sha256 != before.cache_sha256


def test_a_removed_poster_goes(library: Library, alpha: Path) -> None:
    (alpha / "poster.jpg").unlink()
    changed(library)
    assert "poster.jpg" not in library.assets()


def test_a_changed_nfo_is_read(library: Library, alpha: Path) -> None:
    nfo(alpha / "movie.nfo", "Alpha, Newly Cut", plot="Another plot.")
    changed(library)
    assert (library.item().title, library.item().plot) == ("Alpha, Newly Cut", "Another plot.")


def test_without_its_nfo_a_film_falls_back_to_its_name(library: Library) -> None:
    folder = library.film("Alpha (1999)")
    library.scan()
    assert (library.item().year, library.item().genres) == (2001, ["Drama"])
    (folder / "movie.nfo").unlink()
    changed(library)
    item = library.item()
    assert (item.title, item.year, item.plot, item.tmdb_id) == ("Alpha", 1999, None, None)
    assert (item.genres, item.state, item.runtime_minutes) == ([], "unidentified", None)


def test_an_added_nfo_is_read(library: Library) -> None:
    folder = library.film()
    (folder / "movie.nfo").unlink()
    library.scan()
    nfo(folder / "movie.nfo", "From The NFO")
    changed(library)
    assert library.item().title == "From The NFO"


def test_an_added_and_a_removed_subtitle_are_seen(library: Library, alpha: Path) -> None:
    subtitle(alpha / "Alpha (2001).fr.forced.srt")
    (alpha / "Alpha (2001).en.srt").unlink()
    changed(library)
    subtitles = [row for row in library.assets().values() if row.type == "subtitle"]
    assert [(row.language, row.forced) for row in subtitles] == [("fr", True)]


def test_an_added_extra_is_seen(library: Library, alpha: Path) -> None:
    video(alpha / "Interviews/The Director.mkv")
    changed(library)
    extra = library.files()["Interviews/The Director.mkv"]
    assert (extra.role, extra.extra_kind) == ("extra", "interview")


def test_a_removed_extra_goes(library: Library, alpha: Path) -> None:
    video(alpha / "Interviews/The Director.mkv")
    changed(library)
    shutil.rmtree(alpha / "Interviews")
    changed(library)
    assert library.files().keys() == {"Alpha (2001).mkv"}


def test_a_changed_video_is_probed_again(library: Library, alpha: Path) -> None:
    before = one(MediaFile)
    samples.film(alpha / "Alpha (2001).mkv", seconds=0.25, width=640, height=480, subtitles=())
    changed(library)
    assert one(MediaFile).id == before.id
    assert [(row.kind, row.width) for row in rows(Stream)] == [("video", 640), ("audio", None)]


def test_a_second_version_belongs_to_the_film(library: Library, alpha: Path) -> None:
    video(alpha / "Alpha (2001) - 2160p.mkv")
    changed(library)
    item_id = library.item().id
    assert {row.item_id for row in library.files().values()} == {item_id}
    assert len(library.files()) == 2


def test_a_touched_file_alone_makes_its_directory_be_read(library: Library, alpha: Path) -> None:
    library.film("Beta (2002)")
    library.scan()
    os.utime(alpha / "poster.jpg", (1, 1))
    scan = library.scan()
    assert (scan.directories_scanned, scan.directories_skipped) == (1, 1)


# no change


def test_an_unchanged_rescan_writes_no_row(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    before = versions()
    scan = library.scan()
    assert (scan.directories_skipped, scan.directories_scanned) == (2, 0)
    assert (scan.movies_found, scan.movies_updated, scan.assets_queued) == (0, 0, 0)
    assert versions() == before


def test_an_unchanged_full_scan_writes_only_when_it_looked(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    video(library.root / "Alpha (2001)/Extras/More.mkv")
    write(library.root / "Gamma (2003)/Gamma (2003).mkv", b"not a video")
    library.scan()
    before = dict(versions())
    scan = library.scan(full=True)
    after = dict(versions())
    assert (scan.movies_found, scan.movies_updated) == (3, 0)
    del before["directories"], after["directories"]
    assert after == before


def test_a_film_with_broken_artwork_is_not_changed_by_trying_it_again(library: Library) -> None:
    write(library.film() / "fanart.jpg", b"no picture")
    library.scan()
    scan = library.scan(full=True)
    assert (scan.movies_updated, scan.caching_failed) == (0, 1)


def test_a_directory_that_was_made_anew_is_known_by_its_new_inode(library: Library) -> None:
    folder = library.film()
    library.scan()
    folder.rename(library.root.with_name("old"))
    library.film()
    library.scan()
    assert one(Directory).inode == folder.stat().st_ino


def test_the_files_of_an_unchanged_directory_are_not_read(library: Library) -> None:
    folder = library.film()
    library.scan()
    for path in folder.iterdir():
        times = path.stat()
        path.write_bytes(bytes(times.st_size))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    before = versions()
    assert library.scan().directories_skipped == 1
    assert versions() == before


def test_a_full_scan_probes_no_unchanged_file_again(library: Library) -> None:
    file = library.film() / "Alpha (2001).mkv"
    library.scan()
    times = file.stat()
    file.write_bytes(bytes(times.st_size))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    library.scan(full=True)
    assert one(MediaFile).probe_state == "probed"
    assert len(rows(Stream)) == 3


def test_only_the_changed_film_of_a_directory_is_written(library: Library) -> None:
    for name in ("Beta (2002)", "Gamma (2003)"):
        video(library.root / "Both" / f"{name}.mkv")
    library.scan()
    untouched = place_of(library.item("Gamma").id)
    nfo(library.root / "Both/Beta (2002).nfo", "Beta, The Film", 2002)
    scan = library.scan()
    assert scan.movies_updated == 1
    assert place_of(library.item("Gamma").id) == untouched


def place_of(item_id: int) -> str:
    with transaction() as db:
        place = db.scalar(text("SELECT ctid::text FROM items WHERE id = :id"), {"id": item_id})
        return str(place)


def test_a_unit_that_is_run_twice_writes_nothing_twice(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    parts = [part for wave in until(scan_id, ScanStatus.SCANNING) for part in wave.parts]
    for part in parts:
        assert run(scan_id, part) == 1
    before = versions()
    for part in parts:
        assert run(scan_id, part) == 0
    assert versions() == before


def test_reading_what_another_worker_has_just_read_duplicates_nothing(library: Library) -> None:
    library.film()
    scan_id = begin(library.id)
    (wave,) = until(scan_id, ScanStatus.SCANNING)
    run(scan_id, wave.parts[0])
    with transaction() as db:
        db.execute(text("UPDATE scan_units SET state = 'pending' WHERE phase = 'scanning'"))
    run(scan_id, wave.parts[0])
    assert [len(rows(table)) for table in (Item, MediaFile, Asset)] == [1, 1, 3]


# what the database will not take


def test_a_directory_that_the_database_refuses_fails_alone(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)", "Gamma (2003)")
    with transaction() as db:
        db.execute(text("ALTER TABLE items ADD CONSTRAINT no_beta CHECK (title <> 'Beta')"))
    scan_id = begin(library.id)
    waves = until(scan_id, ScanStatus.SCANNING)
    together = tuple(unit_id for wave in waves for part in wave.parts for unit_id in part.unit_ids)
    assert run(scan_id, Part(together, (), Step.READ)) == 3
    assert library.titles() == {"Alpha", "Gamma"}
    failed = one(ScanUnit, state="failed")
    assert (failed.subject, failed.reason) == ("Beta (2002)", "database_refused")
    assert "no_beta" in failed.detail


def test_a_refused_directory_is_read_again_by_the_next_scan(library: Library) -> None:
    library.film()
    with transaction() as db:
        db.execute(text("ALTER TABLE items ADD CONSTRAINT none CHECK (false)"))
    assert library.scan().scanning_failed == 1
    with transaction() as db:
        db.execute(text("ALTER TABLE items DROP CONSTRAINT none"))
    assert library.scan().movies_new == 1


# names

LATIN_1 = os.fsdecode("Café des Rêves (1934)".encode("latin-1"))
NAMES = {
    "Latin-1": LATIN_1,
    "newline": "Line\nBreak (2001)",
    "tab and quotes": "Tab\t\"'`\\ (2001)",
    "255 bytes": "x" * (255 - len(" (2001).en.srt")) + " (2001)",
    "255 bytes of many-byte letters": "é" * 120 + " (2001)",
    "private use": "\uf7e9 and \uf780 (2001)",
    "surrogates beside private use": "\udce9\uf7e9 (2001)",
    "emoji": "🎬 (2001)",
    "spaces": "  two  (2001)",
    "percent": "100% {0} %s (2001)",
    "control": "\x01\x1b[31m (2001)",
}


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_film_of_any_name_is_taken_and_found_again(library: Library, name: str) -> None:
    folder = library.film(name)
    video(folder / f"{name[:60]} - é\udce9.mkv")
    scan = library.scan()
    assert (scan.status, scan.movies_found, scan.errors_count) == ("completed", 1, 0)
    assert scan.assets_cached == 3
    with transaction() as db:
        stored = db.scalars(text("SELECT path FROM directories")).one()
    assert filenames.from_text(stored) == name
    assert {*library.files()} == {f"{name}.mkv", f"{name[:60]} - é\udce9.mkv"}
    again = library.scan()
    assert (again.directories_skipped, again.directories_scanned) == (1, 0)


def test_a_very_deep_path_is_taken(library: Library) -> None:
    deep = "/".join(["d" * 200] * 15)
    library.film(f"{deep}/Deep (2001)")
    scan = library.scan()
    assert (scan.status, scan.errors_count, scan.assets_cached) == ("completed", 0, 3)
    assert one(Directory).path == f"{deep}/Deep (2001)"
    assert library.scan().directories_skipped == 1


def test_names_that_differ_in_case_or_form_are_different_directories(library: Library) -> None:
    for name in ("Été (2001)", "E\u0301te\u0301 (2001)", "été (2001)"):
        library.film(name)
    if len(list(library.root.iterdir())) != 3:
        pytest.skip("this file system does not tell the names apart")
    assert library.scan().directories_total == 3


def test_a_hard_link_to_a_picture_is_a_second_asset(library: Library) -> None:
    folder = library.film()
    library.scan()
    os.link(folder / "poster.jpg", folder / "fanart.jpg")
    library.scan()
    for _ in range(2):
        library.scan(full=True)
    types = {name: asset.type for name, asset in library.assets().items()}
    assert (types["poster.jpg"], types["fanart.jpg"]) == ("poster", "fanart")


def test_an_nfo_that_cannot_be_read_for_once_leaves_the_film_as_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = library.film()
    nfo(folder / "movie.nfo", "Another name")
    library.scan()
    nfo(folder / "movie.nfo", "A third name")

    def refuse(path: str, *_: object) -> object:
        raise OSError(errno.EIO, "Input/output error", path)

    with monkeypatch.context() as broken:
        broken.setattr(examine, "open", refuse, raising=False)
        library.scan()
    assert library.titles() == {"Another name"}
    library.scan()
    assert library.titles() == {"A third name"}
