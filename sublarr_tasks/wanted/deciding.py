"""Which subtitles a video lacks: one pure function of its profile and of what is known of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sublarr_tasks.wanted.profiles import (
    ANY,
    Embedded,
    Forced,
    Format,
    HearingImpaired,
    Profile,
    Wish,
)

# Advanced SubStation and its forerunner keep styles and places, which no other format of text does.
STYLED = frozenset({"ass", "ssa"})


class Reason(StrEnum):
    """Why a subtitle is wanted, or is not."""

    MISSING = "missing"
    ONLY_HEARING_IMPAIRED = "only_hearing_impaired"
    NOT_HEARING_IMPAIRED = "not_hearing_impaired"
    TO_EXTRACT = "to_extract"
    BETTER_FORMAT = "better_format"
    BETTER_SCORE = "better_score"
    MACHINE_MADE = "machine_made"
    PRESENT = "present"
    EMBEDDED = "embedded"
    AUDIO = "audio"
    CUTOFF = "cutoff"


class State(StrEnum):
    """What is to be done about a subtitle."""

    WANTED = "wanted"
    UPGRADE = "upgrade"
    THERE = "there"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Track:
    """A subtitle that a video has; `format` is a file's extension or a stream's codec.

    One of pictures is not `text`. `provisional` ones were made by a machine. Of those that we wrote
    `score` says how well they fit, from 0 to 100, and `days` since when they are there.
    """

    language: str | None
    format: str
    embedded: bool
    forced: bool = False
    hearing_impaired: bool = False
    text: bool = True
    provisional: bool = False
    score: int | None = None
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a video: the languages of its sound tracks, and its subtitles."""

    audio: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a profile makes of one language; `existing` is what is there, "" for nothing.

    Of what is `optional`, nobody counts the lack.
    """

    language: str
    forced: bool
    state: State
    reason: Reason
    existing: str = ""
    optional: bool = False


def decide(profile: Profile, facts: Facts) -> tuple[Verdict, ...]:
    """Return what a profile makes of a video, in the order of its languages."""
    verdicts = [each for wish in profile.wishes for each in _decided(profile, wish, facts)]
    met = {
        each.language
        for each in verdicts
        if not each.forced and each.state in (State.THERE, State.UPGRADE)
    }
    if profile.cutoff is None or not (met if profile.cutoff == ANY else profile.cutoff in met):
        return tuple(verdicts)
    return tuple(
        Verdict(each.language, each.forced, State.UNWANTED, Reason.CUTOFF, each.existing)
        if each.state is State.WANTED
        else each
        for each in verdicts
    )


def _decided(profile: Profile, wish: Wish, facts: Facts) -> Iterable[Verdict]:
    """Judge a language: its subtitles of everything, and those of the foreign parts alone.

    A forced track is never one of everything, nor the other way round.
    """
    tracks = [each for each in facts.tracks if _serves(profile, each, wish)]
    if wish.forced is not Forced.ONLY:
        whole = [each for each in tracks if not each.forced]
        if wish.audio_exclude and any(profile.serves(each, wish.language) for each in facts.audio):
            yield Verdict(wish.language, forced=False, state=State.UNWANTED, reason=Reason.AUDIO)
        else:
            yield _judged(wish, whole, forced=False)
    if wish.forced is not Forced.NEVER:
        yield _judged(wish, [each for each in tracks if each.forced], forced=True)


def _serves(profile: Profile, track: Track, wish: Wish) -> bool:
    language = track.language or (None if track.embedded else profile.undetermined)
    return language is not None and profile.serves(language, wish.language)


def _judged(wish: Wish, tracks: Sequence[Track], *, forced: bool) -> Verdict:
    state, reason, existing = _state(wish, tracks, forced=forced)
    optional = forced and wish.forced is Forced.OPTIONAL
    return Verdict(wish.language, forced, state, reason, existing, optional)


def _state(wish: Wish, tracks: Sequence[Track], *, forced: bool) -> tuple[State, Reason, str]:
    files = [each for each in tracks if not each.embedded]
    taken = [
        each for each in tracks if forced or wish.takes(hearing_impaired=each.hearing_impaired)
    ]
    fitting = [each for each in taken if not each.embedded]
    streams = [each for each in taken if each.embedded]
    counted = [each for each in streams if _counts(wish, each)]
    best = _best([*fitting, *counted])
    if best is not None:
        lacking = _lacking(wish, best)
        if lacking is not None:
            return State.UPGRADE, lacking, _existing(best)
        reason = Reason.EMBEDDED if best.embedded else Reason.PRESENT
        return State.THERE, reason, _existing(best)
    if wish.embedded is Embedded.EXTRACT and any(each.text for each in streams):
        inside = _best([each for each in streams if each.text])
        return State.WANTED, Reason.TO_EXTRACT, _existing(inside)
    other = _best(files)
    if other is None:
        return State.WANTED, Reason.MISSING, ""
    reason = (
        Reason.NOT_HEARING_IMPAIRED
        if wish.hearing_impaired is HearingImpaired.ONLY
        else Reason.ONLY_HEARING_IMPAIRED
    )
    return State.WANTED, reason, _existing(other)


def _counts(wish: Wish, stream: Track) -> bool:
    return wish.embedded is Embedded.ANY or (wish.embedded is Embedded.TEXT and stream.text)


def _best(tracks: Sequence[Track]) -> Track | None:
    """Choose what a person would: styled text before plain, by a human before a machine's."""
    return max(
        tracks,
        key=lambda each: (not each.provisional, each.format in STYLED, not each.embedded),
        default=None,
    )


def _lacking(wish: Wish, track: Track) -> Reason | None:
    """Return why something is wanted in place of a track, None where it will do.

    A stream cannot be replaced, but for its format; nor what somebody else wrote, for its score.
    """
    if not wish.upgrade:
        return None
    if track.provisional:
        return Reason.MACHINE_MADE
    if wish.format is Format.ASS and track.format not in STYLED:
        return Reason.BETTER_FORMAT
    if track.score is None or track.days is None or track.score >= wish.upgrade_until:
        return None
    return Reason.BETTER_SCORE if track.days <= wish.upgrade_days else None


def _existing(track: Track | None) -> str:
    if track is None:
        return ""
    return f"embedded_{track.format}" if track.embedded else track.format
