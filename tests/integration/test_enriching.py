"""The enriching phase: films and series as a metadata service knows them, and why they are not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from redis import Redis

from contract import Client
from libraries import Library, one, rows, set_columns, video
from scanning import advance, begin, finish, run, state, sweep, until
from stub import Answering, Asked, Said, Stub
from sublarr_tasks import preferences, refreshing, scans, units, waits
from sublarr_tasks.conductor import Wave
from sublarr_tasks.db import transaction
from sublarr_tasks.models import (
    EnrichmentState,
    Integration,
    Item,
    LibraryKind,
    ScanJob,
    ScanStatus,
    ScanUnit,
    Step,
)
from sublarr_tasks.models import Library as LibraryRow
from sublarr_tasks.profiles import Profile
from sublarr_tasks.viewers import INSTALLATION
from tmdb_stub import TmdbStub, movie, season, series, set_up

ENRICHING = ScanStatus.ENRICHING


@pytest.fixture
def known() -> TmdbStub:
    return TmdbStub(
        movies=[movie(1, "Alpha", 2001), movie(2, "Beta", 2002), movie(3, "Gamma", 2003)],
        series=[series(7, "Show", 2010)],
        seasons={(7, 1): season(1, 3), (7, 2): season(2, 2)},
    )


@pytest.fixture
def tmdb(client: Client, known: TmdbStub) -> Iterator[Stub]:
    """Set TMDB up as an integration."""
    with set_up(client, known) as stub:
        yield stub


@pytest.fixture
def films(library: Library) -> Library:
    """Give a library of three films without NFOs, which the names tell."""
    for name in ("Alpha (2001)", "Beta (2002)", "Gamma (2003)"):
        video(library.root / name / f"{name}.mkv")
    return library


def film(library: Library, name: str = "Alpha (2001)", **said: str) -> Library:
    video(library.root / name / f"{name}.mkv")
    if said:
        tags = "".join(f"<{tag}>{text}</{tag}>" for tag, text in said.items())
        (library.root / name / "movie.nfo").write_text(f"<movie>{tags}</movie>")
    return library


def due(item_id: int, minutes: float = 11) -> None:
    """Let the moment of an item have come so long ago."""
    set_columns(Item, item_id, enrich_due_at=datetime.now(UTC) - timedelta(minutes=minutes))


def resume(scan_id: int, step: Step = Step.COMPLETE) -> None:
    """Let the moment come until which a step is held up."""
    kept = dict(state(scan_id).waits)
    kept[step] = kept[step] | {"until": kept[step]["since"]}
    set_columns(ScanJob, scan_id, waits=kept)


def otherwise(known: TmdbStub, path: str, said: Said) -> Answering:
    """Answer what begins with a path in another way than the rest."""
    return lambda asked: said if asked.path.startswith(path) else known(asked)


def thwarted(library: Library) -> int:
    """Scan a library up to its enriching, which an outside service is in the way of."""
    scan_id = begin(library.id)
    work(scan_id, until(scan_id, ENRICHING))
    return scan_id


def work(scan_id: int, waves: list[Wave]) -> None:
    for wave in waves:
        for part in wave.parts:
            run(scan_id, part)


def request_due() -> list[int]:
    with transaction() as db:
        return refreshing.request_due(db)


def prefer(**changes: object) -> None:
    with transaction() as db:
        preferences.change_enrichment(db, INSTALLATION, changes)


def test_a_film_gets_what_its_names_do_not_say(library: Library, tmdb: Stub) -> None:
    ended = film(library).scan()

    item = one(Item)
    assert (item.enrichment, item.enrichment_reason) == (EnrichmentState.ENRICHED, None)
    assert (item.tmdb_id, item.imdb_id, item.state) == ("1", "tt0000001", "identified")
    assert item.plot == "What happens in Alpha."
    assert (item.original_title, item.content_rating) == ("Alpha (original)", "R")
    assert (item.premiered, item.runtime_minutes) == (date(2001, 3, 30), 136)
    assert item.genres == ["Action", "Science Fiction"]
    assert (item.studios, item.tags) == (["Company"], ["hacker"])
    assert item.set_name == "Collected"
    assert (item.match_confidence, item.match_reason) == (1.0, "title_and_year")
    assert (ended.enrichment_queued, ended.enrichment_completed) == (1, 1)


def test_the_nfo_goes_before_the_service(library: Library, tmdb: Stub) -> None:
    film(library, title="Mine", plot="My plot.", genre="Mine", year="1999", uniqueid="1").scan()

    item = one(Item)
    assert (item.title, item.plot, item.genres, item.year) == ("Mine", "My plot.", ["Mine"], 1999)


def test_what_the_service_says_survives_the_next_scan(library: Library, tmdb: Stub) -> None:
    film(library).scan()
    film(library, title="Mine")

    library.scan(full=True, options={"enable_enrichment": False})

    item = one(Item)
    assert (item.title, item.original_title) == ("Mine", "Alpha (original)")


def test_a_locked_field_stays_as_it_is(client: Client, library: Library, tmdb: Stub) -> None:
    film(library).scan(options={"enable_enrichment": False})
    changes = {"plot": "Mine.", "studios": ["My studio"], "tagline": None}
    assert client.patch(f"/items/{one(Item).id}", changes).status_code == 200

    library.scan()

    item = one(Item)
    assert (item.plot, item.studios, item.tagline) == ("Mine.", ["My studio"], None)
    assert item.original_title == "Alpha (original)"


def test_what_the_service_no_longer_says_goes(
    library: Library, tmdb: Stub, known: TmdbStub, redis: Redis
) -> None:
    film(library, uniqueid="1").scan()
    known.movies[0] |= {"genres": [], "overview": ""}
    due(one(Item).id)
    redis.flushdb()

    library.scan()

    assert (one(Item).genres, one(Item).plot) == ([], None)


def test_a_series_season_call_serves_its_episodes(
    client: Client, library: Library, tmdb: Stub
) -> None:
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    for episode in ("S01E01", "S01E02", "S02E01", "S02E09"):
        video(library.root / f"Show (2010)/Season {episode[2]}/Show {episode}.mkv")

    library.scan()

    found = {(row.season_number, row.episode_number): row for row in rows(Item, kind="episode")}
    assert [found[1, 2].title, found[1, 2].plot] == ["Episode 2", "It goes on."]
    assert found[2, 1].tmdb_id == "201"
    assert found[2, 9].enrichment_reason == "not_found"
    assert {row.title for row in rows(Item, kind="season")} == {"Season 1", "Season 2"}
    assert one(Item, kind="series").plot == "What happens in Show."
    asked = [each.path for each in tmdb.asked if "/season/" in each.path]
    assert asked == ["/3/tv/7/season/1", "/3/tv/7/season/2"]


def test_a_series_is_asked_for_again_when_it_grows(library: Library, tmdb: Stub) -> None:
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    video(library.root / "Show (2010)/Season 1/Show S01E01.mkv")
    library.scan()
    assert one(Item, kind="series").enrich_due_at is None
    video(library.root / "Show (2010)/Season 1/Show S01E03.mkv")

    ended = library.scan()

    assert ended.enrichment_completed == 1
    assert one(Item, episode_number=3).title == "Episode 3"


@pytest.mark.parametrize(
    ("name", "title"), [("Show - 004", "Episode 1"), ("Show 2008-01-20", "Episode 1")]
)
def test_an_episode_is_found_by_its_place_and_by_its_date(
    library: Library, tmdb: Stub, known: TmdbStub, name: str, title: str
) -> None:
    known.series[0]["seasons"] = [{"season_number": 1}, {"season_number": 2}]
    set_columns(LibraryRow, library.id, kind=LibraryKind.SERIES)
    video(library.root / f"Show (2010)/{name}.mkv")

    library.scan()

    item = one(Item, kind="episode")
    assert (item.title, item.enrichment) == (title, EnrichmentState.ENRICHED)


def test_an_unchanged_library_asks_nobody(films: Library, tmdb: Stub) -> None:
    films.scan()
    asked = len(tmdb.asked)

    ended = films.scan()

    assert (ended.enrichment_queued, len(tmdb.asked)) == (0, asked)


def test_a_refresh_asks_for_what_is_not_due(films: Library, tmdb: Stub, redis: Redis) -> None:
    films.scan()
    redis.flushdb()
    tmdb.asked.clear()
    only = {"only_enrichment": True, "refresh": True, "items": [2]}

    ended = films.scan(options=only)

    assert ended.enrichment_completed == 1
    asked = [each.path for each in tmdb.asked if "movie" in each.path]
    assert asked == [f"/3/movie/{one(Item, id=2).tmdb_id}"]


def test_without_a_service_items_stay_due(films: Library) -> None:
    ended = films.scan()

    assert ended.status == ScanStatus.COMPLETED
    assert {row.enrichment for row in rows(Item)} == {EnrichmentState.PENDING}


def test_what_nobody_knows_is_told_and_tried_later(library: Library, tmdb: Stub) -> None:
    ended = film(library, "Nobody's (1950)").scan()

    item = one(Item)
    assert (item.enrichment, item.enrichment_reason) == (EnrichmentState.FAILED, "not_found")
    assert item.enrich_due_at > datetime.now(UTC) + timedelta(minutes=14)
    assert (ended.status, ended.enriching_failed) == (ScanStatus.COMPLETED, 1)


def test_what_may_be_two_is_left_to_a_person(library: Library, tmdb: Stub, known: TmdbStub) -> None:
    known.movies.append(movie(9, "Alpha", 2001))

    film(library).scan()

    item = one(Item)
    assert (item.enrichment_reason, item.tmdb_id) == ("ambiguous", None)


def test_a_chosen_id_makes_a_film_due(client: Client, library: Library, tmdb: Stub) -> None:
    film(library, "Nobody's (1950)").scan()

    assert client.patch(f"/items/{one(Item).id}", {"tmdb_id": "3"}).status_code == 200
    library.scan()

    item = one(Item)
    assert (item.enrichment, item.title) == (EnrichmentState.ENRICHED, "Gamma")


def test_each_failure_waits_longer_than_the_last(library: Library, tmdb: Stub) -> None:
    film(library, "Nobody's (1950)").scan()
    waited = []
    for _ in range(6):
        due(one(Item).id)
        library.scan()
        waited.append((one(Item).enrich_due_at - datetime.now(UTC)).total_seconds() / 3600)

    assert waited[0] > 0.9
    assert waited == sorted(waited) or waited[-1] > 71
    assert 71 < waited[-1] < 87


def test_an_answer_that_is_garbage_fails_its_item_alone(
    films: Library, tmdb: Stub, known: TmdbStub
) -> None:
    tmdb.answer = otherwise(known, "/3/movie/2", Said(raw=b"<html>"))

    ended = films.scan()

    assert {row.title: row.enrichment_reason for row in rows(Item)} == {
        "Alpha": None,
        "Beta": "malformed",
        "Gamma": None,
    }
    assert (ended.enrichment_completed, ended.enriching_failed) == (2, 1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(status=503), "unavailable"),
        (Said(hang_up=True), "unavailable"),
        (Said({}, status=401), "auth"),
        (Said({}, status=429, headers={"Retry-After": "30"}), "throttled"),
    ],
)
def test_a_service_in_the_way_holds_the_phase_up(
    films: Library, tmdb: Stub, said: Said, reason: str
) -> None:
    tmdb.answer = lambda _: said
    scan_id = thwarted(films)

    scan_row = state(scan_id)
    (wait,) = waits.of(scan_row).values()
    assert (scan_row.status, wait.reason) == (ENRICHING, reason)
    assert {row.enrichment for row in rows(Item)} == {EnrichmentState.PENDING}
    assert {row.state for row in rows(ScanUnit, phase="enriching")} == {"pending"}
    assert advance(scan_id) == []


def test_the_phase_goes_on_when_the_service_is_back(
    films: Library, tmdb: Stub, known: TmdbStub
) -> None:
    tmdb.answer = lambda _: Said(status=500)
    scan_id = thwarted(films)
    tmdb.answer = known
    resume(scan_id)

    ended = finish(scan_id)

    assert (ended.status, ended.enrichment_completed) == (ScanStatus.COMPLETED, 3)
    assert (ended.waits, ended.errors_count) == ({}, 0)


def test_what_was_thwarted_does_not_count_as_lost(
    films: Library, tmdb: Stub, known: TmdbStub
) -> None:
    tmdb.answer = lambda _: Said({}, status=401)
    scan_id = thwarted(films)
    for _ in range(12):
        resume(scan_id)
        work(scan_id, advance(scan_id))
    tmdb.answer = known
    resume(scan_id)

    assert finish(scan_id).enrichment_completed == 3


def test_after_a_quarter_of_an_hour_the_scan_ends_and_says_why(films: Library, tmdb: Stub) -> None:
    tmdb.answer = lambda _: Said({}, status=401)
    scan_id = thwarted(films)
    kept = state(scan_id).waits["complete"]
    set_columns(ScanJob, scan_id, waits={"complete": kept | {"since": kept["since"] - 901}})

    assert sweep(scan_id) == []

    ended = state(scan_id)
    assert (ended.status, ended.enriching_failed) == (ScanStatus.COMPLETED, 3)
    assert "TMDB" in ended.last_error
    assert {row.enrichment for row in rows(Item)} == {EnrichmentState.FAILED}
    assert {row.enrichment_reason for row in rows(Item)} == {"auth"}


def test_a_wait_until_tomorrow_ends_the_scan_at_once(films: Library, tmdb: Stub) -> None:
    tmdb.answer = lambda _: Said({}, status=429, headers={"Retry-After": "80000"})
    scan_id = thwarted(films)

    ended = finish(scan_id)

    assert (ended.status, ended.enriching_failed) == (ScanStatus.COMPLETED, 3)
    assert min(row.enrich_due_at for row in rows(Item)) > datetime.now(UTC) + timedelta(hours=22)


def test_who_was_enriched_before_stays_so(
    films: Library, tmdb: Stub, known: TmdbStub, redis: Redis
) -> None:
    films.scan()
    for row in rows(Item):
        due(row.id)
    tmdb.answer = otherwise(known, "/3/movie/", Said({}, status=404))
    redis.flushdb()

    films.scan()

    said = {(row.enrichment, row.enrichment_reason) for row in rows(Item)}
    assert said == {(EnrichmentState.ENRICHED, "not_found")}
    assert {row.plot for row in rows(Item)} != {None}


def test_a_pause_leaves_what_is_due(films: Library, tmdb: Stub) -> None:
    prefer(paused=True)

    ended = films.scan()

    assert (ended.status, ended.enrichment_queued) == (ScanStatus.COMPLETED, 0)
    assert tmdb.asked == []


def test_a_pause_in_the_middle_ends_the_phase_and_keeps_the_rest_due(
    films: Library, tmdb: Stub
) -> None:
    scan_id = begin(films.id)
    waves = until(scan_id, ENRICHING)
    run(scan_id, waves[0].parts[0])
    prefer(paused=True)
    with transaction() as db:
        units.release(db, [unit.id for unit in rows(ScanUnit, phase="enriching")])

    ended = finish(scan_id)

    assert (ended.enrichment_completed, ended.enrichment_skipped) == (1, 2)
    assert {row.reason for row in rows(ScanUnit, state="skipped")} == {"paused"}
    assert len([row for row in rows(Item) if row.enrich_due_at is not None]) == 2


def test_a_library_that_wants_none_gets_none(films: Library, tmdb: Stub) -> None:
    set_columns(LibraryRow, films.id, enrich=False)

    assert films.scan().enrichment_queued == 0


def test_an_edit_while_a_film_is_asked_for_is_not_lost(
    client: Client, library: Library, tmdb: Stub, known: TmdbStub
) -> None:
    def edit(asked: Asked) -> Said:
        if asked.path == "/3/movie/1":
            client.patch(f"/items/{one(Item).id}", {"plot": "Mine.", "tmdb_id": "2"})
        return known(asked)

    tmdb.answer = edit
    film(library).scan()

    item = one(Item)
    assert (item.plot, item.tmdb_id) == ("Mine.", "2")
    assert item.enrich_due_at is not None


def test_a_film_that_two_ask_for_at_once_is_written_once(library: Library, tmdb: Stub) -> None:
    scan_id = begin(film(library).id)
    (wave,) = until(scan_id, ENRICHING)

    assert [run(scan_id, wave.parts[0]), run(scan_id, wave.parts[0])] == [1, 0]
    assert finish(scan_id).enrichment_completed == 1


def test_a_new_scan_ends_one_that_only_has_to_enrich(films: Library, tmdb: Stub) -> None:
    before = begin(films.id)
    until(before, ENRICHING)

    ended = films.scan()

    old = state(before)
    assert (old.status, old.enrichment_skipped) == (ScanStatus.COMPLETED, 3)
    assert {unit.reason for unit in rows(ScanUnit, scan_id=before, state="skipped")} == {
        "newer_scan"
    }
    assert ended.enrichment_completed == 3


def test_the_clock_asks_for_what_was_put_off(films: Library, tmdb: Stub, known: TmdbStub) -> None:
    tmdb.answer = lambda _: Said({}, status=404)
    films.scan()
    tmdb.answer = known
    assert request_due() == []
    for row in rows(Item):
        due(row.id)

    (job_id,) = request_due()

    asked = one(ScanJob, job_id=job_id)
    assert asked.trigger == "clock"
    with transaction() as db:
        scans.begin(db, asked.id)
    ended = finish(asked.id)
    assert (ended.directories_total, ended.enrichment_completed) == (0, 3)
    assert one(LibraryRow).scans_since_full == 0


def test_what_failed_waits_for_others_that_did(films: Library, tmdb: Stub) -> None:
    tmdb.answer = lambda _: Said({}, status=404)
    films.scan()
    due(1, minutes=9)

    assert request_due() == []
    due(2, minutes=11)
    assert len(request_due()) == 1


@pytest.mark.parametrize("why", ["paused", "unwanted", "quick", "no service"])
def test_the_clock_asks_for_nothing_that_nobody_wants(
    client: Client, films: Library, tmdb: Stub, why: str
) -> None:
    films.scan(profile=Profile.QUICK if why == "quick" else Profile.STANDARD)
    for row in rows(Item):
        due(row.id)
    if why == "paused":
        prefer(paused=True)
    if why == "unwanted":
        set_columns(LibraryRow, films.id, enrich=False)
    if why == "no service":
        assert client.delete("/integrations/1").status_code == 204

    assert request_due() == []


def test_what_changed_at_the_service_is_asked_for_again(
    films: Library, tmdb: Stub, known: TmdbStub
) -> None:
    films.scan()
    known.changes = [2, *range(100, 250)]

    refreshing.note_changes()

    assert [row.title for row in rows(Item) if row.enrich_due_at] == ["Beta"]
    days = next(each for each in tmdb.asked if each.path == "/3/movie/changes").query
    assert days["start_date"] == days["end_date"] == datetime.now(UTC).date().isoformat()


def test_after_a_fortnight_without_a_look_all_is_asked_for_again(
    films: Library, tmdb: Stub
) -> None:
    films.scan()
    long_ago = datetime.now(UTC) - timedelta(days=30)
    set_columns(Integration, 1, history_cursor=long_ago)
    set_columns(Item, 1, enriched_at=long_ago)

    refreshing.note_changes()

    assert [row.id for row in rows(Item) if row.enrich_due_at] == [1]
    assert one(Integration).history_cursor > long_ago + timedelta(days=29)


def test_a_new_key_is_tried_at_once(client: Client, films: Library, tmdb: Stub) -> None:
    tmdb.answer = lambda _: Said({}, status=429, headers={"Retry-After": "80000"})
    finish(thwarted(films))
    assert [row for row in rows(Item) if row.enrich_due_at < datetime.now(UTC)] == []

    assert client.patch("/integrations/1", {"secrets": {"api_key": "new"}}).status_code == 200

    assert len([row for row in rows(Item) if row.enrich_due_at < datetime.now(UTC)]) == 3


def test_what_waits_is_told(client: Client, films: Library, tmdb: Stub) -> None:
    tmdb.answer = lambda _: Said({}, status=401)
    scan_id = thwarted(films)

    (wait,) = client.get(f"/scans/{scan_id}").get_json()["waits"]

    assert (wait["step"], wait["reason"]) == ("complete", "auth")
    assert wait["detail"] == "TMDB: It refuses our credentials (401)."


def test_those_that_failed_are_listed(client: Client, library: Library, tmdb: Stub) -> None:
    film(film(library), "Nobody's (1950)").scan()

    found = client.get("/items?enrichment=enrichment_failed").get_json()["results"]

    assert [(each["title"], each["enrichment_reason"]) for each in found] == [
        ("Nobody's", "not_found")
    ]
