"""The conductor: moves a scan from phase to phase and cuts its units into waves.

A phase ends when none of its units is open; whoever notices moves the scan on, once. Waves of
parts leave here as data: the caller sends them after the commit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, update

from sublarr_tasks import claims, removals, scans, units, waits
from sublarr_tasks.errors import MountLost
from sublarr_tasks.models import COMPLETED_AT, PHASES, STEPS, ScanJob, ScanStatus, Step, Trigger
from sublarr_tasks.phases import caching, enriching

# A part should take about this long: short enough to be cancelled, seen and shared between
# libraries, long enough that the message around it does not count.
PART_SECONDS = 0.5
# Of what waits for others: nothing is asked while a part comes and goes, so none is short.
REMOTE_PART_SECONDS, SHORTEST_REMOTE_PART = 5.0, 1.0
FIRST_CHUNK = 8
MOST_IN_A_PART = 256
# Scans up to this size send one unit a message, so that each is visible in Flower.
SMALL_SCAN = 48
# The window of parts in flight doubles whenever the queue ran dry before a wave came back.
WIDEST_WINDOW = 256
LANES = 2
# Units beyond this need not be counted to know that there is enough to do.
MOST_COUNTED = MOST_IN_A_PART * 64

PhaseHook = Callable[[Connection, Row[Any]], Mapping[str, int]]

# What a phase's end brings about, and whence a phase gets more units once it has none left;
# each returns what it adds to the counters.
ON_LEAVING: dict[ScanStatus, PhaseHook] = {
    ScanStatus.DISCOVERING: removals.guard,
    ScanStatus.SCANNING: removals.tombstone,
    ScanStatus.CACHING: removals.purge,
}
QUEUE_MORE: dict[str, PhaseHook] = {
    ScanStatus.CACHING: caching.queue,
    ScanStatus.ENRICHING: enriching.queue,
}
# Who writes what it means for its subject that a unit was tried too often.
GIVE_UP: dict[str, Callable[[Connection, Sequence[claims.Verdict]], None]] = {
    ScanStatus.CACHING: caching.give_up,
    ScanStatus.ENRICHING: enriching.give_up,
}


@dataclass(frozen=True, slots=True)
class Wave:
    """Parts of one step of a phase that return together."""

    scan_id: int
    phase: ScanStatus
    step: Step
    parts: tuple[units.Part, ...]
    worker_group: str | None
    trigger: Trigger


def advance(db: Connection, scan_id: int, *, dry: bool = False) -> list[Wave]:
    """Move a scan as far as it can go and return the waves to send.

    `dry` says that nothing waits in the phase's queue, so that the fleet could take more. Safe
    to call at any time, any number of times, from anywhere.
    """
    return _advance(db, scans.locked(db, scan_id), dry=dry)


def sweep(
    db: Connection, scan_id: int, *, dry: bool, flushed: bool, crowded: bool = False
) -> list[Wave]:
    """Repair what was lost on the way, then advance; not while somebody else advances the scan.

    `dry`: the phase's queue is empty, so that a queued unit whose lease passed has no message.
    `crowded`: nobody serves the queue. `flushed`: the broker lost its data, so that no queued unit
    has a message.
    """
    scan = scans.locked(db, scan_id, skip=True)
    if scan is None or scan.status not in PHASES:
        return []
    running, queued = units.lapsed(db, scan_id, scan.status, dry=dry, crowded=crowded)
    if flushed:
        queued = units.in_flight(db, scan_id, scan.status)
    units.release(db, [*running, *queued])
    _give_up(db, scan)
    return _advance(db, scan, dry=dry)


def _advance(db: Connection, scan: Row[Any] | None, *, dry: bool) -> list[Wave]:
    while scan is not None and scan.status in PHASES:
        held = _held(db, scan)
        counts = units.open_counts(db, scan.id, scan.status, MOST_COUNTED, held)
        if any(counts):
            waves = _fill(db, scan, *counts, held=held, dry=dry)
            if waves or counts[0] or not _give_up(db, scan):
                return waves
        elif held and any(units.open_counts(db, scan.id, scan.status, 1)):
            return []
        elif not _queue_more(db, scan):
            scan = _leave(db, scan)
    return []


def _held(db: Connection, scan: Row[Any]) -> list[Step]:
    """Return the steps that are held up; what waits for one without hope is ended."""
    if scan.status != ScanStatus.ENRICHING:
        return []
    reason = enriching.withheld(db, scan)
    if reason is not None:
        scans.count(db, scan.id, enriching.withdraw(db, scan, reason))
    held = []
    for step, wait in waits.of(scan).items():
        if wait.hopeless:
            counters = enriching.abandon(db, scan, step, wait)
            scans.count(db, scan.id, counters, last_error=wait.detail)
        elif wait.until > scan.now:
            held.append(step)
    return held


def _give_up(db: Connection, scan: Row[Any]) -> int:
    """Fail the waiting units that were tried too often; returns how many."""
    lost = claims.hopeless(db, scan.id, scan.status)
    claims.finish(db, lost)
    if lost:
        if scan.status in GIVE_UP:
            GIVE_UP[scan.status](db, lost)
        scans.count(
            db, scan.id, {scans.FAILED_COUNTER[scan.status]: len(lost)}, last_error=lost[-1].reason
        )
    return len(lost)


def _queue_more(db: Connection, scan: Row[Any]) -> bool:
    """Write the next of a phase's units that are made in slices; false where there are none."""
    changes = QUEUE_MORE[scan.status](db, scan) if scan.status in QUEUE_MORE else {}
    if any(changes.values()):
        scans.count(db, scan.id, changes)
    return any(changes.values())


