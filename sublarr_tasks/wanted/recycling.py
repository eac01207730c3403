"""Taking away what we wrote, and bringing it back: a person asks, a worker does.

Of a file that is taken away a copy is kept in the recycle folder. The row is locked for as long as
its file is worked on, so that nothing lands in its place meanwhile; whatever of it was done before
is found done.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from sublarr_tasks import filenames
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Conflict, UnitError
from sublarr_tasks.library import beside
from sublarr_tasks.models import (
    Amendment,
    Asset,
    Directory,
    LandedState,
    LandedSubtitle,
    Library,
    Notice,
    WantedItem,
    WantedStatus,
)
from sublarr_tasks.viewers import Viewer, require_change_in
from sublarr_tasks.wanted import history, landing, noting

DELETED_NOTICE = "subtitle_deleted"
_BY_A_PERSON = "by_a_person"
_COLUMNS = tuple(LandedSubtitle.__table__.c)
_PLACED = (*_COLUMNS, Library.path.label("root"), Directory.path.label("folder"))

log = structlog.get_logger()


def ask(
    db: Connection, viewer: Viewer, landed_id: int, amendment: Amendment, *, ban: bool
) -> Row[Any]:
    """Ask for a subtitle to be taken away or brought back; raises NotFound, Forbidden, Conflict.

    With `ban` what goes, itself or its successor, is never taken again.
    """
    row = history.get(db, viewer, landed_id)
    require_change_in(db, viewer, row.library_id)
    if row.directory_id is None or row.media_file_id is None:
        raise Conflict("Its video is gone.")
    restores = amendment is Amendment.RESTORE
    if restores:
        if row.state not in (LandedState.REPLACED, LandedState.DELETED) or row.recycled is None:
            raise Conflict(f"It is {row.state}, and no copy of it was kept.")
    elif row.state != LandedState.LANDED:
        raise Conflict(f"It is {row.state}; only what is there can be deleted.")
    goes = landing.ours(db, row.directory_id, row.name) if restores else row
    if ban and goes is not None:
        history.never_again(db, goes)
    return db.execute(
        update(LandedSubtitle)
        .where(LandedSubtitle.id == landed_id)
        .values(asked=amendment, refused=None)
        .returning(*_COLUMNS)
    ).one()


def waiting(db: Connection) -> Sequence[str | None]:
    """Return the groups of workers that have something to do."""
    return db.scalars(
        select(Library.worker_group)
        .join(LandedSubtitle, LandedSubtitle.library_id == Library.id)
        .where(LandedSubtitle.asked.is_not(None))
        .distinct()
    ).all()


def run(worker_group: str | None) -> bool:
    """Do the next that was asked for; false where nothing waits."""
    with transaction() as db:
        row = db.execute(
            select(*_PLACED)
            .join(Library, Library.id == LandedSubtitle.library_id)
            .join(Directory, Directory.id == LandedSubtitle.directory_id)
            .where(
                LandedSubtitle.asked.is_not(None),
                Library.worker_group.is_not_distinct_from(worker_group),
            )
            .order_by(LandedSubtitle.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=LandedSubtitle)
        ).one_or_none()
        if row is None:
            return False
        try:
            if row.asked == Amendment.RESTORE:
                _restore(db, row)
            else:
                _delete(db, row)
        except UnitError as error:
            log.warning("not_done", landed_id=row.id, asked=row.asked, error=str(error))
            _set(db, row, asked=None, refused=f"{error.reason}: {error}")
            return True
        noting.of_files(db, [row.media_file_id])
        if row.asked == Amendment.DELETE_AND_IGNORE:
            _ignore(db, row)
    return True


def _delete(db: Connection, row: Row[Any]) -> None:
    """Take a file away, unless somebody has changed it; raises UnitError."""
    if row.state != LandedState.LANDED:
        raise UnitError("too_late", f"it is {row.state} by now")
    path = _path(row)
    content = beside.read(path, landing.MOST_READ)
    kept = landing.kept_at(row, path)
    if content is not None:
        _require_ours(content, row)
        landing.recycle(row, path, content)
        beside.remove(path)
    # A scan's row of it would count as a subtitle until the next scan.
    db.execute(
        update(Asset)
        .where(
            Asset.directory_id == row.directory_id,
            Asset.name == filenames.to_text(row.name),
            Asset.missing_since.is_(None),
        )
        .values(missing_since=func.now())
    )
    _set(
        db,
        row,
        asked=None,
        state=LandedState.DELETED,
        reason=_BY_A_PERSON,
        recycled=str(kept) if kept.exists() else None,
        ended_at=func.now(),
    )
    _tell(db, DELETED_NOTICE, row)


def _restore(db: Connection, row: Row[Any]) -> None:
    """Put a kept copy back in place of what is there of ours; raises UnitError."""
    content = beside.read(row.recycled, landing.MOST_READ)
    if content is None:
        raise UnitError("vanished", "the copy that was kept is gone")
    path = _path(row)
    there = beside.read(path, landing.MOST_READ)
    present = landing.ours(db, row.directory_id, row.name)
    if present is not None and present.state == LandedState.LANDING:
        raise UnitError("too_early", "another one is just being written; ask again")
    done = there is not None and sha256(there).digest() == row.sha256
    if there is not None and not done:
        if present is None:
            raise UnitError("not_ours", f"{row.name} is there, and not of ours")
        _require_ours(there, present)
    if present is not None:
        kept = landing.kept_at(present, path)
        if there is not None and not done:
            landing.recycle(present, path, there)
        _set(
            db,
            present,
            state=LandedState.REPLACED,
            reason=_BY_A_PERSON,
            recycled=str(kept) if kept.exists() else None,
            ended_at=func.now(),
        )
    placed = beside.write(path, content, new=there is None)
    _set(
        db,
        row,
        asked=None,
        state=LandedState.LANDED,
        reason=None,
        recycled=None,
        ended_at=None,
        mtime_ns=placed.mtime_ns,
        landed_at=func.now(),
    )
    _tell(db, landing.LANDED_NOTICE, row)


def _require_ours(content: bytes, row: Row[Any]) -> None:
    if sha256(content).digest() != row.sha256:
        raise UnitError("not_ours", f"somebody has changed {row.name}")


def _ignore(db: Connection, row: Row[Any]) -> None:
    """Leave what was deleted deleted, until somebody wants it again."""
    db.execute(
        update(WantedItem)
        .where(
            WantedItem.media_file_id == row.media_file_id,
            WantedItem.language == row.language,
            WantedItem.forced == row.forced,
            WantedItem.claim.is_(None),
        )
        .values(status=WantedStatus.IGNORED, search_id=None, updated_at=func.now())
    )


def _set(db: Connection, row: Row[Any], **values: object) -> None:
    db.execute(update(LandedSubtitle).where(LandedSubtitle.id == row.id).values(values))


def _tell(db: Connection, kind: str, row: Row[Any]) -> None:
    db.execute(insert(Notice).values(landing.notice(kind, row)))


def _path(row: Row[Any]) -> str:
    return str(PurePath(row.root, row.folder, row.name))
