"""What people write of an item by hand stays, whatever is found."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import Client
from libraries import Library, nfo, one, rows
from sublarr_tasks import editing
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Item, ScanStatus
from sublarr_tasks.viewers import INSTALLATION

Json = dict[str, Any]


@pytest.fixture
def alpha(library: Library) -> Path:
    """Give the folder of a film that was scanned once."""
    folder = library.film()
    library.scan()
    return folder


def patch(client: Client, **changes: object) -> Json:
    answer = client.patch(f"/items/{one(Item).id}", changes)
    assert answer.status_code == 200, answer.get_json()
    said: Json = answer.get_json()
    return said


def test_what_is_written_by_hand_is_locked(client: Client, alpha: Path) -> None:
    said = patch(client, title="Mine", premiered="2001-02-03", genres=["Drama"], plot=None)

    assert (said["title"], said["premiered"], said["genres"]) == ("Mine", "2001-02-03", ["Drama"])
    assert said["sort_title"] == "Mine"
    assert said["locked_fields"] == ["genres", "plot", "premiered", "title"]


def test_a_scan_changes_all_but_what_is_locked(
    client: Client, library: Library, alpha: Path
) -> None:
    patch(client, title="The Mine")
    nfo(alpha / "movie.nfo", "Other", 1999, plot="New.")

    library.scan(full=True)

    item = one(Item)
    assert (item.title, item.sort_title, item.year, item.plot) == ("The Mine", "Mine", 1999, "New.")


def test_a_field_is_locked_as_it_is(client: Client, library: Library, alpha: Path) -> None:
    said = patch(client, locked_fields=["year"])
    nfo(alpha / "movie.nfo", "Other", 1999)
    library.scan()

    assert said["locked_fields"] == ["year"]
    assert (one(Item).title, one(Item).year) == ("Other", 2001)


def test_a_field_that_is_free_again_is_what_the_next_scan_finds(
    client: Client, library: Library, alpha: Path
) -> None:
    patch(client, title="Mine", year=1950)

    said = patch(client, locked_fields=["year"])
    scan = library.scan()

    assert said["locked_fields"] == ["year"]
    assert (one(Item).title, one(Item).year) == ("Alpha", 1950)
    assert scan.movies_updated == 1


def test_an_id_given_by_hand_identifies_a_film(client: Client, library: Library) -> None:
    film = library.film()
    (film / "movie.nfo").unlink()
    library.scan()
    assert one(Item).state == "unidentified"

    assert patch(client, tmdb_id="603")["state"] == "identified"
    library.scan(full=True)
    assert (one(Item).tmdb_id, one(Item).state) == ("603", "identified")


def test_an_edit_during_a_scan_is_not_lost(library: Library, alpha: Path) -> None:
    nfo(alpha / "movie.nfo", "Other")

    def edit() -> None:
        with transaction() as db:
            editing.change(db, INSTALLATION, one(Item).id, {"title": "Mine"})

    library.scan(before={ScanStatus.SCANNING: edit})

    assert one(Item).title == "Mine"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"year": "2001"}, "year"),
        ({"year": 0}, "year"),
        ({"tmdb_id": "abc"}, "tmdb_id"),
        ({"imdb_id": "123"}, "imdb_id"),
        ({"premiered": "yesterday"}, "premiered"),
        ({"locked_fields": ["nothing"]}, "locked_fields"),
        ({"title": "x", "locked_fields": ["year"]}, "title"),
        ({"state": "identified"}, "state"),
    ],
)
def test_a_bad_field_is_named(client: Client, alpha: Path, changes: Json, field: str) -> None:
    answer = client.patch(f"/items/{one(Item).id}", changes)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == field
    assert one(Item).edits == {}


def test_an_unknown_item_cannot_be_changed(client: Client) -> None:
    assert client.patch("/items/1", {"title": "x"}).status_code == 404


_TITLES = st.sampled_from(["One", "Two", "Three"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.sampled_from(["title", "plot"]), _TITLES),
        st.tuples(st.just("lock"), st.sampled_from(["title", "plot"]), st.none()),
        st.tuples(st.just("free"), st.sampled_from(["title", "plot"]), st.none()),
        st.tuples(st.just("nfo"), st.just("title"), _TITLES),
        st.tuples(st.just("scan"), st.none(), st.booleans()),
    ),
    min_size=3,
    max_size=10,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_STEPS)
def test_a_locked_field_never_changes(
    client: Client, library: Library, steps: list[tuple[str, Any, Any]]
) -> None:
    folder = library.film()
    library.scan(full=True)
    (item,) = rows(Item)
    for step, field, value in steps:
        locked = client.get(f"/items/{item.id}").get_json()
        held = {name: locked[name] for name in locked["locked_fields"]}
        if step == "edit":
            patch(client, **{field: value})
            held[field] = value
        elif step == "lock":
            patch(client, locked_fields=[*{*held, field}])
        elif step == "free":
            patch(client, locked_fields=[*{*held} - {field}])
            held.pop(field, None)
        elif step == "nfo":
            nfo(folder / "movie.nfo", value, plot=f"About {value}.")
        else:
            library.scan(full=value)
        now = client.get(f"/items/{item.id}").get_json()
        assert {name: now[name] for name in held} == held
    patch(client, locked_fields=[])
