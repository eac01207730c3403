"""Which of the subtitles on offer is taken: scored, ranked, each refusal with its reason."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sublarr_tasks.clients.providers import Candidate, Media, Query
from sublarr_tasks.subtitles import matching, scoring
from sublarr_tasks.subtitles.attributes import Attributes
from sublarr_tasks.subtitles.scoring import Score, Weights
from sublarr_tasks.wanted.deciding import STYLED
from sublarr_tasks.wanted.profiles import Format, HearingImpaired, Profile, Wish

# How much better another must be to be worth the change, in per cent; twice that in the first days.
GAIN, SETTLED_DAYS = 14, 7


class Refusal(StrEnum):
    """Why a candidate is not taken."""

    ANOTHER_TITLE = "another_title"
    ANOTHER_LANGUAGE = "another_language"
    FORCED = "forced"
    NOT_FORCED = "not_forced"
    HEARING_IMPAIRED = "hearing_impaired"
    NOT_HEARING_IMPAIRED = "not_hearing_impaired"
    MUST_CONTAIN = "must_contain"
    MUST_NOT_CONTAIN = "must_not_contain"
    BLACKLISTED = "blacklisted"
    SCORED_TOO_LOW = "scored_too_low"
    NO_BETTER = "no_better"


@dataclass(frozen=True, slots=True)
class Bonuses:
    """Points that decide between candidates and are no part of their score.

    A provider has at most `success` points more or less, by how often what it gave was kept.
    """

    styled: int = 50
    hearing_impaired: int = 30
    trusted: int = 20
    provisional: int = -100
    success: int = 0
    providers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """How candidates are scored; `earned` are the points of providers that do well or badly."""

    weights: Weights = field(default_factory=lambda: scoring.USUAL)
    bonuses: Bonuses = field(default_factory=Bonuses)
    earned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One wanted subtitle; an upgrade is of what scored so much, some days ago.

    A `provisional` one, which a machine made, is replaced by any that a human did.
    """

    wish: Wish
    forced: bool
    upgrade: bool = False
    existing: str = ""
    score: int | None = None
    days: float | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, how well it fits, its place among others, and why it is not taken."""

    candidate: Candidate
    score: Score
    rank: int
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """What candidates are held against: a video, the rules, and what is never taken again."""

    rules: Rules
    query: Query
    own: Attributes
    profile: Profile
    blacklist: Collection[tuple[str, str]] = ()

    def judge(self, wanted: Wanted, candidates: Iterable[Candidate]) -> list[Judged]:
        """Return all candidates, those that may be taken first, the best of them first."""
        judged = [self._judged(wanted, each) for each in candidates]
        return sorted(judged, key=lambda each: (bool(each.refusals), -each.rank, each.candidate.id))

    def _judged(self, wanted: Wanted, candidate: Candidate) -> Judged:
        media, rules = self.query.media, self.rules
        matches = matching.matches(self.query, self.own, candidate)
        score = scoring.score(rules.weights, media, matches or ())
        refusals = [*_refused(wanted, candidate, score)]
        if not self.profile.serves(candidate.language, wanted.wish.language):
            refusals.insert(0, Refusal.ANOTHER_LANGUAGE)
        if matches is None:
            refusals.insert(0, Refusal.ANOTHER_TITLE)
        if (candidate.provider, candidate.id) in self.blacklist:
            refusals.append(Refusal.BLACKLISTED)
        # A film's points are a third of an episode's; a bonus weighs the same for both.
        points = score.points * (3 if media is Media.MOVIE else 1)
        bonus = _bonus(rules.bonuses, wanted.wish, candidate)
        bonus += rules.earned.get(candidate.provider, 0)
        return Judged(candidate, score, points + bonus, tuple(refusals))


def _refused(wanted: Wanted, candidate: Candidate, score: Score) -> Iterable[Refusal]:
    wish = wanted.wish
    if _is_forced(candidate) != wanted.forced:
        yield Refusal.NOT_FORCED if wanted.forced else Refusal.FORCED
    if not wish.takes(hearing_impaired=candidate.hearing_impaired):
        yield (
            Refusal.HEARING_IMPAIRED if candidate.hearing_impaired else Refusal.NOT_HEARING_IMPAIRED
        )
    named = " ".join(candidate.releases).casefold()
    if wish.must_contain and not any(word.casefold() in named for word in wish.must_contain):
        yield Refusal.MUST_CONTAIN
    if any(word.casefold() in named for word in wish.must_not_contain):
        yield Refusal.MUST_NOT_CONTAIN
    if score.percent < wish.minimum_score:
        yield Refusal.SCORED_TOO_LOW
    if wanted.upgrade and not _is_better(wanted, candidate, score):
        yield Refusal.NO_BETTER


def _is_forced(candidate: Candidate) -> bool:
    return candidate.forced or any("forced" in name.casefold() for name in candidate.releases)


def _is_better(wanted: Wanted, candidate: Candidate, score: Score) -> bool:
    """Tell whether a candidate is worth replacing what is there: never a styled one by a plain."""
    styled = wanted.existing.removeprefix("embedded_") in STYLED
    offered = candidate.format in STYLED if candidate.format else None
    if styled and offered is False:
        return False
    if not styled and wanted.wish.format is Format.ASS and offered:
        return True
    if candidate.provisional or wanted.provisional:
        return not candidate.provisional
    if wanted.score is None:
        return False
    young = wanted.days is not None and wanted.days < SETTLED_DAYS
    return score.percent >= wanted.score + (GAIN * 2 if young else GAIN)


def _bonus(bonuses: Bonuses, wish: Wish, candidate: Candidate) -> int:
    prefers = wish.hearing_impaired is HearingImpaired.PREFER
    return (
        bonuses.styled * (wish.format is Format.ASS and candidate.format in STYLED)
        + bonuses.hearing_impaired * (prefers and candidate.hearing_impaired)
        + bonuses.trusted * candidate.trusted
        + bonuses.provisional * candidate.provisional
        + bonuses.providers.get(candidate.provider, 0)
    )
