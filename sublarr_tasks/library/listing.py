"""A directory as it was seen: its entries and the signature that tells whether it changed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One file; `name` is relative to the directory ("Subs/Film.en.srt"), as `os` gives names."""

    name: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one directory and of its companion folders (`kinds.COMPANION_FOLDERS`).

    `path` is relative to the library's root, "" for the root itself. `files` is sorted by name
    and holds nothing that an ignore pattern names. `signature` changes whenever a name, size,
    mtime_ns or inode of any of the files does. `blocked` names the companion folders that could
    not be read: what is known to be in them is neither confirmed nor refuted.
    """

    path: str
    files: tuple[Entry, ...]
    signature: bytes
    blocked: tuple[str, ...] = ()
