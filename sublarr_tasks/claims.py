"""Who works on a unit: claimed by one worker, held while its lease is renewed, finished once.

Whoever comes second finds nothing to claim and leaves.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    SmallInteger,
    Text,
    and_,
    func,
    or_,
    select,
    update,
)

from sublarr_tasks import bulk, units
from sublarr_tasks.db import among
from sublarr_tasks.models import ScanJob, ScanStatus, ScanUnit, Step, UnitState

RENEW_AFTER = timedelta(seconds=10)


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
    """A claimed unit; `attempts` is the number of this claim, `crashes` of deaths on it alone."""

    id: int
    phase: ScanStatus
    step: Step
    subject: str
    subject_id: int | None
    payload: dict[str, Any] | None
    attempts: int
    crashes: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a unit ended."""

    id: int
    state: UnitState
    reason: str | None = None
    detail: str | None = None


def claim(
    db: Connection, scan_id: int, unit_ids: Collection[int], delivery: Delivery
) -> list[Unit]:
    """Take what may be taken of these units, in the order of their ids.

    Nothing may be where the scan has left the units' phase. A message that comes again because
    its worker died takes its units back at once if it named one; if it named several, they are
    released to be sent one by one, so that the one that kills is found.
    """
    takeable = or_(units.IS_PENDING, _dead(delivery))
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
    units.release(db, {row.id for row in rows} - {unit.id for unit in taken})
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
    db.execute(update(ScanUnit).where(among(ScanUnit.id, mine)).values(lease_until=units.lease()))


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


def postpone(db: Connection, unit_ids: Collection[int]) -> None:
    """Give held units back that an outside service thwarted."""
    db.execute(
        update(ScanUnit)
        .where(among(ScanUnit.id, unit_ids))
        .values(
            state=UnitState.PENDING,
            claim=None,
            lease_until=None,
            deferrals=ScanUnit.deferrals + 1,
        )
    )


def hopeless(db: Connection, scan_id: int, phase: ScanStatus) -> list[Verdict]:
    """Lock the waiting units that were tried too often, and return their verdicts."""
    rows = db.execute(
        select(ScanUnit.id, ScanUnit.crashes, ScanUnit.attempts)
        .where(
            ScanUnit.scan_id == scan_id,
            ScanUnit.phase == phase,
            units.IS_PENDING,
            ScanUnit.lease_until.is_(None),
            or_(ScanUnit.crashes >= units.MAX_CRASHES, units.LOSSES >= units.MAX_ATTEMPTS),
        )
        .with_for_update(skip_locked=True)
    )
    return [Verdict(row.id, UnitState.FAILED, *_cause(row.crashes, row.attempts)) for row in rows]


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
        .where(among(ScanUnit.id, unit_ids), ScanUnit.crashes < units.MAX_CRASHES)
        .values(
            state=UnitState.RUNNING,
            attempts=ScanUnit.attempts + 1,
            claim=delivery.token,
            alone=len(unit_ids) == 1,
            lease_until=units.lease(),
        )
        .returning(
            ScanUnit.id,
            ScanUnit.phase,
            ScanUnit.step,
            ScanUnit.subject,
            ScanUnit.subject_id,
            ScanUnit.payload,
            ScanUnit.attempts,
            ScanUnit.crashes,
        )
    )
    taken = [
        Unit(**row._asdict() | {"phase": ScanStatus(row.phase), "step": Step(row.step)})
        for row in rows
    ]
    return sorted(taken, key=lambda unit: unit.id)


def _cause(crashes: int, attempts: int) -> tuple[str, str]:
    if crashes >= units.MAX_CRASHES:
        return "crashed_worker", f"a worker process died {crashes} times on this alone"
    return "lost", f"{attempts} workers took this and none finished it"
