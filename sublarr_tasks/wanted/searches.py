"""Searches as rows: what is to be looked for, whose turn it is, and what came of it.

An item belongs to at most one search. Who is begun first is decided by what the search is for, then
by turns, so that no long series holds up the others. An item with a lease is being worked on; once
the lease has passed anybody may take it over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from sublarr_tasks import paging
from sublarr_tasks.db import among
from sublarr_tasks.errors import Conflict, NotFound
from sublarr_tasks.models import (
    Library,
    MediaFile,
    Search,
    SearchKind,
    SearchStatus,
    Trigger,
    WantedItem,
    WantedStatus,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
# A video on which so many workers died is left alone for a day.
MOST_CRASHES = 3
CRASHED_FOR = timedelta(days=1)
MOST_AT_ONCE = 50_000
KEPT = timedelta(days=30)
# Who was away for long need not hear of everything.
MOST_LIVE = 500

URGENCY = {
    SearchKind.WEBHOOK: 0,
    SearchKind.PERSON: 1,
    SearchKind.UPGRADE: 2,
    SearchKind.CLOCK: 3,
}
# What is lacking, and what is there and could be better.
SEARCHABLE = or_(
    WantedItem.status.in_((WantedStatus.WANTED, WantedStatus.FAILED)),
    and_(WantedItem.status == WantedStatus.FOUND, WantedItem.upgrade),
)
# Of a video that is where it was.
THERE = WantedItem.media_file_id.in_(
    select(MediaFile.id).where(
        MediaFile.id == WantedItem.media_file_id, MediaFile.missing_since.is_(None)
    )
)
_COLUMNS = tuple(Search.__table__.c)
_NEWEST = Order("searches", (Search.__table__.c.id,), (int,), descending=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """The wanted subtitles of one video, claimed by one worker."""

    token: str
    media_file_id: int
    rows: Sequence[Row[Any]]


def begin(
    db: Connection,
    kind: SearchKind,
    which: Sequence[ColumnElement[bool]],
    *,
    trigger: Trigger,
    owner_id: int | None = None,
    chosen: Mapping[str, Any] | None = None,
) -> Row[Any] | None:
    """Begin a search for what matches and is searched for by nobody; None where nothing does.

    What somebody asks for now does not wait for its moment. Items that a less urgent search was to
    look for go over to this one. Of what was `chosen` nothing else is taken.
    """
    search_id = db.execute(
        insert(Search).values(kind=kind, trigger=trigger, owner_id=owner_id).returning(Search.id)
    ).scalar_one()
    free = or_(
        WantedItem.search_id.is_(None),
        and_(WantedItem.priority > URGENCY[kind], WantedItem.claim.is_(None)),
    )
    matching = (
        select(WantedItem.id, WantedItem.title_id, WantedItem.media_file_id)
        .where(SEARCHABLE, free, THERE, *which)
        .order_by(WantedItem.next_attempt_at, WantedItem.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True, of=WantedItem)
        .cte("matching")
    )
    turns = select(
        matching.c.id,
        func.row_number()
        .over(partition_by=matching.c.title_id, order_by=(matching.c.media_file_id, matching.c.id))
        .label("turn"),
    ).subquery()
    taken = db.execute(
        update(WantedItem)
        .where(WantedItem.id == turns.c.id)
        .values(
            search_id=search_id,
            turn=turns.c.turn,
            priority=URGENCY[kind],
            chosen=chosen,
            next_attempt_at=func.now(),
            updated_at=func.now(),
        )
    ).rowcount
    if not taken:
        db.execute(delete(Search).where(Search.id == search_id))
        return None
    return db.execute(
        update(Search).where(Search.id == search_id).values(total=taken).returning(*_COLUMNS)
    ).one()


def in_directories(ids: Collection[int]) -> ColumnElement[bool]:
    """Match what videos in some directories lack."""
    videos = select(MediaFile.id).where(among(MediaFile.directory_id, ids))
    return and_(WantedItem.media_file_id.in_(videos), ~WantedItem.upgrade)


def begin_due(db: Connection) -> None:
    """Begin the clock's searches for what is due, one for what is lacking, one for what is not."""
    due = WantedItem.next_attempt_at <= func.now()
    for kind, upgrade in ((SearchKind.CLOCK, False), (SearchKind.UPGRADE, True)):
        running = select(Search.id).where(
            Search.kind == kind, Search.status == SearchStatus.RUNNING
        )
        some = select(WantedItem.id).where(
            SEARCHABLE, WantedItem.search_id.is_(None), due, WantedItem.upgrade == upgrade
        )
        if db.scalar(running.limit(1)) is None and db.scalar(some.limit(1)) is not None:
            begin(db, kind, (due, WantedItem.upgrade == upgrade), trigger=Trigger.CLOCK)


def claim(db: Connection, worker_group: str | None) -> Claim | None:
    """Claim what is wanted of the video whose turn it is; None where nothing waits.

    Only of libraries that the workers of this group see.
    """
    first = db.execute(
        select(WantedItem.id, WantedItem.media_file_id)
        .join(Library, Library.id == WantedItem.library_id)
        .where(*_waiting(), Library.worker_group.is_not_distinct_from(worker_group))
        .order_by(WantedItem.priority, WantedItem.turn, WantedItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=WantedItem)
    ).one_or_none()
    if first is None:
        return None
    token = uuid4().hex
    crashed = case((WantedItem.claim.is_not(None), 1), else_=0)
    # Not what another worker is just claiming of the same video: the two would wait for each other.
    own = db.scalars(
        select(WantedItem.id)
        .where(WantedItem.media_file_id == first.media_file_id, *_waiting())
        .with_for_update(skip_locked=True)
    ).all()
    rows = db.execute(
        update(WantedItem)
        .where(among(WantedItem.id, own))
        .values(
            status=WantedStatus.SEARCHING,
            claim=token,
            lease_until=func.now() + literal(LEASE),
            crashes=WantedItem.crashes + crashed,
        )
        .returning(*WantedItem.__table__.c)
    ).all()
    return Claim(token, first.media_file_id, rows)


