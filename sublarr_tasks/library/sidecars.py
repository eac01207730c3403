"""The files beside a film that are no video: whose they are, and the NFO and theme among them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sublarr_tasks.library import kinds
from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.names import FileName, fold, prefixes
from sublarr_tasks.library.videos import Cut, Home


class AssetType(StrEnum):
    """What an asset is to its film."""

    NFO = "nfo"
    POSTER = "poster"
    FANART = "fanart"
    BANNER = "banner"
    CLEARLOGO = "clearlogo"
    CLEARART = "clearart"
    DISCART = "discart"
    LANDSCAPE = "landscape"
    THUMB = "thumb"
    KEYART = "keyart"
    CHARACTERART = "characterart"
    ACTOR = "actor"
    TRAILER = "trailer"
    THEME = "theme"
    SUBTITLE = "subtitle"
    LYRICS = "lyrics"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that belongs to a film; `ordinal` 0 is the one to show or play first of its type.

    `language` is BCP-47, `person` whom an actor's picture shows, `format` a subtitle's,
    `companion` the .sub of a VobSub .idx.
    """

    entry: Entry
    type: AssetType
    language: str | None = None
    forced: bool = False
    hearing_impaired: bool = False
    default: bool = False
    title: str | None = None
    ordinal: int = 0
    person: str | None = None
    format: str | None = None
    companion: Entry | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A file of one film; `rest` is what follows the film's name, None where it is not named."""

    file: FileName
    rest: str | None


class Owners:
    """The names of a directory's films and bonus videos, and to which of them a file belongs."""

    def __init__(
        self, films: Iterable[Iterable[Cut]], bonuses: Iterable[str], sole_home: Home | None
    ) -> None:
        """Take the directory where it is one film's home: its name counts as the film's then."""
        self._films: dict[str, int | None] = dict.fromkeys(bonuses)
        for place, cuts in enumerate(films):
            for cut in cuts:
                self._films.update(dict.fromkeys(cut.stems, place))
        self._sole = sole_home is not None
        if sole_home:
            self._films.setdefault(sole_home.folded, 0)
            self._films.setdefault(fold(sole_home.release.title), 0)

    def find(self, file: FileName) -> tuple[int, str | None] | None:
        """Return the place of the film and what follows its name in the file's; None: nobody's.

        In a directory of one film every file is that film's but those named after a bonus video.
        """
        named = None
        if not file.folders or file.folders[0] in kinds.SUBTITLE_FOLDERS:
            named = self._by_folder(file) or self._by_name(file)
        if named is None:
            return (0, None) if self._sole else None
        place, rest = named
        return None if place is None else (place, rest)

    def _by_folder(self, file: FileName) -> tuple[int | None, str | None] | None:
        """Read "Subs/Film (2010)/2_English.srt"."""
        if len(file.folders) > 1 and file.folders[1] in self._films:
            return self._films[file.folders[1]], None
        return None

    def _by_name(self, file: FileName) -> tuple[int | None, str] | None:
        for prefix, rest in prefixes(file.folded):
            # Where films share a directory, "Alien 3.srt" is not a subtitle of "Alien".
            if prefix in self._films and (self._sole or not rest.startswith(" ")):
                return self._films[prefix], rest
        return None


# Of a series: never a film's, also where a film lies in a series' folder.
_SERIES_NFO = re.compile(r"tvshow|season(?:[ _-]?\d+|-.*)?")
_DISC_NFO: dict[tuple[str, ...], str] = {("video_ts",): "video_ts", ("bdmv",): "index"}
_NAMED, _OF_VERSION, _MOVIE, _OF_DISC, _TITLED, _ANY = range(6)


def find_nfo(sidecars: Iterable[Sidecar], cuts: tuple[Cut, ...]) -> tuple[Entry, ...]:
    """Return a film's NFO files, best first; `cuts` come with the main one first."""
    main = {cuts[0].folded, cuts[0].files[0].folded}
    stems = {stem: _OF_VERSION for cut in cuts for stem in cut.stems} | dict.fromkeys(main, _NAMED)
    ranked = []
    for sidecar in sidecars:
        rank = _rank_nfo(sidecar, stems) if sidecar.file.extension == "nfo" else None
        if rank is not None:
            ranked.append((rank, sidecar.file.entry.name, sidecar.file.entry))
    return tuple(entry for _, _, entry in sorted(ranked, key=lambda each: each[:2]))


def _rank_nfo(sidecar: Sidecar, stems: dict[str, int]) -> int | None:
    file = sidecar.file
    if file.folders:
        return _OF_DISC if _DISC_NFO.get(file.folders) == file.folded else None
    if file.folded in stems:
        return stems[file.folded]
    if file.folded == "movie":
        return _MOVIE
    if sidecar.rest == "":
        return _TITLED
    return None if _SERIES_NFO.fullmatch(file.folded) else _ANY


def is_theme_song(name: FileName) -> bool:
    """Tell whether a file is a theme song although a video may have its extension (.ogg)."""
    return name.extension in kinds.AUDIO_EXTENSIONS and (
        name.folders == ("theme-music",) or (not name.folders and name.folded == "theme")
    )


def find_themes(sidecars: Iterable[Sidecar]) -> Iterator[Entry]:
    """Yield the theme songs: "theme.mp3", "<film>-theme.mp3" and the folder's."""
    for sidecar in sidecars:
        file = sidecar.file
        if file.extension not in kinds.AUDIO_EXTENSIONS:
            continue
        word = file.folded if sidecar.rest is None else sidecar.rest.lstrip(" -._")
        if file.folders == ("theme-music",) or (not file.folders and word == "theme"):
            yield file.entry
