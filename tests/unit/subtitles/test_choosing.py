"""Which file of an archive is the one."""

import pytest

from sublarr_tasks.clients.providers import Candidate, Media, Query
from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import choosing
from sublarr_tasks.subtitles.archives import Member

EPISODE = Query(Media.EPISODE, "Show", ("de",), season=1, episode=2, absolute=14)
MOVIE = Query(Media.MOVIE, "Alpha", ("de",), 2001)


def chosen(query: Query, *names: str, group: str | None = None, forced: bool = False) -> str:
    members = [Member(name, b"x" * (10 + n)) for n, name in enumerate(names)]
    candidate = Candidate("any", "1", "de", forced=forced, packed=True)
    return choosing.choose(members, query, candidate, group).name


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Show.S01E01.srt", "Show.S01E02.srt"], "Show.S01E02.srt"),
        (["Show.S01E01-E03.srt", "Show.S02E02.srt"], "Show.S01E01-E03.srt"),
        (["Show - 13.srt", "Show - 14.srt"], "Show - 14.srt"),
        (["1x01.srt", "1x02.srt"], "1x02.srt"),
        (["whatever.srt"], "whatever.srt"),
        (["Show.S01E02.en.srt", "Show.S01E02.de.srt"], "Show.S01E02.de.srt"),
        (["Show.S01E02.de.forced.srt", "Show.S01E02.de.srt"], "Show.S01E02.de.srt"),
        (["Show.S01E02.srt", "Show.S01E02.ass"], "Show.S01E02.ass"),
    ],
)
def test_of_a_season_the_episode_is_taken(names: list[str], expected: str) -> None:
    assert chosen(EPISODE, *names) == expected


def test_of_the_foreign_parts_those_are_taken() -> None:
    names = ("Show.S01E02.de.forced.srt", "Show.S01E02.de.srt")
    assert chosen(EPISODE, *names, forced=True) == "Show.S01E02.de.forced.srt"


def test_of_several_releases_the_videos_own_is_taken() -> None:
    names = ("Alpha.2001.BluRay-ONE.srt", "Alpha.2001.BluRay-TWO.srt")
    assert chosen(MOVIE, *names, group="one") == "Alpha.2001.BluRay-ONE.srt"


@pytest.mark.parametrize("names", [["Show.S01E01.srt", "Show.S01E03.srt"], ["Show.S03E02.srt"]])
def test_an_episode_that_is_not_in_it_is_not_made_up(names: list[str]) -> None:
    with pytest.raises(UnitError) as refused:
        chosen(EPISODE, *names)
    assert refused.value.reason == "not_in_archive"


def test_an_archive_without_subtitles_is_refused() -> None:
    with pytest.raises(UnitError) as refused:
        choosing.choose([], MOVIE, Candidate("any", "1", "de"), None)
    assert refused.value.reason == "archive_empty"
