"""What Sonarr and Radarr hold, held against our own libraries."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from arr_stub import KEY, ArrStub, Json, episode, movie, series
from contract import Client
from libraries import Library, one, rows, set_columns, video
from stub import Said, Stub, serving_stub
from sublarr_tasks import adopting
from sublarr_tasks.arr import syncs, work
from sublarr_tasks.db import transaction
from sublarr_tasks.models import (
    ArrFile,
    ArrSync,
    ArrTitle,
    Integration,
    LibraryKind,
    MediaFile,
    ScanJob,
    Trigger,
    WantedItem,
)
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.wanted import queries

SHOWS, EPISODES = 3, 2
# What the stubs call their root folders.
ROOTS = {"Sonarr": "/tv", "Radarr": "/movies"}


def statistics(files: int, size: int = 1 << 30) -> Json:
    return {"statistics": {"episodeFileCount": files, "sizeOnDisk": files * size}}


def file_of(number: int, series_id: int) -> Json:
    """Make an episode whose id is unique among all series."""
    made = episode(number, series_id)
    unique = series_id * 100 + number
    return made | {
        "id": unique,
        "episodeFileId": unique,
        "episodeFile": made["episodeFile"] | {"id": unique},
    }


@pytest.fixture
def known() -> ArrStub:
    return ArrStub(
        "Sonarr",
        series=[series(n, **statistics(EPISODES)) for n in range(1, SHOWS + 1)],
        episodes=[
            file_of(number, n) for n in range(1, SHOWS + 1) for number in range(1, EPISODES + 1)
        ],
    )


@pytest.fixture
def shows(client: Client, tmp_path: Path) -> Library:
    """Give a library with the same files, which lack German subtitles."""
    shows = Library.register(tmp_path / "shows", "Shows", kind=LibraryKind.SERIES)
    for n in range(1, SHOWS + 1):
        for number in range(1, EPISODES + 1):
            video(shows.root / f"Series {n}" / "Season 01" / f"S01E{number:02}.mkv")
    made = client.post("/language-profiles", {"name": "German", "wishes": [{"language": "de"}]})
    assert made.status_code == 201
    shows.scan()
    return shows


@pytest.fixture
def sonarr(client: Client, known: ArrStub, shows: Library) -> Iterator[Stub]:
    with set_up(client, known, shows.root) as stub:
        yield stub


@contextmanager
def set_up(client: Client, known: ArrStub, root: Path) -> Iterator[Stub]:
    """Serve a Sonarr or Radarr whose root folder is here, and set it up as an integration."""
    with serving_stub(known) as stub:
        body = {
            "kind": known.app.lower(),
            "name": known.app,
            "url": stub.url,
            "secrets": {"api_key": KEY},
            "path_mappings": [{"remote": ROOTS[known.app], "local": str(root)}],
        }
        assert client.post("/integrations", body).status_code == 201
        yield stub


def look(*, full: bool = False) -> Row[Any]:
    """Look as a worker does, to the end."""
    (integration,) = [row.id for row in rows_of_services()]
    with transaction() as db:
        begun = syncs.begin(db, integration, trigger=Trigger.API, full=full)
    while work.run(begun.id, 20.0, lambda _: None):
        pass
    return one(ArrSync, id=begun.id)


def adopt(look: Row[Any]) -> Row[Any]:
    """Do what follows a look, with all the scans that it asks for; returns the look again."""
    with transaction() as db:
        adopting.adopt(db, look.id)
    return one(ArrSync, id=look.id)


def rows_of_services() -> list[Row[Any]]:
    return rows(Integration)


def paths_asked(stub: Stub) -> list[str]:
    return [asked.path.removeprefix("/api/v3") for asked in stub.asked]


def test_the_first_look_reads_everything_and_links_it(sonarr: Stub) -> None:
    ended = look()
    assert (ended.status, ended.scan_type) == ("completed", "full")
    assert (ended.titles_total, ended.titles_read) == (SHOWS, SHOWS)
    assert (ended.files_found, ended.files_linked) == (SHOWS * EPISODES, SHOWS * EPISODES)
    assert {row.media_file_id for row in rows(ArrFile)} == {row.id for row in rows(MediaFile)}


def test_a_series_costs_one_call(sonarr: Stub) -> None:
    look()
    asked = paths_asked(sonarr)
    assert sorted(asked) == sorted(["/tag", "/series", *["/episode"] * SHOWS])


def test_nothing_is_read_again_that_has_not_changed(sonarr: Stub) -> None:
    look()
    sonarr.asked.clear()
    ended = look()
    assert (ended.scan_type, ended.titles_due, ended.titles_read) == ("incremental", 0, 0)
    assert sorted(paths_asked(sonarr)) == ["/history/since", "/series", "/tag"]


def test_a_series_with_another_file_is_read_again(sonarr: Stub, known: ArrStub) -> None:
    look()
    known.series[1] = series(2, **statistics(EPISODES + 1))
    sonarr.asked.clear()
    ended = look()
    assert (ended.titles_due, ended.titles_read) == (1, 1)
    assert paths_asked(sonarr).count("/episode") == 1


def test_a_series_that_its_history_tells_of_is_read_again(sonarr: Stub, known: ArrStub) -> None:
    look()
    known.history = [
        {
            "id": 1,
            "date": "2099-01-01T00:00:00Z",
            "eventType": "downloadFolderImported",
            "seriesId": 3,
        }
    ]
    assert look().titles_due == 1


def test_every_sixth_look_is_full(sonarr: Stub) -> None:
    assert [look().scan_type for _ in range(7)] == ["full", *["incremental"] * 5, "full"]


def test_a_full_look_can_be_asked_for(client: Client, sonarr: Stub) -> None:
    look()
    (service,) = rows_of_services()
    begun = client.post(f"/integrations/{service.id}/syncs", {"full": True})
    assert (begun.status_code, begun.json["scan_type"]) == (202, "full")
    assert client.post(f"/integrations/{service.id}/syncs").status_code == 409


def test_a_service_that_fails_takes_nothing_away(sonarr: Stub, known: ArrStub) -> None:
    look()
    known.misbehave = Said(None, 500)
    ended = look(full=True)
    assert (ended.status, ended.reason) == ("failed", "unavailable")
    assert {row.missing_since for row in (*rows(ArrTitle), *rows(ArrFile))} == {None}
    assert len(rows(WantedItem)) == SHOWS * EPISODES


def test_a_series_that_cannot_be_read_fails_alone(sonarr: Stub, known: ArrStub) -> None:
    broken = known

    def answer(asked: Any) -> Said:  # noqa: ANN401 - a request
        if asked.query.get("seriesId") == "2":
            return Said(raw=b"<html>")
        return broken(asked)

    sonarr.answer = answer
    (integration,) = [row.id for row in rows_of_services()]
    with transaction() as db:
        begun = syncs.begin(db, integration, trigger=Trigger.API)
    for _ in range(syncs.MOST_ATTEMPTS):
        work.run(begun.id, 20.0, lambda _: None)
        with transaction() as db:
            db.exec_driver_sql("UPDATE arr_titles SET lease_until = NULL WHERE claim IS NULL")
    ended = one(ArrSync, id=begun.id)
    assert (ended.status, ended.titles_read, ended.titles_failed) == ("completed", SHOWS - 1, 1)
    assert one(ArrTitle, arr_id=2).reason.startswith("malformed")


def test_what_is_gone_is_marked_first_and_deleted_later(sonarr: Stub, known: ArrStub) -> None:
    look()
    known.series.pop()
    look()
    assert [row.missing_since for row in rows(ArrTitle)] == [None] * SHOWS
    look(full=True)
    assert one(ArrTitle, arr_id=SHOWS).missing_since is not None
    ended = look(full=True)
    assert len(rows(ArrTitle)) == SHOWS - 1
    assert ended.files_removed == EPISODES


def test_a_worker_that_died_is_taken_over_from(sonarr: Stub) -> None:
    (integration,) = [row.id for row in rows_of_services()]
    with transaction() as db:
        begun = syncs.begin(db, integration, trigger=Trigger.API)
    work._list(begun.id)
    with transaction() as db:
        claimed = syncs.claim(db, begun.id)
        assert claimed is not None
        assert syncs.claim(db, begun.id) is None
        db.exec_driver_sql("UPDATE arr_titles SET lease_until = now() - interval '1 s'")
    work.run(begun.id, 20.0, lambda _: None)
    with transaction() as db:  # what the dead one would have written counts no more
        syncs.settle(db, begun.id, claimed[0], {row.id: [] for row in claimed[2]}, {})
    ended = one(ArrSync, id=begun.id)
    assert (ended.status, ended.titles_read) == ("completed", SHOWS)
    assert {row.missing_since for row in rows(ArrFile)} == {None}


def test_a_cancelled_look_ends(client: Client, sonarr: Stub) -> None:
    (integration,) = [row.id for row in rows_of_services()]
    with transaction() as db:
        begun = syncs.begin(db, integration, trigger=Trigger.API)
    work._list(begun.id)
    assert client.post(f"/arr-syncs/{begun.id}/cancel").json["status"] == "cancelled"
    assert not work.run(begun.id, 20.0, lambda _: None)
    assert {row.sync_id for row in rows(ArrTitle)} == {None}


def test_a_services_profile_holds_for_its_files(client: Client, sonarr: Stub) -> None:
    french = client.post("/language-profiles", {"name": "F", "wishes": [{"language": "fr"}]}).json
    (service,) = rows_of_services()
    assigned = {"profile_id": french["id"], "integration_id": service.id}
    client.call("PUT", "/profile-assignments", json=assigned)
    ended = look()
    assert {row.language for row in rows(WantedItem)} == {"fr"}
    assert (ended.wanted_added, ended.wanted_removed) == (SHOWS * EPISODES, SHOWS * EPISODES)


def test_a_tag_of_sonarr_has_a_profile(client: Client, sonarr: Stub, known: ArrStub) -> None:
    known.series[0]["tags"] = [1]
    anime = client.post("/language-profiles", {"name": "A", "wishes": [{"language": "en"}]}).json
    client.call("PUT", "/profile-assignments", json={"profile_id": anime["id"], "tag": "anime"})
    look()
    found = sorted(row.language for row in rows(WantedItem))
    assert found == ["de"] * ((SHOWS - 1) * EPISODES)  # in English it is spoken


def test_the_answer_has_the_numbers_of_a_wanted_scan(client: Client, sonarr: Stub) -> None:
    ended = look()
    told = client.get(f"/arr-syncs/{ended.id}").json
    names = ("added", "updated", "removed", "total_wanted", "scan_type")
    assert {name: told[name] for name in names} == {
        "added": 0,
        "updated": 0,
        "removed": 0,
        "total_wanted": SHOWS * EPISODES,
        "scan_type": "full",
    }
    assert told["duration_seconds"] >= 0


def test_radarr_lists_its_films_with_their_files(client: Client, tmp_path: Path) -> None:
    films = Library.register(tmp_path / "films")
    video(films.root / "Film 1 (2020)" / "Film 1.mkv")
    films.scan()
    known = ArrStub("Radarr", movies=[movie(1), movie(2, hasFile=False, movieFile=None)])
    with set_up(client, known, films.root) as stub:
        ended = look()
        assert paths_asked(stub) == ["/tag", "/movie"]
    assert (ended.titles_total, ended.files_linked) == (2, 1)


def test_what_a_file_was_called_before_tells_which_copy_it_is(sonarr: Stub, known: ArrStub) -> None:
    known.episodes[0]["episodeFile"]["sceneName"] = "Series.1.S01E01.1080p.WEB-DL.H.264-NTb"
    look()
    linked = next(row for row in rows(ArrFile) if row.scene_name)
    with transaction() as db:
        subject = queries.subject(db, linked.media_file_id)
    assert subject is not None
    assert (subject.own.source, subject.own.release_group) == ("web", "ntb")


def test_the_clock_looks_every_hour(sonarr: Stub) -> None:
    with transaction() as db:
        syncs.begin_due(db)
        (sync_id,) = syncs.unfinished(db)
    work.run(sync_id, 20.0, lambda _: None)
    with transaction() as db:
        syncs.begin_due(db)
        assert not syncs.unfinished(db)
    set_columns(ArrSync, sync_id, started_at=one(ArrSync).started_at - syncs.EVERY * 2)
    with transaction() as db:
        syncs.begin_due(db)
        assert len(syncs.unfinished(db)) == 1


@pytest.fixture
def elsewhere(client: Client, known: ArrStub, tmp_path: Path) -> Iterator[Path]:
    """Give a Sonarr's root folder, with its files, which is in no library."""
    root = tmp_path / "elsewhere"
    for n in range(1, SHOWS + 1):
        for number in range(1, EPISODES + 1):
            video(root / f"Series {n}" / "Season 01" / f"S01E{number:02}.mkv")
    made = client.post("/language-profiles", {"name": "German", "wishes": [{"language": "de"}]})
    assert made.status_code == 201
    with set_up(client, known, root):
        yield root


