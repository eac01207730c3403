"""What the files of a folder of music are to one another: artists, their albums, the tracks.

The tags decide; where they say nothing, the folders do: "Artist/Album (2001)/1-02 Title.flac".
Folders of one album's discs are one. A folder below the root is one unit of work with all that is
in it, and an artist is that of one such folder.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sublarr_tasks import filenames
from sublarr_tasks.library import kinds, release, tags
from sublarr_tasks.library.gathering import gather
from sublarr_tasks.library.listing import Entry, Listing
from sublarr_tasks.library.names import FileName, squeeze, take_apart
from sublarr_tasks.library.sidecars import Asset, AssetType, Sidecar
from sublarr_tasks.library.videos import Video, VideoRole
from sublarr_tasks.library.works import Place, Work
from sublarr_tasks.models import ItemKind

VARIOUS = "Various Artists"
UNKNOWN = "Unknown"
_DISC_FOLDER = re.compile(r"(?:cd|dis[ck]|vinyl)[ ._-]*(\d{1,2})(?![^\W_]).*", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:(?P<disc>\d)[-.])?(?P<track>\d{1,3})(?:[ ._-]+|$)(?P<title>.*)")
_GENRES = re.compile(r"\s*[;/\0]\s*")
# By the key that the tags have there; both are ids of MusicBrainz.
_IDS = {ItemKind.ARTIST: "artist", ItemKind.ALBUM: "album", ItemKind.TRACK: "recording"}

Tags = Mapping[str, str]
Folders = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Track:
    """A file of music, what it says of itself, and the album's folder that it lies in."""

    name: FileName
    tags: Tags
    folders: Folders
    disc: int | None


@dataclass(slots=True)
class _Album:
    """The tracks of one album, whose artist is not known before all are together."""

    title: str
    tracks: list[_Track] = field(default_factory=list)
    sidecars: list[Sidecar] = field(default_factory=list)
    nfo: list[Entry] = field(default_factory=list)


def is_music(name: str) -> bool:
    return kinds.extension(name) in kinds.AUDIO_EXTENSIONS


def arrange(
    listing: Listing, folder: str, known: Mapping[str, Tags], *, is_root: bool
) -> tuple[Work, ...]:
    """Return the artists, albums and tracks of a folder; `known` has the tags by file name."""
    names = [take_apart(entry) for entry in listing.files]
    tracks = [
        _track(name, known.get(name.entry.name, {})) for name in names if is_music(name.entry.name)
    ]
    albums: dict[tuple[Folders, str], _Album] = {}
    for track in tracks:
        title = track.tags.get("album") or _folder_title(track.folders, folder)
        key = track.folders, squeeze(title)
        albums.setdefault(key, _Album(title)).tracks.append(track)
    home = "" if is_root else release.parse(folder).title
    artist = _Artist(home)
    lyrics = {_stem(name): name for name in names if name.extension in kinds.LYRICS_EXTENSIONS}
    for name in names:
        if not is_music(name.entry.name) and name.extension not in kinds.LYRICS_EXTENSIONS:
            _take_sidecar(name, albums, artist, is_root=is_root)
    return tuple(_works(albums.values(), artist, lyrics))


@dataclass(slots=True)
class _Artist:
    """Whose folder it is, with what lies beside the albums' folders."""

    home: str
    sidecars: list[Sidecar] = field(default_factory=list)
    nfo: list[Entry] = field(default_factory=list)


def _stem(name: FileName) -> tuple[Folders, str]:
    return name.folders, name.folded


def _track(name: FileName, said: Tags) -> _Track:
    """Take the folder of a disc off: it is the album's that it stands in."""
    folders, disc = tuple(name.entry.name.split("/")[:-1]), None
    if folders and (found := _DISC_FOLDER.fullmatch(folders[-1])):
        folders, disc = folders[:-1], int(found[1])
    return _Track(name, said, folders, disc)


def _folder_title(folders: Folders, home: str) -> str:
    """Name an album by its folder, "Artist - Album (2001)" by what follows the dash."""
    title = release.parse(folders[-1] if folders else home).title if folders or home else UNKNOWN
    return title.partition(" - ")[2] or title


def _take_sidecar(
    name: FileName,
    albums: Mapping[tuple[Folders, str], _Album],
    artist: _Artist,
    *,
    is_root: bool,
) -> None:
    """Give a picture or an NFO to the album whose folder it lies in, else to the artist."""
    if name.extension == "nfo" and name.folded == "artist" and not is_root:
        artist.nfo.append(name.entry)
        return
    folders = _track(name, {}).folders
    here = [album for (where, _), album in albums.items() if where == folders]
    inner = replace(name, folders=())
    if here and name.extension == "nfo":
        here[0].nfo += [name.entry] if name.folded == "album" else []
    elif here and not is_root:
        here[0].sidecars.append(Sidecar(inner, None))
    elif name.folders in ((), ("extrafanart",)) and not is_root:
        artist.sidecars.append(Sidecar(name, None))


