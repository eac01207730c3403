"""Units of work as rows: written down, queued in parts, given back, ended with their scan.

::

    pending --claim--> running --finish--> done | failed | skipped
       ^                  |
       +-- lease passed --+        any open state --cancel--> cancelled

A message only names units; `claims` says who may work on them. A lease that passed tells the
conductor to send a unit again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    func,
    literal,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.models import OPEN, STEPS, ScanStatus, ScanUnit, Step, UnitState

# A worker renews its lease long before it passes, so a lease that passed means a worker that died
# (or hangs, and then loses the unit to whoever takes it next).
LEASE = timedelta(seconds=30)
# Deaths while a worker held this unit and no other; the unit itself is the likely cause.
MAX_CRASHES = 2
# Claims of any kind, but for those that an outside service thwarted: a fleet that is killed again
# and again must not try for ever either.
MAX_ATTEMPTS = 6


# Spelt out in the statement: a prepared one with parameters could not use the partial indexes.
IS_OPEN = ScanUnit.state.in_([literal_column(f"'{state}'") for state in OPEN])
IS_PENDING = ScanUnit.state == literal_column(f"'{UnitState.PENDING}'")
LOSSES = ScanUnit.attempts - ScanUnit.deferrals


@dataclass(frozen=True, slots=True)
class Draft:
    """A unit to be added; without a step it is of its phase's first."""

    subject: str
    subject_id: int | None = None
    payload: dict[str, Any] | None = None
    state: UnitState = UnitState.PENDING
    reason: str | None = None
    detail: str | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one step that travel in one message, and the subjects that name them for people."""

    unit_ids: tuple[int, ...]
    subjects: tuple[str, ...]
    step: Step


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
                "step": draft.step or STEPS[phase][0],
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


def add_new(db: Connection, scan_id: int, phase: ScanStatus, drafts: Sequence[Draft]) -> int:
    """Write pending units down of subjects that have none of their step; returns how many."""
    if not drafts:
        return 0
    given = bulk.arrays(
        subject=(Text(), [draft.subject for draft in drafts]),
        subject_id=(BigInteger(), [draft.subject_id for draft in drafts]),
        step=(Text(), [draft.step or STEPS[phase][0] for draft in drafts]),
    )
    return add_selected(
        db, scan_id, phase, select(given.c.step, given.c.subject, given.c.subject_id)
    )


def add_selected(
    db: Connection, scan_id: int, phase: ScanStatus, chosen: Select[Any, Any, Any]
) -> int:
    """Write pending units down as a statement gives them, which selects step, subject and its id.

    A subject has one unit of a step; returns how many are new.
    """
    given = chosen.add_columns(
        literal(scan_id), literal(phase.value), literal(UnitState.PENDING.value)
    )
    columns = ["step", "subject", "subject_id", "scan_id", "phase", "state"]
    return db.execute(
        upsert(ScanUnit)
        .from_select(columns, given)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    ).rowcount


def queue(
    db: Connection,
    scan_id: int,
    phase: ScanStatus,
    most: int,
    chunk: int,
    *,
    held: Collection[Step] = (),
) -> list[Part]:
    """Lease up to `most` waiting units to the broker, cut into parts of `chunk`.

    Not those of steps that are held up. A unit whose worker died before travels alone; one that
    was tried too often is the sweep's. What a service thwarted comes after the rest.
    """
    waiting = (
        select(ScanUnit.id)
        .where(
            ScanUnit.scan_id == scan_id,
            ScanUnit.phase == phase,
            IS_PENDING,
            ScanUnit.lease_until.is_(None),
            ScanUnit.crashes < MAX_CRASHES,
            LOSSES < MAX_ATTEMPTS,
            _besides(held),
        )
        .order_by(ScanUnit.deferrals, ScanUnit.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte()
    )
    rows = db.execute(
        update(ScanUnit)
        .where(ScanUnit.id == waiting.c.id)
        .values(lease_until=lease())
        .returning(
            ScanUnit.id, ScanUnit.step, ScanUnit.subject, ScanUnit.deferrals, LOSSES.label("losses")
        )
    ).all()
    rows = sorted(rows, key=lambda row: (row.step, row.deferrals, row.id))
    groups: list[list[Any]] = []
    for _, alike in groupby((r for r in rows if not r.losses), key=lambda row: row.step):
        fresh = [*alike]
        groups += [fresh[i : i + chunk] for i in range(0, len(fresh), chunk)]
    groups += [[row] for row in rows if row.losses]
    return [
        Part(tuple(r.id for r in g), tuple(r.subject for r in g), Step(g[0].step)) for g in groups
    ]


def open_counts(
    db: Connection, scan_id: int, phase: ScanStatus, most: int, held: Collection[Step] = ()
) -> tuple[int, int]:
    """Return (units in flight, units that may be sent, counted to `most`) of a phase."""
    mine = and_(ScanUnit.scan_id == scan_id, ScanUnit.phase == phase, IS_OPEN)
    in_flight = select(func.count()).where(mine, ScanUnit.lease_until.is_not(None))
    waiting = (
        select(ScanUnit.id).where(mine, ScanUnit.lease_until.is_(None), _besides(held)).limit(most)
    )
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


def end_open(db: Connection, scan_id: int, state: UnitState, reason: str) -> int:
    """End every open unit of a scan; returns how many there were."""
    return db.execute(
        update(ScanUnit)
        .where(ScanUnit.scan_id == scan_id, IS_OPEN)
        .values(
            state=state,
            reason=reason,
            claim=None,
            lease_until=None,
            finished_at=func.now(),
        )
    ).rowcount


def reopen_failed(db: Connection, scan_id: int) -> None:
    """Make every failed unit of a scan pending, as if it had never been tried."""
    db.execute(
        update(ScanUnit)
        .where(ScanUnit.scan_id == scan_id, ScanUnit.state == UnitState.FAILED)
        .values(
            state=UnitState.PENDING,
            attempts=0,
            crashes=0,
            deferrals=0,
            reason=None,
            detail=None,
            finished_at=None,
        )
    )


def waiting(scan_id: int, phase: ScanStatus, steps: Collection[Step]) -> ColumnElement[bool]:
    """Match the units of some steps that nobody has."""
    return and_(
        ScanUnit.scan_id == scan_id,
        ScanUnit.phase == phase,
        IS_PENDING,
        ScanUnit.lease_until.is_(None),
        ScanUnit.step.in_([*steps]),
    )


def _besides(steps: Collection[Step]) -> ColumnElement[bool]:
    return ScanUnit.step.not_in([*steps]) if steps else true()


def lease() -> ColumnElement[Any]:
    """Return the moment at which a lease that is given now will pass."""
    return func.clock_timestamp() + LEASE
