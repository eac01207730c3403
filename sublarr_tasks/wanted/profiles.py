"""Language profiles as values: which languages a video shall have subtitles in, and of what kind.

The words are those of Bazarr and Sonarr, where they have one for it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from sublarr_tasks import languages

ANY = "any"


class Forced(StrEnum):
    """Whether subtitles of the foreign parts alone are wanted, beside those of everything.

    `optional` ones are looked for, and nobody misses them; with `only` no others are wanted.
    """

    NEVER = "never"
    OPTIONAL = "optional"
    SEPARATE = "separate"
    ONLY = "only"


class HearingImpaired(StrEnum):
    """Whether subtitles for the hearing impaired will do."""

    INCLUDE = "include"
    PREFER = "prefer"
    EXCLUDE = "exclude"
    ONLY = "only"


class Format(StrEnum):
    """Which format is wanted: with `ass` any other is one to be improved upon."""

    ANY = "any"
    ASS = "ass"


class Embedded(StrEnum):
    """What a stream inside the video counts for.

    `text`: one of text is as good as a file. `any`: one of pictures too. `extract`: one of text is
    written out as a file. `ignore`: none counts.
    """

    TEXT = "text"
    ANY = "any"
    EXTRACT = "extract"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Wish:
    """One language of a profile, as BCP 47 writes it.

    With `audio_exclude` nothing is wanted where a sound track has the language. Scores are from 0
    to 100. With `upgrade` better ones are looked for until one has `upgrade_until`, for so many
    days after the first. A release that holds a word of `must_not_contain`, or none of
    `must_contain`, is passed over.
    """

    language: str
    forced: Forced = Forced.NEVER
    hearing_impaired: HearingImpaired = HearingImpaired.INCLUDE
    format: Format = Format.ANY
    embedded: Embedded = Embedded.TEXT
    audio_exclude: bool = True
    minimum_score: int = 60
    upgrade: bool = True
    upgrade_until: int = 95
    upgrade_days: int = 30
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    translate: bool = False

    def takes(self, *, hearing_impaired: bool) -> bool:
        """Tell whether a subtitle is for those whom it is wanted for."""
        if self.hearing_impaired is HearingImpaired.ONLY:
            return hearing_impaired
        return not (self.hearing_impaired is HearingImpaired.EXCLUDE and hearing_impaired)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Wish":
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in kept.items() if name in known}
        for name, kind in _KINDS.items():
            if name in given:
                given[name] = kind(given[name])
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_KINDS: Mapping[str, Any] = {
    "forced": Forced,
    "hearing_impaired": HearingImpaired,
    "format": Format,
    "embedded": Embedded,
    "must_contain": tuple,
    "must_not_contain": tuple,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """Languages in the order of preference.

    `cutoff` is one of them, or "any": once it is there, nothing else is wanted. A subtitle whose
    name tells no language is taken for `undetermined`. Of `equal` languages one serves for another.
    """

    id: int
    name: str
    wishes: tuple[Wish, ...]
    cutoff: str | None = None
    undetermined: str | None = None
    equal: tuple[tuple[str, str], ...] = ()

    def serves(self, have: str, wanted: str) -> bool:
        """Tell whether a subtitle in one language will do for another."""
        return languages.serves(have, wanted, self.equal)

    def like(self, language: str) -> frozenset[str]:
        """Return the languages to ask for where one is wanted."""
        pairs = (pair for pair in self.equal if language in pair)
        return frozenset({language}.union(*pairs))