def _leave(db: Connection, scan: Row[Any]) -> Row[Any] | None:
    """Move a scan out of a phase in which nothing is open, and into the next."""
    phase = ScanStatus(scan.status)
    try:
        changes = ON_LEAVING[phase](db, scan) if phase in ON_LEAVING else {}
    except MountLost as lost:
        scans.end(db, scan, ScanStatus.FAILED, lost.reason, lost.detail)
        return None
    if phase == PHASES[-1]:
        scans.end(db, scan, ScanStatus.COMPLETED)
        return None
    following = PHASES[PHASES.index(phase) + 1]
    stamp = {COMPLETED_AT[phase]: func.now()} if phase in COMPLETED_AT else {}
    added = {name: getattr(ScanJob, name) + n for name, n in changes.items()}
    return scans.move(
        db, scan, following, unit_seconds=None, phase_started_at=func.now(), **stamp, **added
    )


def _fill(
    db: Connection,
    scan: Row[Any],
    in_flight: int,
    waiting: int,
    *,
    held: Collection[Step],
    dry: bool,
) -> list[Wave]:
    """Top the window up; a phase starts with several waves, so that none waits for another."""
    window = min(scan.window * 2, WIDEST_WINDOW) if dry and in_flight else scan.window
    chunk = _chunk(scan, in_flight + waiting, window)
    room = window * chunk - in_flight
    if not waiting or room <= 0:
        return []
    if window != scan.window:
        db.execute(update(ScanJob).where(ScanJob.id == scan.id).values(window=window))
    phase = ScanStatus(scan.status)
    parts = units.queue(db, scan.id, phase, min(room, waiting), chunk, held=held)
    lanes = LANES if not in_flight and len(parts) > LANES else 1
    waves = [
        (step, tuple(part for part in parts[lane::lanes] if part.step is step))
        for lane in range(lanes)
        for step in STEPS[phase]
    ]
    trigger = Trigger(scan.trigger)
    return [
        Wave(scan.id, phase, step, wave, scan.worker_group, trigger) for step, wave in waves if wave
    ]


def _chunk(scan: Row[Any], left: int, window: int) -> int:
    """Choose how many units travel together: half a second of work, less near the end."""
    small = left <= SMALL_SCAN and scan.unit_seconds is None
    if small or scan.status == ScanStatus.DISCOVERING:
        return 1
    fair_share = -(-left // window)
    seconds = PART_SECONDS
    if scan.status == ScanStatus.ENRICHING:
        seconds = REMOTE_PART_SECONDS
        if scan.unit_seconds:
            fair_share = max(fair_share, int(SHORTEST_REMOTE_PART / scan.unit_seconds))
    by_time = int(seconds / scan.unit_seconds) if scan.unit_seconds else FIRST_CHUNK
    return max(1, min(by_time, fair_share, MOST_IN_A_PART))
