"""The search for what is wanted, from the row to the file on the disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Row, insert

from contract import Client
from libraries import Library, one, rows, set_columns, subtitle, video
from provider_stubs import (
    Offer,
    OpenSubtitlesStub,
    SubDlStub,
    provider,
    zipped,
)
from searching import NAME, search, want, work
from stub import Asked, Said, Stub
from sublarr_tasks import samples
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import rows as integrations
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import (
    BlacklistEntry,
    LandedSubtitle,
    LibraryKind,
    Notice,
    ProviderAnswer,
    ProviderRecord,
    WantedItem,
)
from sublarr_tasks.models import Search as SearchRow
from sublarr_tasks.samples import SubtitleTrack
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import searches, searching

OFFER = Offer(21, release="Alpha.2001.1080p.BluRay.x264-GROUP")


@pytest.fixture
def picky(client: Client, library: Library) -> Path:
    """Give the same film, for which little is good enough."""
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", minimum_score=90)
    library.scan()
    return library.root / NAME


@pytest.fixture
def known() -> OpenSubtitlesStub:
    return OpenSubtitlesStub([OFFER])


def state() -> Row[Any]:
    return one(WantedItem)


def searched(stub: Stub) -> list[Asked]:
    return [asked for asked in stub.asked if asked.path == "/api/v1/subtitles"]


def test_what_is_wanted_is_found_and_lands(client: Client, film: Path, service: Stub) -> None:
    ended = search(client)
    landed = film / f"{NAME}.de.srt"
    assert landed.read_bytes() == OFFER.bytes
    assert (state().status, state().score) == ("found", 76)
    assert {name: ended[name] for name in ("status", "total", "processed", "found", "failed")} == {
        "status": "completed",
        "total": 1,
        "processed": 1,
        "found": 1,
        "failed": 0,
    }


def test_the_history_tells_where_it_came_from_and_why(
    client: Client, film: Path, service: Stub
) -> None:
    search(client)
    (row,) = client.get("/subtitles").json["results"]
    assert (row["name"], row["provider"], row["subtitle_id"]) == (
        f"{NAME}.de.srt",
        "opensubtitles",
        "21",
    )
    assert (row["score"], row["breakdown"]) == (76, {"title": 60, "year": 30, "video_codec": 2})
    assert (row["state"], row["charset"]) == ("landed", "utf-8")


def test_media_servers_are_to_be_told(client: Client, film: Path, service: Stub) -> None:
    search(client)
    assert one(Notice).about["language"] == "de"


def test_nothing_but_the_subtitle_is_left_in_the_folder(
    client: Client, film: Path, service: Stub
) -> None:
    search(client)
    assert sorted(path.name for path in film.iterdir()) == [f"{NAME}.de.srt", f"{NAME}.mkv"]


def test_what_landed_is_there_for_the_next_scan(
    client: Client, library: Library, film: Path, service: Stub
) -> None:
    search(client)
    ended = library.scan(full=True)
    assert state().status == "found"
    assert ended.wanted_removed == 0


def test_that_nobody_has_it_is_an_attempt(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = []
    ended = search(client)
    assert (state().status, state().outcome, state().attempts) == ("wanted", "none", 1)
    assert (ended["found"], ended["failed"], ended["skipped"]) == (0, 1, 0)


def test_that_a_provider_is_away_is_no_attempt(client: Client, film: Path, service: Stub) -> None:
    service.say(Said(None, 503))
    search(client)
    row = state()
    assert (row.status, row.outcome, row.attempts) == ("wanted", "unavailable", 0)
    assert row.next_attempt_at > row.updated_at


def test_a_used_up_quota_is_waited_for_until_it_is_renewed(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.quota = 0
    ended = search(client)
    row = state()
    assert (row.status, row.outcome, row.attempts) == ("wanted", "quota", 0)
    assert (row.next_attempt_at - row.updated_at).days >= 0
    assert (ended["status"], ended["skipped"]) == ("completed", 1)
    (told,) = client.get("/providers").json["results"]
    assert (told["blocked_reason"], told["quota_left"]) == ("quota", 0)


def test_a_provider_that_is_left_alone_is_not_asked(
    client: Client, redis: Redis, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.quota = 0
    search(client)
    redis.flushdb()  # the row knows it, too
    set_columns(WantedItem, state().id, next_attempt_at=state().added_at)
    before = len(service.asked)
    search(client)
    assert len(service.asked) == before
    assert state().outcome == "quota"


def test_what_scores_too_low_is_left_and_it_is_said(
    client: Client, picky: Path, service: Stub
) -> None:
    search(client)
    assert (state().status, state().outcome) == ("wanted", "scored_too_low")
    assert state().detail == "1 offered; the best has 76: scored_too_low"
    assert not rows(LandedSubtitle)


def test_a_broken_subtitle_gives_way_to_the_next(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    broken = replace(OFFER, id=20, content=b"<html>gone</html>")
    known.offers = [broken, OFFER]
    search(client)
    assert one(LandedSubtitle).subtitle_id == "21"


def test_a_subtitle_in_old_bytes_lands_in_utf_8(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    text = OFFER.bytes.decode().replace("Bye", "Tschüß & Größe")
    known.offers = [replace(OFFER, content=text.encode("cp1252"))]
    search(client)
    assert (film / f"{NAME}.de.srt").read_text("utf-8") == text
    assert one(LandedSubtitle).charset == "cp1252"


def test_a_file_of_somebody_elses_is_never_replaced(
    client: Client, film: Path, service: Stub
) -> None:
    theirs = film / f"{NAME}.de.srt"
    theirs.write_bytes(b"not a subtitle that we know")
    search(client)
    assert theirs.read_bytes() == b"not a subtitle that we know"
    assert (state().status, state().outcome) == ("wanted", "not_ours")
    assert not rows(LandedSubtitle)


def test_what_is_blacklisted_is_not_taken_though_the_answer_was_kept(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    client.get(f"/wanted/{state().id}/candidates")
    banned = {"provider": "opensubtitles", "subtitle_id": "21", "reason": "out of sync"}
    assert client.post("/blacklist", banned).status_code == 201
    search(client)
    assert state().outcome == "blacklisted"
    assert len(searched(service)) == 1
    client.delete(f"/blacklist/{one(BlacklistEntry).id}")
    search(client)
    assert state().status == "found"


def test_the_same_question_is_asked_once(client: Client, film: Path, service: Stub) -> None:
    client.get(f"/wanted/{state().id}/candidates")
    client.get(f"/wanted/{state().id}/candidates")
    search(client)
    assert len(searched(service)) == 1


def test_without_redis_the_table_remembers(
    client: Client, redis: Redis, film: Path, service: Stub
) -> None:
    client.get(f"/wanted/{state().id}/candidates")
    redis.flushdb()
    client.get(f"/wanted/{state().id}/candidates")
    assert len(searched(service)) == 1
    assert len(rows(ProviderAnswer)) == 1


def test_a_provider_that_was_changed_is_asked_anew(
    client: Client, film: Path, service: Stub
) -> None:
    client.get(f"/wanted/{state().id}/candidates")
    (told,) = client.get("/providers").json["results"]
    client.patch(f"/integrations/{told['id']}", {"calls_per_second": 50.0})
    client.get(f"/wanted/{state().id}/candidates")
    assert len(searched(service)) == 2


def test_what_was_kept_can_be_forgotten(client: Client, film: Path, service: Stub) -> None:
    client.get(f"/wanted/{state().id}/candidates")
    (told,) = client.get("/providers").json["results"]
    assert told["cached_answers"] == 1
    assert client.delete(f"/providers/{told['id']}/answers").json == {"answers": 1}
    client.get(f"/wanted/{state().id}/candidates")
    assert len(searched(service)) == 2


def test_an_answer_that_did_not_come_is_not_kept(client: Client, film: Path, service: Stub) -> None:
    service.say(Said(None, 500))
    client.get(f"/wanted/{state().id}/candidates")
    assert not rows(ProviderAnswer)


def test_a_person_sees_every_offer_and_why_it_is_not_taken(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [
        OFFER,
        replace(OFFER, id=22, release="Alpha.2001.DVDRip-X", machine=True),
        replace(OFFER, id=23, forced=True),
    ]
    told = client.get(f"/wanted/{state().id}/candidates").json
    assert [(each["subtitle_id"], each["refusals"]) for each in told["candidates"]] == [
        ("21", []),
        ("22", []),
        ("23", ["forced"]),
    ]
    assert told["candidates"][0]["breakdown"] == {
        "title": 60,
        "year": 30,
        "video_codec": 2,
    }
    assert [each["outcome"] for each in told["providers"]] == ["found"]


def test_a_person_may_take_what_is_refused(client: Client, picky: Path, service: Stub) -> None:
    choice = {"provider": "opensubtitles", "subtitle_id": "21"}
    assert client.post(f"/wanted/{state().id}/download", choice).status_code == 202
    work()
    assert one(LandedSubtitle).subtitle_id == "21"


def test_what_is_offered_no_more_cannot_be_taken(client: Client, film: Path, service: Stub) -> None:
    choice = {"provider": "opensubtitles", "subtitle_id": "99"}
    client.post(f"/wanted/{state().id}/download", choice)
    work()
    assert (state().status, state().outcome) == ("wanted", "not_offered")
    assert not rows(LandedSubtitle)


def test_all_languages_of_a_video_are_asked_for_at_once(
    client: Client, library: Library, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [OFFER, replace(OFFER, id=24, language="fr")]
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", "fr")
    library.scan()
    ended = search(client)
    assert (ended["total"], ended["found"]) == (2, 2)
    assert [asked.query["languages"] for asked in searched(service)] == ["de,fr"]
    assert {path.name for path in (library.root / NAME).glob("*.srt")} == {
        f"{NAME}.de.srt",
        f"{NAME}.fr.srt",
    }


def test_forced_and_whole_subtitles_are_two(
    client: Client, library: Library, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [OFFER, replace(OFFER, id=25, forced=True, content=b"")]
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", forced="separate")
    library.scan()
    search(client)
    names = {path.name for path in (library.root / NAME).glob("*.srt")}
    assert names == {f"{NAME}.de.srt", f"{NAME}.de.forced.srt"}


def test_one_for_the_hearing_impaired_is_called_so(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [replace(OFFER, hearing_impaired=True)]
    search(client)
    assert (film / f"{NAME}.de.sdh.srt").exists()


def test_who_wants_none_for_the_hearing_impaired_gets_none(
    client: Client, library: Library, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [replace(OFFER, hearing_impaired=True)]
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", hearing_impaired="exclude")
    library.scan()
    search(client)
    assert state().outcome == "hearing_impaired"


def test_of_an_archive_the_episode_is_taken(client: Client, tmp_path: Path, database: str) -> None:
    shows = Library.register(tmp_path / "shows", "Shows", kind=LibraryKind.SERIES)
    folder = shows.root / "Show" / "Season 01"
    video(folder / "Show S01E02.mkv")
    want(client, "de")
    shows.scan()
    members = {f"Show.S01E0{number}.srt": replace(OFFER, id=number).bytes for number in (1, 2, 3)}
    season = Offer(
        31, release="Show.S01.1080p", title="Show", season=1, year=None, content=zipped(members)
    )

    def whole(asked: Asked) -> Said:
        if asked.path.startswith("/subtitle/"):
            return Said(raw=zipped(members))
        said = SubDlStub([season])(asked)
        assert isinstance(said.body, dict)
        for each in said.body["subtitles"]:
            each |= {"full_season": True, "season": 1, "episode": None}
        return said

    with provider(client, "subdl", whole):
        search(client)
    assert (folder / "Show S01E02.de.srt").read_bytes() == members["Show.S01E02.srt"]


def test_a_better_one_takes_the_place_of_ours_which_is_kept(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub, tmp_path: Path
) -> None:
    search(client)
    row = state()
    assert (row.status, row.upgrade, row.reason) == ("found", True, "better_score")
    known.offers = [OFFER, replace(OFFER, id=26, by_hash=True)]
    (told,) = client.get("/providers").json["results"]
    client.delete(f"/providers/{told['id']}/answers")
    with transaction() as db:
        db.exec_driver_sql("UPDATE landed_subtitles SET landed_at = now() - interval '9 days'")
    search(client, upgrades=True)
    old, new = sorted(rows(LandedSubtitle), key=lambda each: each.id)
    assert (old.state, old.reason, new.state) == ("replaced", "better_one", "landed")
    assert Path(old.recycled).read_bytes() == OFFER.bytes
    assert (film / f"{NAME}.de.srt").read_bytes() == replace(OFFER, id=26).bytes
    assert (state().status, state().upgrade) == ("found", False)


def test_what_is_no_better_replaces_nothing(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    search(client)
    known.offers = [OFFER, replace(OFFER, id=27)]
    (told,) = client.get("/providers").json["results"]
    client.delete(f"/providers/{told['id']}/answers")
    search(client, upgrades=True)
    assert (state().status, state().outcome) == ("found", "no_better")
    assert len(rows(LandedSubtitle)) == 1


def test_an_item_that_is_being_worked_on_is_nobody_elses(
    client: Client, film: Path, service: Stub
) -> None:
    client.post("/wanted/search", {})
    with transaction() as db:
        first = searches.claim(db, None)
    assert first is not None
    assert not searching.run(None)
    assert client.post("/wanted/search", {}).status_code == 409


def test_what_a_worker_left_is_taken_over(client: Client, film: Path, service: Stub) -> None:
    client.post("/wanted/search", {})
    with transaction() as db:
        searches.claim(db, None)
        db.exec_driver_sql("UPDATE wanted_items SET lease_until = now() - interval '1 s'")
    assert work() == 1
    assert (state().status, state().crashes) == ("found", 0)


def test_a_video_that_kills_its_workers_is_left_alone(
    client: Client, film: Path, service: Stub
) -> None:
    client.post("/wanted/search", {})
    for _ in range(searches.MOST_CRASHES):
        with transaction() as db:
            assert searches.claim(db, None) is not None
            db.exec_driver_sql("UPDATE wanted_items SET lease_until = now() - interval '1 s'")
    work()
    assert (state().status, state().outcome) == ("failed", "crashed_worker")
    assert not searched(service)


@pytest.mark.parametrize(
    ("step", "downloads"),
    [("landed", [21]), ("write", [21, 21])],
    ids=["after the file was written", "before"],
)
@pytest.mark.usefixtures("film", "service")
def test_where_a_worker_died_what_is_there_is_not_fetched_again(
    client: Client,
    known: OpenSubtitlesStub,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    downloads: list[int],
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    client.post("/wanted/search", {})
    with monkeypatch.context() as patched:
        patched.setattr(searching.landing, step, die)
        with pytest.raises(KeyboardInterrupt):
            searching.run(None)
    with transaction() as db:
        db.exec_driver_sql("UPDATE wanted_items SET lease_until = now() - interval '1 s'")
    work()
    assert (state().status, known.downloaded) == ("found", downloads)
    assert [row.state for row in rows(LandedSubtitle)] == ["landed"]


def test_a_cancelled_search_leaves_the_rest(
    client: Client, library: Library, service: Stub
) -> None:
    for name in ("Alpha (2001)", "Beta (2002)"):
        video(library.root / name / f"{name}.mkv")
    want(client, "de")
    library.scan()
    begun = client.post("/wanted/search", {}).json
    searching.run(None)
    ended = client.post(f"/searches/{begun['id']}/cancel").json
    assert ended["status"] == "cancelled"
    assert work() == 0
    assert {row.search_id for row in rows(WantedItem)} == {None}


def test_series_take_turns(client: Client, tmp_path: Path, database: str) -> None:
    shows = Library.register(tmp_path / "shows", "Shows", kind=LibraryKind.SERIES)
    for show, episodes in (("Long", 4), ("Short", 1)):
        for number in range(1, episodes + 1):
            video(shows.root / show / "Season 01" / f"{show} S01E0{number}.mkv")
    want(client, "de")
    shows.scan()
    client.post("/wanted/search", {})
    order: list[str] = []
    with transaction() as db:
        while (claim := searches.claim(db, None)) is not None:
            order.append(client.get(f"/wanted/{claim.rows[0].id}").json["title_of"])
    assert "Short" in order[:2]


def test_what_a_person_asks_for_goes_ahead_of_the_clock(
    client: Client, library: Library, service: Stub
) -> None:
    for name in ("Alpha (2001)", "Beta (2002)", "Gamma (2003)"):
        video(library.root / name / f"{name}.mkv")
    want(client, "de")
    library.scan()
    with transaction() as db:
        searches.begin_due(db)
    last = max(row.id for row in rows(WantedItem))
    assert client.post(f"/wanted/{last}/search").status_code == 202
    with transaction() as db:
        claim = searches.claim(db, None)
    assert claim is not None
    assert [row.id for row in claim.rows] == [last]


def test_the_clock_searches_for_what_is_due_and_not_before(
    client: Client, film: Path, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = []
    with transaction() as db:
        searches.begin_due(db)
    assert work() == 1
    with transaction() as db:
        searches.begin_due(db)
    assert work() == 0
    assert [row.kind for row in rows(SearchRow)] == ["clock"]


def test_without_a_provider_the_clock_begins_nothing(client: Client, film: Path) -> None:
    with transaction() as db:
        assert not searching.asking.is_of_use(db)
    want(client, "fr", embedded="extract")
    with transaction() as db:
        assert searching.asking.is_of_use(db)


def test_without_a_provider_it_is_said_so(client: Client, film: Path) -> None:
    search(client)
    assert (state().outcome, state().attempts) == ("no_provider", 0)


def test_how_a_provider_does_is_counted(client: Client, film: Path, service: Stub) -> None:
    search(client)
    (told,) = client.get("/providers").json["results"]
    assert (told["searches"], told["downloads"], told["landed"]) == (1, 1, 1)
    assert (told["average_score"], told["success_rate"]) == (76, 1)
    assert one(ProviderRecord).quota_left == 100


def test_one_slow_provider_does_not_cost_what_the_others_found(
    client: Client, film: Path, service: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching.asking, "DEADLINE", 1.0)
    monkeypatch.setattr(searching.asking.ask, "__defaults__", (1.0,))
    with provider(client, "subdl", SubDlStub([], latency=4.0)):
        told = client.get(f"/wanted/{state().id}/candidates").json
    assert {each["provider"]: each["outcome"] for each in told["providers"]} == {
        "opensubtitles": "found",
        "subdl": "late",
    }
    assert len(told["candidates"]) == 1


@pytest.mark.parametrize(
    ("must", "words"),
    [("must_not_contain", ["bluray"]), ("must_contain", ["web-dl", "webrip"])],
)
def test_words_of_the_release_decide(
    client: Client,
    library: Library,
    service: Stub,
    must: str,
    words: Sequence[str],
) -> None:
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", **{must: words})
    library.scan()
    search(client)
    assert state().outcome == must


def test_a_copy_of_what_is_there_is_no_news(
    client: Client, library: Library, service: Stub, known: OpenSubtitlesStub
) -> None:
    known.offers = [OFFER, replace(OFFER, id=28, language="fr", content=OFFER.bytes)]
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de", "fr")
    library.scan()
    search(client)
    assert [row.language for row in rows(LandedSubtitle)] == ["de"]
    assert {row.language: row.outcome for row in rows(WantedItem)}["fr"] == "duplicate"


def test_the_users_own_file_makes_a_search_needless(
    client: Client, library: Library, film: Path, service: Stub
) -> None:
    client.post("/wanted/search", {})
    subtitle(film / f"{NAME}.de.srt")
    library.scan()
    assert work() == 0
    with transaction() as db:
        searches.complete_all(db)
    assert (one(SearchRow).status, one(SearchRow).skipped) == ("completed", 1)


@pytest.mark.parametrize(("suffix", "extension"), [(".mkv", "srt"), (".mp4", "srt")])
def test_a_stream_of_text_is_written_out_where_the_profile_says_so(
    client: Client, library: Library, suffix: str, extension: str
) -> None:
    folder = library.root / NAME
    folder.mkdir(parents=True)
    tracks = [SubtitleTrack("eng", line="English"), SubtitleTrack("ger", line="Grüße & so")]
    samples.film(folder / f"{NAME}{suffix}", seconds=0.3, subtitles=tracks)
    want(client, "de", embedded="extract")
    library.scan()
    assert (state().reason, state().existing[:9]) == ("to_extract", "embedded_")
    search(client)
    written = (folder / f"{NAME}.de.{extension}").read_text("utf-8")
    assert "Grüße & so" in written
    assert (state().status, one(LandedSubtitle).provider) == ("found", "embedded")


def test_a_styled_stream_keeps_its_styles(client: Client, library: Library) -> None:
    folder = library.root / NAME
    folder.mkdir(parents=True)
    tracks = [SubtitleTrack("ger", codec="ass", line="Hallo")]
    samples.film(folder / f"{NAME}.mkv", seconds=0.3, subtitles=tracks)
    want(client, "de", embedded="extract")
    library.scan()
    search(client)
    written = (folder / f"{NAME}.de.ass").read_text("utf-8")
    assert "Style: Default,Arial,20" in written
    assert "Hallo" in written


def test_the_weights_are_a_persons_to_choose(client: Client, film: Path, service: Stub) -> None:
    changed = client.patch("/scoring", {"weights": {"movie": {"title": 0, "year": 5}}}).json
    assert (changed["weights"]["movie"]["title"], changed["weights"]["movie"]["hash"]) == (0, 119)
    search(client)
    assert state().outcome == "scored_too_low"
    client.call("PUT", "/scoring/presets/standard")
    search(client)
    assert state().status == "found"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weights": {"movie": {"series": 5}}}, "weights.movie.series"),
        ({"weights": {"movie": {"title": 5000}}}, "weights.movie.title"),
        ({"bonuses": {"providers": {"nobody": 5}}}, "bonuses.providers.nobody"),
    ],
)
def test_a_weight_that_cannot_be_is_named(
    client: Client, changes: dict[str, object], field: str
) -> None:
    answer = client.patch("/scoring", changes)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_preset_that_nobody_knows_is_refused(client: Client) -> None:
    assert client.call("PUT", "/scoring/presets/unheard-of").status_code == 422
    assert "anime" in client.get("/scoring/presets").json["presets"]


def test_of_equal_languages_one_is_taken_for_the_other(client: Client, library: Library) -> None:
    video(library.root / NAME / f"{NAME}.mkv")
    profile = {"name": "any", "wishes": [{"language": "pt"}], "equal_languages": [["pt", "pt-BR"]]}
    assert client.post("/language-profiles", profile).status_code == 201
    library.scan()
    known = OpenSubtitlesStub([replace(OFFER, language="pt-br")])
    with provider(client, "opensubtitles", known):
        search(client)
    assert (library.root / NAME / f"{NAME}.pt.srt").exists()


def test_who_does_well_goes_before_who_does_badly_where_people_want_that(client: Client) -> None:
    with transaction() as db:
        for kind, kept, tried in (("subdl", 90, 90), ("gestdown", 0, 90), ("podnapisi", 1, 2)):
            draft = integrations.Draft(Kind(kind), kind, secrets=_secrets(kind))
            service = integrations.add(db, INSTALLATION, draft)
            counted = {"landed": kept, "downloads": tried, "downloads_failed": 0}
            db.execute(insert(ProviderRecord).values(integration_id=service.id, **counted))
    assert client.get("/scoring").json["earned"] == {}
    assert client.patch("/scoring", {"bonuses": {"success": 20}}).status_code == 200
    assert client.get("/scoring").json["earned"] == {"subdl": 18, "gestdown": -18, "podnapisi": 0}


def test_success_never_outweighs_what_fits(client: Client) -> None:
    assert client.patch("/scoring", {"bonuses": {"success": 51}}).status_code == 422


def _secrets(kind: str) -> dict[str, str | None]:
    return {"api_key": "key"} if kind == "subdl" else {}
