"""Artwork: offered, scored, chosen, fetched; people's word and local files go first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row
from werkzeug.test import TestResponse

import scanning
from contract import Client
from libraries import Library, one, rows, set_columns, video
from libraries import picture as write_picture
from picture_host import painted, served
from scanning import begin, finish
from stub import Said, Stub, serving_stub
from sublarr_tasks import refreshing, scans, upkeep
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Artwork, Item, LibraryKind, ScanJob, ScanStatus, ScanUnit
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.profiles import Profile
from tmdb_stub import TmdbStub, image, movie, season, series, set_up

Json = dict[str, Any]


@pytest.fixture
def known() -> TmdbStub:
    posters = [image(f"/poster{n}.png", "en", 9.0 - n, 100) for n in range(4)]
    offered = {"posters": posters, "backdrops": [image("/back0.png", None)], "logos": []}
    return TmdbStub(
        movies=[movie(1, "Alpha", 2001, images=offered)],
        series=[series(7, "Show", 2010, images=offered)],
        seasons={(7, 1): season(1, 2)},
    )


@pytest.fixture
def pictures() -> dict[str, Said]:
    """Give what the pictures' host says of some of them; of the others it has one each."""
    return {}


@pytest.fixture
def tmdb(client: Client, known: TmdbStub, pictures: dict[str, Said]) -> Iterator[Stub]:
    """Set TMDB up as an integration, with its pictures on the same host."""
    with set_up(client, served(known, pictures)) as stub:
        known.images = f"{stub.url}/t/p/"
        yield stub


@pytest.fixture
def film(library: Library) -> Path:
    video(library.root / "Alpha (2001)/Alpha (2001).mkv")
    return library.root / "Alpha (2001)"


@pytest.fixture
def there(library: Library, film: Path, tmdb: Stub) -> Library:
    """Give a library with a film that TMDB knows."""
    return library


def enrich(library: Library) -> Row[Any]:
    return library.scan(profile=Profile.FULL)


def state(type_: str = "poster") -> dict[str, tuple[str, str | None]]:
    """Return the state and the reason of each picture of a type by the end of its address."""
    return {
        row.url.rpartition("/")[2]: (row.state, row.reason) for row in rows(Artwork, type=type_)
    }


def chosen(type_: str = "poster") -> list[str]:
    return [name for name, (is_, _) in state(type_).items() if is_ == "chosen"]


def test_the_best_is_chosen_and_fetched(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    ended = enrich(library)

    assert state() == {
        "poster0.png": ("chosen", "best_score"),
        "poster1.png": ("offered", "enough"),
        "poster2.png": ("offered", "enough"),
        "poster3.png": ("offered", "enough"),
    }
    (poster,) = [row for row in shown(client) if row["type"] == "poster"]
    assert client.get(poster["file_url"].removeprefix("/api/v1")).data == painted(
        sum(b"poster0.png")
    )
    assert (poster["width"], poster["height"]) == (60, 90)
    assert ended.artwork_queued == ended.artwork_completed == 1 + 2
    assert one(Item).artwork_due_at is None


def test_a_score_is_kept_with_what_it_is_made_of(library: Library, film: Path, tmdb: Stub) -> None:
    enrich(library)

    row = next(row for row in rows(Artwork) if row.url.endswith("poster0.png"))
    assert row.score > 50
    assert set(row.factors) == {"size", "ratio", "language", "votes", "provider"}


def test_metadata_alone_offers_no_pictures(library: Library, film: Path, tmdb: Stub) -> None:
    library.scan()

    assert rows(Artwork) == []
    assert enrich(library).enrichment_completed == 1
    assert chosen() == ["poster0.png"]


def test_local_artwork_outranks_whatever_is_offered(
    library: Library, film: Path, tmdb: Stub
) -> None:
    before = write_picture(film / "poster.jpg").read_bytes()

    enrich(library)

    assert {reason for _, reason in state().values()} == {"local_artwork"}
    assert chosen() == []
    assert chosen("fanart") == ["back0.png"]
    assert (film / "poster.jpg").read_bytes() == before


def test_two_that_look_alike_are_one(
    client: Client, library: Library, film: Path, tmdb: Stub, pictures: dict[str, Said]
) -> None:
    client.patch("/enrichment", {"artwork": {"poster": 2}})
    pictures["poster0.png"] = Said(raw=painted(5))
    pictures["poster1.png"] = Said(raw=painted(5, (120, 180)))

    enrich(library)

    assert chosen() == ["poster0.png", "poster2.png"]
    first = next(row.id for row in rows(Artwork) if row.url.endswith("poster0.png"))
    assert state()["poster1.png"] == ("rejected", f"looks_like:{first}")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(status=404), "not_fetched:refused"),
        (Said(raw=b"<html>"), "not_fetched:not_an_image"),
        (Said(raw=b"x" * ((20 << 20) + 1)), "not_fetched:malformed"),
        (Said(raw=b""), "not_fetched:empty_file"),
    ],
)
def test_what_cannot_be_fetched_gives_way_to_the_next(
    there: Library, pictures: dict[str, Said], said: Said, reason: str
) -> None:
    pictures["poster0.png"] = said

    ended = enrich(there)

    assert state()["poster0.png"] == ("rejected", reason)
    assert chosen() == ["poster1.png"]
    assert (ended.status, ended.enriching_failed) == (ScanStatus.COMPLETED, 1)


