"""Artwork by its name: Kodi's, Jellyfin's and Plex's names of one film's pictures."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from sublarr_tasks.library import kinds
from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.sidecars import Asset, AssetType, Sidecar

# In the order of precedence.
_WORDS = {
    AssetType.POSTER: "poster folder cover default movie show front albumart",
    AssetType.FANART: "fanart background art backdrop",
    AssetType.BANNER: "banner",
    AssetType.CLEARLOGO: "logo clearlogo",
    AssetType.CLEARART: "clearart",
    AssetType.DISCART: "disc cdart discart",
    AssetType.LANDSCAPE: "landscape",
    AssetType.THUMB: "thumb",
    AssetType.KEYART: "keyart",
    AssetType.CHARACTERART: "characterart",
}
_PLACES = {
    word: (kind, place)
    for kind, words in _WORDS.items()
    for place, word in enumerate(words.split())
}
_NAME = re.compile(rf"(?:movie-)?({'|'.join(_PLACES)})[ _-]?(\d{{1,3}})?")
_FOLDERS = {"extrafanart": AssetType.FANART, "extrathumbs": AssetType.THUMB}
_LAST = 100


@dataclass(frozen=True, slots=True)
class _Candidate:
    type: AssetType
    precedence: tuple[int, int, int]
    number: int
    entry: Entry


def find_artwork(
    sidecars: Iterable[Sidecar], plain: AssetType = AssetType.POSTER
) -> Iterator[Asset]:
    """Yield a work's pictures, type by type in the order of precedence.

    One that is named exactly like its video is of the type `plain`.

    Those with the film's name come before those without, then counts the order of the names,
    then the number. The first of a type has ordinal 0, the others their number where they have
    one that is free: fanart.jpg 0, fanart-2.jpg 2, backdrop.jpg 3.
    """
    pictures = [each for each in sidecars if each.file.extension in kinds.IMAGE_EXTENSIONS]
    found = [candidate for picture in pictures if (candidate := _read(picture, plain))]
    found.sort(key=lambda each: (each.type, each.precedence, each.entry.name))
    for kind, candidates in groupby(found, key=lambda each: each.type):
        last = -1
        for candidate in candidates:
            last = 0 if last < 0 else max(last + 1, candidate.number)
            yield Asset(candidate.entry, kind, ordinal=last)
    yield from _find_actors(pictures)


def _read(picture: Sidecar, plain: AssetType) -> _Candidate | None:
    file, rest = picture.file, picture.rest
    if file.folders:
        kind = _FOLDERS.get(file.folders[0])
        return _Candidate(kind, (1, _LAST, 0), 0, file.entry) if kind else None
    if rest == "":
        return _Candidate(plain, (0, -1, 0), 0, file.entry)
    found = _NAME.fullmatch(file.folded if rest is None else rest.lstrip(" -._"))
    if not found:
        return None
    kind, place = _PLACES[found[1]]
    number = int(found[2] or 0)
    return _Candidate(kind, (int(rest is None), place, number), number, file.entry)


def _find_actors(pictures: Iterable[Sidecar]) -> Iterator[Asset]:
    for picture in pictures:
        if picture.file.folders == (".actors",):
            person = picture.file.stem.replace("_", " ").strip()
            yield Asset(picture.file.entry, AssetType.ACTOR, person=person or None)
