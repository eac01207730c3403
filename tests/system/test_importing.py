"""From Sonarr to the subtitle beside the video, with the whole fleet: nobody lifts a hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from arr_stub import KEY as ARR_KEY
from arr_stub import ArrStub, Json, episode, series
from fleet import Fleet
from libraries import Library, video
from provider_stubs import KEY, Offer, OpenSubtitlesStub
from serving import serving
from stub import Stub, serving_stub
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import rows as integrations
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.integrations.paths import PathMapping
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing

SEASON = "Series 1/Season 01"


@pytest.fixture
def known() -> ArrStub:
    said: Json = {"statistics": {"episodeFileCount": 1, "sizeOnDisk": 1}}
    return ArrStub("Sonarr", series=[series(1, **said)], episodes=[episode(1, 1)])


@pytest.fixture
def shows(tmp_path: Path) -> Path:
    """Give Sonarr's root folder, with one episode in it."""
    root = tmp_path / "tv"
    add(root, 1)
    return root


@pytest.fixture
def sonarr(fleet: Fleet, known: ArrStub, shows: Path) -> Iterator[int]:
    """Set up a Sonarr and OpenSubtitles, which has both languages of two episodes."""
    offers = [
        Offer(
            number * 10 + n,
            language=language,
            title="Series 1",
            year=2020,
            season=1,
            episode=number,
            release=f"Series.1.S01E{number:02}.1080p.WEB-DL.{language}",
        )
        for number in (1, 2)
        for n, language in enumerate(("de", "fr"))
    ]
    with serving_stub(known) as arr, serving_stub(OpenSubtitlesStub(offers)) as provider:
        with transaction() as db:
            wishes = [{"language": "de"}, {"language": "fr"}]
            choosing.add(db, INSTALLATION, {"name": "Both", "wishes": wishes})
            integrations.add(db, INSTALLATION, _opensubtitles(provider))
            draft = integrations.Draft(
                Kind.SONARR,
                "Sonarr",
                arr.url,
                secrets={"api_key": ARR_KEY},
                path_mappings=[PathMapping("/tv", str(shows))],
            )
            service = integrations.add(db, INSTALLATION, draft)
        yield int(service.id)


def _opensubtitles(provider: Stub) -> integrations.Draft:
    secrets = {"api_key": KEY}
    return integrations.Draft(Kind.OPENSUBTITLES, "Open", provider.url, secrets=secrets)


def add(root: Path, number: int) -> None:
    path = root / SEASON / f"Series 1 S01E{number:02}.mkv"
    video(path)
    path.parent.chmod(0o777)


def subtitles(root: Path) -> set[str]:
    return {path.name for path in (root / SEASON).glob("*.srt")}


def landed(number: int) -> set[str]:
    return {f"Series 1 S01E{number:02}.{language}.srt" for language in ("de", "fr")}


def test_who_has_a_sonarr_need_set_nothing_else_up(fleet: Fleet, sonarr: int, shows: Path) -> None:
    fleet.start("worker-1", "beat")
    fleet.await_that(lambda: subtitles(shows) == landed(1), "nothing landed")


def test_an_import_brings_its_subtitles_in_all_languages(
    fleet: Fleet, sonarr: int, shows: Path, tmp_path: Path
) -> None:
    Library.register(shows, "Shows", kind="series").scan()
    fleet.start("worker-1", "beat")
    fleet.await_that(lambda: subtitles(shows) == landed(1), "the first did not land")
    add(shows, 2)
    told = {
        "eventType": "Download",
        "series": {"id": 1, "title": "Series 1", "path": "/tv/Series 1"},
        "episodes": [{"id": 2, "episodeNumber": 2, "seasonNumber": 1}],
        "episodeFile": {"id": 2, "relativePath": "Season 01/Series 1 S01E02.mkv"},
    }
    with serving(tmp_path) as api:
        path = f"/api/v1/webhooks/{sonarr}"
        body = json.dumps(told).encode()
        headers = {"X-Api-Key": api.key, "Content-Type": "application/json"}
        assert api.ask(path, body, **headers)[0] == 200
    fleet.await_that(lambda: subtitles(shows) == landed(1) | landed(2), "the import brought none")
