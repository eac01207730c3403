"""A library's root as a scan found it, and whether it is still the same."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from sublarr_tasks import filenames
from sublarr_tasks.errors import MountLost, NotFound
from sublarr_tasks.library.ignore import Ignore, Pattern, Target
from sublarr_tasks.library.intake import Depth
from sublarr_tasks.library.walk import SymlinkPolicy
from sublarr_tasks.models import IgnorePattern, Library, LibraryKind, ScanKind
from sublarr_tasks.profiles import ScanOptions

HOST = socket.gethostname()


@dataclass(frozen=True, slots=True)
class Root:
    """Where a library lies and how it is read.

    `identity` is the folder that this host saw first in this scan, None until then: two hosts
    number the devices of one network storage differently. `mounts` are the mount points inside,
    relative to the path, that had something in them when they were last seen.
    """

    path: str
    kind: LibraryKind
    ignore: Ignore
    symlinks: SymlinkPolicy
    identity: dict[str, Any] | None
    mounts: frozenset[str]

    def check(self) -> dict[str, Any]:
        """Return the root's identity; raises MountLost where it is gone, empty or another."""
        name = filenames.printable(self.path)
        try:
            status = os.stat(self.path)  # noqa: PTH116 - the name may be any bytes
            with os.scandir(self.path) as entries:
                empty = next(entries, None) is None
        except OSError as error:
            raise MountLost(f"{name} cannot be read: {error.strerror}.") from error
        if empty:
            raise MountLost(f"{name} is empty.")
        identity = {"device": status.st_dev, "inode": status.st_ino}
        if self.identity not in (None, identity):
            raise MountLost(f"{name} is not the folder that it was when the scan began.")
        return identity


@dataclass(frozen=True, slots=True)
class Reading:
    """What the phases that read a library's directories need to know."""

    scan_id: int
    library_id: int
    full: bool
    since: datetime
    root: Root
    options: ScanOptions

    @property
    def depth(self) -> Depth:
        return Depth(
            probes=not self.options.skip_ffprobe, assets=not self.options.skip_asset_discovery
        )


def reading(db: Connection, scan: Row[Any]) -> Reading:
    """Collect a scan's library, ignore patterns and options."""
    patterns = (
        select(func.jsonb_agg(func.jsonb_build_array(IgnorePattern.pattern, IgnorePattern.target)))
        .where(
            IgnorePattern.enabled,
            or_(IgnorePattern.library_id.is_(None), IgnorePattern.library_id == Library.id),
        )
        .scalar_subquery()
    )
    library = db.execute(
        select(*Library.__table__.c, patterns.label("patterns")).where(
            Library.id == scan.library_id
        )
    ).one_or_none()
    if library is None:
        raise NotFound(f"There is no library {scan.library_id}.")
    root = Root(
        library.path,
        LibraryKind(library.kind),
        _ignore(frozenset(map(tuple, library.patterns or ()))),
        SymlinkPolicy(library.symlinks),
        (scan.root or {}).get(HOST),
        frozenset(map(filenames.from_text, library.mounts)),
    )
    return Reading(
        scan_id=scan.id,
        library_id=library.id,
        full=scan.kind == ScanKind.FULL,
        since=scan.started_at,
        root=root,
        options=ScanOptions.from_json(scan.options),
    )


def _ignore(patterns: frozenset[tuple[str, str]]) -> Ignore:
    return Ignore(Pattern(text, Target(target)) for text, target in sorted(patterns))
