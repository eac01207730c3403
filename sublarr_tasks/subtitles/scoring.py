"""How well a subtitle fits, in points for what agrees and as a share of all that could.

The points are those of Bazarr; a hash stands for everything that a file's name could tell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sublarr_tasks.clients.providers.contract import Media
from sublarr_tasks.subtitles.matching import Match

Weights = Mapping[Media, Mapping[Match, int]]

USUAL: Weights = {
    Media.EPISODE: {
        Match.HASH: 359,
        Match.SERIES: 180,
        Match.YEAR: 90,
        Match.SEASON: 30,
        Match.EPISODE: 30,
        Match.RELEASE_GROUP: 14,
        Match.SOURCE: 7,
        Match.AUDIO_CODEC: 3,
        Match.RESOLUTION: 2,
        Match.VIDEO_CODEC: 2,
        Match.STREAMING_SERVICE: 1,
        Match.HEARING_IMPAIRED: 1,
    },
    Media.MOVIE: {
        Match.HASH: 119,
        Match.TITLE: 60,
        Match.YEAR: 30,
        Match.RELEASE_GROUP: 13,
        Match.SOURCE: 7,
        Match.AUDIO_CODEC: 3,
        Match.RESOLUTION: 2,
        Match.VIDEO_CODEC: 2,
        Match.STREAMING_SERVICE: 1,
        Match.EDITION: 1,
        Match.HEARING_IMPAIRED: 1,
    },
}


@dataclass(frozen=True, slots=True)
class Score:
    """Points, the same from 0 to 100, and the points by what they are for."""

    points: int
    percent: int
    breakdown: Mapping[str, int]


def score(weights: Weights, media: Media, matches: Collection[Match]) -> Score:
    """Add up what agrees; with the hash only that and for whom the subtitle is."""
    own = weights[media]
    counted = {Match.HASH, Match.HEARING_IMPAIRED} if Match.HASH in matches else {*own}
    breakdown = {each.value: own[each] for each in own if each in matches and each in counted}
    points = sum(breakdown.values())
    best = sum(weight for each, weight in own.items() if each is not Match.HASH)
    return Score(points, min(100, points * 100 // best) if best else 0, breakdown)
