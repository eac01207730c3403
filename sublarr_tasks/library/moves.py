"""A film that was moved: its item and all that belongs to it follow the file.

A file is the same file where size, mtime_ns and inode agree and its old place is empty. (A copy
or a hard link leaves the old place as it was.)
"""

import os
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update
from sqlalchemy.orm import aliased

from sublarr_tasks.db import among
from sublarr_tasks.library import shelves
from sublarr_tasks.library.examine import Facts, Stamp
from sublarr_tasks.library.shelves import Shelf, stamp
from sublarr_tasks.models import Asset, Directory, Item, ItemKind, MediaFile

# A series, an artist: they have directories, and no file that tells where they went.
WHOLES = (ItemKind.SERIES, ItemKind.SEASON, ItemKind.ARTIST, ItemKind.ALBUM)
Found = Sequence[tuple[Shelf, Facts]]


def bring_home(db: Connection, library_id: int, root: str, found: Found) -> Found:
    """Move items after their files, and return the shelves as they are then."""
    strangers = _strangers(found)
    if not strangers:
        return found
    moves = {
        row.item_id: (row.directory_id, shelf.directory_id)
        for row in _elsewhere(db, library_id, strangers)
        if (shelf := strangers.get(stamp(row))) is not None
        and shelf.directory_id != row.directory_id
        and not _still_there(root, row)
    }
    if not moves:
        return found
    for item_id, (before, directory_id) in sorted(moves.items()):
        _follow(db, item_id, before, directory_id, list(strangers))
    for before, directory_id in sorted(set(moves.values())):
        _bring_wholes(db, root, before, directory_id)
    after = shelves.load(db, [shelf.directory_id for shelf, _ in found])
    return [(after[shelf.directory_id], facts) for shelf, facts in found]


def _strangers(found: Found) -> dict[Stamp, Shelf]:
    """Collect the videos that their directory's rows do not know, by name or by stamp."""
    strangers = {}
    for shelf, facts in found:
        known = {stamp(row) for row in shelf.files.values()}
        for work in facts.works:
            for looked in work.files:
                seen = Stamp.of(looked.file.entry)
                if looked.file.entry.name not in shelf.files and seen not in known:
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
    """Tell whether the old place is taken, or cannot be looked at: then nothing has moved."""
    try:
        os.lstat(os.path.join(root, row.path, row.name))  # noqa: PTH118 - names may be any bytes
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _bring_wholes(db: Connection, root: str, before: int, directory_id: int) -> None:
    """Let what has no file of its own follow its parts, where its directory is gone."""
    path = db.scalar(select(Directory.path).where(Directory.id == before))
    if path is None or os.path.lexists(os.path.join(root, path)):  # noqa: PTH118 - any bytes
        return
    there = aliased(Item)
    taken = exists().where(there.directory_id == directory_id, there.key == Item.key)
    db.execute(
        update(Item)
        .where(
            Item.directory_id == before,
            Item.kind.in_(WHOLES),
            ~taken,
        )
        .values(directory_id=directory_id)
    )


def _follow(
    db: Connection, item_id: int, before: int, directory_id: int, moved: Sequence[Stamp]
) -> None:
    """Give an item and its files their new directory, and those assets whose names are free there.

    Not where another part has just moved it: the file had links in two places, and there is one
    item to follow them. Keys and names are parked, as others may have them here; the plan that
    follows finds the files by their stamps and sets what is right.
    """
    followed = db.execute(
        update(Item)
        .where(Item.id == item_id, Item.directory_id == before)
        .values(directory_id=directory_id, key=func.concat("moved ", Item.id))
    )
    if not followed.rowcount:
        return
    db.execute(
        update(MediaFile)
        .where(
            MediaFile.item_id == item_id,
            among(MediaFile.inode, [seen.inode for seen in moved]),
        )
        .values(directory_id=directory_id, name=func.concat("moved ", MediaFile.id))
    )
    there = aliased(Asset)
    taken = exists().where(there.directory_id == directory_id, there.name == Asset.name)
    db.execute(
        update(Asset).where(Asset.item_id == item_id, ~taken).values(directory_id=directory_id)
    )
