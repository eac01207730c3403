"""Sonarr and Radarr tell of files; scans of their folders come of it, once each."""

import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arr_stub import KEY, ArrStub
from contract import KEY as OURS
from contract import Client
from libraries import Library, one, rows
from scanning import begin
from stub import Said, serving_stub
from sublarr_tasks import scans
from sublarr_tasks.db import transaction
from sublarr_tasks.inbox import events, history
from sublarr_tasks.models import Directory, InboxEvent, Integration, Item, ScanJob

Json = dict[str, Any]


@pytest.fixture
def arr() -> ArrStub:
    return ArrStub("Radarr")


@pytest.fixture
def radarr(client: Client, library: Library, arr: ArrStub) -> Iterator[int]:
    """Set up a Radarr that calls the library "/movies"."""
    with serving_stub(arr) as stub:
        body = {
            "kind": "radarr",
            "name": "Main",
            "url": stub.url,
            "secrets": {"api_key": KEY},
            "path_mappings": [{"remote": "/movies", "local": str(library.root)}],
        }
        yield int(client.post("/integrations", body).get_json()["id"])


def download(number: int = 1, folder: str = "Alpha (2001)", **changes: object) -> Json:
    made: Json = {
        "eventType": "Download",
        "instanceName": "Radarr",
        "applicationUrl": "",
        "movie": {
            "id": number,
            "title": "Alpha",
            "year": 2001,
            "folderPath": f"/movies/{folder}",
            "tmdbId": 7,
        },
        "remoteMovie": {"tmdbId": 7, "title": "Alpha", "year": 2001},
        "movieFile": {
            "id": 3,
            "relativePath": "Alpha.mkv",
            "path": f"/movies/{folder}/Alpha.mkv",
            "mediaInfo": {"subtitles": ["eng", "ger"]},
        },
        "isUpgrade": False,
        "downloadId": "ABC",
    }
    return made | changes


def tell(client: Client, integration_id: int, payload: Json) -> Json:
    answer = client.post(f"/webhooks/{integration_id}", payload)
    assert answer.status_code == 200
    said: Json = answer.get_json()
    return said


def settle() -> list[int]:
    """Let the settling time pass, and do what the clock's task does."""
    with transaction() as db:
        earlier = {"due_at": InboxEvent.due_at - timedelta(minutes=5)}
        db.execute(update(InboxEvent).values(earlier))
        return events.work(db)


def asked() -> list[tuple[str, list[str]]]:
    return [(scan.trigger, scan.options["paths"]) for scan in rows(ScanJob)]


def test_an_import_is_one_row_now_and_a_scan_of_its_folder_soon(
    client: Client, radarr: int
) -> None:
    said = tell(client, radarr, download())

    assert said["state"] == "pending"
    assert rows(ScanJob) == []
    with transaction() as db:
        assert events.work(db) == []
    assert len(settle()) == 1
    assert asked() == [("webhook", ["Alpha (2001)"])]
    event = one(InboxEvent)
    assert (event.state, event.subject, event.scan_id) == ("done", "movie:1", one(ScanJob).id)
    assert settle() == []


def test_the_same_delivery_twice_counts_once(client: Client, radarr: int) -> None:
    tell(client, radarr, download())

    again = tell(client, radarr, download())

    assert (again["event_id"], again["reason"]) == (None, "came_before")
    assert len(rows(InboxEvent)) == 1


def test_what_is_told_of_one_film_at_once_is_one_scan(client: Client, radarr: int) -> None:
    tell(client, radarr, download(eventType="MovieFileDelete", deleteReason="upgrade"))
    tell(client, radarr, download(isUpgrade=True))
    tell(client, radarr, download(2, "Beta (2002)"))

    assert len(settle()) == 1
    assert asked() == [("webhook", ["Alpha (2001)", "Beta (2002)"])]


def test_more_about_a_film_puts_its_scan_off_and_not_for_ever(client: Client, radarr: int) -> None:
    tell(client, radarr, download())
    first = one(InboxEvent).due_at
    time.sleep(0.05)
    tell(client, radarr, download(isUpgrade=True))
    assert rows(InboxEvent)[0].due_at > first

    with transaction() as db:
        long_ago = datetime.now(UTC) - timedelta(minutes=2)
        db.execute(update(InboxEvent).values(received_at=long_ago))
    tell(client, radarr, download(eventType="Rename"))

    assert rows(InboxEvent)[0].due_at < datetime.now(UTC)


