"""The clients of Sonarr and Radarr, over the wire."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from arr_stub import KEY, ArrStub, episode, movie, series
from stub import Said, Stub, serving_stub
from sublarr_tasks import errors
from sublarr_tasks.clients.arr import Radarr, Sonarr
from sublarr_tasks.clients.http import Http, Service


@pytest.fixture
def sonarr_stub() -> ArrStub:
    return ArrStub("Sonarr", series=[series(1), series(2)], episodes=[episode(1, 1), episode(2, 1)])


@pytest.fixture
def wire(redis: Redis, sonarr_stub: ArrStub) -> Iterator[Stub]:
    with serving_stub(sonarr_stub) as stub:
        yield stub


@pytest.fixture
def sonarr(wire: Stub) -> Sonarr:
    return Sonarr(Http(Service("sonarr:1", wire.url, headers={"X-Api-Key": KEY})))


@pytest.fixture
def radarr_stub() -> ArrStub:
    return ArrStub("Radarr", movies=[movie(1), movie(2)])


@pytest.fixture
def radarr(redis: Redis, radarr_stub: ArrStub) -> Iterator[Radarr]:
    with serving_stub(radarr_stub) as stub:
        yield Radarr(Http(Service("radarr:1", stub.url, headers={"X-Api-Key": KEY})))


def test_it_says_which_program_it_is(sonarr: Sonarr) -> None:
    assert sonarr.system_status().app_name == "Sonarr"


def test_every_series_comes_in_one_call_without_pictures(sonarr: Sonarr, wire: Stub) -> None:
    assert [each.title for each in sonarr.series()] == ["Series 1", "Series 2"]
    assert len(wire.asked) == 1
    assert wire.asked[0].query["includeSeasonImages"] == "false"


def test_the_episodes_of_a_series_come_with_their_files_in_one_call(
    sonarr: Sonarr, wire: Stub
) -> None:
    found = sonarr.episodes(1)

    assert [each.episode_number for each in found] == [1, 2]
    assert found[0].episode_file is not None
    assert found[0].episode_file.path == "/tv/Series 1/Season 01/S01E01.mkv"
    assert found[0].air_date_utc == datetime(2024, 1, 1, 20, tzinfo=UTC)
    assert len(wire.asked) == 1
    assert wire.asked[0].query["includeEpisodeFile"] == "true"


def test_null_where_a_list_or_a_text_may_be_is_taken(sonarr: Sonarr, sonarr_stub: ArrStub) -> None:
    sonarr_stub.series = [series(1, imdbId=None, statistics=None, path=None, originalLanguage=None)]

    assert sonarr.series()[0].path is None


@pytest.mark.parametrize("database", ["sqLite", "postgreSQL"])
def test_what_was_never_searched_comes_first_on_either_database(
    sonarr: Sonarr, sonarr_stub: ArrStub, database: str
) -> None:
    sonarr_stub.database = database  # type: ignore[assignment]
    sonarr_stub.episodes = [
        episode(1, 1, lastSearchTime="2026-02-01T00:00:00Z"),
        episode(2, 1),
        episode(3, 1, lastSearchTime="2026-01-01T00:00:00Z"),
    ]

    assert [each.id for each in sonarr.missing()] == [2, 3, 1]


def test_a_record_on_two_pages_counts_once(sonarr: Sonarr, sonarr_stub: ArrStub) -> None:
    sonarr_stub.episodes = [episode(number, 1) for number in range(1, 2501)]

    found = sonarr.missing()

    assert len({each.id for each in found}) == len(found) == 2500


def test_history_is_asked_from_a_moment_and_comes_in_order(
    sonarr: Sonarr, sonarr_stub: ArrStub, wire: Stub
) -> None:
    def event(number: int, day: int) -> dict[str, object]:
        return {
            "id": number,
            "date": f"2026-01-{day:02}T00:00:00Z",
            "eventType": "downloadFolderImported",
            "seriesId": 1,
            "episodeId": number,
            "sourceTitle": "x",
            "data": {"importedPath": "/tv/x.mkv"},
        }

    sonarr_stub.history = [event(3, 5), event(2, 3), event(1, 1)]

    found = sonarr.history_since(datetime(2026, 1, 2, tzinfo=UTC))

    assert [each.id for each in found] == [2, 3]
    assert wire.asked[0].query == {"date": "2026-01-02T00:00:00Z"}


def test_a_command_has_its_fields_beside_its_name(
    sonarr: Sonarr, sonarr_stub: ArrStub, wire: Stub
) -> None:
    made = sonarr.search_episodes([1, 2])

    assert made.status == "queued"
    assert wire.asked[0].body == {"name": "EpisodeSearch", "episodeIds": [1, 2]}


def test_the_same_command_that_waits_is_the_same(sonarr: Sonarr) -> None:
    assert sonarr.rescan(1).id == sonarr.rescan(1).id != sonarr.rescan(2).id


def test_how_a_command_goes_can_be_asked(sonarr: Sonarr) -> None:
    made = sonarr.search_season(1, 2)

    assert sonarr.command_status(made.id).id == made.id


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said([{"title": "no id"}]), errors.AnswerMalformed),
        (Said({"series": []}), errors.AnswerMalformed),
        (Said(raw=b"<html>login</html>"), errors.AnswerMalformed),
        (Said([{"id": "x", "title": "t"}]), errors.AnswerMalformed),
        (Said(status=503), errors.ServiceUnavailable),
    ],
)
def test_another_answer_is_an_error_and_never_an_empty_list(
    sonarr: Sonarr, sonarr_stub: ArrStub, said: Said, error: type[errors.ServiceError]
) -> None:
    sonarr_stub.misbehave = said

    with pytest.raises(error):
        sonarr.series()


def test_a_wrong_key_is_told_apart(wire: Stub) -> None:
    stranger = Sonarr(Http(Service("sonarr:1", wire.url, headers={"X-Api-Key": "x"})))

    with pytest.raises(errors.AccessDenied):
        stranger.series()


def test_films_come_with_their_files_in_one_call(radarr: Radarr) -> None:
    found = radarr.movies()

    assert [each.movie_file.path for each in found if each.movie_file] == [
        "/movies/Film 1 (2020)/Film 1.mkv",
        "/movies/Film 2 (2020)/Film 2.mkv",
    ]


def test_a_film_that_is_not_there_is_refused(radarr: Radarr) -> None:
    with pytest.raises(errors.RequestRefused) as refused:
        radarr.movie(99)
    assert refused.value.status == 404


def test_films_are_searched_by_their_ids(radarr: Radarr, radarr_stub: ArrStub) -> None:
    radarr.search_movies([1])

    assert radarr_stub.commands[0]["body"] == {"name": "MoviesSearch", "movieIds": [1]}


def test_what_both_have_is_read(radarr: Radarr) -> None:
    assert radarr.health()[0].type == "warning"
    assert radarr.root_folders()[0].path == "/tv"
    assert radarr.tags()[0].label == "anime"
    assert radarr.quality_profiles()[0].upgrade_allowed
    assert radarr.indexers()[0].enable_automatic_search
    assert radarr.queue() == []