def _works(
    albums: Iterable[_Album], artist: _Artist, lyrics: Mapping[tuple[Folders, str], FileName]
) -> Iterator[Work]:
    """Yield artists, then albums, then tracks: none before what it is part of."""
    by_artist: dict[str, list[tuple[str, _Album]]] = {}
    for album in albums:
        name = _album_artist(album, artist.home)
        by_artist.setdefault(squeeze(name), []).append((name, album))
    own = squeeze(artist.home)
    # What lies beside the albums is about whoever the folder is named after, or has most of them.
    most = (
        own if own in by_artist else max(by_artist, key=lambda key: len(by_artist[key]), default="")
    )
    made: dict[str, Work] = {}
    for key, found in by_artist.items():
        beside = artist if key == most else _Artist("")
        whole = _artist(found[0][0], key, found, beside)
        made[whole.key] = whole
        for name, album in found:
            made |= _album(whole, name, album, lyrics, made)
    order = (ItemKind.ARTIST, ItemKind.ALBUM, ItemKind.TRACK)
    yield from sorted(made.values(), key=lambda work: order.index(work.kind))


def _album_artist(album: _Album, home: str) -> str:
    said = [track.tags for track in album.tracks]
    of_album = Counter(each["album_artist"] for each in said if "album_artist" in each)
    if of_album:
        return of_album.most_common(1)[0][0]
    of_tracks = {squeeze(each["artist"]): each["artist"] for each in said if "artist" in each}
    if any(each.get("compilation") == "1" for each in said) or len(of_tracks) > 1:
        return VARIOUS if squeeze(home) not in of_tracks else home
    return next(iter(of_tracks.values()), home.partition(" - ")[0] or UNKNOWN)


def _artist(name: str, key: str, found: list[tuple[str, _Album]], beside: _Artist) -> Work:
    tracks = [track for _, album in found for track in album.tracks]
    return Work(
        key=filenames.to_text(f"artist {key}"),
        title=filenames.to_text(name),
        year=None,
        edition=None,
        videos=(),
        extras=(),
        nfo=tuple(beside.nfo),
        assets=tuple(gather(beside.nfo, beside.sidecars)),
        ids=_ids(ItemKind.ARTIST, tracks),
        kind=ItemKind.ARTIST,
        artist=None if name == UNKNOWN else filenames.to_text(name),
    )


def _album(
    artist: Work,
    name: str,
    album: _Album,
    lyrics: Mapping[tuple[Folders, str], FileName],
    made: Mapping[str, Work],
) -> dict[str, Work]:
    """Make an album and its tracks; another of its title is told from it by the folder."""
    key = f"{artist.key} album {filenames.to_text(squeeze(album.title))}"
    if key in made:
        key = filenames.to_text(f"{key} {'/'.join(album.tracks[0].folders)}")
    years = Counter(year for track in album.tracks if (year := tags.year(track.tags.get("date"))))
    whole = replace(
        artist,
        key=key,
        title=filenames.to_text(album.title),
        year=years.most_common(1)[0][0] if years else None,
        nfo=tuple(album.nfo),
        assets=tuple(gather(album.nfo, album.sidecars)),
        ids=_ids(ItemKind.ALBUM, album.tracks),
        kind=ItemKind.ALBUM,
        parent=artist.key,
        artist=None if name == UNKNOWN else filenames.to_text(name),
        genres=_genres(album.tracks),
    )
    tracks = (_work(whole, track, lyrics.get(_stem(track.name))) for track in album.tracks)
    return {key: whole} | {track.key: track for track in tracks}


def _work(album: Work, track: _Track, lyrics: FileName | None) -> Work:
    said, written = track.tags, _NUMBERED.fullmatch(track.name.stem)
    number = tags.number(said.get("track")) or (int(written["track"]) if written else None)
    disc = tags.number(said.get("disc")) or track.disc
    if disc is None and written and written["disc"]:
        disc = int(written["disc"])
    title = said.get("title") or (written and written["title"]) or track.name.stem
    return replace(
        album,
        key=filenames.to_text(f"track {track.name.entry.name}"),
        title=filenames.to_text(title),
        year=tags.year(said.get("date")) or album.year,
        videos=(Video(track.name.entry, VideoRole.MAIN),),
        nfo=(),
        assets=(Asset(lyrics.entry, AssetType.LYRICS),) if lyrics else (),
        ids=_ids(ItemKind.TRACK, [track]),
        kind=ItemKind.TRACK,
        parent=album.key,
        place=Place(disc=disc, track=number),
        artist=said.get("artist") or album.artist,
        genres=_genres([track]),
    )


def _ids(kind: ItemKind, tracks: Iterable[_Track]) -> tuple[tuple[str, str], ...]:
    name = f"musicbrainz_{_IDS[kind]}"
    found = next((track.tags[name] for track in tracks if name in track.tags), None)
    return ((name, found),) if found else ()


def _genres(tracks: Iterable[_Track]) -> tuple[str, ...]:
    said = (genre for track in tracks for genre in _GENRES.split(track.tags.get("genre", "")))
    return tuple(dict.fromkeys(genre for genre in said if genre))
