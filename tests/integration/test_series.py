"""Series through the scan: what is in their folders is what is in the rows."""

import shutil
from pathlib import Path

import pytest

from contract import Client
from libraries import Library, one, picture, rows, subtitle, versions, video, write
from obstacles import refuse_to_list
from sublarr_tasks.models import (
    Asset,
    Directory,
    Item,
    LibraryKind,
    MediaFile,
    ScanUnit,
    SharedFile,
)

NFO = "<episodedetails><title>{}</title><season>1</season><episode>{}</episode></episodedetails>"


@pytest.fixture
def shows(database: str, tmp_path: Path) -> Library:
    """Give an empty library of series."""
    return Library.register(tmp_path / "shows", kind=LibraryKind.SERIES)


@pytest.fixture
def show(shows: Library) -> Path:
    """Give the folder of a series with three episodes in two seasons."""
    folder = shows.root / "Show (2008)"
    write(folder / "tvshow.nfo", b"<tvshow><title>The Show</title><tvdbid>7</tvdbid></tvshow>")
    picture(folder / "poster.jpg")
    for season, number in ((1, 1), (1, 2), (2, 1)):
        stem = f"Season {season:02}/Show S{season:02}E{number:02}"
        video(folder / f"{stem}.mkv")
        subtitle(folder / f"{stem}.en.srt")
    return folder


def by_number(library: Library) -> dict[tuple[int | None, int | None], Item]:
    return {
        (row.season_number, row.episode_number): row
        for row in library.items()
        if row.kind == "episode" and row.missing_since is None
    }


def of_kind(library: Library, kind: str) -> list[Item]:
    return [row for row in library.items() if row.kind == kind and row.missing_since is None]


def test_a_series_is_one_directory_and_an_item_for_each_part(shows: Library, show: Path) -> None:
    scan = shows.scan()

    assert [row.path for row in rows(Directory)] == [show.name]
    assert scan.directories_scanned == 1
    (series,) = of_kind(shows, "series")
    assert (series.title, series.year, series.tvdb_id) == ("The Show", 2008, "7")
    seasons = {row.season_number: row for row in of_kind(shows, "season")}
    assert {row.parent_id for row in seasons.values()} == {series.id}
    assert {key: row.parent_id for key, row in by_number(shows).items()} == {
        (1, 1): seasons[1].id,
        (1, 2): seasons[1].id,
        (2, 1): seasons[2].id,
    }


def test_the_scan_counts_series_and_episodes(shows: Library, show: Path) -> None:
    first = shows.scan()
    (show / "Season 02/Show S02E01.mkv").unlink()
    (show / "Season 02/Show S02E01.en.srt").unlink()
    video(show / "Season 01/Show S01E03.mkv")
    second = shows.scan()

    assert (first.series_found, first.series_new) == (1, 1)
    assert (first.episodes_found, first.episodes_new, first.movies_found) == (3, 3, 0)
    assert (second.episodes_found, second.episodes_new, second.episodes_removed) == (3, 1, 1)
    assert second.series_updated == 0


def test_sidecars_are_cached_with_their_episode(shows: Library, show: Path) -> None:
    scan = shows.scan()

    assert scan.assets_cached == 5
    subtitles = {row.name: row.item_id for row in rows(Asset, type="subtitle")}
    episode = by_number(shows)[2, 1]
    assert subtitles["Season 02/Show S02E01.en.srt"] == episode.id
    assert one(Asset, type="poster").item_id == of_kind(shows, "series")[0].id


def test_an_unchanged_series_is_not_read_again(shows: Library, show: Path) -> None:
    shows.scan()
    before = versions()

    scan = shows.scan()

    assert (scan.directories_scanned, scan.directories_skipped) == (0, 1)
    assert versions() == before


def test_a_changed_episode_is_the_only_one_that_is_written(shows: Library, show: Path) -> None:
    shows.scan()
    before = versions()
    write(show / "Season 01/Show S01E02.nfo", NFO.format("The Second", 2).encode())

    scan = shows.scan()

    assert (scan.episodes_updated, scan.series_updated) == (1, 0)
    assert by_number(shows)[1, 2].title == "The Second"
    assert len(versions()["items"] - before["items"]) == 1
    assert versions()["media_files"] == before["media_files"]


def test_one_file_of_two_episodes_is_both(shows: Library) -> None:
    folder = shows.root / "Show"
    video(folder / "Show S01E01-E02.mkv")
    both = NFO.format("One", 1) + NFO.format("Two", 2)
    write(folder / "Show S01E01-E02.nfo", both.encode())
    shows.scan()

    found = by_number(shows)
    assert (found[1, 1].title, found[1, 2].title) == ("One", "Two")
    file = one(MediaFile)
    assert file.item_id == found[1, 1].id
    assert (one(SharedFile).item_id, one(SharedFile).media_file_id) == (found[1, 2].id, file.id)


def test_a_file_that_no_longer_holds_two_episodes_is_shared_no_more(shows: Library) -> None:
    path = video(shows.root / "Show/Show S01E01-E02.mkv")
    shows.scan()
    path.rename(path.with_name("Show S01E01.mkv"))
    shows.scan()

    assert by_number(shows).keys() == {(1, 1)}
    assert rows(SharedFile) == []


def test_an_episode_of_no_number_is_kept_as_such(shows: Library) -> None:
    video(shows.root / "Show/Show S01E01.mkv")
    video(shows.root / "Show/Reunion.mkv")
    shows.scan()

    (lost,) = [row for row in of_kind(shows, "episode") if row.state == "unidentified"]
    assert (lost.title, lost.season_number, lost.episode_number) == ("Reunion", None, None)
    assert lost.parent_id == of_kind(shows, "series")[0].id


