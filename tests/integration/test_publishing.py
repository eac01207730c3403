"""NFO files and artwork beside the films: off at first, whole, undone without a trace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Row

from contract import Client
from libraries import Library, one, rows, set_columns, video
from libraries import picture as write_picture
from picture_host import painted, served
from scanning import finish
from stub import Said, Stub
from sublarr_tasks import scans
from sublarr_tasks.db import transaction
from sublarr_tasks.library import nfo
from sublarr_tasks.models import Item, LibraryKind, Publication, ScanJob, ScanUnit
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.profiles import Profile
from tmdb_stub import TmdbStub, image, movie, season, series, set_up

NAME = "Alpha (2001)"
MINE = b'<movie><title>Mine</title><uniqueid type="tmdb">1</uniqueid></movie>'


@pytest.fixture
def known() -> TmdbStub:
    offered = {
        "posters": [image("/poster0.png", "en", 9.0, 100)],
        "backdrops": [image("/back0.png", None), image("/back1.png", None)],
        "logos": [],
    }
    return TmdbStub(
        movies=[movie(1, "Alpha", 2001, images=offered)],
        series=[series(7, "Show", 2010, images=offered)],
        seasons={(7, 1): season(1, 2)},
    )


@pytest.fixture
def tmdb(client: Client, known: TmdbStub) -> Iterator[Stub]:
    pictures: dict[str, Said] = {}
    with set_up(client, served(known, pictures)) as stub:
        known.images = f"{stub.url}/t/p/"
        yield stub


@pytest.fixture
def film(library: Library, tmdb: Stub) -> Path:
    """Give the folder of a film in a library that is to be published."""
    set_columns(LibraryRow, library.id, publish_nfo=True, publish_artwork=True)
    video(library.root / NAME / f"{NAME}.mkv")
    return library.root / NAME


def enrich(library: Library) -> Row[Any]:
    return library.scan(profile=Profile.FULL)


def publish(client: Client, mode: str, path: str = "/items/1") -> str:
    """Publish at a person's word; returns what was said of the one unit."""
    answer = client.post(f"{path}/publish", {"mode": mode})
    assert answer.status_code == 202, answer.get_json()
    scan_id = answer.get_json()["scan"]["id"]
    with transaction() as db:
        scans.begin(db, scan_id)
    finish(scan_id)
    (unit,) = rows(ScanUnit, scan_id=scan_id)
    return str(unit.detail)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".mkv"
    }


PUBLISHED = [f"{NAME}-fanart.png", f"{NAME}-fanart1.png", f"{NAME}-poster.png", f"{NAME}.nfo"]


def test_at_first_nothing_is_written(library: Library, film: Path) -> None:
    set_columns(LibraryRow, library.id, publish_nfo=False, publish_artwork=False)

    enrich(library)

    assert files(film) == {}


def test_what_is_known_and_chosen_is_written_beside_the_film(library: Library, film: Path) -> None:
    ended = enrich(library)

    found = files(film)
    assert sorted(found) == PUBLISHED
    read = nfo.parse(found[f"{NAME}.nfo"])
    assert (read.title, read.plot, read.genres) == (
        "Alpha",
        "What happens in Alpha.",
        ("Action", "Science Fiction"),
    )
    assert read.ids["tmdb"] == "1"
    assert [each.name for each in read.actors] == ["First", "Second"]
    assert found[f"{NAME}-poster.png"] == painted(sum(b"poster0.png"))
    assert (ended.publish_queued, ended.publish_completed) == (1, 1)


def test_nothing_is_written_twice(library: Library, film: Path) -> None:
    enrich(library)
    stamps = {path.name: path.stat().st_mtime_ns for path in film.iterdir()}

    for _ in range(2):
        assert enrich(library).publish_queued <= 1

    assert {path.name: path.stat().st_mtime_ns for path in film.iterdir()} == stamps
    assert enrich(library).publish_queued == 0


def test_what_we_wrote_is_not_the_nfos_word(
    library: Library, film: Path, known: TmdbStub, redis: Redis
) -> None:
    enrich(library)
    enrich(library)
    assert one(Item).local_fields == []
    known.movies[0] |= {"overview": "Another plot."}
    redis.flushdb()
    set_columns(Item, 1, enrich_due_at=one(Item).added_at)

    enrich(library)

    assert one(Item).plot == "Another plot."
    assert nfo.parse(files(film)[f"{NAME}.nfo"]).plot == "Another plot."


def test_what_we_wrote_does_not_outrank_what_a_person_chooses(
    client: Client, library: Library, film: Path
) -> None:
    enrich(library)
    enrich(library)

    client.call("POST", "/items/1/artwork?type=poster", data=painted(77), content_type="image/png")
    enrich(library)

    assert files(film)[f"{NAME}-poster.png"] == painted(77)


