"""File events become scans of their directories, once nothing happens there any more."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from broker import connect
from libraries import Library, rows, set_columns, video
from scanning import begin
from sublarr_tasks import scans, watching
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.models import ScanJob


@pytest.fixture
def watched(library: Library, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Watch a library with two films, impatiently."""
    connect()
    monkeypatch.setattr(watching, "SETTLING_SECONDS", 0.6)
    monkeypatch.setattr(watching, "LOOK_EVERY", 0.3)
    monkeypatch.setattr(watching, "ROUND_MILLISECONDS", 100)
    library.films("A (2001)", "B (2002)")
    set_columns(LibraryRow, library.id, watch=True)
    watcher = watching.Watcher()
    thread = threading.Thread(target=watcher.run)
    thread.start()
    time.sleep(1)
    try:
        yield library
    finally:
        watcher.stop()
        thread.join(10)
        assert not thread.is_alive()


def until(fact: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def asked() -> list[tuple[str, list[str]]]:
    return [(scan.trigger, scan.options["paths"]) for scan in rows(ScanJob)]


def test_a_new_film_is_scanned_by_its_folder(watched: Library) -> None:
    watched.film("C (2003)")

    until(rows_of_scans)

    assert asked() == [("watch", ["C (2003)"])]


def rows_of_scans() -> int:
    return len(rows(ScanJob))


def test_a_file_that_is_being_copied_is_left_alone_until_it_is_whole(watched: Library) -> None:
    path = watched.root / "A (2001)" / "big.mkv"
    with path.open("wb") as copying:
        for _ in range(15):
            copying.write(b"x" * 1000)
            copying.flush()
            time.sleep(0.1)
            assert asked() == []

    until(rows_of_scans)

    assert asked() == [("watch", ["A (2001)"])]


def test_what_happens_in_several_folders_is_one_scan(watched: Library) -> None:
    for name in ("A (2001)", "B (2002)"):
        video(watched.root / name / "extra.mkv")

    until(rows_of_scans)

    assert asked() == [("watch", ["A (2001)", "B (2002)"])]


def test_a_film_that_is_gone_is_left_to_full_scans(watched: Library) -> None:
    shutil.rmtree(watched.root / "B (2002)")
    time.sleep(2)

    assert asked() == []


def test_a_file_that_is_gone_is_a_change_of_its_folder(watched: Library) -> None:
    (watched.root / "B (2002)" / "poster.jpg").unlink()

    until(rows_of_scans)

    assert asked() == [("watch", ["B (2002)"])]


def test_a_film_without_a_folder_is_found(watched: Library) -> None:
    video(watched.root / "Loose (2003).mkv")

    until(rows_of_scans)

    assert asked() == [("watch", [""])]


def test_changes_wait_while_another_scan_runs(watched: Library) -> None:
    running = begin(watched.id)
    watched.film("C (2003)")
    time.sleep(2)
    assert rows_of_scans() == 1
    with transaction() as db:
        scans.cancel(db, running)

    until(lambda: rows_of_scans() == 2)

    assert asked()[1] == ("watch", ["C (2003)"])


def test_a_library_that_is_watched_no_more_is_left_alone(watched: Library) -> None:
    set_columns(LibraryRow, watched.id, watch=False)
    time.sleep(1)
    watched.film("C (2003)")
    time.sleep(2)

    assert asked() == []