def test_an_import_while_a_scan_runs_waits(client: Client, radarr: int, library: Library) -> None:
    running = begin(library.id)
    tell(client, radarr, download())

    assert settle() == []
    assert one(InboxEvent).state == "pending"
    with transaction() as db:
        scans.cancel(db, running)

    assert len(settle()) == 1


def test_a_film_that_moved_between_libraries_waits_for_both(
    client: Client, radarr: int, library: Library, tmp_path: Path
) -> None:
    other = Library.register(tmp_path / "other", "UHD")
    mappings = [
        {"remote": "/movies", "local": str(library.root)},
        {"remote": "/uhd", "local": str(other.root)},
    ]
    client.patch(f"/integrations/{radarr}", {"path_mappings": mappings})
    running = begin(other.id)
    former = [{"previousPath": "/uhd/Alpha (2001)/Alpha.mkv", "path": "x"}]
    tell(client, radarr, download(eventType="Rename", renamedMovieFiles=former))

    assert len(settle()) == 1
    assert one(InboxEvent).state == "pending"
    with transaction() as db:
        scans.cancel(db, running)
        for scan in rows(ScanJob):
            if scan.status == "queued":
                scans.cancel(db, scan.id)

    assert len(settle()) == 2
    assert one(InboxEvent).state == "done"


def test_more_folders_than_a_scan_takes_are_a_scan_of_the_whole_library(
    client: Client, radarr: int
) -> None:
    former = [[{"previousPath": f"/movies/{n} {k}/x.mkv"} for k in range(99)] for n in range(11)]
    for number, files in enumerate(former):
        tell(client, radarr, download(number, eventType="Rename", renamedMovieFiles=files))

    assert len(settle()) == 1

    assert asked() == [("webhook", [])]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"eventType": "Test", "movie": {"id": 1, "folderPath": "C:\\testpath"}}, "test"),
        ({"eventType": "Grab", "movie": {"id": 1}}, "not_about_files"),
        ({"eventType": "Health", "level": "warning", "message": "x"}, "not_about_files"),
        ({"eventType": "SomethingNew", "x": [1, {"y": None}]}, "not_about_files"),
        ({"eventType": 7}, "not_about_files"),
        ({}, "not_about_files"),
        ({"eventType": "Download"}, "no_path"),
        ({"eventType": "Download", "movie": "x"}, "no_path"),
        ({"eventType": "Download", "movie": {"id": 1, "folderPath": 5}}, "no_path"),
        ({"eventType": "Download", "movie": {"id": 1, "folderPath": "a\0b"}}, "no_path"),
        ({"eventType": "Rename", "renamedMovieFiles": "x", "movie": {}}, "no_path"),
        ({"eventType": "MovieDelete", "movie": {"id": 1}, "deletedFiles": False}, "files_stay"),
    ],
)
def test_what_needs_no_scan_is_taken_and_ignored(
    client: Client, radarr: int, payload: Json, reason: str
) -> None:
    said = tell(client, radarr, payload)

    assert (said["state"], said["reason"]) == ("ignored", reason)
    assert settle() == []
    assert rows(ScanJob) == []


def test_a_folder_of_no_library_is_ignored(client: Client, radarr: int) -> None:
    tell(client, radarr, download(folder="../../etc"))
    tell(client, radarr, download(2, movie={"id": 2, "folderPath": "/elsewhere/Film"}))

    assert settle() == []
    assert {event.reason for event in rows(InboxEvent)} == {"in_no_library"}


def test_a_renamed_film_is_looked_for_in_both_folders(client: Client, radarr: int) -> None:
    payload = download(
        eventType="Rename",
        renamedMovieFiles=[{"previousPath": "/movies/Old (2001)/Alpha.mkv", "path": "x"}],
    )
    tell(client, radarr, payload)
    settle()

    assert asked() == [("webhook", ["Alpha (2001)", "Old (2001)"])]


def test_a_deleted_film_is_marked_and_no_file_is_touched(
    client: Client, radarr: int, library: Library
) -> None:
    library.films("Alpha (2001)", "Alpha (2001) Extended", "Beta (2002)")
    library.scan()
    before = sorted(library.root.rglob("*"))

    tell(client, radarr, download(eventType="MovieDelete", deletedFiles=True))
    assert settle() == []

    assert library.titles() == {"Alpha (2001) Extended".partition(" (")[0], "Beta"}
    assert sorted(library.root.rglob("*")) == before
    assert len(rows(Item)) == 3
    marked = [row.path for row in rows(Directory) if row.missing_since is not None]
    assert marked == ["Alpha (2001)"]


