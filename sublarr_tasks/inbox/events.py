"""Events as rows: taken in at once, worked on together a little later, each once.

Whatever else is told of the same series or film meanwhile puts the work off a little, up to a
limit, so that a season's import is one scan.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging, removals, scans
from sublarr_tasks.db import among
from sublarr_tasks.errors import ScanRunning
from sublarr_tasks.inbox.payloads import Event
from sublarr_tasks.integrations import paths
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import EventState, InboxEvent, Integration, Library, Trigger
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.scans import Requested

SETTLING = timedelta(seconds=5)
MOST_SETTLING = timedelta(seconds=60)
TRY_AGAIN = timedelta(seconds=10)
KEPT = timedelta(days=30)
MOST_AT_ONCE = 500

# An event's row, and those of its folders that lie in one library.
_Share = tuple[Any, list[str]]
_NEWEST = Order("events", (InboxEvent.__table__.c.id,), (int,), descending=True)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery; without an id it came before."""

    event_id: int | None
    state: EventState
    reason: str | None


def take(
    db: Connection, integration_id: int, event: Event, *, settling: timedelta = SETTLING
) -> Taken:
    """Write an event down; it is worked on once nothing more is told of the same subject."""
    state = EventState.PENDING if event.ignore is None else EventState.IGNORED
    event_id = db.scalar(
        upsert(InboxEvent)
        .values(
            integration_id=integration_id,
            event_type=event.event_type,
            subject=event.subject,
            title=event.title,
            paths=list(event.paths),
            gone=event.gone,
            digest=event.digest,
            state=state,
            reason=event.ignore,
            due_at=func.now() + settling,
            ended_at=None if event.ignore is None else func.now(),
        )
        .on_conflict_do_nothing()
        .returning(InboxEvent.id)
    )
    if event_id is None:
        return Taken(None, EventState.IGNORED, "came_before")
    if state is EventState.PENDING:
        _put_off_the_others(db, integration_id, event.subject, settling)
    return Taken(event_id, state, event.ignore)


def page(db: Connection, integration_id: int, window: Window) -> Page:
    """List an integration's events, the newest first."""
    matching = select(InboxEvent.id).where(InboxEvent.integration_id == integration_id)
    return paging.fetch(db, matching, select(*InboxEvent.__table__.c), _NEWEST, window)


def work(db: Connection) -> list[int]:
    """Turn what is due into scans of its folders, one a library; returns the jobs to send."""
    due = db.execute(
        select(*InboxEvent.__table__.c, Integration.path_mappings)
        .join(Integration)
        .where(InboxEvent.state == EventState.PENDING, InboxEvent.due_at <= func.now())
        .order_by(InboxEvent.due_at, InboxEvent.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=InboxEvent, skip_locked=True)
    ).all()
    libraries = db.execute(select(Library.id, Library.path)).all() if due else []
    by_library: dict[int, list[_Share]] = defaultdict(list)
    for event in due:
        placed = _placed(event, libraries)
        if not placed:
            _end(db, [event.id], EventState.IGNORED, "in_no_library")
        for library_id, folders in placed.items():
            by_library[library_id].append((event, folders))
    jobs: list[int] = []
    done: dict[int, int | None] = {}  # events, and the scans that came of them
    late: set[int] = set()
    for library_id, shares in by_library.items():
        ids = [event.id for event, _ in shares]
        try:
            with db.begin_nested():
                asked = _requested(db, library_id, shares)
        except ScanRunning:
            late.update(ids)
        else:
            done.update(dict.fromkeys(ids, asked and asked.scan_id))
            jobs += [asked.job_id] if asked else []
    # One that is told of two libraries is done once both were free.
    for scan_id in set(done.values()):
        ended = [event_id for event_id in done.keys() - late if done[event_id] == scan_id]
        reason = "marked_as_gone" if scan_id is None else None
        _end(db, ended, EventState.DONE, reason, scan_id=scan_id)
    later = func.now() + literal(TRY_AGAIN)
    db.execute(update(InboxEvent).where(among(InboxEvent.id, late)).values(due_at=later))
    return jobs


def forget_old(db: Connection) -> None:
    """Delete events of long ago that were dealt with."""
    db.execute(
        delete(InboxEvent).where(
            InboxEvent.state != EventState.PENDING, InboxEvent.received_at < func.now() - KEPT
        )
    )


def _put_off_the_others(
    db: Connection, integration_id: int, subject: str, settling: timedelta
) -> None:
    latest = InboxEvent.received_at + MOST_SETTLING
    db.execute(
        update(InboxEvent)
        .where(
            InboxEvent.integration_id == integration_id,
            InboxEvent.subject == subject,
            InboxEvent.state == EventState.PENDING,
        )
        .values(due_at=func.least(func.now() + settling, latest))
    )


def _placed(event: Any, libraries: Sequence[Any]) -> dict[int, list[str]]:  # noqa: ANN401 - an event's row
    """Find the libraries that an event's folders lie in, and where in them."""
    mappings = paths.parsed(event.path_mappings)
    found: dict[int, list[str]] = defaultdict(list)
    for remote in event.paths:
        local = paths.to_local(mappings, remote)
        for library in libraries:
            try:
                folder = subtrees.relative(library.path, local)
            except ValueError:
                continue
            if local.startswith("/") and folder:
                found[library.id].append(folder)
    return found


def _requested(db: Connection, library_id: int, shares: Sequence[_Share]) -> Requested | None:
    """Mark what is gone, ask for a scan of the rest; raises ScanRunning."""
    for event, folders in shares:
        for folder in folders if event.gone else ():
            removals.tombstone_below(db, library_id, folder)
    folders = sorted({folder for event, own in shares if not event.gone for folder in own})
    if not folders:
        return None
    options = scans.only(folders)
    return scans.request(db, library_id, trigger=Trigger.WEBHOOK, options=options)


def _end(
    db: Connection,
    ids: Sequence[int],
    state: EventState,
    reason: str | None,
    *,
    scan_id: int | None = None,
) -> None:
    db.execute(
        update(InboxEvent)
        .where(among(InboxEvent.id, ids))
        .values(state=state, reason=reason, scan_id=scan_id, ended_at=func.now())
    )
