"""A library on disk for tests, and what a walk over it says."""

from pathlib import Path

from sublarr_tasks.library.ignore import DEFAULTS, Ignore
from sublarr_tasks.library.walk import Reason, Seen, SymlinkPolicy, Unreadable, Walk, contents

IGNORE = Ignore(DEFAULTS)


def make(root: Path, *files: str) -> None:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)


def walk(root: Path, *starts: str, symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW) -> Walk:
    return Walk(str(root), starts or ("",), ignore=IGNORE, symlinks=symlinks)


def seen(root: Path, symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW) -> dict[str, Seen]:
    return {each.path: each for each in walk(root, symlinks=symlinks) if isinstance(each, Seen)}


def problems(root: Path) -> list[tuple[str, Reason]]:
    return [(each.path, each.reason) for each in walk(root) if isinstance(each, Unreadable)]


def names(root: Path, path: str = "") -> list[str]:
    return [file.name for file in contents(str(root), path, ignore=IGNORE).files]


def signature(root: Path, path: str = "") -> bytes:
    return contents(str(root), path, ignore=IGNORE).signature
