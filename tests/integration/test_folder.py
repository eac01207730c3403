"""A folder of subtitles as a provider."""

import os
from pathlib import Path

import pytest

from contract import Client
from libraries import Library, one, video
from searching import search, want
from sublarr_tasks import settings
from sublarr_tasks.clients.providers import Candidate, Media, Query
from sublarr_tasks.errors import RequestRefused, ServiceUnavailable
from sublarr_tasks.models import LandedSubtitle, WantedItem
from sublarr_tasks.subtitles.folder import Folder

NAME = "Alpha (2001)"
TEXT = b"1\n00:00:01,000 --> 00:00:02,000\nKept\n"
FILM = Query(Media.MOVIE, "Alpha", ("de",), 2001)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(TEXT)


def found(shelf: Path, query: Query = FILM) -> list[Candidate]:
    return Folder(shelf.as_uri()).search(query)


@pytest.mark.parametrize(
    ("name", "language", "forced", "hearing_impaired"),
    [
        ("Alpha.2001.1080p.BluRay.x264-GROUP.de.srt", "de", False, False),
        ("Alpha (2001).German.forced.srt", "de", True, False),
        ("Alpha (2001).pt-BR.sdh.ass", "pt-BR", False, True),
        ("Alpha (2001)/2_German.srt", "de", False, False),
        ("Alpha (2001)/Subs/ger.vtt", "de", False, False),
    ],
)
def test_a_name_says_what_a_file_is_for(
    shelf: Path, name: str, language: str, forced: bool, hearing_impaired: bool
) -> None:
    put(shelf / name)
    (only,) = found(shelf)
    assert (only.id, only.language) == (name, language)
    assert (only.forced, only.hearing_impaired) == (forced, hearing_impaired)
    assert any("Alpha" in each for each in only.releases)


@pytest.mark.parametrize("name", ["Beta.2001.de.srt", "Alpha.2001.srt", "Alpha.2001.de.mkv"])
def test_another_title_no_language_and_no_subtitle_are_passed_over(shelf: Path, name: str) -> None:
    put(shelf / name)
    assert found(shelf) == []


def test_a_name_that_is_no_utf_8_is_fetched_all_the_same(shelf: Path) -> None:
    put(shelf / os.fsdecode(b"Alpha.2001.caf\xe9.de.srt"))
    (only,) = found(shelf)
    only.id.encode()  # storable
    assert Folder(shelf.as_uri()).download(only).content == TEXT


def test_nothing_outside_of_the_folder_is_read(shelf: Path) -> None:
    put(shelf.parent / "secret.de.srt")
    outside = Candidate("folder", "x", "de", download={"path": "../secret.de.srt"})
    with pytest.raises(RequestRefused):
        Folder(shelf.as_uri()).download(outside)


def test_a_folder_that_is_not_there_could_not_be_asked(shelf: Path) -> None:
    with pytest.raises(ServiceUnavailable):
        found(shelf / "gone")


def test_a_film_has_its_subtitle_from_the_folder(
    client: Client, library: Library, shelf: Path
) -> None:
    body = {"kind": "folder", "name": "shelf", "url": shelf.as_uri()}
    assert client.post("/integrations", body).status_code == 201
    video(library.root / NAME / f"{NAME}.mkv")
    put(shelf / "Alpha.2001.German.Forced.srt")
    put(shelf / "Alpha.2001.1080p.de.srt")
    want(client, "de")
    library.scan()
    search(client)
    assert (library.root / NAME / f"{NAME}.de.srt").read_bytes() == TEXT
    assert one(LandedSubtitle).subtitle_id == "Alpha.2001.1080p.de.srt"


def test_of_a_series_the_episode_is_taken(client: Client, tmp_path: Path, shelf: Path) -> None:
    body = {"kind": "folder", "name": "shelf", "url": shelf.as_uri()}
    assert client.post("/integrations", body).status_code == 201
    shows = Library.register(tmp_path / "shows", "Shows", kind="series")
    video(shows.root / "Show" / "Season 01" / "Show S01E02.mkv")
    put(shelf / "Show" / "S01" / "Show.S01E01.de.srt")
    put(shelf / "Show" / "S01" / "Show.S01E02.de.srt")
    want(client, "de")
    shows.scan()
    search(client)
    assert one(WantedItem).status == "found"
    assert one(LandedSubtitle).subtitle_id == "Show/S01/Show.S01E02.de.srt"


def test_the_test_button_looks_whether_it_is_there(client: Client, shelf: Path) -> None:
    body = {"kind": "folder", "name": "shelf", "url": shelf.as_uri()}
    made = client.post("/integrations", body).json
    assert client.post(f"/integrations/{made['id']}/test", {}).json["outcome"] == "ok"
    shelf.rmdir()
    told = client.post(f"/integrations/{made['id']}/test", {}).json
    assert told["outcome"] == "unavailable"


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "file:relative", "/shelf"])
def test_what_is_no_folder_is_refused(client: Client, url: str) -> None:
    answer = client.post("/integrations", {"kind": "folder", "name": "shelf", "url": url})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["url"]


def test_a_folder_outside_of_the_permitted_ones_is_refused(
    client: Client, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_LIBRARY_ROOTS", str(shelf / "below"))
    settings.current.cache_clear()
    body = {"kind": "folder", "name": "shelf", "url": shelf.as_uri()}
    assert client.post("/integrations", body).status_code == 422
