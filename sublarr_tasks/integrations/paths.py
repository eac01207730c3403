"""Path mappings: what a service calls a folder, and where that folder is here.

A mapping holds for its folder and what lies below, never for a name that merely begins like it; of
several the longest holds. A service on Windows is met as it writes: with backslashes, in any case.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sublarr_tasks.errors import InputError

MOST_MAPPINGS = 100
LONGEST = 4096
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True, slots=True)
class PathMapping:
    """A folder as the service names it (`remote`) and as it is mounted here (`local`)."""

    remote: str
    local: str

    def to_local(self, path: str) -> str | None:
        """Say where a path of the service is here, or None where this mapping does not hold."""
        rest = _below(path, self.remote)
        return None if rest is None else "/".join([self.local.rstrip("/"), *rest]) or "/"

    def to_remote(self, path: str) -> str | None:
        """Say what the service calls a path of here."""
        rest = _below(path, self.local)
        separator = "\\" if _WINDOWS.match(self.remote) and "\\" in self.remote else "/"
        if rest is None:
            return None
        return separator.join([self.remote.rstrip("/\\"), *rest]) or separator


def parsed(stored: Iterable[Mapping[str, Any]]) -> tuple[PathMapping, ...]:
    return tuple(PathMapping(each["remote"], each["local"]) for each in stored)


def to_local(mappings: Sequence[PathMapping], path: str) -> str:
    """Translate a service's path; without a mapping it is the same here."""
    longest = sorted(mappings, key=lambda mapping: -len(_parts(mapping.remote)))
    return next((found for each in longest if (found := each.to_local(path)) is not None), path)


def to_remote(mappings: Sequence[PathMapping], path: str) -> str:
    """Translate a path of here into the service's."""
    longest = sorted(mappings, key=lambda mapping: -len(_parts(mapping.local)))
    return next((found for each in longest if (found := each.to_remote(path)) is not None), path)


def checked(given: Sequence[PathMapping]) -> list[dict[str, str]]:
    """Return mappings as they are stored; raises InputError that names each."""
    wrong = {}
    if len(given) > MOST_MAPPINGS:
        wrong["path_mappings"] = f"Give at most {MOST_MAPPINGS}."
    seen: set[tuple[str, ...]] = set()
    for number, mapping in enumerate(given[:MOST_MAPPINGS]):
        remote = tuple(_parts(mapping.remote))
        if sentence := _complaint(mapping.remote, windows=True):
            wrong[f"path_mappings.{number}.remote"] = sentence
        elif remote in seen:
            wrong[f"path_mappings.{number}.remote"] = "This folder is mapped twice."
        if sentence := _complaint(mapping.local, windows=False):
            wrong[f"path_mappings.{number}.local"] = sentence
        seen.add(remote)
    if wrong:
        raise InputError(wrong)
    return [{"remote": each.remote, "local": os.path.normpath(each.local)} for each in given]


def _complaint(path: str, *, windows: bool) -> str | None:
    if not path.startswith("/") and not (windows and _WINDOWS.match(path)):
        return "Give an absolute path."
    if len(path) > LONGEST or "\0" in path:
        return f"Give at most {LONGEST} characters, without NUL."
    if ".." in _split(path):
        return 'Give the path without "..".'
    return None


def _below(path: str, folder: str) -> list[str] | None:
    """Return the names that lead from a folder down to a path; None where it does not lie there.

    A path that climbs with ".." lies nowhere.
    """
    names, above = _split(path), _parts(folder)
    compared = names if not _WINDOWS.match(folder) else [name.casefold() for name in names]
    if ".." in names or compared[: len(above)] != above:
        return None
    return names[len(above) :]


def _parts(folder: str) -> list[str]:
    names = _split(folder)
    return [name.casefold() for name in names] if _WINDOWS.match(folder) else names


def _split(path: str) -> list[str]:
    """Split a path at its separators; only a Windows path is split at backslashes."""
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    return [name for name in path.split("/") if name not in ("", ".")]