def test_a_film_that_was_said_to_be_deleted_comes_back_with_the_next_scan(
    client: Client, radarr: int, library: Library
) -> None:
    library.films("Alpha (2001)")
    library.scan()
    tell(client, radarr, download(eventType="MovieDelete", deletedFiles=True))
    settle()
    assert library.titles() == set()

    library.scan()

    assert library.titles() == {"Alpha"}


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-Api-Key": OURS}},
        {"headers": {"Authorization": "Basic " + b64encode(f"x:{OURS}".encode()).decode()}},
        {"query_string": {"apikey": OURS}},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_webhook_brings_the_key_in_whatever_way_it_can(
    client: Client, radarr: int, method: str, options: Json
) -> None:
    answer = client.call(
        method, f"/webhooks/{radarr}", key=None, json={"eventType": "Test"}, **options
    )

    assert answer.status_code == 200


def test_a_webhook_without_the_key_is_refused(client: Client, radarr: int) -> None:
    answer = client.call("POST", f"/webhooks/{radarr}", key=None, json=download())

    assert answer.status_code == 401
    assert rows(InboxEvent) == []


def test_a_service_that_tells_of_nothing_has_no_webhook(client: Client) -> None:
    made = client.post("/integrations", {"kind": "gestdown", "name": "x"}).get_json()["id"]

    assert client.post(f"/webhooks/{made}", download()).status_code == 422
    assert client.post("/webhooks/99", download()).status_code == 404


def test_what_was_told_is_listed_with_what_came_of_it(client: Client, radarr: int) -> None:
    tell(client, radarr, download())
    settle()

    listed = client.get(f"/webhooks/{radarr}/events").get_json()["results"]

    assert [(event["event_type"], event["state"]) for event in listed] == [("Download", "done")]


# History


def record(number: int, minutes_ago: float, **changes: object) -> Json:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    made: Json = {
        "id": number,
        "movieId": number,
        "date": moment.isoformat().replace("+00:00", "Z"),
        "eventType": "downloadFolderImported",
        "sourceTitle": "Alpha",
        "data": {"importedPath": "/movies/Alpha (2001)/Alpha.mkv"},
    }
    return made | changes


def looked_at(minutes_ago: float) -> None:
    with transaction() as db:
        cursor = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        db.execute(update(Integration).values(history_cursor=cursor))


def test_an_import_that_no_webhook_told_is_found_in_the_history(radarr: int, arr: ArrStub) -> None:
    looked_at(30)
    arr.history = [record(1, 10), record(2, 5, eventType="grabbed"), record(3, 60)]

    history.poll()

    assert [event.subject for event in rows(InboxEvent)] == ["movie:1"]
    assert len(settle()) == 1
    assert asked() == [("webhook", ["Alpha (2001)"])]


def test_what_was_heard_of_is_not_taken_again(radarr: int, arr: ArrStub) -> None:
    looked_at(30)
    arr.history = [record(1, 1)]
    for _ in range(3):
        history.poll()

    assert len(rows(InboxEvent)) == 1
    assert datetime.now(UTC) - one(Integration).history_cursor < timedelta(minutes=1)


def test_a_first_look_begins_with_the_present(radarr: int, arr: ArrStub) -> None:
    arr.history = [record(1, 10)]

    history.poll()

    assert rows(InboxEvent) == []
    assert one(Integration).history_cursor is not None


def test_a_history_that_could_not_be_read_is_read_from_there_later(
    radarr: int, arr: ArrStub
) -> None:
    looked_at(30)
    before = one(Integration).history_cursor
    arr.history = [record(1, 10)]
    arr.misbehave = Said(status=500)
    history.poll()
    assert one(Integration).history_cursor == before

    arr.misbehave = None
    history.poll()

    assert len(rows(InboxEvent)) == 1


def test_a_service_that_fails_does_not_keep_the_others_from_being_asked(
    client: Client, radarr: int, arr: ArrStub
) -> None:
    with serving_stub(lambda _: Said(status=500)) as bad:
        body = {"kind": "sonarr", "name": "Bad", "url": bad.url, "secrets": {"api_key": KEY}}
        client.post("/integrations", body)
        looked_at(30)
        arr.history = [record(1, 10)]
        history.poll()

    assert len(rows(InboxEvent)) == 1
