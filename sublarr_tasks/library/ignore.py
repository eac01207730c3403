"""What a scan passes over: names and glob patterns, compiled so that a name costs one look.

A pattern is matched against one name, never a path, without regard to case; `*`, `?` and
`[...]` are fnmatch's.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sublarr_tasks.library.kinds import IMAGE_EXTENSIONS, VIDEO_EXTENSIONS


class Target(StrEnum):
    """What a pattern applies to; for a video or an image it stands for the name's stem."""

    ANY = "any"
    FILE = "file"
    DIRECTORY = "directory"
    VIDEO = "video"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Pattern:
    """An exact name or a glob, and what it applies to."""

    text: str
    target: Target = Target.ANY


# A wildcard such as ".*" does not take these; their exact name does.
_SAFE_FROM_WILDCARDS = frozenset({".actors"})

_GLOB = re.compile(r"[*?\[]")


class Ignore:
    """The patterns of a library, ready to be asked about a name."""

    __slots__ = ("directory", "file")

    file: Callable[[str], bool]
    directory: Callable[[str], bool]

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        chosen = [(pattern.text.lower(), pattern.target) for pattern in patterns]
        self.file = _matcher({name for text, target in chosen for name in _files(text, target)})
        self.directory = _matcher(
            {text for text, target in chosen if target in (Target.ANY, Target.DIRECTORY)}
        )


_EXTENSIONS = {Target.VIDEO: VIDEO_EXTENSIONS, Target.IMAGE: IMAGE_EXTENSIONS}


def _files(text: str, target: Target) -> Iterable[str]:
    """Spell out what a pattern means for files' whole names."""
    if target in _EXTENSIONS:
        return (f"{text}.{extension}" for extension in _EXTENSIONS[target])
    return () if target is Target.DIRECTORY else (text,)


def _matcher(texts: set[str]) -> Callable[[str], bool]:
    """Sort the patterns by how they can be decided; a closure, as it is asked for every file."""
    exact = frozenset(text for text in texts if not _GLOB.search(text))
    starts = {text for text in texts if text.endswith("*") and not _GLOB.search(text[:-1])}
    ends = {text for text in texts if text.startswith("*") and not _GLOB.search(text[1:])}
    globs = _union(texts - exact - starts - ends)
    prefixes = tuple(sorted(text[:-1] for text in starts))
    suffixes = tuple(sorted(text[1:] for text in ends if "." not in text))
    suffixes_of = _by_extension({text[1:] for text in ends if "." in text}, suffixes)

    def matches(name: str) -> bool:
        lower = name.lower()
        if lower in exact:
            return True
        if lower in _SAFE_FROM_WILDCARDS:
            return False
        return (
            lower.startswith(prefixes)
            or lower.endswith(suffixes_of.get(lower.rpartition(".")[2], suffixes))
            or (globs is not None and globs.match(lower) is not None)
        )

    return matches


def _by_extension(ends: set[str], always: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Map each extension to the suffixes that a name with it may have, `always` among them."""
    table: dict[str, tuple[str, ...]] = {}
    for end in sorted(ends):
        extension = end.rpartition(".")[2]
        table[extension] = (*table.get(extension, always), end)
    return table


def _union(globs: Iterable[str]) -> re.Pattern[str] | None:
    sources = [fnmatch.translate(glob) for glob in sorted(globs)]
    return re.compile("|".join(sources)) if sources else None


def _patterns(target: Target, *texts: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(text, target) for text in texts)


DEFAULTS: tuple[Pattern, ...] = (
    # what operating systems and storage boxes leave behind
    *_patterns(Target.FILE, ".DS_Store", "Thumbs.db", "desktop.ini", "._*"),
    *_patterns(
        Target.DIRECTORY,
        *(".*", "@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "#snapshot"),
        *("lost+found", "$RECYCLE.BIN", "RECYCLER", ".Trash-*", "System Volume Information"),
    ),
    # downloads that have not finished
    *_patterns(Target.FILE, "*.part", "*.partial", "*.partial~", "*.crdownload", "*.tmp"),
    *_patterns(Target.FILE, "*.!ut", "*.!qB", "*.!bt", "*.bc!", "*.aria2"),
    *_patterns(Target.DIRECTORY, "incomplete", "_UNPACK_*", "_FAILED_*", "__ADMIN__"),
    # samples and proofs
    *_patterns(Target.DIRECTORY, "sample"),
    # The word must stand alone directly before the extension: "Sample This (2010).mkv" is a film.
    *_patterns(Target.VIDEO, "sample", "*-sample", "*.sample", "*_sample", "*- sample"),
    *_patterns(Target.IMAGE, "sample", "*-sample", "*.sample", "*_sample", "*- sample"),
    # A proof is a photograph of the disc; "Death.Proof.jpg" is artwork, so a dot is no sign.
    *_patterns(Target.IMAGE, "proof", "*-proof", "*- proof"),
    # Advertising of release groups: the tag is the whole name, so that a film whose release
    # name merely ends in -RARBG or [ETRG] stays.
    *_patterns(Target.FILE, "RARBG_DO_NOT_MIRROR.???", "RARBG.???", "RARBG.com.???"),
    *_patterns(Target.FILE, "RARBG.to.???", "ETRG.???"),
)
"""What a library ignores unless its owner says otherwise."""
