"""Reading one directory of a library, with the folders that are part of it.

A directory is its own files and those of its companion folders. A folder named in
`kinds.COMPANION_FOLDERS` is a companion where a video or a disc folder stands beside it; in the
library's root only a disc folder is one (the root may be a disc; otherwise its "Extras" is a
folder like any other). In a library of series the folders of seasons and of releases are
companions too, and in a directory with a tvshow.nfo every folder is. In a library of music all that
is below a folder of the root is part of it. Every other folder is a directory of its own.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from sublarr_tasks.library import seasons
from sublarr_tasks.library.ignore import Ignore
from sublarr_tasks.library.kinds import (
    AUDIO_EXTENSIONS,
    COMPANION_FOLDERS,
    DISC_FOLDERS,
    MEDIA_EXTENSIONS,
    SERIES_NFO,
    VIDEO_EXTENSIONS,
    extension,
)
from sublarr_tasks.models import LibraryKind

COMPANION_DEPTH = 4  # BDMV/META/DL is three folders deep, Subs/<film> two
SERIES_DEPTH = COMPANION_DEPTH + 2  # the same in the folder of a season and of a release
_DEPTH = "too many folders inside a companion folder"
_NOWHERE = "a symbolic link that leads nowhere"
EMPTY_LINK = "a symbolic link to an empty folder"
_MEDIA_DISCS = frozenset({"bdmv", "video_ts"})
_DANGLING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

File = tuple[str, int, int, int]  # name, size, mtime_ns, inode: an Entry without its cost
Folder = tuple[str, bool]  # name, whether it is a symbolic link


class SymlinkPolicy(StrEnum):
    """Whether directories behind symbolic links are entered; files behind them always count."""

    FOLLOW = "follow"
    SKIP = "skip"


class Reason(StrEnum):
    """Why something could not be read."""

    PERMISSION_DENIED = "permission_denied"
    IO_ERROR = "io_error"
    VANISHED = "vanished"
    LOOP = "loop"
    TOO_DEEP = "too_deep"
    LOST_LINK = "lost_link"
    LOST_MOUNT = "lost_mount"


_REASONS = {
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.ENOENT: Reason.VANISHED,
    errno.ENOTDIR: Reason.VANISHED,
    errno.ELOOP: Reason.LOOP,
    errno.ENAMETOOLONG: Reason.TOO_DEEP,
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A directory, companion folder or symbolic link that could not be read."""

    path: str
    reason: Reason
    detail: str


@dataclass(slots=True)
class Found:
    """What one directory holds: `files` with its companions', `folders` without them."""

    files: list[File] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    problems: list[Unreadable] = field(default_factory=list)
    media: bool = False
    linked: bool = False

    @property
    def is_bare(self) -> bool:
        return not (self.files or self.folders or self.problems)


