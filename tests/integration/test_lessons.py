"""What tools before this one got wrong with subtitles: one test for each that no other file has."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

from sqlalchemy import func, select, update

from arr_stub import KEY as ARR_KEY
from arr_stub import ArrStub, Json, episode, series
from contract import Client
from libraries import Library, one, rows, set_columns, video
from provider_stubs import OpenSubtitlesStub, provider
from searching import BETTER, NAME, PLAIN, search, want, work
from stub import Asked, Said, Stub, serving_stub
from sublarr_tasks import samples
from sublarr_tasks.arr import syncs
from sublarr_tasks.arr import work as looking
from sublarr_tasks.db import transaction
from sublarr_tasks.models import (
    ArrFile,
    ArrTitle,
    Integration,
    LandedSubtitle,
    ProviderAnswer,
    Search,
    Trigger,
    WantedItem,
)
from sublarr_tasks.models import (
    Library as LibraryRow,
)
from sublarr_tasks.samples import SubtitleTrack
from sublarr_tasks.tasks.upkeep import prune
from sublarr_tasks.wanted import searches, searching


def begin_due() -> None:
    with transaction() as db:
        searches.begin_due(db)


def test_a_better_one_that_cannot_be_written_leaves_the_old_one_there(
    client: Client, film: Path, known: OpenSubtitlesStub, service: Stub
) -> None:
    search(client)
    set_columns(LandedSubtitle, one(LandedSubtitle).id, score=40)
    set_columns(WantedItem, one(WantedItem).id, score=40)
    known.offers = [BETTER]
    client.delete("/providers/1/answers")
    landed = film / f"{NAME}.de.srt"
    (film / f".{landed.name}.sublarr-tmp").mkdir()  # in the way of the new one
    search(client, upgrades=True, ids=[one(WantedItem).id])
    assert landed.read_bytes() == PLAIN.bytes
    assert [(row.subtitle_id, row.state) for row in rows(LandedSubtitle)] == [("21", "landed")]


def test_a_stream_in_another_language_is_not_written_out_as_the_wanted_one(
    client: Client, library: Library
) -> None:
    (library.root / NAME).mkdir()
    tracks = [SubtitleTrack("eng", line="Hello")]
    samples.film(library.root / NAME / f"{NAME}.mkv", seconds=0.3, subtitles=tracks)
    want(client, "de", embedded="extract", audio_exclude=False)
    library.scan()
    search(client)
    assert [path.name for path in (library.root / NAME).iterdir()] == [f"{NAME}.mkv"]
    assert one(WantedItem).status == "wanted"


def test_after_any_setting_was_saved_the_clock_goes_on(
    client: Client, film: Path, service: Stub
) -> None:
    client.patch("/scoring", {"bonuses": {"trusted": 5}})
    client.patch("/integrations/1", {"name": "renamed"})
    client.patch("/language-profiles/1", {"name": "renamed"})
    begin_due()
    work()
    assert one(WantedItem).status == "found"


def test_what_failed_is_searched_for_again_when_its_time_has_come(
    film: Path, service: Stub
) -> None:
    set_columns(WantedItem, one(WantedItem).id, status="failed", attempts=99)
    begin_due()
    work()
    assert one(WantedItem).status == "found"


def test_what_waits_does_not_starve_what_is_due(
    client: Client, library: Library, service: Stub
) -> None:
    names = [f"Film {n} (2001)" for n in range(60)]
    for name in names:
        video(library.root / name / f"{name}.mkv")
    want(client, "de")
    library.scan()
    first = min(row.id for row in rows(WantedItem))
    later = datetime.now(UTC) + timedelta(days=1)
    with transaction() as db:
        db.execute(update(WantedItem).where(WantedItem.id != first).values(next_attempt_at=later))
    begin_due()
    assert work() == 1
    assert [row.id for row in rows(WantedItem) if row.attempts] == [first]


def test_a_provider_that_fails_again_and_again_is_left_alone(
    client: Client, library: Library
) -> None:
    for n in range(20):
        video(library.root / f"Film {n} (2001)" / f"Film {n} (2001).mkv")
    want(client, "de")
    library.scan()
    with provider(client, "opensubtitles", lambda _: Said(None, 503)) as stub:
        search(client)
        assert len(stub.asked) < 10
    assert {row.attempts for row in rows(WantedItem)} == {0}


def test_an_answer_about_one_film_is_none_about_another(
    client: Client, library: Library, known: OpenSubtitlesStub, service: Stub
) -> None:
    known.offers = [PLAIN, replace(PLAIN, id=31, title="Beta", release="Beta.2001.WEB")]
    for title in ("Alpha", "Beta"):
        video(library.root / f"{title} (2001)" / f"{title} (2001).mkv")
    want(client, "de")
    library.scan()
    search(client)
    assert {row.title: row.subtitle_id for row in rows(LandedSubtitle)} == {
        "Alpha (2001)": "21",
        "Beta (2001)": "31",
    }


def test_answers_that_hold_no_more_are_deleted(client: Client, film: Path, service: Stub) -> None:
    search(client)
    with transaction() as db:
        db.execute(update(ProviderAnswer).values(expires_at=func.now()))
    prune()
    assert not rows(ProviderAnswer)


def test_four_that_search_for_one_at_once_fetch_it_once(
    film: Path, known: OpenSubtitlesStub, service: Stub, client: Client
) -> None:
    known.latency = 0.2
    assert client.post("/wanted/search", {}).status_code == 202
    together = Barrier(4)

    def run(_: int) -> bool:
        together.wait()
        return searching.run(None)

    with ThreadPoolExecutor(4) as pool:
        done = Counter(pool.map(run, range(4)))
    assert done == {True: 1, False: 3}
    assert known.downloaded == [21]


def test_a_pack_of_episodes_is_one_scan_and_a_search_for_each_in_every_language(
    client: Client, tmp_path: Path
) -> None:
    shows = Library.register(tmp_path / "shows", "Shows", kind="series")
    for number in range(1, 25):
        video(shows.root / "Show" / "Season 01" / f"Show S01E{number:02}.mkv")
    want(client, "de", "fr")
    shows.scan(trigger=Trigger.WEBHOOK)
    assert len(rows(WantedItem)) == 48
    assert {row.kind for row in rows(Search)} == {"webhook"}
    assert sum(row.total for row in rows(Search)) == 48
    assert {row.priority for row in rows(WantedItem)} == {searches.URGENCY["webhook"]}


def test_ids_of_two_sonarrs_are_not_mixed_up(client: Client, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shows = Library.register(tmp_path / name, name, kind="series")
        video(shows.root / "Series 1" / "Season 01" / "S01E01.mkv")
        shows.scan()
    said: Json = {"statistics": {"episodeFileCount": 1, "sizeOnDisk": 1}}
    for name in ("one", "two"):
        known = ArrStub("Sonarr", series=[series(1, **said)], episodes=[episode(1, 1)])
        with serving_stub(known) as stub:
            body = {
                "kind": "sonarr",
                "name": name,
                "url": stub.url,
                "secrets": {"api_key": ARR_KEY},
                "path_mappings": [{"remote": "/tv", "local": str(tmp_path / name)}],
            }
            service_id = client.post("/integrations", body).json["id"]
            with transaction() as db:
                begun = syncs.begin(db, service_id, trigger=Trigger.API)
            looking.run(begun.id, 20.0, lambda _: None)
    with transaction() as db:
        linked = db.execute(
            select(Integration.name, ArrTitle.arr_id, ArrFile.local_path)
            .join(ArrTitle, ArrTitle.integration_id == Integration.id)
            .join(ArrFile, ArrFile.arr_title_id == ArrTitle.id)
            .where(ArrFile.media_file_id.is_not(None))
            .order_by(Integration.name)
        ).all()
    where = "Series 1/Season 01/S01E01.mkv"
    assert [tuple(row) for row in linked] == [
        (name, 1, str(tmp_path / name / where)) for name in ("one", "two")
    ]
    assert len(rows(LibraryRow)) == 2


def test_a_token_that_is_no_longer_taken_is_renewed_once(
    client: Client, film: Path, known: OpenSubtitlesStub
) -> None:
    tokens = iter(("old", "new"))
    logins: list[str] = []

    def answer(asked: Asked) -> Said:
        if asked.path == "/api/v1/login":
            logins.append(next(tokens))
            return Said({"token": logins[-1], "status": 200})
        given = asked.headers.get("authorization")
        if asked.path == "/api/v1/download" and given == "Bearer old":
            return Said({"message": "invalid token"}, 401)
        return known(asked)

    secrets = {"api_key": "provider-key", "username": "me", "password": "secret"}
    with provider(client, "opensubtitles", answer, secrets=secrets):
        search(client)
    assert logins == ["old", "new"]
    assert one(WantedItem).status == "found"
