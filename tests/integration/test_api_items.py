import os
from pathlib import Path

import pytest

import libraries
from contract import Client
from libraries import Library
from sublarr_tasks import paging, settings
from sublarr_tasks.catalog import ItemSort
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Asset, Item

pytestmark = pytest.mark.usefixtures("database")


def titles(client: Client, query: str = "") -> list[str]:
    return [each["title"] for each in client.get(f"/items{query}").get_json()["results"]]


@pytest.fixture
def shelf(library: Library) -> Library:
    """Give a library with films whose titles, years and order of arrival all differ."""
    for name, year in (("WALL-E", 2008), ("alien", 1979), ("The Matrix", 1999), ("Up", 2009)):
        folder = library.film(f"{name} ({year})")
        libraries.nfo(folder / "movie.nfo", name, year)
        library.scan()
    return library


def test_items_are_sorted_by_title_without_article_or_case(client: Client, shelf: Library) -> None:
    assert titles(client) == ["alien", "The Matrix", "Up", "WALL-E"]
    assert titles(client, "?order=desc") == ["WALL-E", "Up", "The Matrix", "alien"]


def test_items_are_sorted_by_year_and_by_arrival(client: Client, shelf: Library) -> None:
    assert titles(client, "?sort=year") == ["alien", "The Matrix", "WALL-E", "Up"]
    assert titles(client, "?sort=added_at&order=desc") == ["Up", "The Matrix", "alien", "WALL-E"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("mat", ["The Matrix"]),
        ("the", ["The Matrix"]),
        ("MATRIX the", ["The Matrix"]),
        ("wall-e", ["WALL-E"]),
        ("wall e", ["WALL-E"]),
        ("trix", []),
        ("mat' | 'up", []),
        ("%", None),
        ("&|!", None),
    ],
)
def test_a_query_finds_words_by_their_beginning(
    client: Client, shelf: Library, q: str, found: list[str] | None
) -> None:
    answer = client.get("/items", query_string={"q": q})

    if found is None:
        assert answer.get_json()["errors"][0]["field"] == "q"
    else:
        assert [each["title"] for each in answer.get_json()["results"]] == found


def test_items_are_filtered(client: Client, shelf: Library) -> None:
    assert titles(client, "?year=2008") == ["WALL-E"]
    assert titles(client, f"?library_id={shelf.id + 1}") == []
    assert titles(client, "?state=unidentified") == []
    assert len(titles(client, "?state=identified")) == 4


def test_missing_items_are_listed_apart(client: Client, shelf: Library) -> None:
    gone = shelf.item("Up")
    libraries.set_columns(Item, gone.id, missing_since=gone.added_at)

    assert titles(client) == ["alien", "The Matrix", "WALL-E"]
    assert titles(client, "?missing=true") == ["Up"]


@pytest.mark.parametrize(
    "query",
    [
        f"?sort={sort}&order={order}"
        for sort in ItemSort
        for order in ("asc", "desc")
        if sort is not ItemSort.NUMBER
    ],
)
@pytest.mark.parametrize("exact_total", [2, paging.EXACT_TOTAL])
def test_the_pages_of_a_cursor_are_the_list(
    client: Client,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    exact_total: int,
) -> None:
    monkeypatch.setattr(paging, "EXACT_TOTAL", exact_total)
    library.films(*(f"Same ({year})" for year in (2001, 2002, 2003)), "Other (2002)", "Z (1990)")
    library.scan()
    whole = [each["id"] for each in client.get(f"/items{query}").get_json()["results"]]

    followed: list[int] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"/items{query}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        followed += [each["id"] for each in page.get_json()["results"]]
        assert page.get_json()["total_is_exact"] is (exact_total > 5)
        assert page.get_json()["total"] == 5 or exact_total < 5
        cursor = page.get_json()["next_cursor"]

    assert followed == whole
    by_offset = [
        client.get(f"/items{query}&limit=1&offset={n}").get_json()["results"][0]["id"]
        for n in range(5)
    ]
    assert by_offset == whole


def test_a_cursor_belongs_to_its_order(client: Client, shelf: Library) -> None:
    cursor = client.get("/items?limit=1").get_json()["next_cursor"]

    for query in ("sort=year", "order=desc"):
        answer = client.get(f"/items?{query}&cursor={cursor}")
        assert [each["field"] for each in answer.get_json()["errors"]] == ["cursor"]


def test_an_item_shows_all_that_belongs_to_it(client: Client, library: Library) -> None:
    folder = library.film("Alpha (2001)")
    libraries.video(folder / "Alpha (2001)-interview.mkv")
    library.scan()
    item_id = library.item().id

    item = client.get(f"/items/{item_id}").get_json()

    (file,) = item["files"]
    assert file["path"] == str(folder / "Alpha (2001).mkv")
    assert (file["role"], file["probe_state"]) == ("main", "probed")
    assert "video" in [stream["kind"] for stream in file["streams"]]
    assert [extra["extra_kind"] for extra in item["extras"]] == ["interview"]
    assert {"poster", "subtitle", "nfo"} <= {asset["type"] for asset in item["assets"]}
    assert item["path"] == str(folder)
    assert client.get("/items/999").status_code == 404


