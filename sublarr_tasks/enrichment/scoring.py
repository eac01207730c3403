"""Which of the pictures on offer is the best: a number from 0 to 100, and what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from sublarr_tasks.clients.metadata.facts import PictureType

# How much each factor counts; together 100.
WEIGHTS = {"size": 30.0, "ratio": 20.0, "language": 25.0, "votes": 15.0, "provider": 10.0}
# As wide and high as a picture need be, in pixels: what is larger is no better.
IDEAL = {
    PictureType.POSTER: (2000, 3000),
    PictureType.FANART: (1920, 1080),
    PictureType.CLEARLOGO: (800, 310),
    PictureType.CLEARART: (1000, 562),
    PictureType.BANNER: (1000, 185),
    PictureType.LANDSCAPE: (1000, 562),
    PictureType.DISCART: (1000, 1000),
    PictureType.CHARACTERART: (512, 512),
    PictureType.THUMB: (1280, 720),
}
# On these words disturb; the others are there to be read.
TEXTLESS = frozenset({PictureType.FANART, PictureType.THUMB, PictureType.CHARACTERART})
# How much each service's pictures are worth where all else is equal.
PROVIDERS = {"tmdb": 1.0, "fanarttv": 0.9, "tvdb": 0.8}
OTHER_PROVIDER = 0.5
# What is not known of a picture is taken for middling.
UNKNOWN = 0.5
# So many people's votes count in full.
ENOUGH_VOTES = 50
# fanart.tv's likes are few: so many show that a picture is loved.
ENOUGH_LIKES = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture as its service describes it; `votes` from 0 to 10, of `vote_count` people."""

    type: PictureType
    provider: str
    width: int | None
    height: int | None
    language: str | None
    votes: float | None
    vote_count: int


def score(offer: Offer, language: str) -> tuple[float, Mapping[str, float]]:
    """Rate a picture for somebody who reads a language (BCP 47); the factors are from 0 to 1."""
    factors = {
        "size": _size(offer),
        "ratio": _ratio(offer),
        "language": _language(offer, language.partition("-")[0]),
        "votes": _votes(offer),
        "provider": PROVIDERS.get(offer.provider, OTHER_PROVIDER),
    }
    total = sum(WEIGHTS[name] * value for name, value in factors.items())
    return round(total, 2), {name: round(value, 3) for name, value in factors.items()}


def _size(offer: Offer) -> float:
    if not offer.width or not offer.height:
        return UNKNOWN
    width, height = IDEAL[offer.type]
    return min(1.0, offer.width * offer.height / (width * height))


def _ratio(offer: Offer) -> float:
    """Take off a tenth for each tenth that a picture is wider or narrower than it should be."""
    if not offer.width or not offer.height:
        return UNKNOWN
    width, height = IDEAL[offer.type]
    if offer.type is PictureType.CLEARLOGO:  # as wide as its word
        return 1.0
    is_, should_be = offer.width / offer.height, width / height
    return max(0.0, 1.0 - abs(is_ - should_be) / should_be)


def _language(offer: Offer, language: str) -> float:
    preferred = (None, language, "en") if offer.type in TEXTLESS else (language, "en", None)
    place = next((n for n, each in enumerate(preferred) if each == offer.language), None)
    return 0.1 if place is None else (1.0, 0.7, 0.5)[place]


def _votes(offer: Offer) -> float:
    if offer.votes is None:
        return UNKNOWN * min(1.0, offer.vote_count / ENOUGH_LIKES)
    return offer.votes / 10 * min(1.0, offer.vote_count / ENOUGH_VOTES)
