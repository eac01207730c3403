"""What the files of a series' directory are to one another, by their names alone.

`arrange` is a pure function, as `contents.arrange` is for films. A directory is the home of one
series, whose title is the directory's; a library's root is the home of every series whose episodes
lie loose in it. Seasons are those of the folders and of the episodes; a video in which no episode
can be read is an episode of its own, without a number.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sublarr_tasks import filenames
from sublarr_tasks.library import episodes, kinds, placing, release
from sublarr_tasks.library.episodes import Episodes
from sublarr_tasks.library.extras import extra_kind, read_suffix
from sublarr_tasks.library.gathering import gather
from sublarr_tasks.library.listing import Entry, Listing
from sublarr_tasks.library.names import FileName, fold, take_apart
from sublarr_tasks.library.placing import Placed, is_bonus, is_video, without_discs
from sublarr_tasks.library.seasons import SPECIALS
from sublarr_tasks.library.sidecars import Asset, AssetType, Owners, Sidecar, find_themes
from sublarr_tasks.library.stacks import stack
from sublarr_tasks.library.videos import Cut, Video, VideoRole, assign_roles, by_precedence
from sublarr_tasks.library.works import Extra, Place, Work
from sublarr_tasks.models import ItemKind

# "season01-poster", "season-specials-banner" beside the series' own artwork.
_OF_SEASON = re.compile(r"season[ ._-]?(\d{1,4}|specials)(?=$|[ ._-])")


@dataclass(slots=True)
class _Episode:
    """One episode with its videos, or one video in which no episode can be read.

    `under` is the first episode of a file that it shares: the file is listed there.
    """

    place: Place
    title: str | None
    files: list[tuple[FileName, str | None]] = field(default_factory=list)
    under: "_Episode | None" = None
    shared: list[FileName] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    sidecars: list[Sidecar] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """A series or a season as far as its own files go."""

    sidecars: list[Sidecar] = field(default_factory=list)
    nfo: list[Entry] = field(default_factory=list)
    trailers: list[FileName] = field(default_factory=list)
    themes: list[Entry] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)


@dataclass(slots=True)
class _Series:
    """A series with its seasons by number and its episodes by key."""

    title: release.Release
    key: str
    own: _Part = field(default_factory=_Part)
    seasons: dict[int, _Part] = field(default_factory=lambda: defaultdict(_Part))
    episodes: dict[str, _Episode] = field(default_factory=dict)


def arrange(listing: Listing, folder: str, *, is_root: bool) -> tuple[Work, ...]:
    """Return the series, seasons and episodes of a directory; `folder` is its own name."""
    names = [take_apart(entry) for entry in listing.files]
    is_root = is_root and not any(_is_series_nfo(name) for name in names)
    files = [placing.place(name, is_root=is_root) for name in names]
    home = _Home(folder, is_root=is_root)
    videos = [file for file in without_discs(files) if is_video(file)]
    for file in sorted(videos, key=is_bonus):  # what is about an episode comes after it
        home.take_video(file)
    for file in files:
        if not is_video(file):
            home.take_sidecar(file)
    return tuple(work for series in home.series.values() for work in _works(series))


def _is_series_nfo(name: FileName) -> bool:
    return name.entry.name.lower() == kinds.SERIES_NFO


class _Home:
    """The series of a directory while its files are handed out."""

    def __init__(self, folder: str, *, is_root: bool) -> None:
        self._title = None if is_root else release.parse(folder)
        self._root_title = release.parse(folder) if folder else None
        self._stems: dict[tuple[str, ...], list[tuple[_Episode, FileName]]] = defaultdict(list)
        self._owners: dict[tuple[str, ...], Owners] = {}
        self.series: dict[str, _Series] = {}

    def take_video(self, file: Placed) -> None:
        name, season = file.inner, file.season
        bonus = read_suffix(name) if not name.folders else None
        read = self._read(file, bonus.base if bonus else None)
        series = self._series_of(file, read)
        kind = extra_kind(name) if name.folders else bonus.kind if bonus else None
        if kind is None and read.extra:
            kind = "extra"
        of_episode = read.is_known and not name.folders
        known = series.episodes.get(_keys(read)[0]) if of_episode else None
        if kind is None or (of_episode and known is None):
            # "S01E05 - Interview" without another S01E05 is an episode of that name.
            self._take_episode(series, file, self._read(file, None) if bonus else read)
        elif known is not None:
            known.extras.append(Extra(file.name.entry, kind))
        else:
            part = series.own if season is None else series.seasons[season]
            _take_bonus(part, file, kind)

    def take_sidecar(self, file: Placed) -> None:
        name = file.inner
        if self._is_of_episode(file):
            return
        for_root = self._title is None and not file.folders
        if for_root or (self._title is None and not file.head):
            return  # in the root only what carries an episode's name belongs to anything
        series = self._series_of(file, Episodes())
        if name.extension == "nfo":
            _take_nfo(series, file)
            return
        of_season = _OF_SEASON.match(name.folded) if not name.folders else None
        if of_season is not None:
            number = SPECIALS if of_season[1] == "specials" else int(of_season[1])
            part, remaining = series.seasons[number], name.folded[of_season.end() :]
            part.sidecars.append(Sidecar(name, remaining))
        else:
            part = series.own if file.season is None else series.seasons[file.season]
            part.sidecars.append(Sidecar(name, None))

    def _read(self, file: Placed, base: str | None) -> Episodes:
        """Read a video's name; a release's folder says more than the short name in it."""
        found = episodes.parse(base or file.inner.stem, file.season)
        if file.release is not None and (found.season is None or not found.is_known):
            return episodes.parse(file.release, file.season)
        return found

    def _series_of(self, file: Placed, read: Episodes) -> _Series:
        if self._title is not None:
            return self._series("series", self._title)
        named = release.parse(file.head or read.head) if file.head or read.head else None
        title = named or self._root_title or release.parse("Unknown")
        return self._series(f"series {title.key} {title.year or ''}".strip(), title)

    def _series(self, key: str, title: release.Release) -> _Series:
        return self.series.setdefault(key, _Series(title, key))

    def _take_episode(self, series: _Series, file: Placed, read: Episodes) -> None:
        keys = _keys(read) if read.is_known else [f"file {fold(file.name.entry.name)}"]
        season = file.season if read.season is None else read.season
        if season is not None:
            _ = series.seasons[season]
        for position, key in enumerate(keys):
            episode = series.episodes.get(key)
            if episode is None:
                place = _place(read, position, season)
                title = release.title_in(read.tail) if read.is_known else file.name.stem
                episode = series.episodes[key] = _Episode(place, title)
            if position:
                episode.under = series.episodes[keys[0]]
                episode.shared.append(file.name)
            else:
                episode.files.append((file.name, read.half))
                self._stems[file.folders].append((episode, file.inner))

    def _is_of_episode(self, file: Placed) -> bool:
        """Give a file to the episode whose name it bears, or whose folder it lies in alone."""
        here = self._stems.get(file.folders)
        if not here:
            return False
        if file.inner.folders == ("metadata",):
            return self._is_thumb(here, file)
        if file.inner.folders and file.inner.folders[0] not in kinds.SUBTITLE_FOLDERS:
            return False
        owners = self._owners.get(file.folders)
        if owners is None:
            cuts = ([Cut.of(name.stem, [name])] for _, name in here)
            owners = self._owners[file.folders] = Owners(cuts, (), sole_home=None)
        found = owners.find(file.inner)
        if found is not None:
            here[found[0]][0].sidecars.append(Sidecar(file.inner, found[1]))
        elif file.release is not None and len({id(episode) for episode, _ in here}) == 1:
            here[0][0].sidecars.append(Sidecar(file.inner, None))
        else:
            return False
        return True

    @staticmethod
    def _is_thumb(here: list[tuple[_Episode, FileName]], file: Placed) -> bool:
        """Give a picture that Jellyfin keeps apart to the episode of its name."""
        for episode, name in here:
            if name.folded == file.inner.folded:
                episode.sidecars.append(Sidecar(replace(file.inner, folders=()), ""))
                return True
        return False


def _keys(read: Episodes) -> list[str]:
    if read.numbers:
        return [f"s{read.season:02}e{number:02}" for number in read.numbers]
    if read.absolute:
        return [f"a{number:03}" for number in read.absolute]
    return [str(read.aired)]


def _place(read: Episodes, position: int, season: int | None) -> Place:
    return Place(
        season=season,
        episode=read.numbers[position] if read.numbers else None,
        absolute=read.absolute[position] if read.absolute else None,
        aired=read.aired,
        position=position,
    )


def _take_bonus(part: _Part, file: Placed, kind: str) -> None:
    if kind == "trailer":
        part.trailers.append(file.name)
    elif kind in kinds.THEMES:
        part.themes.append(file.name.entry)
    else:
        part.extras.append(Extra(file.name.entry, kind))


def _take_nfo(series: _Series, file: Placed) -> None:
    name = file.inner
    if name.folders:
        return
    if name.folded == "tvshow" and not file.folders:
        series.own.nfo.append(file.name.entry)
    elif name.folded == "season" and file.season is not None:
        series.seasons[file.season].nfo.append(file.name.entry)


def _works(series: _Series) -> Iterator[Work]:
    """Yield a series, then its seasons, then its episodes: none before what it is part of."""
    if not (series.episodes or series.own.nfo):
        return
    title = series.title
    whole = Work(
        key=series.key,
        title=title.title,
        year=title.year,
        edition=None,
        videos=(),
        extras=tuple(series.own.extras),
        nfo=tuple(series.own.nfo),
        assets=tuple(_assets(series.own, title.key)),
        ids=title.ids,
        kind=ItemKind.SERIES,
    )
    yield whole
    for number, part in sorted(series.seasons.items()):
        yield replace(
            whole,
            key=_season_key(series, number),
            title=f"Season {number}" if number else "Specials",
            year=None,
            extras=tuple(part.extras),
            nfo=tuple(part.nfo),
            assets=tuple(_assets(part, title.key)),
            ids=(),
            kind=ItemKind.SEASON,
            parent=series.key,
            place=Place(season=number),
        )
    for key, episode in sorted(series.episodes.items()):
        yield _episode(series, key, episode)


def _season_key(series: _Series, number: int) -> str:
    return f"{series.key} season {number}"


def _episode(series: _Series, key: str, episode: _Episode) -> Work:
    place = episode.place
    nfo = _nfo(episode)
    numbered = place.episode or place.absolute
    default = f"Episode {numbered}" if numbered is not None else str(place.aired or "")
    return Work(
        key=f"{series.key} {key}",
        title=filenames.to_text(episode.title or default),
        year=place.aired.year if place.aired else None,
        edition=None,
        videos=tuple(_videos(episode.files)),
        extras=tuple(episode.extras),
        nfo=tuple(nfo or (_nfo(episode.under) if episode.under else ())),
        assets=tuple(
            gather(nfo, episode.sidecars, plain=AssetType.THUMB, subtitles_of=series.title.key)
        ),
        ids=(),
        kind=ItemKind.EPISODE,
        parent=series.key if place.season is None else _season_key(series, place.season),
        place=place,
        shared=tuple(file.entry.name for file in episode.shared),
    )


def _nfo(episode: _Episode) -> list[Entry]:
    named = (each for each in episode.sidecars if each.rest == "")
    return [each.file.entry for each in named if each.file.extension == "nfo"]


def _videos(files: list[tuple[FileName, str | None]]) -> Iterator[Video]:
    """Tell parts from versions: letters or a stack's words make parts, anything else versions."""
    if len(files) > 1 and len({half for _, half in files} - {None}) == len(files):
        for part, (name, _) in enumerate(sorted(files, key=lambda each: each[1] or ""), 1):
            role = VideoRole.MAIN if part == 1 else VideoRole.PART
            yield Video(name.entry, role, part)
        return
    cuts = stack([name for name, _ in files])
    yield from assign_roles(by_precedence(cuts, None), None)


def _assets(part: _Part, title: str) -> Iterator[Asset]:
    return gather(
        part.nfo,
        part.sidecars,
        trailers=part.trailers,
        themes=[*find_themes(part.sidecars), *part.themes],
        subtitles_of=title,
    )
