"""What the rows know of a directory before it is read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from sublarr_tasks.db import among
from sublarr_tasks.library.examine import Stamp
from sublarr_tasks.models import Asset, Directory, Item, MediaFile, ProbeState, Publication

_STAMPED = (
    "id",
    "item_id",
    "directory_id",
    "name",
    "size",
    "mtime_ns",
    "inode",
    "digest",
    "missing_since",
)
_ITEM = [getattr(Item, n) for n in ("id", "directory_id", "kind", "key", "digest", "missing_since")]
PLACE = ("role", "extra_kind", "part", "version", "disc")
_FILE = [getattr(MediaFile, n) for n in (*_STAMPED, *PLACE, "probe_state", "tags")]
_OURS = [getattr(Publication, n) for n in ("directory_id", "name", "size", "mtime_ns", "fields")]
_ASSET = [getattr(Asset, n) for n in (*_STAMPED, "cache_state")]


@dataclass(slots=True)
class Shelf:
    """A directory's rows: items by id, files and assets by name, tombstones among them.

    `published` are the files that we wrote there, by name.
    """

    directory_id: int
    path: str
    items: dict[int, Row[Any]] = field(default_factory=dict)
    files: dict[str, Row[Any]] = field(default_factory=dict)
    assets: dict[str, Row[Any]] = field(default_factory=dict)
    published: dict[str, Row[Any]] = field(default_factory=dict)

    @property
    def probed(self) -> Mapping[str, Stamp]:
        """The files whose streams need not be read again while their stamp stays."""
        return {
            name: stamp(row)
            for name, row in self.files.items()
            if row.probe_state == ProbeState.PROBED
        }


def tags(shelf: Shelf) -> Mapping[str, Mapping[str, str]]:
    """Return what the files of music in a directory say of themselves, by name."""
    return {name: row.tags for name, row in shelf.files.items() if row.tags}


def stamp(row: Row[Any]) -> Stamp:
    return Stamp(row.size, row.mtime_ns, row.inode)


def load(db: Connection, directory_ids: Sequence[int]) -> dict[int, Shelf]:
    """Load some directories' shelves by the directory's id."""
    found = {
        row.id: Shelf(row.id, row.path)
        for row in db.execute(
            select(Directory.id, Directory.path).where(among(Directory.id, directory_ids))
        )
    }
    ids = list(found)
    for row in db.execute(select(*_ITEM).where(among(Item.directory_id, ids))):
        found[row.directory_id].items[row.id] = row
    for row in db.execute(select(*_FILE).where(among(MediaFile.directory_id, ids))):
        found[row.directory_id].files[row.name] = row
    for row in db.execute(select(*_ASSET).where(among(Asset.directory_id, ids))):
        found[row.directory_id].assets[row.name] = row
    for row in db.execute(select(*_OURS).where(among(Publication.directory_id, ids))):
        found[row.directory_id].published[row.name] = row
    return found
