"""A look at a Sonarr or Radarr as a row: begun, listed, read title by title, ended.

Any number of workers read at once. What could not be listed removes nothing; what is gone is marked
by a full look, and deleted by a later one.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging
from sublarr_tasks.arr import files, titles
from sublarr_tasks.errors import Conflict, NotFound
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import (
    SYNC_ENDED,
    ArrFile,
    ArrSync,
    ArrTitle,
    Integration,
    ScanKind,
    SyncStatus,
    Trigger,
    WantedItem,
    WantedStatus,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer

KINDS = (Kind.SONARR, Kind.RADARR)
# Every so many looks all titles are read, whatever was asked.
FULL_EVERY = 6
# How long after one the clock begins the next.
EVERY = timedelta(hours=1)
LEASE = timedelta(seconds=60)
# Titles that a worker reads before it writes; one that failed so often is left for the next look.
MOST_AT_ONCE, MOST_ATTEMPTS = 16, 3
KEPT = timedelta(days=30)
_COLUMNS = tuple(ArrSync.__table__.c)
_NEWEST = Order("arr_syncs", (ArrSync.__table__.c.id,), (int,), descending=True)


def begin(db: Connection, integration_id: int, *, trigger: Trigger, full: bool = False) -> Row[Any]:
    """Begin a look; raises Conflict while another one goes on."""
    due = full or _since_full(db, integration_id) >= FULL_EVERY - 1
    begun = db.execute(
        upsert(ArrSync)
        .values(
            integration_id=integration_id,
            scan_type=ScanKind.FULL if due else ScanKind.INCREMENTAL,
            trigger=trigger,
        )
        .on_conflict_do_nothing()
        .returning(*_COLUMNS)
    ).one_or_none()
    if begun is None:
        raise Conflict("It is being asked already.")
    return begun


def begin_due(db: Connection) -> None:
    """Begin the clock's looks at those that nobody has looked at for a while."""
    recent = (
        select(ArrSync.id)
        .where(
            ArrSync.integration_id == Integration.id,
            or_(
                ArrSync.status.not_in(SYNC_ENDED), ArrSync.started_at > func.now() - literal(EVERY)
            ),
        )
        .exists()
    )
    due = select(Integration.id).where(Integration.kind.in_(KINDS), Integration.enabled, ~recent)
    for integration_id in db.scalars(due).all():
        with suppress(Conflict):  # since the look above
            begin(db, integration_id, trigger=Trigger.CLOCK)


def unfinished(db: Connection) -> Sequence[int]:
    """Return the looks that go on."""
    return db.scalars(
        select(ArrSync.id).where(ArrSync.status.not_in(SYNC_ENDED)).order_by(ArrSync.id)
    ).all()


def to_list(db: Connection, sync_id: int) -> tuple[Row[Any], Row[Any]] | None:
    """Claim the listing of a look; returns it and its integration, None where it is not to do."""
    sync = db.execute(
        update(ArrSync)
        .where(
            ArrSync.id == sync_id,
            ArrSync.status == SyncStatus.LISTING,
            or_(ArrSync.lease_until.is_(None), ArrSync.lease_until < func.now()),
        )
        .values(lease_until=func.now() + literal(LEASE * 5))
        .returning(*_COLUMNS)
    ).one_or_none()
    return None if sync is None else (sync, _integration(db, sync.integration_id))


def listed(db: Connection, sync: Row[Any], found: Sequence[titles.Listed]) -> int:
    """Write down what was listed; returns how many titles are due to be read."""
    due = titles.take(db, sync, found)
    counted = files.take(db, _integration(db, sync.integration_id), due.read)
    db.execute(
        update(ArrSync)
        .where(ArrSync.id == sync.id, ArrSync.status == SyncStatus.LISTING)
        .values(
            status=SyncStatus.READING,
            lease_until=None,
            titles_total=len(found),
            titles_due=due.count,
            titles_read=len(due.read),
            **{name: getattr(ArrSync, name) + n for name, n in counted.items()},
        )
    )
    finish(db, sync.id)
    return due.count - len(due.read)


def failed(db: Connection, sync_id: int, reason: str, detail: str) -> None:
    """End a look that could not list anything; nothing is taken for gone."""
    db.execute(
        update(ArrSync)
        .where(ArrSync.id == sync_id, ArrSync.status.not_in(SYNC_ENDED))
        .values(status=SyncStatus.FAILED, reason=reason, detail=detail, completed_at=func.now())
    )


