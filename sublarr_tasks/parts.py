"""A part of a phase: claim its units, do them, settle them; whatever happens, no unit is lost.

The work runs without a transaction. Results, unit states and counters are then written in one,
about once a second, for as many units as were done by then.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sublarr_tasks import scans, units
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import MountLost, NotFound, UnitError, UnitSkipped
from sublarr_tasks.models import ScanStatus, UnitState
from sublarr_tasks.phases import caching, discovering, scanning
from sublarr_tasks.phases.steps import Steps
from sublarr_tasks.units import Delivery, Unit, Verdict

SETTLE_EVERY = 1.0

PHASE_STEPS: dict[ScanStatus, Steps[Any, Any]] = {
    ScanStatus.DISCOVERING: discovering.STEPS,
    ScanStatus.SCANNING: scanning.STEPS,
    ScanStatus.CACHING: caching.STEPS,
}

log = structlog.get_logger()


class Outcome(TypedDict):
    """What a part tells the broker: small, and the same whenever it is told again."""

    done: int


@dataclass(slots=True)
class Batch:
    """Units that were worked on since the last settlement."""

    done: list[tuple[Unit, Any]] = field(default_factory=list)
    refused: list[tuple[Unit, UnitError]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def units(self) -> list[Unit]:
        return [unit for unit, _ in (*self.done, *self.refused)]


def run(scan_id: int, unit_ids: Sequence[int], delivery: Delivery) -> Outcome:
    """Do what is still to be done of some units; raises Unavailable without the database."""
    done = 0
    try:
        with transaction() as db:
            scans.shared_lock(db, scan_id)
            scan = scans.get(db, scan_id)
            claimed = units.claim(db, scan_id, unit_ids, delivery)
            if not claimed:
                return Outcome(done=0)
            phase = claimed[0].phase
            steps = PHASE_STEPS[phase]
            context = steps.prepare(db, scan, claimed)
        left = deque(claimed)
        renewed = time.monotonic()
        while left:
            batch = _work(steps, context, left)
            with transaction() as db:
                held = _settle(db, scan_id, phase, context, batch)
                if left and time.monotonic() - renewed > units.RENEW_AFTER.total_seconds():
                    units.renew(db, list(left))
                    renewed = time.monotonic()
            done += held
            if not held:
                break
    except MountLost as lost:
        with transaction() as db:
            scans.fail(db, scan_id, lost.reason, lost.detail)
    except NotFound:
        log.info("scan_deleted", scan_id=scan_id)
    return Outcome(done=done)


def _work(steps: Steps[Any, Any], context: Any, left: deque[Unit]) -> Batch:  # noqa: ANN401 - the phase's own
    """Work on units until it is time to settle; raises MountLost."""
    batch = Batch()
    started = time.monotonic()
    while left and batch.seconds < SETTLE_EVERY:
        unit = left.popleft()
        try:
            batch.done.append((unit, steps.work(context, unit)))
        except MountLost:
            raise
        except UnitError as error:
            batch.refused.append((unit, error))
        except Exception as error:
            log.exception("unit_failed", unit_id=unit.id, subject=unit.subject)
            batch.refused.append((unit, _internal(error)))
        batch.seconds = time.monotonic() - started
    return batch


def _settle(
    db: Connection,
    scan_id: int,
    phase: ScanStatus,
    context: Any,  # noqa: ANN401 - the phase's own
    batch: Batch,
) -> int:
    """Write a batch's results and count them; returns how many units were still ours."""
    scans.shared_lock(db, scan_id)
    mine = units.hold(db, batch.units)
    batch.done = [(unit, result) for unit, result in batch.done if unit.id in mine]
    batch.refused = [(unit, error) for unit, error in batch.refused if unit.id in mine]
    steps = PHASE_STEPS[phase]
    counters: dict[str, int] = {}
    verdicts = _write(db, steps, context, batch, counters)
    _add(counters, steps.refuse(db, context, batch.refused))
    refusals = [_verdict(unit, error) for unit, error in batch.refused]
    failed = [verdict for verdict in refusals if verdict.state is UnitState.FAILED]
    _add(counters, {scans.FAILED_COUNTER[phase]: len(failed)})
    units.finish(db, [*verdicts, *refusals])
    if mine:
        scans.count(
            db,
            scan_id,
            counters,
            operation=f"{phase}: {batch.units[-1].subject}",
            last_error=failed[-1].detail or failed[-1].reason if failed else None,
            unit_seconds=batch.seconds / len(mine),
        )
    return len(mine)


def _write(
    db: Connection,
    steps: Steps[Any, Any],
    context: Any,  # noqa: ANN401 - the phase's own
    batch: Batch,
    counters: dict[str, int],
) -> list[Verdict]:
    """Settle all results with one set of statements, or one by one when one of them cannot be."""
    if not batch.done:
        return []
    try:
        with db.begin_nested():
            settled = steps.settle(db, context, batch.done)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return _write_singly(db, steps, context, batch, counters)
    _add(counters, settled.counters)
    return list(settled.verdicts)


def _write_singly(
    db: Connection,
    steps: Steps[Any, Any],
    context: Any,  # noqa: ANN401 - the phase's own
    batch: Batch,
    counters: dict[str, int],
) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for unit, result in batch.done:
        try:
            with db.begin_nested():
                settled = steps.settle(db, context, [(unit, result)])
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            log.exception("unit_not_written", unit_id=unit.id, subject=unit.subject)
            batch.refused.append((unit, UnitError("database_refused", str(error.orig))))
        else:
            _add(counters, settled.counters)
            verdicts += settled.verdicts
    return verdicts


def _verdict(unit: Unit, error: UnitError) -> Verdict:
    state = UnitState.SKIPPED if isinstance(error, UnitSkipped) else UnitState.FAILED
    return Verdict(unit.id, state, str(error.reason), error.detail or None)


def _internal(error: Exception) -> UnitError:
    return UnitError("internal_error", f"{type(error).__name__}: {error}")


def _add(counters: dict[str, int], more: Any) -> None:  # noqa: ANN401 - a mapping of counts
    for name, n in more.items():
        counters[name] = counters.get(name, 0) + n
