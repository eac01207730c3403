"""Discovery walks the library once, hands large rests on, and queues what must be read."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import insert

from libraries import Library, one, rows, set_columns, video
from obstacles import refuse_to_list
from scanning import advance, begin, finish, run, state
from sublarr_tasks import units
from sublarr_tasks.db import transaction
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import Directory, IgnorePattern, ScanStatus, ScanUnit
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.phases import discovering


def read(library: Library) -> set[str]:
    """Scan and return the directories that discovery found."""
    scan = library.scan(options={"skip_ffprobe": True, "enable_caching": False})
    return {row.subject for row in rows(ScanUnit, scan_id=scan.id, phase="scanning")}


def test_only_directories_with_films_are_queued(library: Library) -> None:
    library.film("Shelf/Alpha (2001)")
    (library.root / "Empty").mkdir()
    (library.root / "Pictures").mkdir()
    (library.root / "Pictures/holiday.jpg").write_bytes(b"x")
    assert read(library) == {"Shelf/Alpha (2001)"}


def test_loose_films_make_the_root_a_directory(library: Library) -> None:
    video(library.root / "Loose (2001).mkv")
    assert read(library) == {""}


def test_a_directory_is_remembered_by_path_and_inode(library: Library) -> None:
    folder = library.film()
    read(library)
    row = one(Directory)
    assert (row.path, row.inode) == (folder.name, folder.stat().st_ino)
    assert row.path_key == subtrees.key(folder.name)


def test_ignored_names_are_passed_over(library: Library) -> None:
    library.films("Alpha (2001)", "Private/Beta (2002)", "Gamma (2003)")
    with transaction() as db:
        db.execute(
            insert(IgnorePattern).values(
                [
                    {"library_id": library.id, "target": "directory", "pattern": "Private"},
                    {"library_id": None, "target": "file", "pattern": "gamma*.mkv"},
                ]
            )
        )
    assert read(library) == {"Alpha (2001)"}


def test_a_disabled_pattern_and_another_librarys_hold_nothing_back(library: Library) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    library.film()
    with transaction() as db:
        one_pattern = {"target": "directory", "pattern": "Alpha*"}
        db.execute(insert(IgnorePattern).values(library_id=other.id, **one_pattern))
        db.execute(
            insert(IgnorePattern).values(library_id=library.id, enabled=False, **one_pattern)
        )
    assert read(library) == {"Alpha (2001)"}


@pytest.mark.parametrize(
    ("policy", "found"), [("follow", {"Linked/Alpha (2001)"}), ("skip", set[str]())]
)
def test_linked_directories_are_entered_by_the_librarys_policy(
    library: Library, policy: str, found: set[str]
) -> None:
    set_columns(LibraryRow, library.id, symlinks=policy)
    elsewhere = library.root.with_name("elsewhere")
    video(elsewhere / "Alpha (2001)/Alpha (2001).mkv")
    (library.root / "Linked").symlink_to(elsewhere)
    assert read(library) == found


def test_a_link_that_leads_back_is_skipped_and_no_error(library: Library) -> None:
    (library.film() / "again").symlink_to("..")
    scan = library.scan()
    assert (scan.status, scan.errors_count, scan.movies_found) == ("completed", 0, 1)
    unit = one(ScanUnit, state="skipped")
    assert (unit.phase, unit.reason) == ("discovering", "loop")


def test_an_unreadable_directory_is_a_failed_unit_that_says_why(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", "Shelf/Beta (2002)")
    refuse_to_list(monkeypatch, library.root / "Shelf")
    scan = library.scan()
    unit = one(ScanUnit, state="failed")
    assert (unit.phase, unit.subject, unit.reason) == (
        "discovering",
        "Shelf",
        "permission_denied",
    )
    assert (scan.status, scan.movies_found, scan.discovering_failed) == ("completed", 1, 1)
    assert scan.errors_count == 1


def test_a_large_library_is_shared_between_many_walks(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 3)
    monkeypatch.setattr(discovering, "MOST_DIRECTORIES", 2)
    monkeypatch.setattr(discovering, "SMALLEST_SHARE", 2)
    names = {f"Shelf {n % 4}/Row {n % 2}/Film {n} (2001)" for n in range(12)}
    for name in names:
        video(library.root / name / "Film.mkv")
    assert read(library) == names
    walks = rows(ScanUnit, phase="discovering")
    assert len(walks) > 5
    assert {walk.state for walk in walks} == {"done"}
    units = Counter(row.subject for row in rows(ScanUnit, phase="scanning"))
    assert set(units.values()) == {1}


def test_a_walk_that_hands_on_names_its_rest_for_people(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 1)
    library.films("Alpha (2001)", "Beta (2002)", "Gamma (2003)")
    scan_id = begin(library.id)
    for part in advance(scan_id)[0].parts:
        run(scan_id, part)
    rest = one(ScanUnit, state="pending")
    assert rest.subject == "Alpha (2001) and 2 more"
    assert rest.payload == {"starts": ["Alpha (2001)", "Beta (2002)", "Gamma (2003)"]}


def test_a_directory_that_goes_while_another_walk_waits_is_a_failure_of_its_own(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 1)
    library.films("Alpha (2001)", "Beta (2002)")
    scan_id = begin(library.id)
    for part in advance(scan_id)[0].parts:
        run(scan_id, part)
    (library.root / "Alpha (2001)").rename(library.root.with_name("away"))
    scan = finish(scan_id)
    assert (scan.status, scan.movies_found, scan.discovering_failed) == ("completed", 1, 1)
    assert one(ScanUnit, state="failed").reason == "vanished"


def test_a_root_that_another_folder_replaces_between_walks_fails_the_scan(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 1)
    library.film()
    scan_id = begin(library.id)
    for part in advance(scan_id)[0].parts:
        run(scan_id, part)
    library.root.rename(library.root.with_name("hidden"))
    library.film()
    scan = finish(scan_id)
    assert (scan.status, scan.reason) == ("failed", "mount_lost")


def test_the_limit_holds_over_many_walks(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 2)
    monkeypatch.setattr(discovering, "SMALLEST_SHARE", 1)
    for n in range(12):
        video(library.root / f"Film {n:02} (2001)/Film.mkv")
    scan = library.scan(options={"max_directories": 5, "enable_caching": False})
    assert (scan.directories_total, scan.movies_found) == (5, 5)


def test_the_progress_of_a_walk_is_counted_as_it_goes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "FIRST_DIRECTORIES", 3)
    library.films("Alpha (2001)", "Beta (2002)", "Gamma (2003)", "Delta (2004)")
    scan_id = begin(library.id)
    for part in advance(scan_id)[0].parts:
        run(scan_id, part)
    scan = state(scan_id)
    assert (scan.status, scan.directories_total) == (ScanStatus.DISCOVERING, 2)


def test_two_libraries_keep_directories_of_the_same_path_apart(
    library: Library, tmp_path: Path
) -> None:
    other = Library.register(tmp_path / "other", "Other")
    for each in (library, other):
        each.film()
        each.scan()
    assert [row.library_id for row in rows(Directory)] == [library.id, other.id]


def test_a_directory_whose_films_are_gone_is_read_once_more_and_then_skipped(
    library: Library,
) -> None:
    folder = library.film()
    library.film("Beta (2002)")
    library.scan()
    (folder / "Alpha (2001).mkv").unlink()
    assert library.scan().directories_scanned == 1
    assert library.scan().directories_skipped == 2


def test_unchanged_directories_share_one_unit_that_lists_them(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)", "Gamma (2003)")
    library.scan()
    library.film("Delta (2004)")
    scan = library.scan()
    known = {row.path: row.id for row in rows(Directory)}
    shared = one(ScanUnit, scan_id=scan.id, state="skipped")
    assert (shared.subject, shared.reason) == ("Alpha (2001) and 2 more", "unchanged")
    assert set(shared.payload["unchanged"]) == set(known.values()) - {known["Delta (2004)"]}
    assert (scan.directories_total, scan.directories_skipped) == (4, 3)


def test_an_unchanged_directory_that_is_walked_again_is_counted_once(library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    scan_id = begin(library.id)
    (wave,) = advance(scan_id)
    run(scan_id, wave.parts[0])
    with transaction() as db:
        again = {"starts": ["Alpha (2001)"], "again": True}
        units.add(db, scan_id, ScanStatus.DISCOVERING, [units.Draft("Alpha (2001)", None, again)])
    scan = finish(scan_id)
    assert (scan.directories_total, scan.directories_skipped) == (2, 2)
