"""fanart.tv's client, over the wire; numbers are texts there, as it writes them."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from stub import Asked, Said, Stub, serving_stub
from sublarr_tasks import errors
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.clients.metadata.facts import Picture, PictureType
from sublarr_tasks.clients.metadata.fanarttv import FanartTv

URL = "https://assets.fanart.tv/fanart"
MATRIX = {
    "name": "The Matrix",
    "tmdb_id": "603",
    "imdb_id": "tt0133093",
    "movielogo": [{"id": "1", "url": f"{URL}/l.png", "lang": "en", "likes": "2"}],
    "hdmovielogo": [{"id": "2", "url": f"{URL}/hd.png", "lang": "de", "likes": "7"}],
    "moviebackground": [
        {
            "id": "3",
            "url": f"{URL}/b.jpg",
            "lang": "",
            "likes": "5",
            "width": "1920",
            "height": "1080",
        }
    ],
    "moviedisc": [{"id": "4", "url": f"{URL}/d.png", "lang": "00", "likes": "0", "disc": "1"}],
    "newinversion9": [{"id": "5", "url": f"{URL}/n.png"}],
}
SERIES = {
    "name": "Breaking Bad",
    "thetvdb_id": "81189",
    "seasonposter": [
        {"id": "6", "url": f"{URL}/s1.jpg", "lang": "en", "likes": "3", "season": "1"},
        {"id": "7", "url": f"{URL}/all.jpg", "lang": "en", "likes": "1", "season": "all"},
    ],
}


def answer(asked: Asked) -> Said:
    if asked.query.get("api_key") != "key":
        return Said({"status": "error", "error message": "Wrong API key"}, status=401)
    known: dict[str, Any] = {"/v3/movies/603": MATRIX, "/v3/tv/81189": SERIES}
    return Said(known[asked.path]) if asked.path in known else Said({"status": "error"}, status=404)


@pytest.fixture
def wire(redis: Redis) -> Iterator[Stub]:
    with serving_stub(answer) as stub:
        yield stub


@pytest.fixture
def fanarttv(wire: Stub) -> FanartTv:
    return FanartTv(Http(Service("fanarttv:1", wire.url, params={"api_key": "key"})))


def test_a_films_artwork_comes_by_type_the_better_resolution_first(fanarttv: FanartTv) -> None:
    assert fanarttv.movie("603") == (
        Picture(PictureType.FANART, f"{URL}/b.jpg", 1920, 1080, None, vote_count=5),
        Picture(PictureType.CLEARLOGO, f"{URL}/hd.png", language="de", vote_count=7),
        Picture(PictureType.CLEARLOGO, f"{URL}/l.png", language="en", vote_count=2),
        Picture(PictureType.DISCART, f"{URL}/d.png"),
    )


def test_a_seasons_artwork_names_it(fanarttv: FanartTv) -> None:
    found = {picture.url: picture.season for picture in fanarttv.series("81189")}
    assert found == {f"{URL}/s1.jpg": 1, f"{URL}/all.jpg": None}


def test_what_it_does_not_have_is_nothing(fanarttv: FanartTv) -> None:
    assert fanarttv.movie("1") == ()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(status=401), errors.AccessDenied),
        (Said(status=429, headers={"Retry-After": "3"}), errors.Throttled),
        (Said([]), errors.AnswerMalformed),
        (Said({"movieposter": [{"id": "1"}]}), errors.AnswerMalformed),
        (Said({"movieposter": "none"}), errors.AnswerMalformed),
    ],
)
def test_every_failure_has_its_type(
    fanarttv: FanartTv, wire: Stub, said: Said, error: type[errors.ServiceError]
) -> None:
    wire.say(said)
    with pytest.raises(error):
        fanarttv.movie("603")
