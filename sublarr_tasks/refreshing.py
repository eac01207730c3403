"""Asking the metadata services again: what failed when its moment has come, and what has changed.

A scan that only enriches does the asking, so that it is seen, counted and repaired like any other.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Text, exists, func, literal, or_, select, update

from sublarr_tasks import bulk, preferences, scans
from sublarr_tasks.clients.metadata.tmdb import Tmdb
from sublarr_tasks.clients.metadata.tvdb import Tvdb
from sublarr_tasks.db import transaction
from sublarr_tasks.enrichment import providers
from sublarr_tasks.errors import ScanRunning, ServiceError
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library.layers import BY_ID
from sublarr_tasks.models import (
    ENDED,
    OF_FILES,
    Integration,
    Item,
    ItemKind,
    Library,
    ScanJob,
    Trigger,
)
from sublarr_tasks.phases import enriching
from sublarr_tasks.profiles import ScanOptions

# TMDB tells of no more than a fortnight at once, and for TheTVDB more is not worth it.
FEED = timedelta(days=14)
# What failed before may wait for others to come due, so that one scan asks for many.
GATHERING = timedelta(minutes=10)

log = structlog.get_logger()


def request_due(db: Connection) -> list[int]:
    """Ask for scans of the libraries in which something is due; returns their jobs."""
    if preferences.enrichment(db).withheld(datetime.now(UTC)) is not None:
        return []
    requested = []
    due = or_(
        exists().where(Item.library_id == Library.id, *enriching.DUE, _is_pressing()),
        exists().where(
            Item.library_id == Library.id, *enriching.ARTWORK_DUE, Item.artwork_at.is_not(None)
        ),
    )
    unfinished = exists().where(ScanJob.library_id == Library.id, ScanJob.status.not_in(ENDED))
    for library_id in db.scalars(select(Library.id).where(Library.enrich, due, ~unfinished)).all():
        mode = _mode(db, library_id)
        if mode is None or not providers.known(db, library_id):
            continue
        options = {"only_enrichment": True, "enrichment_mode": mode}
        try:
            with db.begin_nested():
                asked = scans.request(db, library_id, trigger=Trigger.CLOCK, options=options)
        except ScanRunning:  # since the look above
            continue
        requested.append(asked.job_id)
    return requested


def _is_pressing() -> ColumnElement[bool]:
    gathered = Item.enrich_due_at <= func.now() - literal(GATHERING)
    return or_(Item.enrich_attempts == 0, gathered)


def note_changes() -> None:
    """Let those films and series be asked for again that have changed at TMDB or TheTVDB."""
    with transaction() as db:
        feeds = rows.enabled(db, Kind.TMDB, Kind.TVDB)
    for row in feeds:
        try:
            _note_changes_of(row)
        except ServiceError as error:
            log.warning("changes_not_read", integration_id=row.id, error=str(error))


def _note_changes_of(row: Any) -> None:  # noqa: ANN401 - an integration's row
    now = datetime.now(UTC)
    earliest = now - FEED
    since = max(row.history_cursor or now, earliest)
    changed = _changed(row, since, now)
    with transaction() as db:
        for (kind, column), ids in changed.items():
            given = bulk.arrays(id=(Text(), ids))
            _due(db, Item.kind == kind, Item.__table__.c[column].in_(select(given.c.id)))
        if row.history_cursor is not None and row.history_cursor < earliest:
            _due(db, Item.kind.in_(BY_ID), Item.enriched_at < earliest)
        db.execute(update(Integration).where(Integration.id == row.id).values(history_cursor=now))
    log.info("changes_noted", integration_id=row.id, changed=sum(map(len, changed.values())))


def _changed(row: Any, since: datetime, until: datetime) -> dict[tuple[ItemKind, str], list[str]]:  # noqa: ANN401 - an integration's row
    """Return the ids of what changed, by kind and the column that holds such ids."""
    kept = building.kept(row)
    if row.kind == Kind.TVDB:
        tvdb = Tvdb(kept.http, kept.secrets)
        return {(ItemKind.SERIES, "tvdb_id"): [*tvdb.changed(since)]}
    tmdb = Tmdb(kept.http)
    # Of the day that the last look was on, the rest has come since.
    days = since.date(), until.date()
    return {(kind, "tmdb_id"): [*tmdb.changed(kind, *days)] for kind in BY_ID}


def _due(db: Connection, *which: Any) -> None:  # noqa: ANN401 - conditions
    db.execute(
        update(Item)
        .where(Item.enriched_at.is_not(None), Item.enrich_due_at.is_(None), *which)
        .values(enrich_due_at=func.now())
    )


def _mode(db: Connection, library_id: int) -> str | None:
    """Return how much the library's last scan of its files enriched, None where it did not."""
    stored = db.scalar(
        select(ScanJob.options)
        .where(ScanJob.library_id == library_id, OF_FILES)
        .order_by(ScanJob.id.desc())
        .limit(1)
    )
    options = ScanOptions.from_json(stored or {})
    return options.enrichment_mode if stored is not None and options.enriches else None
