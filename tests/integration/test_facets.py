"""Genres, studios, tags, collections and people: one row a name, however many write it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract import Client
from libraries import Library, rows, video
from sublarr_tasks.db import transaction
from sublarr_tasks.library import facets
from sublarr_tasks.models import Credit, Item, ItemLabel, Label, Person

Json = dict[str, Any]
ACTOR = "<actor><name>{}</name><role>{}</role></actor>"


def film(library: Library, name: str, said: str) -> None:
    folder = library.root / name
    video(folder / f"{name}.mkv")
    (folder / "movie.nfo").write_text(f"<movie>{said}</movie>")


@pytest.fixture
def films(library: Library) -> Library:
    film(
        library,
        "Alpha (2001)",
        "<genre>Drama</genre><genre>Crime</genre><studio>One</studio><tag>rain</tag>"
        "<country>France</country><set><name>Letters</name></set><director>Ada</director>"
        "<credits>Cy</credits>" + ACTOR.format("Bo", "A") + ACTOR.format("Cy", "B"),
    )
    film(library, "Beta (2002)", "<genre>drama</genre>" + ACTOR.format("bo", "C"))
    library.scan()
    return library


def found(client: Client, path: str) -> list[tuple[Any, ...]]:
    return [
        tuple(each[name] for name in ("kind", "name", "items") if name in each)
        for each in client.get(path).get_json()["results"]
    ]


def test_labels_are_listed_by_name_with_how_many_have_them(client: Client, films: Library) -> None:
    assert found(client, "/labels") == [
        ("genre", "Crime", 1),
        ("genre", "Drama", 2),
        ("country", "France", 1),
        ("collection", "Letters", 1),
        ("studio", "One", 1),
        ("tag", "rain", 1),
    ]
    assert found(client, "/labels?kind=genre&q=RAM") == [("genre", "Drama", 2)]


def test_people_are_listed_with_their_parts(client: Client, films: Library) -> None:
    assert found(client, "/people") == [("Ada", 1), ("Bo", 2), ("Cy", 1)]
    credits_ = [(row.item_id, row.kind, row.position, row.role) for row in rows(Credit)]
    assert credits_ == [
        (1, "actor", 0, "A"),
        (1, "actor", 1, "B"),
        (1, "director", 0, None),
        (1, "writer", 0, None),
        (2, "actor", 0, "C"),
    ]


def test_items_are_found_by_what_they_have_in_common(client: Client, films: Library) -> None:
    def titles(query: str) -> list[str]:
        return [each["title"] for each in client.get(f"/items?{query}").get_json()["results"]]

    drama = next(row.id for row in rows(Label) if row.name == "Drama")
    cy = next(row.id for row in rows(Person) if row.name == "Cy")
    assert titles(f"label_id={drama}") == ["Alpha", "Beta"]
    assert titles(f"person_id={cy}") == ["Alpha"]
    assert titles(f"label_id={drama}&person_id={cy}") == ["Alpha"]
    assert titles("label_id=999") == []


def test_what_an_item_no_longer_has_it_is_not_found_by(client: Client, films: Library) -> None:
    film(films, "Alpha (2001)", "<genre>Comedy</genre>")
    films.scan()

    assert found(client, "/labels") == [("genre", "Comedy", 1), ("genre", "Drama", 1)]
    assert found(client, "/people") == [("Bo", 1)]


def test_an_edit_counts(client: Client, films: Library) -> None:
    changes = {"tags": ["snow"], "actors": [{"name": "Di", "role": "Herself"}], "writers": []}

    said = client.patch("/items/1", changes).get_json()

    assert said["actors"] == [{"name": "Di", "role": "Herself", "job": None, "picture_url": None}]
    assert said["locked_fields"] == ["actors", "tags", "writers"]
    assert ("tag", "snow", 1) in found(client, "/labels")
    assert ("Di", 1) in found(client, "/people")
    films.scan(full=True)
    assert ("Di", 1) in found(client, "/people")


def test_names_that_many_write_at_once_are_one_row_each(library: Library) -> None:
    names = [f"Film {n} (2001)" for n in range(24)]
    for n, name in enumerate(names):
        video(library.root / name / f"{name}.mkv")
        # In another order in each, which is what deadlocks are made of.
        words = [f"word {(n + k) % 12}" for k in range(12)]
        tags = "".join(f"<genre>{w}</genre>" + ACTOR.format(w, "x") for w in words)
        (library.root / name / "movie.nfo").write_text(f"<movie>{tags}</movie>")
    library.scan()
    with transaction() as db:
        db.exec_driver_sql("TRUNCATE item_labels, credits, labels, people")
    ids = [row.id for row in rows(Item)]

    def write(part: list[int]) -> None:
        with transaction() as db:
            facets.refresh(db, part, new=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, [ids[n : n + 3] for n in range(0, 24, 3)]))

    assert len(rows(Label)) == len(rows(Person)) == 12
    assert len(rows(ItemLabel)) == len(rows(Credit)) == 24 * 12
