"""One directory as facts: its films with their NFO, streams and assets. Reads files, no rows."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import structlog

from sublarr_tasks import filenames
from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import contents, music, nfo, shows
from sublarr_tasks.library.ignore import Ignore
from sublarr_tasks.library.listing import Entry, Listing
from sublarr_tasks.library.nfo import Nfo, NfoError
from sublarr_tasks.library.probe import Probe, ProbeReason, probe
from sublarr_tasks.library.videos import Video, VideoRole
from sublarr_tasks.library.walk import SymlinkPolicy
from sublarr_tasks.library.walk import contents as list_directory
from sublarr_tasks.library.works import Extra, Work
from sublarr_tasks.models import ItemKind, LibraryKind, signed

# What stands in the way now and may not next time: the directory is to be read again.
NFO_UNREADABLE = "nfo_unreadable"
# What an NFO calls a work.
ROOTS = {
    ItemKind.MOVIE: "movie",
    ItemKind.SERIES: "tvshow",
    ItemKind.SEASON: "season",
    ItemKind.EPISODE: "episodedetails",
    ItemKind.ARTIST: "artist",
    ItemKind.ALBUM: "album",
    ItemKind.TRACK: "",
}
PASSING = frozenset({ProbeReason.UNREADABLE, ProbeReason.VANISHED})


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a file from its earlier self; a file with the same stamp is not read again.

    The inode is folded as `models.signed` does.
    """

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, entry: Entry) -> "Stamp":
        return cls(entry.size, entry.mtime_ns, signed(entry.inode))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a library lies, and what of its files is read and how; `read` is given a path."""

    root: str
    ignore: Ignore
    symlinks: SymlinkPolicy
    probes: bool
    kind: LibraryKind = LibraryKind.MOVIES
    read: Callable[[str], Probe] = probe


@dataclass(frozen=True, slots=True)
class Looked:
    """A video file; `probe` is None where it failed for `reason`, or was not needed."""

    file: Video | Extra
    probe: Probe | None = None
    reason: str | None = None
    detail: str | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A film with everything that was read about it."""

    work: Work
    files: tuple[Looked, ...]
    nfo: Nfo | None
    nfo_reason: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """A directory's films; without a signature it must be read again next time.

    `inode` is the directory's own, folded as `models.signed` does; `blocked` are the companion
    folders that could not be read.
    """

    directory_id: int
    works: tuple[Examined, ...]
    signature: bytes | None
    inode: int
    blocked: tuple[str, ...] = ()


def directory(
    reach: Reach,
    directory_id: int,
    path: str,
    known: Mapping[str, Stamp],
    tags: Mapping[str, Mapping[str, str]] | None = None,
) -> Facts:
    """Read a directory; `known` holds the stamps of its files whose streams are known.

    `tags` are those that files of music had then. Raises OSError where the directory cannot be
    listed.
    """
    listing = list_directory(
        reach.root, path, ignore=reach.ignore, symlinks=reach.symlinks, kind=reach.kind
    )
    folder = os.path.join(reach.root, path)  # noqa: PTH118 - names may be any bytes, and speed
    name = os.path.basename(path)  # noqa: PTH119 - speed
    look: Callable[[Video | Extra], Looked] = cache(partial(_look, reach, folder, known))
    works = _arranged(reach, listing, name, partial(_tags, look, tags or {}))
    examined = tuple(_work(folder, work, look) for work in works)
    passing = any(
        work.nfo_reason == NFO_UNREADABLE or any(file.reason in PASSING for file in work.files)
        for work in examined
    )
    signature = None if passing or listing.blocked else listing.signature
    inode = signed(os.stat(folder).st_ino)  # noqa: PTH116 - speed
    return Facts(directory_id, examined, signature, inode, listing.blocked)


def _arranged(
    reach: Reach, listing: Listing, name: str, tags_of: Callable[[Listing], Mapping[str, Any]]
) -> tuple[Work, ...]:
    is_root = not listing.path
    match reach.kind:
        case LibraryKind.MOVIES:
            return contents.arrange(listing, name, is_root=is_root)
        case LibraryKind.SERIES:
            name = name or os.path.basename(reach.root)  # noqa: PTH119 - speed
            return shows.arrange(listing, name, is_root=is_root)
        case LibraryKind.MUSIC:
            return music.arrange(listing, name, tags_of(listing), is_root=is_root)


def _tags(
    look: Callable[[Video], Looked], before: Mapping[str, Mapping[str, str]], listing: Listing
) -> dict[str, Mapping[str, str]]:
    """Read the tags of a directory's music; those of files that are as before are known."""
    found = {}
    for entry in listing.files:
        if music.is_music(entry.name):
            looked = look(Video(entry, VideoRole.MAIN))
            read = before.get(entry.name, {}) if looked.known else {}
            found[entry.name] = looked.probe.tags if looked.probe else read
    return found


def _work(folder: str, work: Work, look: Callable[[Video | Extra], Looked]) -> Examined:
    videos: tuple[Video | Extra, ...] = (*work.videos, *work.extras)
    files = tuple(look(file) for file in videos)
    read, reason = _read_nfo(folder, work)
    return Examined(work, files, read, reason)


def _look(reach: Reach, folder: str, known: Mapping[str, Stamp], file: Video | Extra) -> Looked:
    if known.get(file.entry.name) == Stamp.of(file.entry):
        return Looked(file, known=True)
    if not reach.probes:
        return Looked(file, reason="skip_ffprobe")
    try:
        return Looked(file, reach.read(f"{folder}/{file.entry.name}"))
    except ProbeError as error:
        return Looked(file, reason=error.reason, detail=error.detail)


def _read_nfo(folder: str, work: Work) -> tuple[Nfo | None, str | None]:
    """Read the NFO files, best first; the first that says something is filled from the rest."""
    read: list[Nfo] = []
    reason: str | None = None
    for entry in work.nfo:
        path = f"{folder}/{entry.name}"
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - speed
                raw = file.read(nfo.MAX_BYTES + 1)
            read.append(nfo.parse(raw, ROOTS[work.kind], work.place.episode, work.place.position))
        except NfoError as error:
            reason = reason or error.reason
        except OSError as error:
            log.warning("nfo_unreadable", path=filenames.printable(path), error=error.strerror)
            reason = NFO_UNREADABLE
    return (nfo.merge(read[0], read[1:]) if read else None), reason
