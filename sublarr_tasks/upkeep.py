"""Forgetting: units of old scans, finished jobs, and cached bytes that nobody refers to."""

import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, LargeBinary, any_, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from sublarr_tasks import assets, settings
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ENDED, Asset, CacheFile, Job, JobState, ScanJob, ScanUnit

# A library keeps the units of its newest scans, for the drill-down; older scans keep their counts.
SCANS_WITH_UNITS = 3
JOBS_KEPT = timedelta(days=30)
# A cached file must have been of no use for so long before it goes.
GRACE_SECONDS = 86_400.0
BATCH = 20_000


def prune() -> None:
    """Delete the units of scans that others followed, and old jobs."""
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


def collect() -> None:
    """Delete cached files that no asset refers to, once they have been so for a day."""
    current = settings.current()
    store = assets.Store(current.cache_root, current.cache_link, current.cache_max_bytes)
    before = time.time() - GRACE_SECONDS
    after = b""
    while True:
        with transaction() as db:
            unused = db.execute(
                select(CacheFile.sha256, CacheFile.extension)
                .where(
                    CacheFile.sha256 > after,
                    ~exists().where(Asset.cache_sha256 == CacheFile.sha256),
                )
                .order_by(CacheFile.sha256)
                .limit(BATCH)
            ).all()
        if not unused:
            break
        gone = [row.sha256 for row in unused if store.drop(row.sha256, row.extension, before)]
        with transaction() as db:
            _forget(db, gone)
        after = unused[-1].sha256
    store.sweep_temporary(before)


def _forget(db: Connection, digests: Sequence[bytes]) -> None:
    """Delete the rows of dropped files, but for those that an asset takes up at this moment."""
    free = (
        select(CacheFile.sha256)
        .where(
            CacheFile.sha256 == any_(literal(list(digests), ARRAY(LargeBinary))),
            ~exists().where(Asset.cache_sha256 == CacheFile.sha256),
        )
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(CacheFile).where(CacheFile.sha256.in_(free)))


def _followed(db: Connection) -> list[int]:
    rank = func.row_number().over(partition_by=ScanJob.library_id, order_by=ScanJob.id.desc())
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
