"""The walk over a library: every directory once, with the signature that tells if it changed."""

import errno
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sublarr_tasks.library.ignore import Ignore
from sublarr_tasks.library.listing import Entry, Listing
from sublarr_tasks.library.reader import (
    EMPTY_LINK,
    File,
    Reader,
    Reason,
    SymlinkPolicy,
    Unreadable,
    unreadable,
)
from sublarr_tasks.models import LibraryKind

__all__ = ["Reason", "Seen", "SymlinkPolicy", "Unreadable", "Walk", "contents"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One directory; `path` is relative to the root, "" for the root itself.

    `media`: a video file or a disc folder is in it.
    """

    path: str
    signature: bytes
    media: bool


class Walk:
    """A walk, depth first in the order of names, that can stop anywhere and go on elsewhere.

    `starts` are paths as `Seen.path` gives them, or below one: then the walk starts there. Those
    in `besides` are left to others.
    Iterating raises OSError when the root cannot be read or is no longer the folder that it was at
    the start: the mount is gone, and nothing may be concluded from what follows. What is wrong with
    a directory's companion folders comes before its Seen.
    """

    def __init__(
        self,
        root: str,
        starts: Sequence[str] = ("",),
        *,
        ignore: Ignore,
        symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW,
        besides: Collection[str] = (),
        kind: LibraryKind = LibraryKind.MOVIES,
    ) -> None:
        self._besides = frozenset(besides)
        self._reader = Reader(root, ignore, symlinks, kind)
        starts = self._reader.homes(starts)
        # None: not known whether the path leads through a symbolic link
        self._stack: list[tuple[str, bool | None]] = [(path, None) for path in reversed(starts)]

    def frontier(self) -> list[str]:
        """Return the directories found and not yet read: the `starts` of the walk's rest."""
        return [path for path, _ in reversed(self._stack)]

    def __iter__(self) -> Iterator[Seen | Unreadable]:
        stack = self._stack
        root = self._reader.open_root()
        while stack:
            path, linked = stack[-1]
            try:
                found = self._reader.directory(path, linked=linked)
            except OSError as error:
                if not path:
                    raise
                self._require(root)
                stack.pop()
                yield unreadable(path, error)
                continue
            if found.problems:
                self._require(root)
                yield from found.problems
            stack.pop()
            if found.linked and found.is_bare and self._reader.is_lost_link(path):
                yield Unreadable(path, Reason.LOST_LINK, EMPTY_LINK)
                continue
            if found.folders:
                stem = f"{path}/" if path else ""
                stack += [
                    (stem + name, found.linked or link)
                    for name, link in reversed(found.folders)
                    if stem + name not in self._besides
                ]
            yield Seen(path, _signature(found.files), found.media)

    def _require(self, root: tuple[int, int]) -> None:
        if self._reader.open_root() != root:
            raise OSError(errno.ESTALE, "the root is another folder than before")


def contents(
    root: str,
    path: str,
    *,
    ignore: Ignore,
    symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW,
    kind: LibraryKind = LibraryKind.MOVIES,
) -> Listing:
    """List one directory with its companion folders; raises OSError as the system does.

    The signature is the one that Walk gives. A companion folder that cannot be read is left out,
    here as there, and named in `blocked`.
    """
    found = Reader(root, ignore, symlinks, kind).directory(path, linked=None)
    skip = len(path) + 1 if path else 0
    blocked = tuple(problem.path[skip:] for problem in found.problems)
    files = tuple(Entry(*file) for file in found.files)
    return Listing(path, files, _signature(found.files), blocked)


def _signature(files: list[File]) -> bytes:
    """Digest the sorted files; no name holds the NUL that ends each field."""
    fields = [f"{name}\0{size}\0{mtime}\0{inode}\0" for name, size, mtime, inode in files]
    return blake2b(os.fsencode("".join(fields)), digest_size=16).digest()
