"""Subtitles of ours that people delete, and those that they bring back."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, insert

from contract import Client
from libraries import Library, one, rows, set_columns, video
from provider_stubs import OpenSubtitlesStub
from searching import BETTER, NAME, PLAIN, search, want, work
from stub import Stub
from sublarr_tasks.db import transaction
from sublarr_tasks.models import BlacklistEntry, LandedSubtitle, Notice, WantedItem
from sublarr_tasks.wanted import recycling


@pytest.fixture
def landed(client: Client, library: Library, service: Stub) -> Path:
    """Give a subtitle that landed."""
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de")
    library.scan()
    search(client)
    path = library.root / NAME / f"{NAME}.de.srt"
    assert path.read_bytes() == PLAIN.bytes
    return path


def amend(client: Client, method: str, path: str) -> Any:  # noqa: ANN401 - JSON
    """Ask for something and do it as a worker does; returns the subtitle after it."""
    asked = client.call(method, path)
    assert asked.status_code == 202, asked.json
    while recycling.run(None):
        pass
    return client.get(asked.headers["Location"].partition("/api/v1")[2]).json


def row() -> Row[Any]:
    return one(LandedSubtitle)


def test_what_is_deleted_is_gone_and_a_copy_is_kept(client: Client, landed: Path) -> None:
    told = amend(client, "DELETE", f"/subtitles/{row().id}")
    assert (told["state"], told["asked"], told["refused"]) == ("deleted", None, None)
    assert not landed.exists()
    assert Path(row().recycled).read_bytes() == PLAIN.bytes


def test_what_is_deleted_is_banned_and_looked_for_again(client: Client, landed: Path) -> None:
    amend(client, "DELETE", f"/subtitles/{row().id}")
    assert one(BlacklistEntry).subtitle_id == "21"
    assert one(WantedItem).status == "wanted"
    search(client)
    assert one(WantedItem).outcome == "blacklisted"
    assert not landed.exists()


def test_what_is_deleted_need_not_be_looked_for_again(client: Client, landed: Path) -> None:
    amend(client, "DELETE", f"/subtitles/{row().id}?search_again=false&blacklist=false")
    assert not rows(BlacklistEntry)
    assert one(WantedItem).status == "ignored"


def test_what_a_scan_saw_of_it_does_not_count_any_more(
    client: Client, library: Library, landed: Path
) -> None:
    library.scan(full=True)
    amend(client, "DELETE", f"/subtitles/{row().id}")
    assert one(WantedItem).status == "wanted"


def test_what_somebody_has_changed_is_not_deleted(client: Client, landed: Path) -> None:
    landed.write_text("mine")
    told = amend(client, "DELETE", f"/subtitles/{row().id}")
    assert (told["state"], told["refused"]) == (
        "landed",
        f"not_ours: somebody has changed {landed.name}",
    )
    assert landed.read_text() == "mine"


def test_what_is_gone_already_is_deleted_all_the_same(client: Client, landed: Path) -> None:
    landed.unlink()
    assert amend(client, "DELETE", f"/subtitles/{row().id}")["state"] == "deleted"


def test_what_was_deleted_comes_back(client: Client, landed: Path) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", f"{path}?blacklist=false")
    told = amend(client, "POST", f"{path}/restore")
    assert told["state"] == "landed"
    assert landed.read_bytes() == PLAIN.bytes
    assert one(WantedItem).status == "found"


def test_what_was_replaced_comes_back_and_its_successor_is_banned(
    client: Client, known: OpenSubtitlesStub, landed: Path
) -> None:
    first = row().id
    set_columns(LandedSubtitle, first, score=40)
    set_columns(WantedItem, one(WantedItem).id, score=40)
    known.offers = [BETTER]
    client.post("/wanted/search", {"upgrades": True, "ids": [one(WantedItem).id]})
    client.delete("/providers/1/answers")
    work()
    assert landed.read_bytes() == BETTER.bytes
    amend(client, "POST", f"/subtitles/{first}/restore")
    assert landed.read_bytes() == PLAIN.bytes
    assert {each.subtitle_id: each.state for each in rows(LandedSubtitle)} == {
        "21": "landed",
        "22": "replaced",
    }
    assert one(BlacklistEntry).subtitle_id == "22"


def test_what_is_there_cannot_be_restored(client: Client, landed: Path) -> None:
    assert client.post(f"/subtitles/{row().id}/restore").status_code == 409


def test_what_is_gone_cannot_be_deleted(client: Client, landed: Path) -> None:
    amend(client, "DELETE", f"/subtitles/{row().id}")
    assert client.delete(f"/subtitles/{row().id}").status_code == 409


def test_nothing_is_restored_over_somebody_elses_file(client: Client, landed: Path) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", path)
    landed.write_text("mine")
    told = amend(client, "POST", f"{path}/restore")
    assert (told["state"], told["refused"]) == (
        "deleted",
        f"not_ours: {landed.name} is there, and not of ours",
    )
    assert landed.read_text() == "mine"


def test_a_copy_that_is_gone_cannot_come_back(client: Client, landed: Path) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", path)
    Path(row().recycled).unlink()
    assert amend(client, "POST", f"{path}/restore")["refused"].startswith("vanished")


def test_media_servers_are_to_be_told_of_it(client: Client, landed: Path) -> None:
    amend(client, "DELETE", f"/subtitles/{row().id}")
    assert [each.kind for each in rows(Notice)] == ["subtitle_landed", "subtitle_deleted"]


def test_a_deletion_that_was_cut_off_is_found_done(client: Client, landed: Path) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", path)
    # The worker died between the file and the row.
    set_columns(LandedSubtitle, row().id, state="landed", recycled=None, asked="delete")
    while recycling.run(None):
        pass
    assert Path(row().recycled).read_bytes() == PLAIN.bytes
    assert amend(client, "POST", f"{path}/restore")["state"] == "landed"


def test_a_restoration_that_was_cut_off_is_found_done(client: Client, landed: Path) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", path)
    landed.write_bytes(PLAIN.bytes)  # the worker died before the row
    assert amend(client, "POST", f"{path}/restore")["state"] == "landed"


def test_what_was_replaced_before_anybody_came_is_not_deleted(client: Client, landed: Path) -> None:
    asked = client.delete(f"/subtitles/{row().id}")
    assert asked.status_code == 202
    set_columns(LandedSubtitle, row().id, state="replaced")
    while recycling.run(None):
        pass
    assert row().refused == "too_late: it is replaced by now"
    assert landed.exists()


def test_nothing_is_restored_while_another_one_is_being_written(
    client: Client, landed: Path
) -> None:
    path = f"/subtitles/{row().id}"
    amend(client, "DELETE", path)
    first = row()._asdict()
    with transaction() as db:
        other = first | {"state": "landing", "asked": None}
        del other["id"]
        db.execute(insert(LandedSubtitle).values(other))
    assert amend(client, "POST", f"{path}/restore")["refused"].startswith("too_early")
    assert not landed.exists()
