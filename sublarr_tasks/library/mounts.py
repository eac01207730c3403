"""Mount points inside a library: folders that empty without a file having been deleted."""

import os
from collections.abc import Collection

import psutil
import structlog

log = structlog.get_logger()


def below(root: str) -> set[str]:
    """Return this host's mount points inside a folder, but for empty ones, relative to it.

    None are known where the system keeps its mount table to itself.
    """
    top = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - names may be any bytes
    try:
        table = psutil.disk_partitions(all=True)
    except OSError as error:
        log.warning("mounts_unknown", error=error.strerror)
        return set()
    inside = (
        mount.mountpoint.removeprefix(top) for mount in table if mount.mountpoint.startswith(top)
    )
    return {path for path in inside if path and not is_empty(root, path)}


def emptied(root: str, mounts: Collection[str]) -> list[str]:
    """Return which of some mount points are empty folders now.

    One that is gone altogether, its folder too, was taken away on purpose.
    """
    return [path for path in mounts if is_empty(root, path)]


def is_empty(root: str, path: str) -> bool:
    """Tell whether a folder can be listed and has nothing in it."""
    try:
        with os.scandir(os.path.join(root, path)) as entries:  # noqa: PTH118 - names may be any bytes
            return next(entries, None) is None
    except OSError:
        return False  # gone, or the walk says why it cannot be read
