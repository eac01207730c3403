"""What a film or a series may be, asked of a TMDB on loopback."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from contract import Client
from libraries import Library, one, video
from stub import Said, Stub
from sublarr_tasks.clients.metadata.facts import Match
from sublarr_tasks.enrichment.matching import confidence
from sublarr_tasks.models import Item, ItemKind
from tmdb_stub import TmdbStub, movie, set_up

Json = dict[str, Any]


@pytest.fixture
def known() -> TmdbStub:
    return TmdbStub(
        movies=[movie(1, "Alpha", 1950), movie(2, "Alpha", 2001), movie(3, "Alpha Dog", 2006)]
    )


@pytest.fixture
def tmdb(client: Client, known: TmdbStub) -> Iterator[Stub]:
    """Set TMDB up as an integration."""
    with set_up(client, known) as stub:
        yield stub


@pytest.fixture
def film(library: Library) -> int:
    """Give the id of "Alpha (2001)", which has no NFO."""
    video(library.root / "Alpha (2001)/Alpha (2001).mkv")
    library.scan(options={"enable_enrichment": False})
    return int(one(Item).id)


def matches(client: Client, item_id: int, query: str = "") -> list[Json]:
    answer = client.get(f"/items/{item_id}/matches{query}")
    assert answer.status_code == 200, answer.get_json()
    found: list[Json] = answer.get_json()["results"]
    return found


def test_a_film_is_looked_for_by_its_title_and_year(client: Client, tmdb: Stub, film: int) -> None:
    (found,) = matches(client, film)

    assert (found["ids"], found["year"]) == ({"tmdb": "2"}, 2001)
    assert (found["confidence"], found["reason"]) == (1.0, "title_and_year")


def test_a_person_may_look_for_something_else(client: Client, tmdb: Stub, film: int) -> None:
    found = matches(client, film, "?title=alpha")

    assert [each["ids"]["tmdb"] for each in found] == ["1", "2", "3"]
    assert [each["confidence"] for each in found][:2] == [0.8, 0.8]


def test_without_a_match_in_its_year_the_year_is_left_out(
    client: Client, tmdb: Stub, film: int
) -> None:
    found = matches(client, film, "?title=dog&year=1990")
    assert [each["title"] for each in found] == ["Alpha Dog"]


def test_an_id_elsewhere_makes_it_sure(client: Client, tmdb: Stub, film: int) -> None:
    client.patch(f"/items/{film}", {"imdb_id": "tt0000002", "year": None})

    found = matches(client, film)

    assert (found[0]["ids"], found[0]["reason"]) == ({"tmdb": "2"}, "id_elsewhere")


def test_the_choice_is_an_edit(client: Client, tmdb: Stub, film: int, library: Library) -> None:
    (found,) = matches(client, film)
    chosen = client.patch(f"/items/{film}", {"tmdb_id": found["ids"]["tmdb"]}).get_json()
    library.scan(full=True)

    assert (chosen["state"], chosen["locked_fields"]) == ("identified", ["tmdb_id"])
    assert one(Item).tmdb_id == "2"


def test_without_tmdb_it_is_said_what_to_do(client: Client, film: int) -> None:
    answer = client.get(f"/items/{film}/matches")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


def test_a_failure_of_tmdb_is_not_ours(
    client: Client, tmdb: Stub, known: TmdbStub, film: int
) -> None:
    known.misbehave = Said(status=401)
    answer = client.get(f"/items/{film}/matches")
    assert (answer.status_code, answer.get_json()["code"]) == (502, "auth")


@pytest.mark.parametrize(
    ("title", "year", "sure"),
    [
        ("Alpha", 2001, 1.0),
        ("alpha!", 2002, 0.9),
        ("Alpha", None, 0.8),
        ("Alpha", 1950, 0.3),
        ("Alphas", 2001, 0.64),
        ("Original", 2001, 1.0),
    ],
)
def test_the_same_title_and_year_are_surest(title: str, year: int | None, sure: float) -> None:
    match = Match(ItemKind.MOVIE, {}, "Alpha", "Original", date(2001, 5, 6), 1.0)
    assert confidence(title, year, match)[0] == sure
