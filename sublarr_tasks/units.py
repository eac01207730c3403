"""Units of work as rows: queued in parts, claimed by one worker, finished once.

::

    pending --claim--> running --finish--> done | failed | skipped
       ^                  |
       +-- lease passed --+        any open state --cancel--> cancelled

A message only names units. Whoever comes second finds nothing to claim and leaves.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    SmallInteger,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
    update,
)

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.models import OPEN, ScanJob, ScanStatus, ScanUnit, UnitState

# A worker renews its lease long before it passes, so a lease that passed means a worker that died
# (or hangs, and then loses the unit to whoever takes it next).
LEASE = timedelta(seconds=30)
RENEW_AFTER = timedelta(seconds=10)
# Deaths while a worker held this unit and no other; the unit itself is the likely cause.
MAX_CRASHES = 2
# Claims of any kind: a fleet that is killed again and again must not try for ever either.
MAX_ATTEMPTS = 6


# Spelt out in the statement: a prepared one with parameters could not use the partial indexes.
IS_OPEN = ScanUnit.state.in_([literal_column(f"'{state}'") for state in OPEN])
IS_PENDING = ScanUnit.state == literal_column(f"'{UnitState.PENDING}'")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of one message, by its task id.

    `redelivered`: the broker delivered it before, so whoever had it died. `retried`: whoever had
    it sent it again itself, alive.
    """

    token: str
    redelivered: bool = False
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A claimed unit; `attempts` is the number of this claim."""

    id: int
    phase: ScanStatus
    subject: str
    subject_id: int | None
    payload: dict[str, Any] | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A unit to be added."""

    subject: str
    subject_id: int | None = None
    payload: dict[str, Any] | None = None
    state: UnitState = UnitState.PENDING
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a unit ended."""

    id: int
    state: UnitState
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Units that travel in one message, and the subjects that name them for people."""

    unit_ids: tuple[int, ...]
    subjects: tuple[str, ...]


def add(db: Connection, scan_id: int, phase: ScanStatus, drafts: Sequence[Draft]) -> None:
    """Write units down."""
    now = datetime.now(UTC)
    bulk.copy(
        db,
        ScanUnit,
        [
            {
                "scan_id": scan_id,
                "phase": phase,
                "subject": draft.subject,
                "subject_id": draft.subject_id,
                "payload": draft.payload,
                "state": draft.state,
                "reason": draft.reason,
                "detail": draft.detail,
                "finished_at": None if draft.state in OPEN else now,
            }
            for draft in drafts
        ],
    )


def claim(
    db: Connection, scan_id: int, unit_ids: Collection[int], delivery: Delivery
) -> list[Unit]:
    """Take what may be taken of these units, in the order of their ids.

    Nothing may be where the scan has left the units' phase. A message that comes again because
    its worker died takes its units back at once if it named one; if it named several, they are
    released to be sent one by one, so that the one that kills is found.
    """
    takeable = or_(IS_PENDING, _dead(delivery))
    rows = db.execute(
        select(ScanUnit.id, ScanUnit.state, ScanUnit.claim)
        .join(ScanJob, and_(ScanJob.id == ScanUnit.scan_id, ScanJob.status == ScanUnit.phase))
        .where(ScanUnit.scan_id == scan_id, among(ScanUnit.id, unit_ids), takeable)
        .order_by(ScanUnit.id)
        .with_for_update(of=ScanUnit, skip_locked=True)
    ).all()
    left = [row for row in rows if row.state == UnitState.RUNNING and not delivery.retried]
    _bury(db, [row.id for row in left if row.claim == delivery.token])
    taken = _take(db, [row.id for row in rows], delivery) if len(rows) == 1 or not left else []
    release(db, {row.id for row in rows} - {unit.id for unit in taken})
    return taken


def hold(db: Connection, claimed: Sequence[Unit]) -> set[int]:
    """Lock the claimed units that are still this worker's, and return their ids."""
    mine = bulk.arrays(
        id=(BigInteger(), [unit.id for unit in claimed]),
        attempts=(SmallInteger(), [unit.attempts for unit in claimed]),
    )
    return set(
        db.scalars(
            select(ScanUnit.id)
            .join(mine, and_(mine.c.id == ScanUnit.id, mine.c.attempts == ScanUnit.attempts))
            .where(ScanUnit.state == UnitState.RUNNING)
            .order_by(ScanUnit.id)
            .with_for_update(of=ScanUnit)
        )
    )


