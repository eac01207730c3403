"""The versions and parts of one film, and which of its files is the main one.

The main video, one rule: extras, samples and trailers are out by folder and by the end of the
name; of the rest the largest is the main video, where the parts of one stack or disc count as
one with the sum of their sizes; of equal sizes the one named like the folder, then the first by
name. A word inside a title decides nothing: "The Trailer Park (2019).mkv" is a film.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.names import FileName, fold, starts_with
from sublarr_tasks.library.release import Release, parse

Disc = Literal["bluray", "dvd"]
_LABEL_STARTS = ("-", "[", "(", "{")


class VideoRole(StrEnum):
    """What a video is to its film."""

    MAIN = "main"
    PART = "part"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Video:
    """One file of a film; `part` counts from 1 where a version of the film has several files."""

    entry: Entry
    role: VideoRole
    part: int | None = None
    version: str | None = None
    disc: Disc | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """One playable version of a film: a file, the parts of a stack, or a disc."""

    stem: str
    folded: str
    release: Release
    files: tuple[FileName, ...]
    size: int
    disc: Disc | None = None

    @classmethod
    def of(cls, stem: str, files: Iterable[FileName], disc: Disc | None = None) -> Self:
        files = tuple(files)
        size = sum(file.entry.size for file in files)
        return cls(stem, fold(stem), parse(stem), files, size, disc)

    @property
    def name(self) -> str:
        return self.files[0].entry.name

    @property
    def stems(self) -> Iterator[str]:
        """The folded names by which other files can belong to this one."""
        yield self.folded
        if not self.disc:
            yield from (file.folded for file in self.files)


@dataclass(frozen=True, slots=True)
class Home:
    """A directory whose name may be its film's; a library's root is no home."""

    folded: str
    release: Release

    @classmethod
    def of(cls, folder: str) -> Self:
        return cls(fold(folder), parse(folder))

    @property
    def year(self) -> int | None:
        return self.release.year

    def names(self, cut: Cut) -> bool:
        """Tell whether a video carries the directory's title and no other year.

        One year apart is no other year: festivals and cinemas date a film differently.
        """
        return same_year(cut.release.year, self.year, apart=1) and (
            cut.disc is not None
            or cut.release.key == self.release.key
            or self.label(cut) is not None
        )

    def label(self, cut: Cut) -> str | None:
        """Return what follows the directory's title: " - 4K" in "Alien - 4K", not "Alien 3"."""
        for title in (self.folded, fold(self.release.title)):
            if starts_with(cut.folded, title):
                rest = cut.folded[len(title) :].strip()
                if not rest or rest.startswith(_LABEL_STARTS):
                    return cut.stem[-len(rest) :] if rest else ""
        return None


def same_year(one: int | None, other: int | None, *, apart: int = 0) -> bool:
    """Tell whether two names can mean one year: a name without a year fits any."""
    return one is None or other is None or abs(one - other) <= apart


def by_precedence(cuts: Iterable[Cut], home: Home | None) -> list[Cut]:
    """Apply the rule of the main video: the first is it."""
    name = home.folded if home else None
    return sorted(cuts, key=lambda cut: (-cut.size, cut.folded != name, cut.name))


def assign_roles(cuts: Iterable[Cut], home: Home | None) -> Iterator[Video]:
    """Yield the videos of one film; `cuts` come in the order of the main video's rule."""
    for place, cut in enumerate(cuts):
        version = cut.release.version or _version(cut, home)
        first = VideoRole.VERSION if place else VideoRole.MAIN
        if len(cut.files) == 1:
            yield Video(cut.files[0].entry, first, None, version, cut.disc)
            continue
        for part, file in enumerate(cut.files, 1):
            role = VideoRole.PART if part > 1 and not place else first
            yield Video(file.entry, role, part, version, cut.disc)


def _version(cut: Cut, home: Home | None) -> str | None:
    if home is None or cut.disc:
        return None
    label = home.label(cut) or ""
    return label.strip(" -[](){}") or None if label.startswith("-") else None
