"""What a subtitle and a video agree on, and what that is worth."""

from dataclasses import replace

import pytest

from sublarr_tasks.clients.providers import Candidate, Media, Query
from sublarr_tasks.subtitles import attributes, scoring
from sublarr_tasks.subtitles.attributes import Attributes
from sublarr_tasks.subtitles.matching import Match, matches

NAME = "Show.S01E02.1080p.AMZN.WEB-DL.DDP5.1.H.264-NTb"
OWN = attributes.read(NAME)
EPISODE = Query(Media.EPISODE, "Show", ("de",), 2010, 1, 2, imdb_id="tt0000007")
MOVIE = Query(Media.MOVIE, "Alpha", ("de",), 2001)


def offered(*releases: str, **said: object) -> Candidate:
    return replace(Candidate("any", "1", "de", releases), **said)  # type: ignore[arg-type]


def percent(query: Query, candidate: Candidate, own: Attributes = OWN) -> int:
    found = matches(query, own, candidate)
    assert found is not None
    return scoring.score(scoring.USUAL, query.media, found).percent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            NAME,
            Attributes("web", "1080p", "h.264", "ddp", "amzn", "ntb"),
        ),
        (
            "Film.2001.2160p.UHD.BluRay.x265.10bit.HDR.DTS-HD.MA.5.1-GROUP.mkv",
            Attributes("bluray", "2160p", "h.265", "dts-hd", None, "group"),
        ),
        ("[Subs] Show - 03 [720p][AAC]", Attributes(None, "720p", None, "aac", None, "subs")),
        ("Film (2001) - [Director's Cut]", Attributes(edition="director's cut")),
        ("Show.S01E02.HDTV.XviD-LOL.srt", Attributes("tv", None, "xvid", None, None, "lol")),
        ("Show - S01E02 - Title", Attributes()),
        ("Spider-Man", Attributes(release_group="man")),
    ],
)
def test_a_name_tells_which_copy_it_is(name: str, expected: Attributes) -> None:
    read = attributes.read(name)
    assert (
        read.source,
        read.resolution,
        read.audio_codec,
        read.streaming_service,
        read.release_group,
    ) == (
        expected.source,
        expected.resolution,
        expected.audio_codec,
        expected.streaming_service,
        expected.release_group,
    )


def test_a_subtitle_of_the_very_release_scores_everything() -> None:
    candidate = offered(NAME, title="Show", season=1, episode=2, by_id=True)
    query = replace(EPISODE, hearing_impaired=False)
    assert percent(query, candidate) == 100


def test_the_hash_stands_for_all_that_a_name_could_tell() -> None:
    found = matches(EPISODE, OWN, offered(season=1, episode=2, by_id=True, by_hash=True))
    assert found is not None
    score = scoring.score(scoring.USUAL, Media.EPISODE, found)
    assert (score.points, score.breakdown) == (359, {"hash": 359})


def test_a_hash_is_not_believed_against_the_name() -> None:
    other = offered("Show.S01E02.BluRay.x264-OTHER", season=1, episode=2, by_id=True, by_hash=True)
    assert Match.HASH not in (matches(EPISODE, OWN, other) or ())
    nameless = offered("Something Else S01E02", season=1, episode=2, by_hash=True)
    assert Match.HASH not in (matches(EPISODE, OWN, nameless) or ())


@pytest.mark.parametrize(
    "candidate",
    [
        offered("Show.S01E03.720p", by_id=True),
        offered("Show.S02E02.720p", by_id=True),
        offered("x", season=2, episode=2, by_id=True),
        offered("x", season=1, episode=3, by_hash=True, by_id=True),
    ],
)
def test_what_is_of_another_episode_is_of_no_use(candidate: Candidate) -> None:
    assert matches(EPISODE, OWN, candidate) is None


def test_of_several_episodes_one_is_enough() -> None:
    assert Match.EPISODE in (matches(EPISODE, OWN, offered("Show.S01E01-E03.720p")) or ())


def test_a_seasons_archive_may_hold_the_episode() -> None:
    found = matches(EPISODE, OWN, offered("Show.S01.Complete", season=1, packed=True, by_id=True))
    assert {Match.SERIES, Match.SEASON, Match.EPISODE} <= (found or set())


def test_an_absolute_number_is_the_episodes() -> None:
    query = replace(EPISODE, season=2, episode=3, absolute=15)
    found = matches(query, Attributes(), offered("[Subs] Show - 15 [720p]"))
    assert {Match.SERIES, Match.SEASON, Match.EPISODE} <= (found or set())
    assert matches(query, Attributes(), offered("[Subs] Show - 16 [720p]")) is None


def test_a_series_of_the_same_name_and_another_year_is_another() -> None:
    found = matches(EPISODE, OWN, offered("Show.2021.S01E02.720p"))
    assert Match.SERIES not in (found or ())


def test_a_film_of_another_year_is_another() -> None:
    assert matches(MOVIE, Attributes(), offered("Alpha.1982.DVDRip")) is None
    assert percent(MOVIE, offered("Alpha.2001.BluRay"), Attributes()) == 75


def test_another_film_scores_too_little() -> None:
    assert percent(MOVIE, offered("Beta.2001.BluRay"), Attributes()) < 60


def test_the_weights_sum_to_what_bazarr_gives() -> None:
    own = scoring.USUAL[Media.EPISODE]
    assert sum(own.values()) - own[Match.HASH] == 360
    film = scoring.USUAL[Media.MOVIE]
    assert sum(film.values()) - film[Match.HASH] == 120
