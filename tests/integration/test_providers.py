"""What every provider must keep to: the same questions, the same kinds of answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from redis import Redis

from provider_stubs import (
    KEY,
    GestdownStub,
    JimakuStub,
    Offer,
    OpenSubtitlesStub,
    PodnapisiStub,
    SubDlStub,
    SubSourceStub,
)
from stub import Answering, Asked, Said, Stub, serving_stub
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.clients.providers import Candidate, Media, Provider, Query
from sublarr_tasks.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaReached,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)
from sublarr_tasks.integrations.building import filled
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Kind
from sublarr_tasks.subtitles import archives
from sublarr_tasks.subtitles.sources import MEDIA, PROVIDERS

EPISODE = Query(
    Media.EPISODE, "Show", ("de",), 2010, 1, 2, imdb_id="tt0000007", tmdb_id="7", tvdb_id="7"
)
OFFER = Offer(
    11,
    release="Show.S01E02.1080p.WEB-DL.H.264-NTb",
    title="Show",
    year=2010,
    imdb_id="tt0000007",
    season=1,
    episode=2,
)
OTHER = replace(OFFER, id=12, release="Show.S01E03.1080p", episode=3)


@dataclass(frozen=True)
class Case:
    """A provider, what stands for it, and the language that it has."""

    kind: str
    stub: Callable[[Sequence[Offer]], Answering]
    language: str = "de"
    packed: bool = False
    needs_key: bool = True


CASES = [
    Case("opensubtitles", OpenSubtitlesStub),
    Case("subdl", SubDlStub, packed=True),
    Case("subsource", SubSourceStub, packed=True),
    Case("gestdown", GestdownStub, needs_key=False),
    Case("podnapisi", PodnapisiStub, packed=True, needs_key=False),
    Case("jimaku", JimakuStub, language="ja"),
]
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)


@pytest.fixture
def serve(redis: Redis) -> Iterator[Callable[[Case, Answering], tuple[Provider, Stub]]]:
    """Give a function that makes a provider's client over something that answers."""
    stubs: list[Any] = []

    def made(case: Case, answer: Answering, key: str = KEY) -> tuple[Provider, Stub]:
        context = serving_stub(answer)
        stub = context.__enter__()
        stubs.append(context)
        needs = REQUIREMENTS[Kind(case.kind)]
        secrets = {"api_key": key}
        service = Service(
            name=f"{case.kind}:{len(stubs)}",
            url=stub.url,
            headers=filled(needs.headers, secrets),  # type: ignore[arg-type]
            params=filled(needs.params, secrets),  # type: ignore[arg-type]
            read=2.0,
            total=3.0,
        )
        return PROVIDERS[case.kind](Http(service), secrets), stub

    yield made
    for context in reversed(stubs):
        context.__exit__(None, None, None)


def query(case: Case) -> Query:
    return replace(EPISODE, languages=(case.language,))


def offers(case: Case) -> list[Offer]:
    return [replace(each, language=case.language) for each in (OFFER, OTHER)]


def test_every_provider_of_the_table_is_held_against_this() -> None:
    # A folder and a library are no services; each has tests of its own.
    others = {"folder", "subliminal"}
    assert {case.kind for case in CASES} | others == {*PROVIDERS} == {*MEDIA}


@EACH
def test_what_it_has_is_found(case: Case, serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, _ = serve(case, case.stub(offers(case)))
    found: list[Candidate] = [
        each for each in client.search(query(case)) if "S01E02" in " ".join(each.releases)
    ]
    (only,) = found
    assert (only.provider, only.language) == (case.kind, case.language)
    assert "NTb" in " ".join(only.releases)


@EACH
def test_what_it_offers_can_be_fetched(case: Case, serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, _ = serve(case, case.stub(offers(case)))
    found = next(each for each in client.search(query(case)) if "S01E02" in str(each.releases))
    (member,) = archives.unpack(client.download(found).content, "")
    assert member.content == OFFER.bytes


@EACH
def test_that_it_has_nothing_is_an_empty_list(case: Case, serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, _ = serve(case, case.stub([]))
    assert list(client.search(query(case))) == []


@EACH
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said({"error": "x"}, 429, {"Retry-After": "7"}), Throttled),
        (Said(None, 503), ServiceUnavailable),
        (Said(None, 401), AccessDenied),
        (Said(raw=b"<html>maintenance</html>"), AnswerMalformed),
        (Said(raw=b'"a text"'), AnswerMalformed),
        (Said(hang_up=True), ServiceUnavailable),
        (Said([{"id": 1}], drip=0.5), ServiceError),
    ],
    ids=["429", "503", "401", "HTML", "other JSON", "hang up", "slow drip"],
)
def test_that_it_could_not_be_asked_is_an_error_of_its_kind(
    case: Case,
    serve: Any,  # noqa: ANN401 - the fixture
    said: Said,
    error: type[ServiceError],
) -> None:
    client, _ = serve(case, lambda _: said)
    with pytest.raises(error) as raised:
        client.search(query(case))
    if error is Throttled:
        assert raised.value.seconds == 7


@EACH
def test_it_is_asked_for_the_languages_that_are_wanted(case: Case, serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, _ = serve(case, case.stub(offers(case)))
    assert list(client.search(replace(query(case), languages=("fi",)))) == []


def test_opensubtitles_takes_what_it_is_asked_without_a_redirect(serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, stub = serve(CASES[0], OpenSubtitlesStub(offers(CASES[0])))
    client.search(replace(EPISODE, languages=("pt-BR", "de"), moviehash="8e245d9679d31e12"))
    assert dict(stub.asked[0].query) == {
        "episode_number": "2",
        "languages": "de,pt-br",
        "moviehash": "8e245d9679d31e12",
        "parent_imdb_id": "7",
        "season_number": "1",
        "type": "episode",
    }


def test_opensubtitles_says_when_there_is_more(serve: Any) -> None:  # noqa: ANN401 - the fixture
    full = OpenSubtitlesStub([OFFER], quota=0)
    client, _ = serve(CASES[0], full)
    (candidate,) = client.search(EPISODE)
    with pytest.raises(QuotaReached) as raised:
        client.download(candidate)
    assert raised.value.seconds is not None
    assert raised.value.seconds > 3600


def test_opensubtitles_lists_several_pages(serve: Any) -> None:  # noqa: ANN401 - the fixture
    many = [replace(OFFER, id=number) for number in range(1, 8)]
    client, _ = serve(CASES[0], OpenSubtitlesStub(many, per_page=3))
    assert len(client.search(EPISODE)) == 7


def test_subdl_calls_its_quota_an_error_of_its_own(serve: Any) -> None:  # noqa: ANN401 - the fixture
    client, _ = serve(CASES[1], lambda _: Said({"error": "Download limit exceeded"}, 500))
    with pytest.raises(QuotaReached):
        client.search(EPISODE)


def test_gestdown_may_have_it_later(serve: Any) -> None:  # noqa: ANN401 - the fixture
    def locked(asked: Asked) -> Said:
        return Said(None, 423) if "/get/" in asked.path else GestdownStub([OFFER])(asked)

    client, _ = serve(CASES[3], locked)
    with pytest.raises(Throttled) as raised:
        client.search(EPISODE)
    assert raised.value.seconds == 30


def test_gestdown_has_no_films() -> None:
    assert Media.MOVIE not in MEDIA["gestdown"]