def test_a_host_that_is_away_is_waited_for(
    library: Library, film: Path, tmdb: Stub, pictures: dict[str, Said]
) -> None:
    pictures["poster0.png"] = Said(status=503)
    scan_id = begin(library.id, profile=Profile.FULL)
    with pytest.raises(AssertionError, match="stands still"):
        finish(scan_id)
    assert scanning.state(scan_id).waits.keys() == {"fetch"}
    del pictures["poster0.png"]
    set_columns(ScanJob, scan_id, waits={})

    assert finish(scan_id).status == ScanStatus.COMPLETED
    assert chosen() == ["poster0.png"]


def test_a_person_chooses_another(client: Client, library: Library, film: Path, tmdb: Stub) -> None:
    enrich(library)

    decide(client, "poster3.png", "chosen")
    go_on(library)

    assert chosen() == ["poster3.png"]
    assert state()["poster0.png"] == ("offered", "enough")
    (poster,) = [row for row in shown(client) if row["type"] == "poster"]
    assert poster["file_url"] is not None


def test_what_a_person_rejects_never_comes_again(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    enrich(library)

    decide(client, "poster0.png", "rejected")
    go_on(library)
    set_columns(Item, 1, artwork_at=None, artwork_due_at=one(Item).added_at)
    enrich(library)

    assert chosen() == ["poster1.png"]
    assert state()["poster0.png"] == ("rejected", "by_request")


def test_a_locked_type_stays_as_it_is(
    client: Client, library: Library, film: Path, tmdb: Stub, known: TmdbStub
) -> None:
    enrich(library)
    assert client.patch("/items/1", {"locked_artwork": ["poster"]}).status_code == 200
    known.movies[0]["images"]["posters"].append(image("/better.png", "en", 10.0, 1000))
    set_columns(Item, 1, artwork_at=None, artwork_due_at=one(Item).added_at)

    enrich(library)

    assert chosen() == ["poster0.png"]


def test_a_picture_of_ones_own_is_chosen(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    enrich(library)

    answer = upload(client, painted(77))
    go_on(library)

    assert answer.status_code == 201
    assert answer.get_json()["url"] is None
    (poster,) = [row for row in shown(client) if row["type"] == "poster"]
    assert client.get(poster["file_url"].removeprefix("/api/v1")).data == painted(77)


@pytest.mark.parametrize("content", [b"", b"no picture", b"GIF89a"])
def test_what_is_no_picture_is_refused(
    client: Client, library: Library, film: Path, content: bytes
) -> None:
    library.scan()

    answer = upload(client, content)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "body"
    assert rows(Artwork) == []


def test_a_reset_forgets_what_people_said(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    enrich(library)
    decide(client, "poster0.png", "rejected")
    upload(client, painted(77))
    client.patch("/items/1", {"locked_artwork": ["poster", "fanart"]})

    assert client.post("/items/1/artwork/reset", {"type": "poster"}).status_code == 200
    go_on(library)

    assert chosen() == ["poster0.png"]
    assert one(Item).locked_artwork == ["fanart"]


def test_a_series_seasons_and_episodes_get_theirs(
    client: Client, library: Library, tmdb: Stub
) -> None:
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    for number in (1, 2):
        video(library.root / f"Show (2010)/Season 1/Show S01E0{number}.mkv")

    enrich(library)

    kinds = {row.id: row.kind for row in rows(Item)}
    got = sorted((kinds[row.item_id], row.type) for row in rows(Artwork, state="chosen"))
    assert got == [
        ("episode", "thumb"),
        ("episode", "thumb"),
        ("season", "poster"),
        ("series", "fanart"),
        ("series", "poster"),
    ]
    assert all(row.cache_sha256 for row in rows(Artwork, state="chosen"))


def test_fanart_tv_offers_pictures_beside_tmdb(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    offered = {
        "hdmovielogo": [{"id": "1", "url": f"{tmdb.url}/t/p/logo.png", "lang": "en", "likes": "3"}]
    }
    with serving_stub(lambda _: Said(offered)) as fanarttv:
        secrets = {"api_key": "k"}
        body = {"kind": "fanarttv", "name": "f", "url": fanarttv.url, "secrets": secrets}
        assert client.post("/integrations", body).status_code == 201

        enrich(library)

        assert [asked.path for asked in fanarttv.asked] == ["/v3/movies/1"]
    assert chosen("clearlogo") == ["logo.png"]
    assert one(Artwork, type="clearlogo").provider == "fanarttv"
    assert chosen() == ["poster0.png"]


def test_without_fanart_tv_the_others_are_chosen_from(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    with serving_stub(lambda _: Said(raw=b"garbage")) as fanarttv:
        secrets = {"api_key": "k"}
        body = {"kind": "fanarttv", "name": "f", "url": fanarttv.url, "secrets": secrets}
        assert client.post("/integrations", body).status_code == 201

        enrich(library)

    assert chosen() == ["poster0.png"]


def test_no_more_is_chosen_than_is_wished_for(
    client: Client, library: Library, film: Path, tmdb: Stub
) -> None:
    client.patch("/enrichment", {"artwork": {"poster": 0, "fanart": 1}})

    enrich(library)

    assert (chosen(), chosen("fanart")) == ([], ["back0.png"])


def test_chosen_pictures_stay_in_the_cache(
    client: Client, library: Library, film: Path, tmdb: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrich(library)
    monkeypatch.setattr(upkeep, "GRACE_SECONDS", -10.0)

    upkeep.collect()

    (poster,) = [row for row in shown(client) if row["type"] == "poster"]
    assert client.get(poster["file_url"].removeprefix("/api/v1")).status_code == 200


def test_a_picture_on_a_private_host_that_nobody_named_is_not_fetched(
    library: Library, film: Path, tmdb: Stub, known: TmdbStub
) -> None:
    known.images = "http://127.0.0.2:1/t/p/"

    scan_id = begin(library.id, profile=Profile.FULL)
    with pytest.raises(AssertionError, match="stands still"):
        finish(scan_id)

    assert scanning.state(scan_id).waits["fetch"]["reason"] == "address_refused"


def shown(client: Client) -> list[Json]:
    found: list[Json] = client.get("/items/1").get_json()["artwork"]
    return found


def decide(client: Client, name: str, state_: str) -> None:
    artwork_id = next(row.id for row in rows(Artwork) if row.url.endswith(name))
    assert client.patch(f"/artwork/{artwork_id}", {"state": state_}).status_code == 200


def upload(client: Client, content: bytes) -> TestResponse:
    return client.call(
        "POST", "/items/1/artwork?type=poster", data=content, content_type="image/png"
    )


def go_on(library: Library) -> None:
    """Let the clock ask for what people had a word on."""
    with transaction() as db:
        (job_id,) = refreshing.request_due(db)
    asked = one(ScanJob, job_id=job_id)
    with transaction() as db:
        scans.begin(db, asked.id)
    finish(asked.id)
    assert {unit.state for unit in rows(ScanUnit, scan_id=asked.id)} == {"done"}
