"""TMDB's client, over the wire."""

from collections.abc import Iterator
from datetime import date

import pytest
from redis import Redis

from stub import Said, Stub, serving_stub
from sublarr_tasks import errors
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.clients.metadata.facts import PictureType
from sublarr_tasks.clients.metadata.tmdb import Tmdb
from sublarr_tasks.models import ItemKind
from tmdb_stub import IMAGES, KEY, TmdbStub, image, movie, season, series


@pytest.fixture
def known() -> TmdbStub:
    return TmdbStub(
        movies=[movie(603, "The Matrix"), movie(604, "The Matrix Reloaded", 2003)],
        series=[series(1396, "Breaking Bad")],
        seasons={(1396, 1): season(1, 3)},
        changes=list(range(1, 251)),
    )


@pytest.fixture
def wire(redis: Redis, known: TmdbStub) -> Iterator[Stub]:
    with serving_stub(known) as stub:
        yield stub


@pytest.fixture
def tmdb(wire: Stub) -> Tmdb:
    return Tmdb(Http(Service("tmdb:1", wire.url, params={"api_key": KEY})))


def test_one_call_serves_a_film(tmdb: Tmdb, wire: Stub) -> None:
    found = tmdb.movie("603")

    assert found is not None
    assert (found.title, found.premiered) == ("The Matrix", date(1999, 3, 30))
    assert found.ids == {"tmdb": "603", "imdb": "tt0000603"}
    assert (found.runtime_minutes, found.content_rating) == (136, "R")
    assert (found.rating, found.votes) == (8.2, 20000)
    assert found.genres == ("Action", "Science Fiction")
    assert (found.studios, found.countries) == (("Company",), ("United States of America",))
    assert found.tags == ("hacker",)
    assert found.collection is not None
    assert found.collection.ids == {"tmdb": "9"}
    assert [asked.path for asked in wire.asked] == ["/3/movie/603", "/3/configuration"]


def test_what_it_does_not_know_is_none(tmdb: Tmdb) -> None:
    found = tmdb.movie("603")

    assert found is not None
    assert (found.tagline, found.homepage, found.revenue) == (None, None, None)


def test_people_come_in_order_and_once(tmdb: Tmdb) -> None:
    found = tmdb.movie("603")

    assert found is not None
    assert [(each.name, each.role) for each in found.actors] == [("First", "A"), ("Second", "B")]
    assert found.actors[0].picture_url == f"{IMAGES}original/p1.jpg"
    assert [each.name for each in found.directors] == ["Maker"]
    assert [(each.name, each.job) for each in found.writers] == [("Maker", "Screenplay")]


def test_pictures_of_ones_language_and_without_text_are_offered(tmdb: Tmdb) -> None:
    found = tmdb.movie("603")

    assert found is not None
    offered = [(each.type, each.url, each.language, each.votes) for each in found.pictures]
    assert offered == [
        (PictureType.POSTER, f"{IMAGES}original/p.jpg", "en", None),
        (PictureType.FANART, f"{IMAGES}original/b.jpg", None, 5.0),
        (PictureType.CLEARLOGO, f"{IMAGES}original/l.png", "en", 5.0),
    ]
    assert [each.key for each in found.trailers] == ["abc"]


def test_another_language_and_country_are_asked_for(wire: Stub) -> None:
    german = Tmdb(Http(Service("tmdb:1", wire.url, params={"api_key": KEY})), "de-DE", "DE")
    found = german.movie("603")

    assert found is not None
    assert found.content_rating == "16"
    assert wire.asked[0].query["language"] == "de-DE"
    posters = [each.language for each in found.pictures if each.type is PictureType.POSTER]
    assert posters == ["de", "en"]


def test_a_series_is_one_call_and_a_season_with_its_episodes_another(
    tmdb: Tmdb, wire: Stub
) -> None:
    found, first = tmdb.series("1396"), tmdb.season("1396", 1)

    assert found is not None
    assert first is not None
    assert (found.title, found.content_rating, found.runtime_minutes) == (
        "Breaking Bad",
        "TV-MA",
        47,
    )
    assert found.ids["tvdb"] == "81189"
    assert found.studios == ("Network", "Company")
    numbers = [(each.season_number, each.episode_number) for each in first.episodes]
    assert numbers == [(1, 1), (1, 2), (1, 3)]
    assert first.episodes[0].pictures[0].url == f"{IMAGES}original/e1.jpg"
    assert len([asked for asked in wire.asked if asked.path != "/3/configuration"]) == 2


@pytest.mark.parametrize("path", ["movie", "series"])
def test_an_unknown_id_is_nothing(tmdb: Tmdb, path: str) -> None:
    assert getattr(tmdb, path)("999") is None


def test_an_unknown_season_is_nothing(tmdb: Tmdb) -> None:
    assert tmdb.season("1396", 9) is None


def test_a_title_is_found_by_its_id_elsewhere(tmdb: Tmdb) -> None:
    assert tmdb.find(ItemKind.MOVIE, "imdb", "tt0000603") == "603"
    assert tmdb.find(ItemKind.SERIES, "tvdb", "81189") == "1396"
    assert tmdb.find(ItemKind.MOVIE, "tvdb", "81189") is None


def test_a_search_may_name_the_year(tmdb: Tmdb) -> None:
    assert [each.title for each in tmdb.search(ItemKind.MOVIE, "matrix")] == [
        "The Matrix",
        "The Matrix Reloaded",
    ]
    (found,) = tmdb.search(ItemKind.MOVIE, "matrix", 2003)
    assert (found.ids, found.premiered) == ({"tmdb": "604"}, date(2003, 3, 30))
    assert [each.title for each in tmdb.search(ItemKind.SERIES, "bad", 2008)] == ["Breaking Bad"]


def test_what_changed_comes_page_by_page(tmdb: Tmdb, wire: Stub) -> None:
    found = list(tmdb.changed(ItemKind.MOVIE, date(2026, 1, 1), date(2026, 1, 14)))

    assert found == [str(number) for number in range(1, 251)]
    assert [asked.query["page"] for asked in wire.asked] == ["1", "2", "3"]


def test_an_answer_is_asked_for_once_an_hour(tmdb: Tmdb, wire: Stub) -> None:
    assert tmdb.movie("603") == tmdb.movie("603")
    assert [asked.path for asked in wire.asked].count("/3/movie/603") == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said({"status_code": 7}, status=401), errors.AccessDenied),
        (Said(status=429, headers={"Retry-After": "7"}), errors.Throttled),
        (Said(status=503), errors.ServiceUnavailable),
        (Said(raw=b"<html>"), errors.AnswerMalformed),
        (Said({"id": "no number"}), errors.AnswerMalformed),
        (Said([]), errors.AnswerMalformed),
    ],
)
def test_every_failure_has_its_type(
    tmdb: Tmdb, known: TmdbStub, said: Said, error: type[errors.ServiceError]
) -> None:
    known.misbehave = said
    with pytest.raises(error):
        tmdb.movie("603")


def test_an_odd_date_does_not_cost_the_rest(tmdb: Tmdb, known: TmdbStub) -> None:
    known.movies[0] |= {"release_date": "1999-00-00", "images": {"posters": [image("/x", None)]}}
    found = tmdb.movie("603")
    assert found is not None
    assert (found.title, found.premiered) == ("The Matrix", None)