def claim(db: Connection, sync_id: int) -> tuple[str, Row[Any], Sequence[Row[Any]]] | None:
    """Claim some titles to be read; returns a token, the integration and the titles."""
    token = uuid4().hex
    sync = db.execute(
        select(*_COLUMNS).where(ArrSync.id == sync_id, ArrSync.status == SyncStatus.READING)
    ).one_or_none()
    if sync is None:
        return None
    due = (
        select(ArrTitle.id)
        .where(ArrTitle.sync_id == sync_id, _free())
        .order_by(ArrTitle.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    claimed = db.execute(
        update(ArrTitle)
        .where(ArrTitle.id.in_(due))
        .values(
            claim=token, lease_until=func.now() + literal(LEASE), attempts=ArrTitle.attempts + 1
        )
        .returning(*ArrTitle.__table__.c)
    ).all()
    return (token, _integration(db, sync.integration_id), claimed) if claimed else None


def settle(
    db: Connection,
    sync_id: int,
    token: str,
    read: Mapping[int, Sequence[files.Found]],
    refused: Mapping[int, str],
) -> None:
    """Write the files of titles that were read, and why others could not be."""
    held = {
        row.id: row
        for row in db.execute(
            select(*ArrTitle.__table__.c)
            .where(ArrTitle.claim == token)
            .order_by(ArrTitle.id)
            .with_for_update()
        )
    }
    if not held:
        return
    integration = _integration(db, next(iter(held.values())).integration_id)
    done = [
        files.Read(held[title_id], found) for title_id, found in read.items() if title_id in held
    ]
    counted = files.take(db, integration, done)
    for title_id, reason in refused.items():
        if title_id in held:
            lost = held[title_id].attempts >= MOST_ATTEMPTS
            db.execute(
                update(ArrTitle)
                .where(ArrTitle.id == title_id)
                .values(
                    claim=None,
                    lease_until=None if lost else func.now() + literal(timedelta(seconds=5)),
                    reason=reason,
                    **({"sync_id": None, "attempts": 0} if lost else {}),
                )
            )
            counted["titles_failed"] = counted.get("titles_failed", 0) + lost
    counted["titles_read"] = len(done)
    added = {name: getattr(ArrSync, name) + n for name, n in counted.items() if n}
    if added:
        db.execute(update(ArrSync).where(ArrSync.id == sync_id).values(added))
    finish(db, sync_id)


def finish(db: Connection, sync_id: int) -> None:
    """End a look of which no title is left; a full one takes away what it did not see."""
    left = select(ArrTitle.id).where(ArrTitle.sync_id == ArrSync.id).exists()
    ended = db.execute(
        update(ArrSync)
        .where(ArrSync.id == sync_id, ArrSync.status == SyncStatus.READING, ~left)
        .values(status=SyncStatus.COMPLETED, completed_at=func.now())
        .returning(*_COLUMNS)
    ).one_or_none()
    if ended is not None and ended.scan_type == ScanKind.FULL and not ended.titles_failed:
        removed = titles.remove_unseen(db, ended)
        db.execute(update(ArrSync).where(ArrSync.id == sync_id).values(files_removed=removed))


def cancel(db: Connection, viewer: Viewer, sync_id: int) -> Row[Any]:
    """Stop a look; what was read stays. Raises NotFound, Forbidden and Conflict."""
    row = get(db, viewer, sync_id)
    viewer.require_change(rows.get(db, viewer, row.integration_id).owner_id)
    if row.status in SYNC_ENDED:
        raise Conflict(f"It has ended already: {row.status}.")
    db.execute(
        update(ArrTitle)
        .where(ArrTitle.sync_id == sync_id)
        .values(sync_id=None, claim=None, lease_until=None, attempts=0)
    )
    return db.execute(
        update(ArrSync)
        .where(ArrSync.id == sync_id)
        .values(status=SyncStatus.CANCELLED, completed_at=func.now())
        .returning(*_COLUMNS)
    ).one()


def page(db: Connection, viewer: Viewer, window: Window) -> Page:
    """List looks, the newest first."""
    matching = select(ArrSync.id).where(_seen(viewer))
    return paging.fetch(db, matching, select(*_COLUMNS), _NEWEST, window)


def get(db: Connection, viewer: Viewer, sync_id: int) -> Row[Any]:
    """Return a look; raises NotFound."""
    row = db.execute(select(*_COLUMNS).where(ArrSync.id == sync_id, _seen(viewer))).one_or_none()
    if row is None:
        raise NotFound(f"There is no sync {sync_id}.")
    return row


def total_wanted(db: Connection, integration_id: int) -> int:
    """Count the subtitles that are lacking for the files that a service has."""
    of_it = (
        select(ArrFile.media_file_id)
        .join(ArrTitle, ArrTitle.id == ArrFile.arr_title_id)
        .where(ArrTitle.integration_id == integration_id, ArrFile.missing_since.is_(None))
    )
    lacking = WantedItem.status.not_in((WantedStatus.FOUND, WantedStatus.IGNORED))
    counted = select(func.count()).where(
        WantedItem.media_file_id.in_(of_it), lacking, ~WantedItem.optional
    )
    return int(db.scalar(counted) or 0)


def note_libraries(db: Connection, sync_id: int, added: int, detail: str | None) -> None:
    """Write down how many libraries came of a look, and why others did not."""
    db.execute(
        update(ArrSync)
        .where(ArrSync.id == sync_id)
        .values(libraries_added=ArrSync.libraries_added + added, detail=detail)
    )


def forget_old(db: Connection) -> None:
    """Delete looks of long ago."""
    db.execute(
        delete(ArrSync).where(
            ArrSync.status.in_(SYNC_ENDED), ArrSync.completed_at < func.now() - literal(KEPT)
        )
    )


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    return ArrSync.integration_id.in_(
        select(Integration.id).where(viewer.sees(Integration.owner_id))
    )


def _free() -> ColumnElement[bool]:
    return or_(ArrTitle.lease_until.is_(None), ArrTitle.lease_until < func.now())


def _integration(db: Connection, integration_id: int) -> Row[Any]:
    return db.execute(
        select(*Integration.__table__.c).where(Integration.id == integration_id)
    ).one()


def _since_full(db: Connection, integration_id: int) -> int:
    """Count the looks since the last full one of the service as it is; the first is full."""
    last = db.scalar(
        select(func.max(ArrSync.id))
        .join(Integration, Integration.id == ArrSync.integration_id)
        .where(
            ArrSync.integration_id == integration_id,
            ArrSync.status == SyncStatus.COMPLETED,
            ArrSync.scan_type == ScanKind.FULL,
            # Where it is, or what its folders are called here, may have changed since.
            ArrSync.started_at > Integration.updated_at,
        )
    )
    if last is None:
        return FULL_EVERY
    return int(
        db.scalar(
            select(func.count()).where(
                ArrSync.integration_id == integration_id,
                ArrSync.id > last,
                ArrSync.status == SyncStatus.COMPLETED,
            )
        )
        or 0
    )
