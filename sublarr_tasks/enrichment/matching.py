"""Whether a title that a service found is the one that is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sublarr_tasks.clients.metadata.facts import Match
from sublarr_tasks.library.names import squeeze

# Of a title alone it is not known which of its remakes is meant.
WITHOUT_YEAR = 0.8
# What only sounds alike is never as sure as what is the same.
MOST_FOR_SIMILAR = 0.7
# Below this nobody but a person may say that it is the same.
SURE = 0.9


@dataclass(frozen=True, slots=True)
class Choice:
    """The one match that a title and a year can mean, from 0 to 1 how sure that is, and why."""

    match: Match
    confidence: float
    reason: str


def confidence(title: str, year: int | None, match: Match) -> tuple[float, str]:
    """Tell how likely a match is what a title and a year mean, and why."""
    names = _names(match)
    same = squeeze(title) in names
    likeness = max(SequenceMatcher(None, squeeze(title), name).ratio() for name in names)
    score = 1.0 if same else likeness * MOST_FOR_SIMILAR
    named = "title" if same else "similar_title"
    if year is None or match.premiered is None:
        return round(score * WITHOUT_YEAR, 2), named
    apart = abs(match.premiered.year - year)
    # Festivals and cinemas date a film differently.
    factor = {0: 1.0, 1: 0.9}.get(apart, 0.3)
    return round(score * factor, 2), f"{named}_and_year" if apart <= 1 else f"{named}_other_year"


def sure(title: str, year: int | None, found: Sequence[Match]) -> Choice | None:
    """Choose the match that can be meant, if there is one and no other; a remake is another."""
    choices = [Choice(match, *confidence(title, year, match)) for match in found]
    if year is None:
        alike = [each for each in choices if each.reason == "title"]
    else:
        best = max((each.confidence for each in choices), default=0.0)
        alike = [each for each in choices if each.confidence == best >= SURE]
    return alike[0] if len(alike) == 1 else None


def _names(match: Match) -> set[str]:
    return {squeeze(match.title), squeeze(match.original_title or match.title)}