def test_a_root_folder_that_is_in_no_library_becomes_one(elsewhere: Path) -> None:
    told = adopt(look())
    library = one(LibraryRow)
    assert (library.path, library.kind, told.libraries_added) == (str(elsewhere), "series", 1)
    assert [row.trigger for row in rows(ScanJob)] == ["clock"]


def test_what_sonarr_told_of_before_we_saw_it_is_linked_as_it_is_scanned(elsewhere: Path) -> None:
    look()
    assert [row.media_file_id for row in rows(ArrFile)] == [None] * SHOWS * EPISODES
    Library.register(elsewhere, "Shows", kind=LibraryKind.SERIES).scan()
    assert {row.media_file_id for row in rows(ArrFile)} == {row.id for row in rows(MediaFile)}
    assert {row.language for row in rows(WantedItem)} == {"de"}


def test_a_library_that_was_taken_away_does_not_come_back(client: Client, elsewhere: Path) -> None:
    adopt(look())
    set_columns(ScanJob, one(ScanJob).id, status="completed")
    assert client.delete(f"/libraries/{one(LibraryRow).id}").status_code == 204
    assert adopt(look()).libraries_added == 0
    assert not rows(LibraryRow)


def test_no_library_is_added_where_that_is_switched_off(client: Client, elsewhere: Path) -> None:
    service = one(Integration)
    client.patch(f"/integrations/{service.id}", {"add_libraries": False})
    adopt(look())
    assert not rows(LibraryRow)


