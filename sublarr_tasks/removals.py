"""What a scan takes away: nothing while a mount may be gone, and never in one step.

A full scan marks what it did not find (a tombstone); a later full scan deletes what is still
marked. Files are never touched.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from sublarr_tasks import sightings
from sublarr_tasks.errors import MountLost
from sublarr_tasks.library.intake import COUNTED
from sublarr_tasks.library.walk import Reason
from sublarr_tasks.models import (
    Asset,
    Directory,
    Item,
    MediaFile,
    ScanKind,
    ScanStatus,
    ScanUnit,
    UnitState,
)
from sublarr_tasks.profiles import ScanOptions

# More than one in three known directories gone at once is a mount, not a clean-up.
LOSS_LIMIT = 3


def guard(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Raise MountLost where too much of what was known is gone."""
    if ScanOptions.from_json(scan.options).accept_losses:
        return {}
    known = and_(
        Directory.library_id == scan.library_id,
        Directory.signature.is_not(None),
        Directory.missing_since.is_(None),
    )
    total = db.scalar(select(func.count()).select_from(Directory).where(known)) or 0
    seen = sightings.directories(scan.id)
    found = db.scalar(
        select(func.count())
        .select_from(seen)
        .join(Directory, Directory.id == seen.c.id)
        .where(known)
    )
    if (total - (found or 0)) * LOSS_LIMIT <= total or _partial(db, scan):
        return {}
    # Only now is it worth asking which, and whether they were renamed or could not be reached.
    db.execute(text("ANALYZE scan_units, directories"))
    gone = (
        db.scalar(
            select(func.count()).select_from(Directory).where(known, _unseen(scan), ~_renamed(scan))
        )
        or 0
    )
    if gone * LOSS_LIMIT > total:
        raise MountLost(
            f"{gone} of {total} known directories are gone, which looks like a lost mount;"
            " nothing was removed. If they were deleted on purpose, scan again with the option"
            " accept_losses."
        )
    return {}


def tombstone(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Mark what a full scan did not find; returns a scan's counters of what it took away."""
    if scan.kind != ScanKind.FULL or _partial(db, scan):
        return {}
    # The scan wrote these rows a moment ago; without statistics the plan would be quadratic.
    db.execute(text("ANALYZE scan_units, directories"))
    unseen = _unseen(scan)
    marked = (
        update(Item)
        .where(
            Item.library_id == scan.library_id,
            Item.missing_since.is_(None),
            Item.directory_id == Directory.id,
            unseen,
        )
        .values(missing_since=func.now())
        .returning(Item.kind)
        .cte()
    )
    removed = db.execute(select(marked.c.kind, func.count()).group_by(marked.c.kind)).all()
    db.execute(
        update(Directory)
        .where(Directory.library_id == scan.library_id, Directory.missing_since.is_(None), unseen)
        .values(missing_since=func.now(), signature=None)
    )
    return {f"{COUNTED[kind]}_removed": count for kind, count in removed if kind in COUNTED}


def tombstone_below(db: Connection, library_id: int, path: str) -> int:
    """Mark what lies in and below a directory, because it was said to be gone; returns the films.

    Should it be there after all, the next scan reads it again and takes the marks away.
    """
    inside = and_(
        Directory.library_id == library_id,
        or_(Directory.path == path, func.starts_with(Directory.path, path + "/")),
    )
    marked = db.execute(
        update(Item)
        .where(Item.directory_id == Directory.id, Item.missing_since.is_(None), inside)
        .values(missing_since=func.now())
    )
    db.execute(
        update(Directory)
        .where(inside, Directory.missing_since.is_(None))
        .values(missing_since=func.now(), signature=None)
    )
    return marked.rowcount


def purge(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Delete what an earlier scan marked and this full scan did not find again."""
    if scan.kind != ScanKind.FULL or _partial(db, scan):
        return {}
    for table in (Asset, MediaFile, Item):
        db.execute(
            delete(table).where(
                table.directory_id == Directory.id,
                table.missing_since < scan.started_at,
                Directory.library_id == scan.library_id,
                or_(_read(scan), _unseen(scan)),
            )
        )
    db.execute(
        delete(Directory).where(
            Directory.library_id == scan.library_id,
            Directory.missing_since < scan.started_at,
            _unseen(scan),
            ~exists().where(Item.directory_id == Directory.id),
        )
    )
    return {}


def _read(scan: Row[Any]) -> ColumnElement[bool]:
    """Match the directories that this scan read to their end."""
    read = aliased(ScanUnit)
    return and_(
        Directory.signature.is_not(None),
        exists().where(
            read.scan_id == scan.id,
            read.phase == ScanStatus.SCANNING,
            read.subject_id == Directory.id,
            read.state == UnitState.DONE,
        ),
    )


def _unseen(scan: Row[Any]) -> ColumnElement[bool]:
    """Match the directories that discovery neither found nor was kept from finding."""
    found = sightings.directories(scan.id)
    blocked = aliased(ScanUnit)
    return and_(
        ~exists().where(found.c.id == Directory.id),
        ~exists().where(
            blocked.scan_id == scan.id,
            blocked.phase == ScanStatus.DISCOVERING,
            or_(blocked.state == UnitState.FAILED, blocked.reason == Reason.LOST_LINK),
            or_(
                blocked.subject == "",
                Directory.path == blocked.subject,
                func.starts_with(Directory.path, blocked.subject + "/"),
            ),
        ),
    )


def _renamed(scan: Row[Any]) -> ColumnElement[bool]:
    """Match the directories that this scan found again under another name."""
    here = aliased(Directory)
    found = sightings.directories(scan.id)
    return exists().where(
        here.library_id == scan.library_id,
        here.inode == Directory.inode,
        here.id != Directory.id,
        found.c.id == here.id,
    )


def _partial(db: Connection, scan: Row[Any]) -> bool:
    """Tell whether discovery did not go through the whole library, by wish or by failure."""
    options = ScanOptions.from_json(scan.options)
    if options.max_directories is not None or options.only_paths:
        return True
    # A walk from one place is named by it, and what is below it counts as blocked.
    several = func.jsonb_array_length(ScanUnit.payload["starts"]) > 1
    given_up = ScanUnit.reason.in_(("lost", "crashed_worker", "internal_error"))
    return bool(
        db.scalar(
            select(
                exists().where(
                    ScanUnit.scan_id == scan.id,
                    ScanUnit.phase == ScanStatus.DISCOVERING,
                    or_(
                        ScanUnit.state == UnitState.CANCELLED,
                        and_(ScanUnit.state == UnitState.FAILED, or_(given_up, several)),
                    ),
                )
            )
        )
    )
