"""Forgetting: units of old scans, finished jobs, and cached bytes that nobody refers to."""

import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    and_,
    any_,
    delete,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from sublarr_tasks import assets
from sublarr_tasks.accounts import lockout, sessions
from sublarr_tasks.db import transaction
from sublarr_tasks.models import (
    ENDED,
    OF_FILES,
    Artwork,
    Asset,
    CacheFile,
    Job,
    JobState,
    Publication,
    ScanJob,
    ScanUnit,
)

# A library keeps the units of its newest scans, for the drill-down; older scans keep their counts.
SCANS_WITH_UNITS = 3
JOBS_KEPT = timedelta(days=30)
# Scans that only ask services again; of a library's files they tell nothing.
ENRICHINGS_KEPT = timedelta(days=7)
# A file goes no sooner after it was stored: its row, or the asset that refers to it, may be about
# to be written. How long it has been unused is not asked.
GRACE_SECONDS = 86_400.0
BATCH = 20_000
# What the other parts of the house forget, each by its own rule.
FORGETTING = (lockout.forget_old, sessions.forget_old)
UNUSED = and_(
    ~exists().where(Asset.cache_sha256 == CacheFile.sha256),
    ~exists().where(Artwork.cache_sha256 == CacheFile.sha256),
    ~exists().where(Publication.before_sha256 == CacheFile.sha256),
)


def prune() -> None:
    """Delete the units of scans that others followed, old jobs, old scans that only enriched."""
    with transaction() as db:
        stale = _followed(db)
    for scan_id in stale:
        while _delete_units(scan_id):
            pass
    with transaction() as db:
        db.execute(
            delete(Job).where(
                Job.state.not_in((JobState.QUEUED, JobState.RUNNING)),
                Job.finished_at < func.now() - JOBS_KEPT,
            )
        )
        db.execute(
            delete(ScanJob).where(
                ~OF_FILES,
                ScanJob.status.in_(ENDED),
                ScanJob.completed_at < func.now() - ENRICHINGS_KEPT,
            )
        )
        for forget in FORGETTING:
            forget(db)


def collect() -> None:
    """Delete cached files that no asset refers to and that nobody stored within a day."""
    store = assets.current()
    before = time.time() - GRACE_SECONDS
    _collect_unused(store, before)
    for folder in range(assets.FOLDERS):
        _collect_strays(store, folder, before)
    store.sweep_temporary(before)


def _collect_unused(store: assets.Store, before: float) -> None:
    after = b""
    while True:
        with transaction() as db:
            unused = db.execute(
                select(CacheFile.sha256, CacheFile.extension)
                .where(CacheFile.sha256 > after, UNUSED)
                .order_by(CacheFile.sha256)
                .limit(BATCH)
            ).all()
        if not unused:
            return
        gone = [row.sha256 for row in unused if store.drop(row.sha256, row.extension, before)]
        with transaction() as db:
            _forget(db, gone)
        after = unused[-1].sha256


def _collect_strays(store: assets.Store, folder: int, before: float) -> None:
    """Delete files without a row: whoever stored them died, or the row has another extension."""
    if not (held := store.held(folder)):
        return
    with transaction() as db:
        named = db.execute(
            select(CacheFile.sha256, CacheFile.extension).where(
                CacheFile.sha256.between(*assets.span(folder))
            )
        )
        strays = held - {(row.sha256, row.extension) for row in named}
    for digest, extension in strays:
        store.drop(digest, extension, before)


def _forget(db: Connection, digests: Sequence[bytes]) -> None:
    """Delete the rows of dropped files, but for those that an asset takes up at this moment.

    In two statements: an asset that came between the first one's snapshot and its locks is seen
    by the second.
    """
    free = db.scalars(
        select(CacheFile.sha256).where(_one_of(digests), UNUSED).with_for_update(skip_locked=True)
    ).all()
    db.execute(delete(CacheFile).where(_one_of(free), UNUSED))


def _one_of(digests: Sequence[bytes]) -> ColumnElement[bool]:
    return CacheFile.sha256 == any_(literal(list(digests), ARRAY(LargeBinary)))


def _followed(db: Connection) -> list[int]:
    alike = (ScanJob.library_id, OF_FILES)
    rank = func.row_number().over(partition_by=alike, order_by=ScanJob.id.desc())
    ranked = select(ScanJob.id, ScanJob.status, rank.label("rank")).subquery()
    return list(
        db.scalars(
            select(ranked.c.id).where(
                ranked.c.rank > SCANS_WITH_UNITS,
                ranked.c.status.in_(ENDED),
                exists().where(ScanUnit.scan_id == ranked.c.id),
            )
        )
    )


def _delete_units(scan_id: int) -> int:
    batch = select(ScanUnit.id).where(ScanUnit.scan_id == scan_id).limit(BATCH)
    with transaction() as db:
        return db.execute(delete(ScanUnit).where(ScanUnit.id.in_(batch))).rowcount
