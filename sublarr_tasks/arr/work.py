"""What a worker does for a look: list once, then read titles for as long as there are any."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, func, select

from sublarr_tasks.arr import reading, syncs
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import ServiceError
from sublarr_tasks.models import ArrSync, SyncStatus

# Messages that are sent at once for one look.
MOST_SHARES = 16


def run(sync_id: int, seconds: float, share: Callable[[int], None]) -> bool:
    """Work on a look for so long; true where titles are left. Raises Unavailable.

    Once it is listed, `share` is told how many workers could read at the same time.
    """
    ends = time.monotonic() + seconds
    due = _list(sync_id)
    share(min(MOST_SHARES, due // syncs.MOST_AT_ONCE))
    while time.monotonic() < ends:
        with transaction(durable=False) as db:
            claimed = syncs.claim(db, sync_id)
        if claimed is None:
            return False
        token, integration, rows = claimed
        found, refused = reading.read(integration, rows)
        with transaction(durable=False) as db:
            syncs.settle(db, sync_id, token, found, refused)
    return True


def _list(sync_id: int) -> int:
    """List what there is, unless that was done; returns how many titles are to be read."""
    with transaction() as db:
        claimed = syncs.to_list(db, sync_id)
        if claimed is None:
            return 0
        sync, integration = claimed
        since = _last(db, sync.integration_id)
    try:
        found = reading.listing(integration, since)
    except ServiceError as error:
        with transaction() as db:
            syncs.failed(db, sync_id, error.code, str(error))
        return 0
    with transaction() as db:
        return syncs.listed(db, sync, found)


def _last(db: Connection, integration_id: int) -> datetime | None:
    """Return when the last look began: what happened since, it may not have seen."""
    return db.scalar(
        select(func.max(ArrSync.started_at)).where(
            ArrSync.integration_id == integration_id, ArrSync.status == SyncStatus.COMPLETED
        )
    )
