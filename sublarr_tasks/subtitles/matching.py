"""What a candidate and a video agree on: pure, and the same for every provider."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from sublarr_tasks.clients.providers.contract import Candidate, Media, Query
from sublarr_tasks.library import episodes, release
from sublarr_tasks.library.episodes import Episodes
from sublarr_tasks.library.names import squeeze
from sublarr_tasks.subtitles import attributes
from sublarr_tasks.subtitles.attributes import Attributes


class Match(StrEnum):
    """Something on which a subtitle and a video agree; `title` is a film's, `series` a series'."""

    HASH = "hash"
    TITLE = "title"
    SERIES = "series"
    YEAR = "year"
    SEASON = "season"
    EPISODE = "episode"
    RELEASE_GROUP = "release_group"
    SOURCE = "source"
    AUDIO_CODEC = "audio_codec"
    RESOLUTION = "resolution"
    VIDEO_CODEC = "video_codec"
    STREAMING_SERVICE = "streaming_service"
    EDITION = "edition"
    HEARING_IMPAIRED = "hearing_impaired"


_COMPARED = (
    "source",
    "resolution",
    "video_codec",
    "audio_codec",
    "streaming_service",
    "release_group",
    "edition",
)


def matches(query: Query, own: Attributes, candidate: Candidate) -> frozenset[Match] | None:
    """Return what agrees, None where the candidate is of something else.

    A hash counts only where nothing else speaks against it: uploaders attach files to the wrong
    title, and hashes of 64 KiB collide.
    """
    found = _episode(query, candidate) if query.media is Media.EPISODE else _movie(query, candidate)
    if found is None:
        return None
    read = [attributes.read(name) for name in candidate.releases]
    found |= {Match(name) for name in _COMPARED if _agrees(name, own, read)}
    if query.hearing_impaired is not None and query.hearing_impaired == candidate.hearing_impaired:
        found.add(Match.HEARING_IMPAIRED)
    whose = Match.SERIES if query.media is Media.EPISODE else Match.TITLE
    if candidate.by_hash and whose in found and not _contradicts("source", own, read):
        found.add(Match.HASH)
    return frozenset(found)


def _movie(query: Query, candidate: Candidate) -> set[Match] | None:
    parsed = [release.parse(name) for name in candidate.releases]
    years = {candidate.year, *(each.year for each in parsed)} - {None}
    if candidate.by_id:
        return {Match.TITLE, Match.YEAR}
    found: set[Match] = set()
    keys = {each.key for each in parsed} | {squeeze(candidate.title or "")}
    if squeeze(query.title) in keys:
        found.add(Match.TITLE)
    if query.year is not None and years:
        if query.year in years:
            found.add(Match.YEAR)
        elif all(abs(query.year - year) > 1 for year in years if year is not None):
            return None  # another film of the same name
    return found


def _episode(query: Query, candidate: Candidate) -> set[Match] | None:
    """Compare numbers first: a subtitle of another episode fits nothing else either."""
    parsed = [episodes.parse(name) for name in candidate.releases]
    season, numbers = _numbers(candidate, parsed)
    absolute = {number for each in parsed for number in each.absolute}
    found: set[Match] = set()
    if season is not None and query.season is not None:
        found.add(Match.SEASON)
    if numbers:
        found.add(Match.EPISODE)
    elif query.absolute in absolute:
        found |= {Match.SEASON, Match.EPISODE}
    elif candidate.packed and Match.SEASON in found:
        found.add(Match.EPISODE)  # of a season's archive the episode's file is taken, or nothing
    elif absolute:
        return None
    if (Match.SEASON in found and season not in (None, query.season)) or (
        numbers and query.episode not in numbers
    ):
        return None
    return found | _series(query, candidate, (each.head for each in parsed))


def _numbers(candidate: Candidate, parsed: Sequence[Episodes]) -> tuple[int | None, set[int]]:
    """Return a candidate's season and episodes: what the provider says, else what names do."""
    seasons = (candidate.season, *(each.season for each in parsed))
    season = next((number for number in seasons if number is not None), None)
    if candidate.episode is not None:
        return season, {candidate.episode}
    return season, next(({*each.numbers} for each in parsed if each.numbers), set())


def _series(query: Query, candidate: Candidate, heads: Iterable[str]) -> set[Match]:
    if candidate.by_id:
        return {Match.SERIES, Match.YEAR}
    wanted = squeeze(query.title)
    for head in (candidate.title or "", *heads):
        parsed = release.parse(head) if head else None
        if parsed is None or wanted not in (parsed.key, squeeze(head)):
            continue
        if parsed.year is None or query.year is None or parsed.year == query.year:
            return {Match.SERIES, Match.YEAR} if query.year else {Match.SERIES}
        return set()  # a series of the same name, of another year
    return set()


def _agrees(name: str, own: Attributes, read: Iterable[Attributes]) -> bool:
    ours = getattr(own, name)
    return ours is not None and any(getattr(each, name) == ours for each in read)


def _contradicts(name: str, own: Attributes, read: Iterable[Attributes]) -> bool:
    ours = getattr(own, name)
    theirs = {getattr(each, name) for each in read} - {None}
    return ours is not None and bool(theirs) and ours not in theirs
