import pytest

from contract import Client
from libraries import Library

pytestmark = pytest.mark.usefixtures("database")


def test_the_defaults_are_there_from_the_start(client: Client) -> None:
    patterns = client.get("/ignore-patterns?limit=500").get_json()["results"]

    assert {"@eaDir", ".DS_Store", "*.part"} <= {each["pattern"] for each in patterns}


def test_a_pattern_is_added_switched_off_and_deleted(client: Client, library: Library) -> None:
    asked = {"pattern": "*.bak", "target": "file", "library_id": library.id}

    made = client.post("/ignore-patterns", asked)
    assert made.status_code == 201
    assert made.get_json() | asked | {"enabled": True} == made.get_json()
    at = f"/ignore-patterns/{made.get_json()['id']}"
    assert made.headers["Location"] == f"/api/v1{at}"
    assert client.patch(at, {"enabled": False}).get_json()["enabled"] is False
    assert client.delete(at).status_code == 204
    assert client.delete(at).status_code == 404
    assert client.patch(at, {"enabled": True}).status_code == 404


def test_a_library_has_the_patterns_of_all_and_its_own(client: Client, library: Library) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    for library_id in (library.id, other.id):
        client.post("/ignore-patterns", {"pattern": f"x{library_id}", "library_id": library_id})

    mine = client.get(f"/ignore-patterns?library_id={library.id}&limit=500").get_json()

    own = [each["pattern"] for each in mine["results"] if each["library_id"] is not None]
    assert own == [f"x{library.id}"]
    assert mine["total"] > 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pattern": ""}, "pattern"),
        ({"pattern": "a/b"}, "pattern"),
        ({"pattern": "a\0b"}, "pattern"),
        ({"pattern": "**?"}, "pattern"),
        ({"pattern": "a" * 256}, "pattern"),
        ({"pattern": "@eaDir", "target": "directory"}, "pattern"),
        ({"pattern": "a", "target": "world"}, "target"),
        ({"pattern": "a", "library_id": 999}, "library_id"),
        ({"pattern": "a", "library_id": 1 << 63}, "library_id"),
        ({}, "pattern"),
    ],
)
def test_a_bad_pattern_is_refused(client: Client, body: dict[str, object], field: str) -> None:
    answer = client.post("/ignore-patterns", body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_a_pattern_that_was_added_is_honoured(client: Client, library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    client.post("/ignore-patterns", {"pattern": "beta*", "library_id": library.id})

    library.scan()

    assert library.titles() == {"Alpha"}
