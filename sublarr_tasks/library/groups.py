"""Which videos of a directory are the same film.

Videos of one title and year are one film, and so are those that start with the directory's
title. A directory named "Title (Year)" is one film's home: a video in it without a year of its
own is that film's, as its main video where no other is, else as an extra.
"""

from dataclasses import dataclass, field

from sublarr_tasks.library.release import Release
from sublarr_tasks.library.videos import Cut, Home, by_precedence

Identity = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Group:
    """The cuts of one film, the main one first, and the unnamed videos beside it."""

    release: Release
    year: int | None
    cuts: tuple[Cut, ...]
    strangers: tuple[Cut, ...] = field(default=())

    @property
    def key(self) -> str:
        return f"{self.release.key} {self.year}" if self.year else self.release.key


def group(cuts: list[Cut], home: Home | None) -> list[Group]:
    """Return the films of a directory in the order of their main videos' names."""
    if len(cuts) == 1 and home:
        return [_only(cuts[0], home)]
    films: dict[Identity, list[Cut]] = {}
    for cut in cuts:
        films.setdefault(_identify(cut, home), []).append(cut)
    _join_undated(films)
    strangers = _take_strangers(films, home) if home and home.year else []
    groups = []
    for (key, year), found in films.items():
        ordered = tuple(by_precedence(found, home))
        if home and key == home.release.key:
            groups.append(Group(home.release, year, ordered, tuple(strangers)))
            strangers = []
        else:
            named = next((cut for cut in ordered if cut.release.year), ordered[0])
            groups.append(Group(named.release, year, ordered))
    return sorted(groups, key=lambda each: each.cuts[0].name)


def _only(cut: Cut, home: Home) -> Group:
    """Name the only film of a directory by the directory, unless only the file has a year."""
    own = cut.release
    by_file = own.year and not home.year and not home.names(cut)
    release = own if by_file else home.release
    return Group(release, release.year or own.year, (cut,))


def _identify(cut: Cut, home: Home | None) -> Identity:
    own = cut.release
    if home and home.names(cut):
        return home.release.key, home.year or own.year
    return own.key, own.year


def _join_undated(films: dict[Identity, list[Cut]]) -> None:
    """Give the videos without a year to the one film of their title that has one."""
    dated: dict[str, list[Identity]] = {}
    for each in films:
        if each[1] is not None:
            dated.setdefault(each[0], []).append(each)
    for each in [each for each in films if each[1] is None]:
        matches = dated.get(each[0], [])
        if len(matches) == 1:
            films[matches[0]] += films.pop(each)


def _take_strangers(films: dict[Identity, list[Cut]], home: Home) -> list[Cut]:
    own = (home.release.key, home.year)
    undated = [each for each in films if each[1] is None]
    if own not in films:
        if len(undated) < len(films):
            return []  # dated films, none of them the directory's: its name says nothing
        best = by_precedence((cut for cuts in films.values() for cut in cuts), home)[0]
        films[own] = films.pop((best.release.key, None))
        undated.remove((best.release.key, None))
    return [cut for each in undated for cut in films.pop(each)]