def test_no_library_is_added_for_a_folder_that_one_holds(elsewhere: Path, tmp_path: Path) -> None:
    Library.register(tmp_path, "All")
    assert adopt(look()).detail is None
    assert [row.name for row in rows(LibraryRow)] == ["All"]


def test_a_root_folder_that_is_not_here_is_told_with_the_look(
    client: Client, elsewhere: Path
) -> None:
    client.patch(f"/integrations/{one(Integration).id}", {"path_mappings": []})
    told = adopt(look())
    assert (told.libraries_added, told.detail) == (0, "/tv does not exist.")


def test_after_a_change_of_the_mappings_everything_is_read_anew(
    client: Client, elsewhere: Path
) -> None:
    look()
    assert look().scan_type == "incremental"
    client.patch(f"/integrations/{one(Integration).id}", {"path_mappings": []})
    assert look().scan_type == "full"
    assert one(ArrFile, path="/tv/Series 1/Season 01/S01E01.mkv").local_path.startswith("/tv/")


def test_of_ten_thousand_series_those_with_files_are_asked(known: ArrStub, sonarr: Stub) -> None:
    known.series += [series(n, **statistics(0)) for n in range(SHOWS + 1, 10_001)]
    ended = look()
    assert (ended.titles_total, ended.files_linked) == (10_000, SHOWS * EPISODES)
    assert len(sonarr.asked) == 2 + SHOWS
    sonarr.asked.clear()
    assert look().titles_due == 0
    assert len(sonarr.asked) <= 3


def test_a_root_folder_of_windows_takes_a_mapping(
    client: Client, known: ArrStub, elsewhere: Path
) -> None:
    client.patch(f"/integrations/{one(Integration).id}", {"path_mappings": []})
    known.series = [each | {"rootFolderPath": "D:\\TV"} for each in known.series]
    told = adopt(look())
    assert told.detail == "D:\\TV is nowhere here without a path mapping."
