"""A film that was moved: its item and all that belongs to it follow the file.

A file is the same file where size, mtime_ns and inode agree and its old place is empty. (A copy
or a hard link leaves the old place as it was.)
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from sublarr_tasks.db import among
from sublarr_tasks.library import shelves
from sublarr_tasks.library.examine import Facts, Stamp
from sublarr_tasks.library.shelves import Shelf, stamp
from sublarr_tasks.models import Asset, Directory, Item, MediaFile

Found = Sequence[tuple[Shelf, Facts]]


@dataclass(frozen=True, slots=True)
class Move:
    """An item on its way into a directory; `whole` where nothing was known of that directory."""

    item_id: int
    directory_id: int
    whole: bool


def bring_home(db: Connection, library_id: int, root: str, found: Found) -> Found:
    """Move items after their files, and return the shelves as they are then."""
    strangers = _strangers(found)
    if not strangers:
        return found
    moves = {
        row.item_id: Move(row.item_id, shelf.directory_id, whole=not shelf.items)
        for row in _elsewhere(db, library_id, strangers)
        if (shelf := strangers.get(stamp(row))) is not None
        and shelf.directory_id != row.directory_id
        and not _still_there(root, row)
    }
    if not moves:
        return found
    for move in moves.values():
        _follow(db, move, list(strangers))
    after = shelves.load(db, [shelf.directory_id for shelf, _ in found])
    return [(after[shelf.directory_id], facts) for shelf, facts in found]


def _strangers(found: Found) -> dict[Stamp, Shelf]:
    """Collect the videos that their directory's rows do not know, by name or by stamp."""
    strangers = {}
    for shelf, facts in found:
        known = {stamp(row) for row in shelf.files.values()}
        for film in facts.films:
            for video in film.film.videos:
                seen = Stamp.of(video.entry)
                if video.entry.name not in shelf.files and seen not in known:
                    strangers[seen] = shelf
    return strangers


def _elsewhere(db: Connection, library_id: int, strangers: dict[Stamp, Shelf]) -> Sequence[Any]:
    return db.execute(
        select(
            MediaFile.item_id,
            MediaFile.directory_id,
            MediaFile.name,
            MediaFile.size,
            MediaFile.mtime_ns,
            MediaFile.inode,
            Directory.path,
        )
        .join(Directory, Directory.id == MediaFile.directory_id)
        .where(
            Directory.library_id == library_id,
            MediaFile.role != "extra",
            among(MediaFile.inode, [seen.inode for seen in strangers]),
        )
    ).all()


def _still_there(root: str, row: Row[Any]) -> bool:
    return os.path.lexists(os.path.join(root, row.path, row.name))  # noqa: PTH118 - names may be any bytes


def _follow(db: Connection, move: Move, moved: Sequence[Stamp]) -> None:
    """Give an item its new directory, with all it has or, into a known directory, its files."""
    db.execute(
        update(Item)
        .where(Item.id == move.item_id)
        # No key of the new directory is like this; the plan that follows sets the right one.
        .values(directory_id=move.directory_id, key=func.concat("moved ", Item.id))
    )
    files = update(MediaFile).where(MediaFile.item_id == move.item_id)
    if move.whole:
        db.execute(
            update(Asset)
            .where(Asset.item_id == move.item_id)
            .values(directory_id=move.directory_id)
        )
    else:
        files = files.where(among(MediaFile.inode, [seen.inode for seen in moved]))
    db.execute(files.values(directory_id=move.directory_id))