def renew(db: Connection, token: str) -> None:
    """Keep a claim for as long as its worker lives."""
    db.execute(
        update(WantedItem)
        .where(WantedItem.claim == token)
        .values(lease_until=func.now() + literal(LEASE))
    )


def hold(db: Connection, token: str) -> dict[int, Row[Any]]:
    """Lock and return what a claim still holds, by id."""
    rows = db.execute(
        select(*WantedItem.__table__.c)
        .where(WantedItem.claim == token)
        .order_by(WantedItem.id)
        .with_for_update()
    )
    return {row.id: row for row in rows}


def waiting(db: Connection, most: int) -> dict[str | None, int]:
    """Count the videos that wait, up to `most`, by the group of workers that sees them."""
    first = (
        select(WantedItem.media_file_id, WantedItem.library_id)
        .where(*_waiting())
        .distinct()
        .limit(most)
        .subquery()
    )
    rows = db.execute(
        select(Library.worker_group, func.count())
        .join(first, first.c.library_id == Library.id)
        .group_by(Library.worker_group)
    )
    return {row[0]: row[1] for row in rows}


def settle(db: Connection, search_id: int, counters: dict[str, int], label: str) -> None:
    """Count what came of some of a search's items, and end it once nothing of it is left."""
    db.execute(
        update(Search)
        .where(Search.id == search_id)
        .values(
            current_item=label,
            updated_at=func.clock_timestamp(),
            **{name: getattr(Search, name) + n for name, n in counters.items() if n},
        )
    )
    complete(db, [search_id])


def complete(db: Connection, search_ids: Sequence[int]) -> None:
    """End searches of which nothing is left; what went by itself meanwhile counts as skipped."""
    left = select(WantedItem.id).where(WantedItem.search_id == Search.id).exists()
    db.execute(
        update(Search)
        .where(among(Search.id, search_ids), Search.status == SearchStatus.RUNNING, ~left)
        .values(
            status=SearchStatus.COMPLETED,
            skipped=Search.total - Search.found - Search.failed,
            processed=Search.total,
            current_item=None,
            completed_at=func.now(),
            updated_at=func.clock_timestamp(),
        )
    )


def complete_all(db: Connection) -> None:
    """End the searches whose items all went while nobody looked."""
    complete(db, unfinished(db))


def forget_old(db: Connection) -> None:
    """Delete searches of long ago; what they found has its own history."""
    db.execute(
        delete(Search).where(
            Search.status != SearchStatus.RUNNING, Search.completed_at < func.now() - KEPT
        )
    )


def cancel(db: Connection, viewer: Viewer, search_id: int) -> Row[Any]:
    """Stop a search: what is being worked on ends, the rest is left; raises NotFound, Conflict."""
    row = get(db, viewer, search_id)
    viewer.require_change(row.owner_id)
    if row.status != SearchStatus.RUNNING:
        raise Conflict(f"Search {search_id} has ended already: {row.status}.")
    db.execute(
        update(WantedItem)
        .where(WantedItem.search_id == search_id, WantedItem.claim.is_(None))
        .values(search_id=None)
    )
    return db.execute(
        update(Search)
        .where(Search.id == search_id)
        .values(
            status=SearchStatus.CANCELLED,
            completed_at=func.now(),
            updated_at=func.clock_timestamp(),
        )
        .returning(*_COLUMNS)
    ).one()


def page(db: Connection, viewer: Viewer, window: Window) -> Page:
    """List searches, the newest first."""
    matching = select(Search.id).where(viewer.sees(Search.owner_id))
    return paging.fetch(db, matching, select(*_COLUMNS), _NEWEST, window)


def live(
    db: Connection, *, search_id: int | None = None, since: int | None = None
) -> Sequence[Row[Any]]:
    """Return a search, or else all that go on and those that ended after a microsecond of 1970.

    For whoever tells viewers apart itself, by `owner_id`.
    """
    wanted = Search.status == SearchStatus.RUNNING
    if search_id is not None:
        wanted = Search.id == search_id
    elif since is not None:
        wanted = or_(wanted, Search.completed_at > func.to_timestamp(since / 1_000_000))
    newest = select(*_COLUMNS).where(wanted).order_by(Search.id.desc()).limit(MOST_LIVE)
    return db.execute(newest).all()[::-1]


def unfinished(db: Connection) -> Sequence[int]:
    """Return the ids of the searches that go on."""
    return db.scalars(select(Search.id).where(Search.status == SearchStatus.RUNNING)).all()


def get(db: Connection, viewer: Viewer, search_id: int) -> Row[Any]:
    """Return a search; raises NotFound."""
    row = db.execute(
        select(*_COLUMNS).where(Search.id == search_id, viewer.sees(Search.owner_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no search {search_id}.")
    return row


def _waiting() -> tuple[ColumnElement[bool], ...]:
    """Match what a search waits for: free, or left by a worker that is gone."""
    return (
        WantedItem.search_id.is_not(None),
        or_(
            and_(
                WantedItem.claim.is_(None),
                SEARCHABLE,
                WantedItem.next_attempt_at <= func.now(),
            ),
            and_(WantedItem.status == WantedStatus.SEARCHING, WantedItem.lease_until < func.now()),
        ),
    )