class Reader:
    """Reads directories of one library."""

    __slots__ = ("_follow", "_ignore", "_kind", "_top")

    def __init__(
        self, root: str, ignore: Ignore, symlinks: SymlinkPolicy, kind: LibraryKind
    ) -> None:
        self._top = root if root.endswith("/") else f"{root}/"
        self._ignore = ignore
        self._follow = symlinks == SymlinkPolicy.FOLLOW
        self._kind = kind

    def open_root(self) -> tuple[int, int]:
        """Return the root's identity, having seen that it can be listed."""
        with os.scandir(self._top):
            return self._identity("")

    def homes(self, paths: Iterable[str]) -> list[str]:
        """Return the directories that folders are part of, each once: they may be ones themselves.

        Each folder above them is looked into once, however many have it in common.
        """
        match self._kind:
            case LibraryKind.MOVIES:
                found = paths
            case LibraryKind.SERIES:
                has_nfo = cache(self._has_series_nfo)
                found = (_home_of_series(path, has_nfo) for path in paths)
            case LibraryKind.MUSIC:
                found = (path.partition("/")[0] for path in paths)
        return list(dict.fromkeys(found))

    def _has_series_nfo(self, path: str) -> bool:
        return os.path.exists(f"{self._top}{path}/{SERIES_NFO}")  # noqa: PTH110 - speed

    def directory(self, path: str, *, linked: bool | None) -> Found:
        if linked is None:
            linked = self._follow and self._leads_through_link(path)
        if linked:
            self._refuse_loop(path)
        found = self._entries(path)
        found.linked = linked
        found.folders.sort()
        if self._kind is LibraryKind.SERIES:
            self._take_series(path, found)
        elif self._kind is LibraryKind.MUSIC:
            if path:
                self._take(path, found, lambda _: True)
            found.media = _has(found.files, AUDIO_EXTENSIONS)
        else:
            disc = any(name.lower() in _MEDIA_DISCS for name, _ in found.folders)
            found.media = disc or _has(found.files, VIDEO_EXTENSIONS)
            if found.media and found.folders:
                self._take_companions(path, found, disc=disc)
        found.files.sort()
        return found

    def _entries(self, path: str) -> Found:
        """Read one level; this is where a scan of an unchanged library spends its time."""
        found = Found()
        ignored, follow = self._ignore.file, self._follow
        with os.scandir(self._top + path) as entries:
            for entry in entries:
                name = entry.name
                try:
                    if entry.is_dir():
                        link = entry.is_symlink()
                        if (follow or not link) and not self._ignore.directory(name):
                            found.folders.append((name, link))
                    elif not ignored(name):
                        status = entry.stat()
                        if stat.S_ISREG(status.st_mode):
                            found.files.append(
                                (name, status.st_size, status.st_mtime_ns, status.st_ino)
                            )
                except OSError as error:
                    found.problems.extend(self._judge(path, entry, error))
        return found

    def _judge(self, path: str, entry: os.DirEntry[str], error: OSError) -> tuple[Unreadable, ...]:
        """Judge an entry that gave no stat; what is wrong with more than it is raised."""
        if entry.is_symlink():
            full = f"{path}/{entry.name}" if path else entry.name
            if error.errno not in _DANGLING:
                return (unreadable(full, error),)
            if not self._follow or extension(entry.name) in MEDIA_EXTENSIONS:
                return ()  # no way into a folder, or to a file that is gone
            return (Unreadable(full, Reason.LOST_LINK, _NOWHERE),)
        if not isinstance(error, FileNotFoundError):
            raise error
        self._identity(path)  # one file may go; if its folder did, the others' absence says nothing
        return ()

    def _take_companions(self, path: str, found: Found, *, disc: bool) -> None:
        if path:
            names: frozenset[str] = COMPANION_FOLDERS
        else:
            names = DISC_FOLDERS if disc else frozenset()
        self._take(path, found, lambda name: name.lower() in names)

    def _take_series(self, path: str, found: Found) -> None:
        home = any(file[0].lower() == SERIES_NFO for file in found.files)
        in_root = not (path or home)
        parts = {
            name for name, _ in found.folders if home or seasons.read(name, in_root=in_root).is_part
        }
        found.media = home or bool(parts) or _has(found.files, VIDEO_EXTENSIONS)
        if found.media and found.folders:
            companions = frozenset() if in_root else COMPANION_FOLDERS
            self._take(path, found, lambda name: name in parts or name.lower() in companions)

    def _take(self, path: str, found: Found, is_companion: Callable[[str], bool]) -> None:
        """Take the files of companion folders; the other folders stay."""
        ordinary: list[Folder] = []
        for name, link in found.folders:
            if is_companion(name):
                self._take_companion(path, name, found, linked=found.linked or link)
            else:
                ordinary.append((name, link))
        found.folders = ordinary

    def _take_companion(self, path: str, name: str, found: Found, *, linked: bool) -> None:
        """Add the files of the companion folder `name` ("Subs/Film") of `path` to `found`."""
        full = f"{path}/{name}" if path else name
        if name.count("/") >= (
            COMPANION_DEPTH if self._kind is LibraryKind.MOVIES else SERIES_DEPTH
        ):
            found.problems.append(Unreadable(full, Reason.TOO_DEEP, _DEPTH))
            return
        try:
            if linked:
                self._refuse_loop(full)
            inner = self._entries(full)
        except OSError as error:
            found.problems.append(unreadable(full, error))
            return
        if linked and inner.is_bare and self.is_lost_link(full):
            found.problems.append(Unreadable(full, Reason.LOST_LINK, EMPTY_LINK))
            return
        found.problems += inner.problems
        found.files += [
            (f"{name}/{file}", size, mtime_ns, inode) for file, size, mtime_ns, inode in inner.files
        ]
        for below, link in sorted(inner.folders):
            self._take_companion(path, f"{name}/{below}", found, linked=linked or link)

    def is_lost_link(self, path: str) -> bool:
        """Tell whether a link's folder is empty: it is one whose mount is gone, more likely."""
        full = self._top + path
        with os.scandir(full) as entries:
            return os.path.islink(full) and next(entries, None) is None  # noqa: PTH114 - as below

    def _leads_through_link(self, path: str) -> bool:
        return any(
            os.path.islink(self._top + part)  # noqa: PTH114 - a Path costs more than the call
            for part in _lineage(path)
            if part
        )

    def _refuse_loop(self, path: str) -> None:
        """Raise OSError where the directory is one of its own ancestors up to the root."""
        here, *above = [self._identity(part) for part in _lineage(path)]
        if here in above:
            raise OSError(errno.ELOOP, "a symbolic link leads back to a folder above it")

    def _identity(self, path: str) -> tuple[int, int]:
        status = os.stat(self._top + path)  # noqa: PTH116 - a Path costs more than the call
        return status.st_dev, status.st_ino


def _lineage(path: str) -> Iterator[str]:
    """Yield the path, the folders above it, and "" for the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def _home_of_series(path: str, has_nfo: Callable[[str], bool]) -> str:
    """Return the topmost folder above with a series' NFO, else what the names lead to."""
    topmost_first = reversed([above for above in _lineage(path) if above != path])
    marked = next((above for above in topmost_first if has_nfo(above)), None)
    if marked is not None:
        return marked
    while path:
        above, _, name = path.rpartition("/")
        if not seasons.read(name, in_root=not above).is_part:
            break
        path = above
    return path


def unreadable(path: str, error: OSError) -> Unreadable:
    reason = _REASONS.get(error.errno or 0, Reason.IO_ERROR)
    return Unreadable(path, reason, error.strerror or str(error))


def _has(files: list[File], extensions: frozenset[str]) -> bool:
    return any(extension(file[0]) in extensions for file in files)