def test_an_nfo_keeps_what_it_said_and_what_is_unknown(library: Library, film: Path) -> None:
    before = MINE.replace(b"</movie>", b"<mine>x</mine></movie>")
    (film / "movie.nfo").write_bytes(before)

    enrich(library)

    found = files(film)["movie.nfo"].decode()
    assert "<title>Mine</title>" in found
    assert "<mine>x</mine>" in found
    assert "<plot>What happens in Alpha.</plot>" in found
    assert one(Item).title == "Mine"


def test_an_undo_leaves_no_trace(client: Client, library: Library, film: Path) -> None:
    (film / "movie.nfo").write_bytes(MINE)
    before = files(film)
    set_columns(LibraryRow, library.id, publish_nfo=False, publish_artwork=False)
    enrich(library)

    publish(client, "write")
    assert len(files(film)) == 4
    said = publish(client, "undo")

    assert files(film) == before
    assert "brought back Alpha (2001)/movie.nfo" in said
    assert rows(Publication) == []


def test_what_was_changed_since_is_left(client: Client, library: Library, film: Path) -> None:
    enrich(library)
    (film / f"{NAME}.nfo").write_bytes(b"<movie><title>Later</title></movie>")
    (film / f"{NAME}-poster.png").unlink()

    said = publish(client, "undo")

    assert sorted(files(film)) == [f"{NAME}.nfo"]
    assert f"left, it was changed since: {NAME}/{NAME}.nfo" in said


def test_a_dry_run_says_and_does_nothing(client: Client, library: Library, film: Path) -> None:
    set_columns(LibraryRow, library.id, publish_nfo=False, publish_artwork=False)
    enrich(library)

    said = publish(client, "dry-run", f"/libraries/{library.id}")

    assert files(film) == {}
    assert said.split("; ") == [
        f"would write {NAME}/{name}" for name in sorted(PUBLISHED, key=_order)
    ]
    assert rows(Publication) == []


def _order(name: str) -> tuple[bool, str]:
    return not name.endswith(".nfo"), name


def test_a_picture_of_somebody_elses_is_never_replaced(
    client: Client, library: Library, film: Path
) -> None:
    set_columns(LibraryRow, library.id, publish_nfo=False, publish_artwork=False)
    enrich(library)
    theirs = write_picture(film / f"{NAME}-poster.png").read_bytes()

    said = publish(client, "write")

    assert files(film)[f"{NAME}-poster.png"] == theirs
    assert "left, it is not ours" in said


def test_an_nfo_that_cannot_be_changed_safely_is_not(library: Library, film: Path) -> None:
    before = MINE.removesuffix(b"</movie>")
    (film / "movie.nfo").write_bytes(before)

    ended = enrich(library)

    assert files(film)["movie.nfo"] == before
    assert ended.enriching_failed == 1
    unit = one(ScanUnit, scan_id=ended.id, step="publish")
    assert (unit.state, unit.reason) == ("failed", "not_all_published")
    assert "failed, nfo_malformed" in unit.detail
    assert f"{NAME}-poster.png" in files(film)


def test_a_folder_that_cannot_be_written_to_is_told(
    library: Library, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("sublarr_tasks.library.beside.os.replace", refuse)

    ended = enrich(library)

    assert "failed, read_only" in one(ScanUnit, scan_id=ended.id, step="publish").detail
    assert files(film) == {}


def test_after_a_crash_in_between_what_was_before_is_still_known(
    client: Client, library: Library, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MINE
    (film / "movie.nfo").write_bytes(before)
    with monkeypatch.context() as patched:
        patched.setattr("sublarr_tasks.publishing.note", _die)
        enrich(library)
    assert files(film)["movie.nfo"] != before

    enrich(library)
    publish(client, "undo")

    assert files(film) == {"movie.nfo": before}


def _die(*_: object) -> None:
    raise RuntimeError("the worker died")


def test_a_series_its_seasons_and_episodes_are_written(library: Library, tmdb: Stub) -> None:
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    set_columns(LibraryRow, library.id, publish_nfo=True, publish_artwork=True)
    folder = library.root / "Show (2010)"
    video(folder / "Season 1/Show S01E01.mkv")

    enrich(library)

    found = files(folder)
    assert sorted(found) == [
        "Season 1/Show S01E01-thumb.png",
        "Season 1/Show S01E01.nfo",
        "fanart.png",
        "fanart1.png",
        "poster.png",
        "season01-poster.png",
        "tvshow.nfo",
    ]
    assert nfo.parse(found["tvshow.nfo"], "tvshow").title == "Show"
    episode = nfo.parse(found["Season 1/Show S01E01.nfo"], "episodedetails")
    assert (episode.title, episode.season, episode.episode) == ("Episode 1", 1, 1)
    enrich(library)
    assert {row.kind for row in rows(Item) if row.local_fields} == set()


def test_only_one_scan_at_a_time(client: Client, library: Library, film: Path) -> None:
    enrich(library)
    assert client.post("/items/1/publish", {"mode": "write"}).status_code == 202

    answer = client.post("/items/1/publish", {"mode": "undo"})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "scan_running")
    assert len(rows(ScanJob)) == 2
