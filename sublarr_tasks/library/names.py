"""A file's name taken apart, and the spellings in which two names are compared."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sublarr_tasks.library import kinds
from sublarr_tasks.library.listing import Entry

_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_SEPARATORS = frozenset(" .-_[({")


@dataclass(frozen=True, slots=True)
class FileName:
    """A file's name in parts; `folders` and `folded` are folded, `stem` is as on disk."""

    entry: Entry
    folders: tuple[str, ...]
    stem: str
    folded: str
    extension: str


def take_apart(entry: Entry) -> FileName:
    path, _, base = entry.name.rpartition("/")
    extension = kinds.extension(base)
    stem = base[: base.rindex(".")] if extension else base
    folders = tuple(fold(path).split("/")) if path else ()
    return FileName(entry, folders, stem, fold(stem), extension)


def fold(name: str) -> str:
    """Return the spelling in which names are equal: without case, composed.

    A name written by macOS is decomposed, the same name written by Linux is not.
    """
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def squeeze(title: str) -> str:
    """Return a title's letters and digits alone: "Face/Off", "Face.Off" and "face off" agree."""
    folded = fold(title).replace("&", "and")
    if folded.isascii():
        return _NOT_ALPHANUMERIC.sub("", folded) or folded
    kept = (c for c in folded if unicodedata.category(c)[0] not in "PZ")
    return "".join(kept) or folded


def starts_with(folded: str, prefix: str) -> bool:
    """Tell whether a name is the prefix, alone or with a separator after it."""
    if not prefix or not folded.startswith(prefix):
        return False
    return len(folded) == len(prefix) or folded[len(prefix)] in _SEPARATORS


def prefixes(folded: str) -> Iterator[tuple[str, str]]:
    """Yield every (prefix, rest) that a separator parts, longest prefix first."""
    yield folded, ""
    for at in range(len(folded) - 1, 0, -1):
        if folded[at] in _SEPARATORS:
            yield folded[:at], folded[at:]
