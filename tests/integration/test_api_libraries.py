import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contract import Client
from libraries import Library
from sublarr_tasks import libraries, scans, settings
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Trigger

pytestmark = pytest.mark.usefixtures("database")


def new(folder: Path | str, name: str = "Films", **more: object) -> dict[str, object]:
    return {"name": name, "path": str(folder), **more}


def fields(answer: object) -> dict[str, str]:
    body = answer.get_json()  # type: ignore[attr-defined]
    assert body["code"] == "invalid_input"
    return {each["field"]: each["message"] for each in body["errors"]}


def test_a_new_library_is_found_at_its_location(client: Client, tmp_path: Path) -> None:
    made = client.post("/libraries", new(tmp_path))

    assert made.status_code == 201
    assert client.get(made.headers["Location"]).get_json() == made.get_json()
    assert made.get_json() | {"name": "Films", "full_every": 6} == made.get_json()


def test_a_list_of_libraries_has_them_in_the_order_of_their_ids(
    client: Client, folder: Callable[[str], Path]
) -> None:
    ids = [client.post("/libraries", new(folder(n), n)).get_json()["id"] for n in "ba"]

    listed = client.get("/libraries").get_json()

    assert [each["id"] for each in listed["results"]] == ids
    assert (listed["total"], listed["total_is_exact"], listed["next_cursor"]) == (2, True, None)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"name": ""}, "name", "Give the library a name."),
        ({"name": " \t "}, "name", "Give the library a name."),
        ({"name": "a" * 101}, "name", "A name has at most 100 characters."),
        ({"name": "a\nb"}, "name", "A name holds no control characters."),
        ({"name": "a\0b"}, "name", "PostgreSQL stores no NUL character; leave it out."),
        ({"name": 7}, "name", "Input should be a valid string"),
        ({"name": None}, "name", "Input should be a valid string"),
        ({"path": "films"}, "path", "Give an absolute path, one that begins with a slash."),
        ({"path": "/a/../b"}, "path", 'Give the path without "..".'),
        ({"path": "/a\0b"}, "path", "PostgreSQL stores no NUL character; leave it out."),
        ({"path": "/a\ud800b"}, "path", "Input should be a valid string, unable to parse raw"),
        ({"path": "/no/such/folder"}, "path", "/no/such/folder does not exist."),
        ({"path": "/" + "a" * 300}, "path", "cannot be read: File name too long."),
        ({"path": "/" + "a/" * 3000}, "path", "String should have at most 4096 characters"),
        ({"path": "/dev/null"}, "path", "/dev/null is not a directory."),
        ({"kind": "books"}, "kind", "Input should be 'movies', 'series' or 'music'"),
        ({"symlinks": "maybe"}, "symlinks", "Input should be 'follow' or 'skip'"),
        ({"full_every": 0}, "full_every", "Give a number from 1 to 1000."),
        ({"full_every": 10**30}, "full_every", "Give a number from 1 to 1000."),
        ({"worker_group": "NAS 1"}, "worker_group", "Give 1 to 32 of the characters a-z"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
    ],
)
def test_a_bad_field_is_named_with_one_sentence(
    client: Client, tmp_path: Path, given: dict[str, object], field: str, sentence: str
) -> None:
    answer = client.post("/libraries", new(tmp_path) | given)

    assert answer.status_code == 422
    (named,) = fields(answer).items()
    assert named[0] == field
    assert sentence in named[1]


def test_every_bad_field_is_named_at_once(client: Client) -> None:
    answer = client.post("/libraries", new("films", "", full_every=0, worker_group="!"))

    assert fields(answer).keys() == {"name", "path", "full_every", "worker_group"}


def test_a_missing_field_is_named(client: Client) -> None:
    assert fields(client.post("/libraries", {"name": "Films"})) == {"path": "Field required"}


def test_a_name_is_taken_once(client: Client, folder: Callable[[str], Path]) -> None:
    client.post("/libraries", new(folder("a")))

    answer = client.post("/libraries", new(folder("b")))

    assert fields(answer) == {"name": 'Another library is named "Films".'}


@pytest.mark.parametrize(
    ("second", "relation"),
    [
        ("films", "is the same folder as"),
        ("films/", "is the same folder as"),
        ("films/./", "is the same folder as"),
        ("films/new", "lies inside"),
        ("", "contains"),
        ("link", "is the same folder as"),
        ("link/new", "lies inside"),
    ],
)
def test_libraries_do_not_overlap(
    client: Client, tmp_path: Path, second: str, relation: str
) -> None:
    (tmp_path / "films" / "new").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "films")
    client.post("/libraries", new(tmp_path / "films"))

    answer = client.post("/libraries", new(f"{tmp_path}/{second}", "Second"))

    sentence = fields(answer)["path"]
    assert f'{relation} library "Films", {tmp_path}/films.' in sentence


