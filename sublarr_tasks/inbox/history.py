"""What webhooks did not tell: the histories of Sonarr and Radarr, asked now and then.

A hook that could not be delivered is not sent again, so that lost ones are ordinary. The cursor
moves only after everything up to it is written down, and what a webhook told already costs a look
at an unchanged folder.
"""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import update

from sublarr_tasks.db import transaction
from sublarr_tasks.errors import ServiceError
from sublarr_tasks.inbox import events, payloads
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import Integration

# A first look, and one after a long absence: a full scan knows what was before.
LONGEST_LOOK_BACK = timedelta(days=1)
# Clocks differ, and a record may be written a moment after its date; digests tell what came before.
OVERLAP = timedelta(minutes=2)

log = structlog.get_logger()


def poll() -> None:
    """Ask every Sonarr and Radarr that is switched on what it did since the last time."""
    with transaction() as db:
        services = rows.enabled(db, Kind.SONARR, Kind.RADARR)
    for row in services:
        try:
            taken = _poll_one(row.id, row.history_cursor, building.connected(row))
        except ServiceError as error:
            log.warning("history_not_read", integration_id=row.id, error=str(error))
        else:
            log.debug("history_read", integration_id=row.id, events=taken)


def _poll_one(integration_id: int, cursor: datetime | None, service: building.Connected) -> int:
    began = datetime.now(UTC)
    earliest = began - LONGEST_LOOK_BACK
    if cursor is None:  # what was before is for the library's own first scan
        cursor = began
    records = service.arr().history_since(max(cursor, earliest) - OVERLAP)
    taken = 0
    with transaction() as db:
        for record in records:
            event = payloads.from_history(record)
            if event.ignore is None:
                taken += events.take(db, integration_id, event).event_id is not None
        newest = max([began, *(record.date for record in records if record.date <= began)])
        db.execute(
            update(Integration)
            .where(Integration.id == integration_id)
            .values(history_cursor=newest)
        )
    return taken
