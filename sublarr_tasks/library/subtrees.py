"""Parts of a library, as people and file events name them."""

from collections.abc import Iterable
from hashlib import blake2b

from sublarr_tasks import filenames
from sublarr_tasks.library.kinds import COMPANION_FOLDERS


def relative(root: str, path: str) -> str:
    """Return a path below a library's root as walks name it; raises ValueError elsewhere.

    It may be given as it is on the host, or as it is in the library.
    """
    names = [name for name in path.split("/") if name not in ("", ".")]
    if ".." in names or "\0" in path:
        raise ValueError('Give the path without "..".')
    above = [name for name in root.split("/") if name]
    if path.startswith("/"):
        if names[: len(above)] != above:
            raise ValueError("This lies outside of the library.")
        names = names[len(above) :]
    return "/".join(names)


def holds(folder: str, path: str) -> bool:
    """Tell whether a path is a folder or lies in it, by their names alone."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def key(path: str) -> bytes:
    """Stand in for a path of any length in an index; 16 bytes."""
    return blake2b(filenames.to_text(path).encode(), digest_size=16).digest()


def apart(paths: Iterable[str]) -> list[str]:
    """Return the directories to walk for some paths, none of them below another.

    A folder with a companion's name is read with the directory that it stands in.
    """
    chosen: list[str] = []
    for path in sorted({_directory(path) for path in paths}, key=lambda path: path.split("/")):
        if not any(above in ("", path) or path.startswith(f"{above}/") for above in chosen):
            chosen.append(path)
    return chosen


def _directory(path: str) -> str:
    names = path.split("/")
    for depth, name in enumerate(names):
        if depth and name.lower() in COMPANION_FOLDERS:
            return "/".join(names[:depth])
    return path