def test_folders_with_a_common_beginning_do_not_overlap(
    client: Client, folder: Callable[[str], Path]
) -> None:
    client.post("/libraries", new(folder("films")))

    assert client.post("/libraries", new(folder("films2"), "Second")).status_code == 201


def test_a_library_lies_in_a_permitted_root(
    client: Client, folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, media = folder("outside"), folder("media")
    (media / "way-out").symlink_to(outside)
    (media / "films").mkdir()
    monkeypatch.setenv("SUBLARR_LIBRARY_ROOTS", str(media))
    settings.current.cache_clear()

    for path in (outside, media / "way-out", outside / "nothing-here"):
        sentence = fields(client.post("/libraries", new(path)))["path"]
        assert sentence == f"{path} lies outside the permitted folders: {media}."
    assert client.post("/libraries", new(media / "films")).status_code == 201


def test_a_folder_that_may_not_be_read_is_refused(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(libraries.os, "scandir", refuse)

    answer = client.post("/libraries", new(tmp_path))

    assert fields(answer) == {"path": f"{tmp_path} cannot be read: Permission denied."}


def test_a_path_of_any_bytes_comes_back_as_it_was_given(client: Client, tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")  # noqa: PTH102 - bytes
    given = f"{tmp_path}/caf\uf7e9"

    made = client.post("/libraries", new(given))

    assert made.get_json()["path"] == given
    assert client.get("/libraries").get_json()["results"][0]["path"] == given


def test_a_patch_changes_what_it_names_and_no_more(client: Client, tmp_path: Path) -> None:
    made = client.post("/libraries", new(tmp_path, worker_group="nas")).get_json()

    changed = client.patch(f"/libraries/{made['id']}", {"name": "Movies", "worker_group": None})

    expected = made | {"name": "Movies", "worker_group": None}
    assert changed.get_json() | {"updated_at": made["updated_at"]} == expected


def test_a_patch_with_the_own_values_is_no_overlap(client: Client, tmp_path: Path) -> None:
    made = client.post("/libraries", new(tmp_path)).get_json()

    changed = client.patch(f"/libraries/{made['id']}", {"path": f"{tmp_path}/", "name": "Films"})

    assert changed.status_code == 200


@pytest.mark.parametrize("field", ["name", "path", "symlinks", "full_every"])
def test_a_patch_cannot_take_away_what_is_needed(
    client: Client, tmp_path: Path, field: str
) -> None:
    made = client.post("/libraries", new(tmp_path)).get_json()

    assert fields(client.patch(f"/libraries/{made['id']}", {field: None})).keys() == {field}


def test_a_library_that_moves_keeps_its_items(client: Client, library: Library) -> None:
    library.films("Alpha (2001)")
    library.scan()
    before = library.item()
    moved = library.root.rename(library.root.with_name("elsewhere"))

    answer = client.patch(f"/libraries/{library.id}", {"path": str(moved)})

    assert answer.get_json()["path"] == str(moved)
    Library(library.id, moved).scan()
    assert library.item().id == before.id


def test_a_library_moves_only_between_scans(
    client: Client, library: Library, folder: Callable[[str], Path]
) -> None:
    scan_id = requested(library.id)

    answer = client.patch(f"/libraries/{library.id}", {"path": str(folder("b"))})

    assert (answer.status_code, answer.get_json()["scan_id"]) == (409, scan_id)
    assert client.patch(f"/libraries/{library.id}", {"name": "Other"}).status_code == 200


def test_a_deleted_library_is_gone_with_its_items(client: Client, library: Library) -> None:
    library.films("Alpha (2001)")
    library.scan()

    assert client.delete(f"/libraries/{library.id}").status_code == 204

    assert client.get(f"/libraries/{library.id}").status_code == 404
    assert client.get("/items").get_json()["total"] == 0
    assert library.root.joinpath("Alpha (2001)", "movie.nfo").exists()


def test_a_library_is_not_deleted_while_a_scan_runs(client: Client, library: Library) -> None:
    scan_id = requested(library.id)

    answer = client.delete(f"/libraries/{library.id}")

    assert answer.status_code == 409
    assert answer.get_json()["code"] == "scan_running"
    assert answer.get_json()["scan_id"] == scan_id
    assert client.get(f"/libraries/{library.id}").get_json()["running_scan_id"] == scan_id


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_library_is_404(client: Client, method: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}

    answer = client.call(method, "/libraries/999", **body)

    assert answer.status_code == 404
    assert answer.get_json()["detail"] == "There is no library 999."


@pytest.mark.parametrize("library_id", ["0", "-1", "abc", "1.5", str(1 << 63), "9" * 5000, "%00"])
def test_an_id_that_cannot_be_is_named(client: Client, library_id: str) -> None:
    answer = client.get(f"/libraries/{library_id}")

    assert fields(answer).keys() == {"library_id"}


def requested(library_id: int) -> int:
    with transaction() as db:
        return scans.request(db, library_id, trigger=Trigger.API).scan_id