def renew(db: Connection, claimed: Sequence[Unit]) -> None:
    """Keep the units that this worker has yet to do."""
    mine = hold(db, claimed)
    db.execute(update(ScanUnit).where(among(ScanUnit.id, mine)).values(lease_until=_lease()))


def finish(db: Connection, verdicts: Sequence[Verdict]) -> None:
    """Write how held units ended."""
    if not verdicts:
        return
    ended = bulk.arrays(
        id=(BigInteger(), [verdict.id for verdict in verdicts]),
        state=(Text(), [verdict.state for verdict in verdicts]),
        reason=(Text(), [verdict.reason for verdict in verdicts]),
        detail=(Text(), [verdict.detail for verdict in verdicts]),
    )
    db.execute(
        update(ScanUnit)
        .where(ScanUnit.id == ended.c.id)
        .values(
            state=ended.c.state,
            reason=ended.c.reason,
            detail=ended.c.detail,
            claim=None,
            lease_until=None,
            finished_at=func.now(),
        )
    )


def queue(db: Connection, scan_id: int, phase: ScanStatus, most: int, chunk: int) -> list[Part]:
    """Lease up to `most` waiting units to the broker, cut into parts of `chunk`.

    A unit whose worker died before travels alone; one that was tried too often is the sweep's.
    """
    waiting = (
        select(ScanUnit.id)
        .where(
            ScanUnit.scan_id == scan_id,
            ScanUnit.phase == phase,
            IS_PENDING,
            ScanUnit.lease_until.is_(None),
            ScanUnit.crashes < MAX_CRASHES,
            ScanUnit.attempts < MAX_ATTEMPTS,
        )
        .order_by(ScanUnit.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte()
    )
    rows = db.execute(
        update(ScanUnit)
        .where(ScanUnit.id == waiting.c.id)
        .values(lease_until=_lease())
        .returning(ScanUnit.id, ScanUnit.subject, ScanUnit.attempts)
    ).all()
    rows = sorted(rows, key=lambda row: row.id)
    fresh = [row for row in rows if not row.attempts]
    groups = [fresh[i : i + chunk] for i in range(0, len(fresh), chunk)]
    groups += [[row] for row in rows if row.attempts]
    return [Part(tuple(r.id for r in g), tuple(r.subject for r in g)) for g in groups]


def open_counts(db: Connection, scan_id: int, phase: ScanStatus, most: int) -> tuple[int, int]:
    """Return (units in flight, waiting units, counted to `most`) of a phase."""
    mine = and_(ScanUnit.scan_id == scan_id, ScanUnit.phase == phase, IS_OPEN)
    in_flight = select(func.count()).where(mine, ScanUnit.lease_until.is_not(None))
    waiting = select(ScanUnit.id).where(mine, ScanUnit.lease_until.is_(None)).limit(most)
    row = db.execute(
        select(
            in_flight.scalar_subquery(),
            select(func.count()).select_from(waiting.subquery()).scalar_subquery(),
        )
    ).one()
    return row[0], row[1]


def lapsed(
    db: Connection, scan_id: int, phase: ScanStatus, *, dry: bool, crowded: bool = False
) -> tuple[list[int], list[int]]:
    """Lock a phase's units whose lease passed; return the ids of (running, queued) ones.

    A queued unit may still wait behind others. Where the queue is not `dry`, its message is taken
    for lost only after as long again: sent twice it would do no harm, never sent it would. Not
    where the queue is `crowded`: nobody serves it, and more messages would only fill Redis.
    """
    rows = db.execute(
        select(
            ScanUnit.id,
            ScanUnit.state,
            (ScanUnit.lease_until < func.clock_timestamp() - LEASE).label("long_ago"),
        )
        .where(
            ScanUnit.scan_id == scan_id,
            ScanUnit.phase == phase,
            IS_OPEN,
            ScanUnit.lease_until < func.clock_timestamp(),
        )
        .order_by(ScanUnit.id)
        .with_for_update(skip_locked=True)
    ).all()
    running = [row.id for row in rows if row.state == UnitState.RUNNING]
    queued = [row for row in rows if row.state == UnitState.PENDING and not crowded]
    return running, [row.id for row in queued if dry or row.long_ago]


def in_flight(db: Connection, scan_id: int, phase: ScanStatus) -> list[int]:
    """Lock a phase's queued units, whose messages should be on their way."""
    return list(
        db.scalars(
            select(ScanUnit.id)
            .where(
                ScanUnit.scan_id == scan_id,
                ScanUnit.phase == phase,
                IS_PENDING,
                ScanUnit.lease_until.is_not(None),
            )
            .order_by(ScanUnit.id)
            .with_for_update(skip_locked=True)
        )
    )


def release(db: Connection, unit_ids: Collection[int]) -> None:
    """Give open units back, to be queued again."""
    if not unit_ids:
        return
    db.execute(
        update(ScanUnit)
        .where(among(ScanUnit.id, unit_ids), IS_OPEN)
        .values(state=UnitState.PENDING, claim=None, lease_until=None)
    )


def hopeless(db: Connection, scan_id: int, phase: ScanStatus) -> list[Verdict]:
    """Lock the waiting units that were tried too often, and return their verdicts."""
    rows = db.execute(
        select(ScanUnit.id, ScanUnit.crashes, ScanUnit.attempts)
        .where(
            ScanUnit.scan_id == scan_id,
            ScanUnit.phase == phase,
            IS_PENDING,
            ScanUnit.lease_until.is_(None),
            or_(ScanUnit.crashes >= MAX_CRASHES, ScanUnit.attempts >= MAX_ATTEMPTS),
        )
        .with_for_update(skip_locked=True)
    )
    return [Verdict(row.id, UnitState.FAILED, *_cause(row.crashes, row.attempts)) for row in rows]


def cancel_open(db: Connection, scan_id: int) -> None:
    """End every open unit of a scan."""
    db.execute(
        update(ScanUnit)
        .where(ScanUnit.scan_id == scan_id, IS_OPEN)
        .values(
            state=UnitState.CANCELLED,
            reason="scan_cancelled",
            claim=None,
            lease_until=None,
            finished_at=func.now(),
        )
    )


def reopen_failed(db: Connection, scan_id: int) -> None:
    """Make every failed unit of a scan pending, as if it had never been tried."""
    db.execute(
        update(ScanUnit)
        .where(ScanUnit.scan_id == scan_id, ScanUnit.state == UnitState.FAILED)
        .values(
            state=UnitState.PENDING,
            attempts=0,
            crashes=0,
            reason=None,
            detail=None,
            finished_at=None,
        )
    )


def _bury(db: Connection, unit_ids: Collection[int]) -> None:
    """Record that a worker died on these units, where it had no other.

    Only a message that comes back tells that. A lease that passed may as well mean that the
    database was away, or that somebody stopped a host.
    """
    if unit_ids:
        db.execute(
            update(ScanUnit)
            .where(among(ScanUnit.id, unit_ids), ScanUnit.alone)
            .values(crashes=ScanUnit.crashes + 1)
        )


def _dead(delivery: Delivery) -> ColumnElement[Any]:
    passed = ScanUnit.lease_until < func.clock_timestamp()
    if delivery.redelivered or delivery.retried:
        passed = or_(passed, ScanUnit.claim == delivery.token)
    return and_(ScanUnit.state == UnitState.RUNNING, passed)


def _take(db: Connection, unit_ids: Sequence[int], delivery: Delivery) -> list[Unit]:
    rows = db.execute(
        update(ScanUnit)
        .where(among(ScanUnit.id, unit_ids), ScanUnit.crashes < MAX_CRASHES)
        .values(
            state=UnitState.RUNNING,
            attempts=ScanUnit.attempts + 1,
            claim=delivery.token,
            alone=len(unit_ids) == 1,
            lease_until=_lease(),
        )
        .returning(
            ScanUnit.id,
            ScanUnit.phase,
            ScanUnit.subject,
            ScanUnit.subject_id,
            ScanUnit.payload,
            ScanUnit.attempts,
        )
    )
    taken = [
        Unit(row.id, ScanStatus(row.phase), row.subject, row.subject_id, row.payload, row.attempts)
        for row in rows
    ]
    return sorted(taken, key=lambda unit: unit.id)


def _lease() -> ColumnElement[Any]:
    return func.clock_timestamp() + LEASE


def _cause(crashes: int, attempts: int) -> tuple[str, str]:
    if crashes >= MAX_CRASHES:
        return "crashed_worker", f"a worker process died {crashes} times on this alone"
    return "lost", f"{attempts} workers took this and none finished it"
