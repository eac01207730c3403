"""TheTVDB's client, over the wire, and what it is asked for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from redis import Redis

from contract import Client
from libraries import Library, one, rows, set_columns, video
from stub import Said, Stub, serving_stub
from sublarr_tasks import errors, refreshing
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.clients.metadata.facts import PictureType
from sublarr_tasks.clients.metadata.tvdb import Tvdb
from sublarr_tasks.models import Artwork, Integration, Item, LibraryKind
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.profiles import Profile
from tvdb_stub import KEY, TvdbStub, episode, series


@pytest.fixture
def known() -> TvdbStub:
    return TvdbStub(
        series=[series(71, "Tatort")],
        episodes={71: [episode(1, 1), episode(1, 2), episode(2, 1)]},
    )


@pytest.fixture
def wire(redis: Redis, known: TvdbStub) -> Iterator[Stub]:
    with serving_stub(known) as stub:
        yield stub


def client_of(wire: Stub, key: str = KEY, language: str = "en-US") -> Tvdb:
    return Tvdb(Http(Service("tvdb:1", wire.url)), {"api_key": key}, language)


def test_a_series_comes_with_its_episodes_in_ones_language(wire: Stub) -> None:
    found = client_of(wire).series("71")

    assert found is not None
    assert (found.title, found.original_title) == ("Tatort (English)", "Tatort")
    assert (found.plot, found.premiered) == ("What happens.", date(2010, 1, 20))
    assert found.ids == {"tvdb": "71", "imdb": "tt0000042"}
    assert (found.content_rating, found.genres, found.studios) == ("TV-MA", ("Drama",), ("Sender",))
    assert [(each.name, each.role) for each in found.actors] == [("First", "A"), ("Second", "B")]
    numbers = [(each.season_number, each.episode_number) for each in found.episodes]
    assert numbers == [(1, 1), (1, 2), (2, 1)]
    assert found.season_numbers == (1, 2)
    assert "/v4/series/71/episodes/default/eng" in {asked.path for asked in wire.asked}


def test_without_a_translation_it_says_what_it_has(wire: Stub) -> None:
    found = client_of(wire, language="fr-FR").series("71")

    assert found is not None
    assert (found.title, found.plot) == ("Tatort", "Was in Tatort geschieht.")


def test_pictures_are_of_the_series_and_of_its_seasons_as_aired(wire: Stub) -> None:
    offered = {(each.type, each.season): each for each in client_of(wire).pictures("71")}

    assert offered.keys() == {
        (PictureType.POSTER, None),
        (PictureType.FANART, None),
        (PictureType.POSTER, 1),
    }
    assert offered[PictureType.POSTER, None].language == "en"
    assert offered[PictureType.FANART, None].language is None


def test_one_login_serves_all(wire: Stub, known: TvdbStub, redis: Redis) -> None:
    client_of(wire).series("71")
    client_of(wire).pictures("72")

    assert known.logins == 1
    kept = [str(redis.get(key)) for key in redis.scan_iter() if redis.type(key) == "string"]
    assert not [value for value in kept if known.token in value]


def test_a_token_that_is_no_longer_taken_is_replaced(wire: Stub, known: TvdbStub) -> None:
    client_of(wire).series("71")
    known.token = "token-two"

    assert client_of(wire).series("99") is None
    assert known.logins == 2


def test_a_wrong_key_is_told(wire: Stub, known: TvdbStub) -> None:
    with pytest.raises(errors.AccessDenied):
        client_of(wire, key="wrong").series("71")
    assert known.logins == 1


@pytest.mark.parametrize("said", [Said([1]), Said({"data": 5}), Said({"data": {"name": "x"}})])
def test_what_it_should_not_answer_is_told(wire: Stub, known: TvdbStub, said: Said) -> None:
    client_of(wire).series("72")
    wire.answer = lambda _: said

    with pytest.raises(errors.AnswerMalformed):
        client_of(wire).series("71")


def test_what_changed_is_a_series_or_a_part_of_one(wire: Stub, known: TvdbStub) -> None:
    known.updates = [
        {"recordId": 71, "entityType": "series", "timeStamp": 1},
        {"recordId": 9, "entityType": "episodes", "seriesId": 72},
        {"recordId": 8, "entityType": "people"},
    ]

    assert [*client_of(wire).changed(datetime(2026, 1, 1, tzinfo=UTC))] == ["71", "72"]


@pytest.fixture
def shows(client: Client, library: Library, wire: Stub) -> Library:
    """Give a series that TheTVDB knows by its id, and TheTVDB as the one integration."""
    body = {"kind": "tvdb", "name": "TVDB", "url": wire.url, "secrets": {"api_key": KEY}}
    assert client.post("/integrations", body).status_code == 201
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    video(library.root / "Tatort [tvdbid-71]/Season 1/Tatort S01E02.mkv")
    return library


def test_a_series_is_enriched_by_its_id_there(shows: Library) -> None:
    ended = shows.scan()

    assert ended.enrichment_completed == 1
    assert one(Item, kind="series").title == "Tatort (English)"
    assert one(Item, kind="episode").title == "Folge 1.2"
    assert {row.enrichment for row in rows(Item)} == {"enriched"}


def test_its_pictures_are_offered(client: Client, shows: Library) -> None:
    client.patch("/enrichment", {"artwork": {"poster": 0, "fanart": 0}})

    shows.scan(profile=Profile.FULL)

    offered = {(row.provider, row.type) for row in rows(Artwork)}
    assert offered == {("tvdb", "poster"), ("tvdb", "fanart")}


def test_what_changed_there_is_asked_for_again(shows: Library, known: TvdbStub) -> None:
    shows.scan()
    known.updates = [{"recordId": 9, "entityType": "episodes", "seriesId": 71}]

    refreshing.note_changes()

    assert one(Item, kind="series").enrich_due_at is not None
    assert one(Integration).history_cursor is not None
