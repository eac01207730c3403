"""Scans of parts of a library, alone or first."""

import pytest

from contract import Client
from libraries import Library, one, rows
from sublarr_tasks.errors import InputError
from sublarr_tasks.models import Item, ScanJob, ScanStatus, ScanUnit


def subjects(scan_id: int) -> list[str]:
    return [unit.subject for unit in rows(ScanUnit, scan_id=scan_id, phase=ScanStatus.SCANNING)]


def test_only_what_was_asked_for_is_read(library: Library) -> None:
    library.films("A (2001)", "B (2002)", "C (2003)")

    scan = library.scan(options={"paths": ["B (2002)"], "only_paths": True})

    assert library.titles() == {"B"}
    assert (scan.directories_total, scan.kind) == (1, "incremental")


def test_what_was_asked_for_goes_first_and_nothing_is_read_twice(library: Library) -> None:
    names = [f"Film {number:03} (2001)" for number in range(90)]
    library.films(*names)

    scan = library.scan(options={"paths": [names[80], str(library.root / names[40])]})

    read = subjects(scan.id)
    assert set(read[:2]) == {names[40], names[80]}
    assert sorted(read) == names
    assert scan.directories_total == scan.directories_scanned == 90
    assert len(library.titles()) == 90


def test_a_part_does_not_count_as_a_scan_of_the_library(library: Library) -> None:
    library.films("A (2001)", "B (2002)")
    library.scan()
    for _ in range(8):
        scan = library.scan(options={"paths": ["A (2001)"], "only_paths": True})

    assert scan.kind == "incremental"
    assert library.scan().kind == "incremental"


def test_a_part_takes_nothing_away(library: Library) -> None:
    library.films("A (2001)", "B (2002)", "C (2003)")
    library.scan()
    for path in (library.root / "B (2002)").iterdir():
        path.unlink()
    (library.root / "B (2002)").rmdir()

    for _ in range(2):
        library.scan(full=True, options={"paths": ["A (2001)"], "only_paths": True})

    assert library.titles() == {"A", "B", "C"}


def test_a_path_that_is_not_there_does_not_keep_the_rest_from_being_read(
    library: Library,
) -> None:
    library.films("A (2001)", "B (2002)")

    scan = library.scan(options={"paths": ["Gone (1999)"]})

    assert scan.status == "completed"
    assert library.titles() == {"A", "B"}
    assert scan.errors_count == 1


def test_a_path_that_is_not_there_fails_alone_with_its_reason(library: Library) -> None:
    library.films("A (2001)")

    scan = library.scan(options={"paths": ["Gone (1999)"], "only_paths": True})

    assert (scan.status, scan.errors_count) == ("completed", 1)
    assert rows(Item) == []
    failed = one(ScanUnit, scan_id=scan.id, state="failed")
    assert (failed.subject, failed.reason) == ("Gone (1999)", "vanished")


def test_a_subtitle_beside_a_film_is_found_by_its_folder(library: Library) -> None:
    folder = library.film("A (2001)")
    library.scan()
    (folder / "Subs").mkdir()
    (folder / "Subs" / "A.de.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHallo\n")

    library.scan(options={"paths": [str(folder / "Subs")], "only_paths": True})

    assert "Subs/A.de.srt" in library.assets()


@pytest.mark.parametrize("path", ["/etc", "../x", "a\0b"])
def test_a_path_elsewhere_is_refused_by_its_place_in_the_list(library: Library, path: str) -> None:
    with pytest.raises(InputError) as refused:
        library.scan(options={"paths": ["A", path], "only_paths": True})

    assert list(refused.value.fields) == ["options.paths.1"]
    assert rows(ScanJob) == []


def test_paths_alone_must_be_given(client: Client, library: Library) -> None:
    answer = client.post(f"/libraries/{library.id}/scans", {"options": {"only_paths": True}})

    assert answer.status_code == 422