def test_a_series_whose_folder_was_renamed_is_the_same(shows: Library, show: Path) -> None:
    shows.scan()
    before = {row.id for row in shows.items()}
    show.rename(show.with_name("The Show (2008)"))

    scan = shows.scan()

    present = {row.id for row in shows.items() if row.missing_since is None}
    assert present == before
    assert (scan.series_new, scan.episodes_new) == (0, 0)


def test_an_episode_that_moved_to_another_season_is_that_one(shows: Library, show: Path) -> None:
    shows.scan()
    moved = show / "Season 02/Show S01E02.mkv"
    (show / "Season 01/Show S01E02.mkv").rename(moved)
    shows.scan()

    # The number in the name counts, wherever the file lies.
    file = one(MediaFile, name="Season 02/Show S01E02.mkv")
    assert file.item_id == by_number(shows)[1, 2].id


def test_a_series_that_was_deleted_goes_in_two_steps(shows: Library, show: Path) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        video(shows.root / name / f"{name} S01E01.mkv")
    shows.scan()
    shutil.rmtree(show)

    marked = shows.scan(full=True)
    shows.scan(full=True)

    assert (marked.series_removed, marked.episodes_removed) == (1, 3)
    assert "The Show" not in {row.title for row in shows.items()}


def test_a_season_whose_folder_cannot_be_read_stays(
    shows: Library, show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows.scan()
    refuse_to_list(monkeypatch, show / "Season 02")

    shows.scan(full=True)

    assert (2, 1) in by_number(shows)


def test_each_series_is_a_unit_of_work(shows: Library) -> None:
    for name in ("Alpha", "Beta"):
        for number in range(3):
            video(shows.root / name / f"Season 1/{name} S01E{number:02}.mkv")
    shows.scan()

    units = [row.subject for row in rows(ScanUnit) if row.phase == "scanning"]
    assert sorted(units) == ["Alpha", "Beta"]


def test_loose_episodes_in_the_root_are_their_series(shows: Library) -> None:
    video(shows.root / "Alpha.S01E01.mkv")
    video(shows.root / "Alpha.S01E02.720p-GRP/alpha.s01e02.mkv")
    video(shows.root / "Beta - 1x01.mkv")
    scan = shows.scan()

    assert (scan.series_found, scan.episodes_found) == (2, 3)
    assert {row.title for row in of_kind(shows, "series")} == {"Alpha", "Beta"}


@pytest.mark.parametrize("part", ["Season 01", "Season 01/Subs", "Arc One"])
def test_a_scan_of_a_part_is_one_of_its_series(shows: Library, show: Path, part: str) -> None:
    shows.scan()
    video(show / part / "Show S01E03.mkv")

    scan = shows.scan(options={"paths": [f"{show.name}/{part}"], "only_paths": True})

    assert scan.episodes_new == (part != "Season 01/Subs")
    assert [row.path for row in rows(Directory)] == [show.name]


def test_a_scan_of_a_new_season_finds_its_series_by_the_names(shows: Library) -> None:
    video(shows.root / "Show/Season 1/Show S01E01.mkv")
    shows.scan(options={"paths": ["Show/Season 1"], "only_paths": True})

    assert [row.path for row in rows(Directory)] == ["Show"]


# in the API


@pytest.fixture
def scanned(client: Client, shows: Library, show: Path) -> Library:
    shows.scan()
    return shows


def listed(client: Client, query: str) -> list[str]:
    answer = client.get(f"/items?{query}")
    assert answer.status_code == 200, answer.get_json()
    return [item["title"] for item in answer.get_json()["results"]]


def test_items_are_listed_by_kind(client: Client, scanned: Library) -> None:
    assert listed(client, "kind=series") == ["The Show"]
    assert listed(client, "kind=season") == ["Season 1", "Season 2"]
    assert len(listed(client, f"kind=episode&library_id={scanned.id}")) == 3


def test_a_series_leads_to_its_seasons_and_they_to_their_episodes(
    client: Client, scanned: Library
) -> None:
    (series,) = of_kind(scanned, "series")
    assert listed(client, f"parent_id={series.id}&sort=number") == ["Season 1", "Season 2"]
    (season,) = [row for row in of_kind(scanned, "season") if row.season_number == 1]
    assert listed(client, f"parent_id={season.id}&sort=number&order=desc") == [
        "Episode 2",
        "Episode 1",
    ]


def test_the_episodes_of_a_series_are_listed_in_their_order(
    client: Client, scanned: Library
) -> None:
    (series,) = of_kind(scanned, "series")
    path = f"/items?ancestor_id={series.id}&kind=episode&sort=number&limit=2"
    first = client.get(path).get_json()
    rest = client.get(f"{path}&cursor={first['next_cursor']}").get_json()
    numbers = [
        (item["season_number"], item["episode_number"])
        for item in (*first["results"], *rest["results"])
    ]
    assert numbers == [(1, 1), (1, 2), (2, 1)]


def test_the_order_of_numbers_needs_a_series(client: Client) -> None:
    answer = client.get("/items?sort=number")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "sort"


def test_an_episode_shows_the_file_that_it_shares(client: Client, shows: Library) -> None:
    video(shows.root / "Show/Show S01E01-E02.mkv")
    shows.scan()
    second = by_number(shows)[1, 2]

    (file,) = client.get(f"/items/{second.id}").get_json()["files"]

    assert file["name"] == "Show S01E01-E02.mkv"


def test_a_library_of_series_is_made_by_the_api(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    body = {"name": "Made", "path": str(folder), "kind": "series"}
    assert client.post("/libraries", body).get_json()["kind"] == "series"
