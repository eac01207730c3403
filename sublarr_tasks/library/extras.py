"""Extras, samples and trailers among the videos beside a film, by the end of their names.

A suffix counts only where something shows that the video is not the film itself: another video
or the directory is named like the part before the suffix, or the directory is a film's home and
holds another video. "Deep-scene.mkv" alone, or in "Deep-scene (2020)", is a film.
"""

import re
from dataclasses import dataclass

from sublarr_tasks.library import kinds
from sublarr_tasks.library.names import FileName, squeeze
from sublarr_tasks.library.release import Release, parse
from sublarr_tasks.library.videos import Home, same_year

_SUFFIX = re.compile(
    rf"(?P<base>.+?)\s*(?:[-._]\s*(?P<any>{'|'.join(kinds.EXTRAS_SUFFIXES)})"
    rf"|-\s*(?P<dash>{'|'.join(kinds.EXTRAS_DASH_SUFFIXES)}))[ _-]?\d{{0,3}}"
)


@dataclass(frozen=True, slots=True)
class Bonus:
    """A video that is not a film, what kind it is, and the name of the video that it is for."""

    file: FileName
    kind: str
    base: str


def separate(names: list[FileName], home: Home | None) -> tuple[list[FileName], list[Bonus]]:
    """Part the videos of a directory itself into films' files and bonus videos."""
    suffixed = [bonus for bonus in map(read_suffix, names) if bonus]
    if not suffixed:
        return names, []
    marked = {bonus.file.entry.name for bonus in suffixed}
    plain = [name for name in names if name.entry.name not in marked]
    stems = {name.folded for name in names}
    titles = [parse(name.stem) for name in plain]
    bonuses = [each for each in suffixed if _is_bonus(each, stems, titles, home)]
    marked = {bonus.file.entry.name for bonus in bonuses}
    return [name for name in names if name.entry.name not in marked], bonuses


def read_suffix(name: FileName) -> Bonus | None:
    """Read what a video is by the end of its name; whether that is so, its neighbours tell."""
    if name.folded in kinds.EXTRAS_NAMES:
        return Bonus(name, kinds.EXTRAS_NAMES[name.folded], "")
    found = _SUFFIX.fullmatch(name.folded)
    if not found:
        return None
    word = found["any"]
    kind = kinds.EXTRAS_SUFFIXES[word] if word else kinds.EXTRAS_DASH_SUFFIXES[found["dash"]]
    return Bonus(name, kind, found["base"])


def extra_kind(name: FileName) -> str:
    """Tell what a video in a folder for extras is."""
    known = (kinds.EXTRAS_FOLDERS.get(folder) for folder in reversed(name.folders))
    return next((kind for kind in known if kind), "extra")


def _is_bonus(each: Bonus, stems: set[str], titles: list[Release], home: Home | None) -> bool:
    if home and _ends_own_title(each, home):
        return False
    if each.base in stems:
        return True
    if home and (_is_films_home(home, titles) or not each.base):
        return True
    base = parse(each.base)
    known = [*titles, home.release] if home else titles
    return any(base.key == one.key and same_year(base.year, one.year) for one in known)


def _ends_own_title(each: Bonus, home: Home) -> bool:
    """Tell whether the suffix is the end of the directory's own title: "Deep-scene (2020)"."""
    suffix = squeeze(each.file.folded[len(each.base) :])
    own = home.release.key
    return own.endswith(suffix) and own == parse(each.file.stem).key != parse(each.base).key


def _is_films_home(home: Home, titles: list[Release]) -> bool:
    return bool(titles) and (
        home.year is not None or any(one.key == home.release.key for one in titles)
    )
