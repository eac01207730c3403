"""What is wanted, as scans and people make it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from contract import Client
from libraries import Library, one, rows, set_columns, subtitle, video
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Item, LibraryKind, MediaFile, WantedItem, WantedStatus
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.wanted import noting

Rows = dict[tuple[str, bool], Row[Any]]


def profile(client: Client, *languages: str, **fields: object) -> int:
    """Write a profile down and return its id; a language may be a whole wish."""
    body = {"name": f"profile {len(rows(WantedItem))} {languages}", **fields}
    body["wishes"] = [
        each if isinstance(each, dict) else {"language": each}
        for each in (*languages, *fields.pop("wishes", ()))  # type: ignore[misc]
    ]
    made = client.post("/language-profiles", body)
    assert made.status_code == 201, made.json
    return int(made.json["id"])


def judge_all() -> None:
    """Do what the task does."""
    with transaction() as db:
        libraries = noting.to_walk(db)
    for library_id in libraries:
        while walk(library_id):
            pass


def walk(library_id: int) -> bool:
    with transaction() as db:
        return noting.walk(db, library_id)


def wanted(name: str | None = None) -> Rows:
    """Return what is wanted, of one video or of all, by language and whether it is forced."""
    with transaction() as db:
        found = db.execute(
            select(*WantedItem.__table__.c, MediaFile.name).join(
                MediaFile, MediaFile.id == WantedItem.media_file_id
            )
        ).all()
    return {(row.language, row.forced): row for row in found if name in (None, row.name)}


@pytest.fixture
def film(library: Library) -> Path:
    """Give a library of one film, in English and with an English subtitle."""
    return library.film()


def test_a_scan_notes_what_a_film_lacks(client: Client, library: Library, film: Path) -> None:
    profile(client, "en", "de")
    ended = library.scan()
    assert [*wanted()] == [("de", False)]
    row = wanted()["de", False]
    assert (row.status, row.reason, row.existing) == ("wanted", "missing", "")
    assert (ended.wanted_added, ended.wanted_updated, ended.wanted_removed) == (1, 0, 0)


def test_without_a_profile_nothing_is_wanted(library: Library, film: Path) -> None:
    assert library.scan().wanted_added == 0
    assert not rows(WantedItem)


def test_a_scan_that_changes_nothing_notes_nothing(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, "de")
    library.scan()
    ended = library.scan(full=True)
    assert (ended.wanted_added, ended.wanted_updated, ended.wanted_removed) == (0, 0, 0)


def test_what_somebody_puts_there_is_found(client: Client, library: Library, film: Path) -> None:
    profile(client, "de")
    library.scan()
    subtitle(film / "Alpha (2001).ger.srt")
    ended = library.scan()
    row = wanted()["de", False]
    assert (row.status, row.reason, row.existing) == ("found", "present", "srt")
    assert ended.wanted_removed == 1


def test_what_is_taken_away_is_wanted_again(client: Client, library: Library, film: Path) -> None:
    profile(client, "de")
    library.scan()
    placed = subtitle(film / "Alpha (2001).de.srt")
    library.scan()
    set_columns(WantedItem, one(WantedItem).id, attempts=4)
    placed.unlink()
    library.scan()
    row = wanted()["de", False]
    assert (row.status, row.reason, row.attempts) == ("wanted", "missing", 0)


def test_another_version_of_a_file_is_searched_for_anew(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, "de")
    library.scan()
    set_columns(WantedItem, one(WantedItem).id, attempts=7, status=WantedStatus.FAILED)
    video(film / "Alpha (2001).mkv")
    library.scan()
    row = wanted()["de", False]
    assert (row.status, row.attempts) == ("wanted", 0)


def test_what_is_ignored_stays_so_in_another_version(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, "de")
    library.scan()
    answer = client.patch(f"/wanted/{one(WantedItem).id}", {"status": "ignored"})
    assert answer.json["status"] == "ignored"
    video(film / "Alpha (2001).mkv")
    library.scan()
    assert wanted()["de", False].status == "ignored"


def test_a_changed_profile_is_held_against_every_video(
    client: Client, library: Library, film: Path
) -> None:
    profile_id = profile(client, "de")
    library.scan()
    client.patch(
        f"/language-profiles/{profile_id}",
        {"wishes": [{"language": "fr", "forced": "separate"}]},
    )
    judge_all()
    assert sorted(wanted()) == [("fr", False), ("fr", True)]
    assert one(LibraryRow).judged_to is None


def test_what_no_profile_wants_any_more_goes(client: Client, library: Library, film: Path) -> None:
    profile_id = profile(client, "de")
    library.scan()
    client.delete(f"/language-profiles/{profile_id}")
    judge_all()
    assert not rows(WantedItem)


def test_a_walk_over_many_videos_goes_in_steps(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", "Beta (2002)", "Gamma (2003)")
    library.scan()
    profile(client, "de")
    monkeypatch.setattr(noting, "WALK", 2)
    assert [walk(library.id), walk(library.id), walk(library.id)] == [True, True, False]
    assert len(rows(WantedItem)) == 3


def test_the_nearest_profile_holds(client: Client, tmp_path: Path, database: str) -> None:
    shows = Library.register(tmp_path / "shows", "Shows", kind=LibraryKind.SERIES)
    for number in (1, 2):
        video(shows.root / "Show" / "Season 01" / f"Show S01E0{number}.mkv")
    shows.scan()
    default, french, dutch, none = (profile(client, each) for each in ("de", "fr", "nl", "sv"))
    assert client.get(f"/language-profiles/{default}").json["is_default"]
    series, episode = one(Item, kind="series"), one(Item, kind="episode", episode_number=2)

    def languages() -> list[str]:
        judge_all()
        return [row.language for row in sorted(rows(WantedItem), key=lambda row: row.item_id)]

    assert languages() == ["de", "de"]
    client.call("PUT", "/profile-assignments", json={"profile_id": none, "library_id": shows.id})
    assert languages() == ["sv", "sv"]
    client.call("PUT", "/profile-assignments", json={"profile_id": french, "item_id": series.id})
    assert languages() == ["fr", "fr"]
    client.call("PUT", "/profile-assignments", json={"profile_id": dutch, "item_id": episode.id})
    assert languages() == ["fr", "nl"]
    client.call("PUT", "/profile-assignments", json={"profile_id": None, "item_id": episode.id})
    assert languages() == ["fr"]


def test_a_tag_has_a_profile(client: Client, library: Library, film: Path) -> None:
    profile(client, "de")
    tagged = profile(client, "fr")
    (film / "movie.nfo").write_text("<movie><title>Alpha</title><tag>Dubbed</tag></movie>")
    library.scan()
    client.call("PUT", "/profile-assignments", json={"profile_id": tagged, "tag": "dubbed"})
    judge_all()
    assert [row.language for row in rows(WantedItem)] == ["fr"]


def test_each_version_of_a_film_has_its_own_subtitles(client: Client, library: Library) -> None:
    folder = library.root / "Alpha (2001)"
    for version in ("1080p", "2160p"):
        video(folder / f"Alpha (2001) - {version}.mkv")
    subtitle(folder / "Alpha (2001) - 1080p.de.srt")
    profile(client, "de")
    library.scan()
    (row,) = rows(WantedItem)
    assert one(MediaFile, id=row.media_file_id).name.endswith("2160p.mkv")


def test_a_subtitle_in_a_folder_of_its_own_counts(client: Client, library: Library) -> None:
    folder = library.film()
    subtitle(folder / "Subs" / "2_German.srt")
    profile(client, "de")
    library.scan()
    assert not rows(WantedItem)


def test_what_is_on_a_lost_disk_is_not_listed_and_not_forgotten(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, "de")
    library.scan()
    with transaction() as db:
        db.exec_driver_sql("UPDATE media_files SET missing_since = now()")
    assert client.get("/wanted").json["total"] == 0
    assert len(rows(WantedItem)) == 1


def test_the_list_tells_what_is_wanted_and_why(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, "de", "fr")
    library.scan()
    listed = client.get("/wanted?language=de").json
    (row,) = listed["results"]
    assert (row["title_of"], row["path"]) == ("Alpha", str(film / "Alpha (2001).mkv"))
    assert (row["language"], row["status"], row["reason"]) == ("de", "wanted", "missing")
    assert client.get(f"/wanted/{row['id']}").json == row
    summary = client.get("/wanted/summary").json
    assert summary["total_wanted"] == 2
    assert summary["by_language"] == {"de": 1, "fr": 1}
    assert summary["by_kind"] == {"movie": 2}


def test_what_could_only_be_better_is_not_lacking(
    client: Client, library: Library, film: Path
) -> None:
    profile(client, wishes=[{"language": "en", "format": "ass", "audio_exclude": False}])
    library.scan()
    summary = client.get("/wanted/summary").json
    assert (summary["total_wanted"], summary["upgradeable"]) == (0, 1)
    assert one(WantedItem).existing == "srt"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "wishes": [{"language": "de"}]}, "name"),
        ({"name": "x", "wishes": []}, "wishes"),
        ({"name": "x", "wishes": [{"language": "klingonish"}]}, "wishes.0.language"),
        ({"name": "x", "wishes": [{"language": "de"}, {"language": "ger"}]}, "wishes.0.language"),
        ({"name": "x", "wishes": [{"language": "de", "minimum_score": 101}]}, "minimum_score"),
        ({"name": "x", "wishes": [{"language": "de"}], "cutoff": "fr"}, "cutoff"),
        ({"name": "x", "wishes": [{"language": "de"}], "undetermined": "zz"}, "undetermined"),
        (
            {"name": "x", "wishes": [{"language": "de"}], "equal_languages": [["de", "ger"]]},
            "equal_languages.0",
        ),
        (
            {"name": "x", "wishes": [{"language": "de"}], "equal_languages": [["de"]]},
            "equal_languages.0",
        ),
    ],
)
def test_a_profile_that_cannot_be_names_its_field(
    client: Client, body: dict[str, object], field: str
) -> None:
    answer = client.post("/language-profiles", body)
    assert answer.status_code == 422
    assert any(field in error["field"] for error in answer.json["errors"])


def test_a_language_is_kept_as_its_tag(client: Client) -> None:
    made = client.get(f"/language-profiles/{profile(client, 'ger', 'pob')}").json
    assert [wish["language"] for wish in made["wishes"]] == ["de", "pt-BR"]


def test_what_one_item_is_assigned_is_judged_in_its_library_alone(
    client: Client, library: Library, film: Path, tmp_path: Path
) -> None:
    chosen = profile(client, "de")
    library.scan()
    Library.register(tmp_path / "other", "Others")
    judge_all()
    target = {"profile_id": chosen, "item_id": one(Item).id}
    assert client.call("PUT", "/profile-assignments", json=target).status_code == 200
    with transaction() as db:
        assert noting.to_walk(db) == [library.id]