def test_a_name_of_any_bytes_is_shown(client: Client, library: Library) -> None:
    folder = library.film("Alpha (2001)")
    raw = os.fsencode(folder) + b"/poster-\xe9.jpg"
    os.rename(folder / "poster.jpg", raw)  # noqa: PTH104 - bytes
    os.rename(os.fsencode(folder), os.fsencode(library.root) + b"/Alph\xe9 (2001)")  # noqa: PTH104
    library.scan()

    item = client.get("/items").get_json()["results"][0]

    assert item["path"].endswith("/Alph\uf7e9 (2001)")
    assert client.get(f"/items/{item['id']}").status_code == 200


@pytest.fixture
def poster(library: Library) -> int:
    """Give the id of a cached poster."""
    library.film("Alpha (2001)")
    library.scan()
    return int(library.assets()["poster.jpg"].id)


def content(library: Library, name: str = "poster.jpg") -> bytes:
    return (library.root / "Alpha (2001)" / name).read_bytes()


def test_the_bytes_of_an_asset_come_from_the_cache(
    client: Client, library: Library, poster: int
) -> None:
    expected = content(library)
    (library.root / "Alpha (2001)" / "poster.jpg").unlink()

    answer = client.get(f"/assets/{poster}/file")

    assert answer.get_data() == expected
    assert answer.mimetype == "image/jpeg"
    assert answer.content_length == len(expected)
    assert answer.headers["ETag"] == f'"{client.get(f"/assets/{poster}").get_json()["sha256"]}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''poster.jpg"
    assert "sandbox" not in answer.headers["Content-Security-Policy"]


def test_only_an_address_that_names_the_content_is_kept_for_ever(
    client: Client, poster: int
) -> None:
    url = client.get(f"/assets/{poster}").get_json()["file_url"]

    kept = client.get(url).headers["Cache-Control"]

    assert kept == "private, max-age=31536000, immutable"
    for other in (f"/assets/{poster}/file", f"/assets/{poster}/file?v=0"):
        assert client.get(other).headers["Cache-Control"] == "private, no-cache"


def test_a_copy_that_is_good_is_not_sent_again(client: Client, poster: int) -> None:
    etag = client.get(f"/assets/{poster}/file").headers["ETag"]

    answer = client.get(f"/assets/{poster}/file", headers={"If-None-Match": etag})

    assert (answer.status_code, answer.get_data()) == (304, b"")
    assert answer.headers["ETag"] == etag
    other = client.get(f"/assets/{poster}/file", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_a_range_is_sent_alone(client: Client, library: Library, poster: int) -> None:
    whole = content(library)

    part = client.get(f"/assets/{poster}/file", headers={"Range": "bytes=2-5"})

    assert (part.status_code, part.get_data()) == (206, whole[2:6])
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(whole)}"
    tail = client.get(f"/assets/{poster}/file", headers={"Range": "bytes=-3"})
    assert tail.get_data() == whole[-3:]
    stale = {"Range": "bytes=2-5", "If-Range": '"other"'}
    assert client.get(f"/assets/{poster}/file", headers=stale).status_code == 200


def test_a_range_beyond_the_end_is_416_with_the_size(
    client: Client, library: Library, poster: int
) -> None:
    answer = client.get(f"/assets/{poster}/file", headers={"Range": "bytes=99999999-"})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(content(library))}"


def test_a_head_request_gives_the_size_alone(client: Client, library: Library, poster: int) -> None:
    answer = client._client.head(f"/api/v1/assets/{poster}/file", headers={"X-Api-Key": "x"})
    assert answer.status_code == 401

    answer = client._client.head(
        f"/api/v1/assets/{poster}/file?apikey=a-key-for-tests", buffered=True
    )

    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert answer.content_length == len(content(library))


def test_what_could_run_a_script_is_sandboxed(client: Client, library: Library) -> None:
    folder = library.film("Alpha (2001)")
    library.scan()
    nfo = library.assets()["movie.nfo"].id
    set_content_type(library, "image/svg+xml", "poster.jpg")

    for asset_id in (nfo, library.assets()["poster.jpg"].id):
        policy = client.get(f"/assets/{asset_id}/file").headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
    assert folder.exists()


def test_an_asset_that_is_not_cached_says_why(
    client: Client, library: Library, poster: int
) -> None:
    libraries.set_columns(
        Asset, poster, cache_state="skipped", cache_reason="too_large", cache_sha256=None
    )

    answer = client.get(f"/assets/{poster}/file")

    assert answer.status_code == 404
    assert answer.get_json()["detail"] == (
        f"Asset {poster} is not in the cache: skipped (too_large)."
    )
    assert client.get(f"/assets/{poster}").get_json()["file_url"] is None


def test_a_cached_file_that_went_is_404(client: Client, poster: int) -> None:
    for path in Path(settings.current().cache_root).rglob("*.jpg"):
        path.unlink()

    assert client.get(f"/assets/{poster}/file").status_code == 404
    assert client.get("/assets/999/file").status_code == 404
    assert client.get("/assets/999").status_code == 404


def set_content_type(library: Library, content_type: str, name: str) -> None:
    digest = library.assets()[name].cache_sha256
    with transaction() as db:
        db.exec_driver_sql(
            "UPDATE cache_files SET content_type = %s WHERE sha256 = %s", (content_type, digest)
        )
