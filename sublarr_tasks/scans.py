"""A scan as a state machine in one row: requested, moved from phase to phase, ended.

A phase ends when none of its units is open; whoever notices moves the scan on, once. Waves of
parts leave here as data: the caller sends them after the commit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from sublarr_tasks import jobs, profiles, removals, units
from sublarr_tasks.errors import Conflict, MountLost, NotFound, ScanRunning
from sublarr_tasks.models import (
    COMPLETED_AT,
    ENDED,
    PHASES,
    JobState,
    Library,
    ScanJob,
    ScanKind,
    ScanStatus,
    ScanUnit,
    Trigger,
    UnitState,
)
from sublarr_tasks.phases import caching
from sublarr_tasks.profiles import Profile

# A part should take about this long: short enough to be cancelled, seen and shared between
# libraries, long enough that the message around it does not count.
PART_SECONDS = 0.5
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
    ScanStatus.ENRICHING: removals.purge,
}
QUEUE_MORE: dict[str, PhaseHook] = {ScanStatus.CACHING: caching.queue}
FAILED_COUNTER = {phase: f"{phase}_failed" for phase in PHASES}


@dataclass(frozen=True, slots=True)
class Requested:
    """A scan that has been asked for, and the job that will start it."""

    scan_id: int
    job_id: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Parts of one phase that return together."""

    scan_id: int
    phase: ScanStatus
    parts: tuple[units.Part, ...]
    worker_group: str | None


def request(
    db: Connection,
    library_id: int,
    *,
    trigger: Trigger,
    full: bool = False,
    profile: Profile = Profile.STANDARD,
    options: Mapping[str, Any] | None = None,
) -> Requested:
    """Write down a scan and its job.

    Raises NotFound, InputError for options, and ScanRunning while another scan is unfinished.
    """
    chosen = profiles.resolve(profile, options or {})
    library = db.execute(select(Library).where(Library.id == library_id)).one_or_none()
    if library is None:
        raise NotFound(f"There is no library {library_id}.")
    due = library.last_scan_at is None or library.scans_since_full >= library.full_every - 1
    scan_id = db.scalar(
        upsert(ScanJob)
        .values(
            library_id=library_id,
            status=ScanStatus.QUEUED,
            kind=ScanKind.FULL if full or due else ScanKind.INCREMENTAL,
            profile=profile,
            trigger=trigger,
            options=chosen.to_json(),
        )
        .on_conflict_do_nothing()
        .returning(ScanJob.id)
    )
    if scan_id is None:
        raise ScanRunning(_unfinished(db, library_id))
    job_id = jobs.add(db, "scan.start", {"scan_id": scan_id}, trigger)
    db.execute(update(ScanJob).where(ScanJob.id == scan_id).values(job_id=job_id))
    return Requested(scan_id, job_id)


def begin(db: Connection, scan_id: int) -> ScanKind | None:
    """Start a queued scan: its first unit is the library's root; None where it had begun before."""
    started = db.execute(
        update(ScanJob)
        .where(ScanJob.id == scan_id, ScanJob.status == ScanStatus.QUEUED)
        .values(
            status=ScanStatus.DISCOVERING,
            started_at=func.now(),
            phase_started_at=func.now(),
            updated_at=func.now(),
            current_operation="Looking for directories",
        )
        .returning(ScanJob.job_id, ScanJob.kind)
    ).one_or_none()
    if started is None:
        return None
    jobs.start(db, started.job_id)
    units.add(db, scan_id, ScanStatus.DISCOVERING, [units.Draft("", payload={"starts": [""]})])
    return ScanKind(started.kind)


def advance(db: Connection, scan_id: int, *, dry: bool = False) -> list[Wave]:
    """Move a scan as far as it can go and return the waves to send.

    `dry` says that nothing waits in the phase's queue, so that the fleet could take more. Safe
    to call at any time, any number of times, from anywhere.
    """
    return _advance(db, _locked(db, scan_id), dry=dry)


def sweep(
    db: Connection, scan_id: int, *, dry: bool, flushed: bool, crowded: bool = False
) -> list[Wave]:
    """Repair what was lost on the way, then advance; not while somebody else advances the scan.

    `dry`: the phase's queue is empty, so that a queued unit whose lease passed has no message.
    `crowded`: nobody serves the queue. `flushed`: the broker lost its data, so that no queued unit
    has a message.
    """
    scan = _locked(db, scan_id, skip=True)
    if scan is None or scan.status not in PHASES:
        return []
    running, queued = units.lapsed(db, scan_id, scan.status, dry=dry, crowded=crowded)
    if flushed:
        queued = units.in_flight(db, scan_id, scan.status)
    units.release(db, [*running, *queued])
    _give_up(db, scan)
    return _advance(db, scan, dry=dry)


def _advance(db: Connection, scan: Any, *, dry: bool) -> list[Wave]:  # noqa: ANN401 - a row, or None
    while scan is not None and scan.status in PHASES:
        in_flight, waiting = units.open_counts(db, scan.id, scan.status, MOST_COUNTED)
        if in_flight or waiting:
            waves = _fill(db, scan, in_flight, waiting, dry=dry)
            if waves or in_flight or not _give_up(db, scan):
                return waves
        elif not _queue_more(db, scan):
            scan = _leave(db, scan)
    return []


def _give_up(db: Connection, scan: Row[Any]) -> int:
    """Fail the waiting units that were tried too often; returns how many."""
    lost = units.hopeless(db, scan.id, scan.status)
    units.finish(db, lost)
    if lost:
        if scan.status == ScanStatus.CACHING:
            caching.give_up(db, lost)
        count(db, scan.id, {FAILED_COUNTER[scan.status]: len(lost)}, last_error=lost[-1].reason)
    return len(lost)


def _queue_more(db: Connection, scan: Row[Any]) -> bool:
    """Write the next of a phase's units that are made in slices; false where there are none."""
    changes = QUEUE_MORE[scan.status](db, scan) if scan.status in QUEUE_MORE else {}
    if any(changes.values()):
        count(db, scan.id, changes)
    return any(changes.values())


def count(
    db: Connection,
    scan_id: int,
    counters: Mapping[str, int],
    *,
    operation: str | None = None,
    last_error: str | None = None,
    unit_seconds: float | None = None,
) -> None:
    """Add to a scan's counters; the last statement of the transaction that ends the units.

    Failures are counted as `<phase>_failed`, and in `errors_count` with them.
    """
    failed = sum(n for name, n in counters.items() if name.endswith("_failed"))
    added = {name: getattr(ScanJob, name) + n for name, n in counters.items() if n}
    if failed:
        added["errors_count"] = ScanJob.errors_count + failed
        added["last_error"] = last_error
    if operation:
        added["current_operation"] = operation
    if unit_seconds is not None:
        known = func.coalesce(ScanJob.unit_seconds, unit_seconds)
        added["unit_seconds"] = 0.7 * known + 0.3 * unit_seconds
    db.execute(update(ScanJob).where(ScanJob.id == scan_id).values(updated_at=func.now(), **added))


def cancel(db: Connection, scan_id: int) -> None:
    """End a scan at a person's word; raises NotFound, and Conflict once it has ended."""
    scan = _ending(db, scan_id)
    if scan.status in ENDED:
        raise Conflict(f"Scan {scan_id} has ended already: {scan.status}.")
    _end(db, scan, ScanStatus.CANCELLED, "cancelled_by_request", None)


def fail(db: Connection, scan_id: int, reason: str, detail: str) -> None:
    """End a scan that cannot go on; does nothing once it has ended."""
    scan = _ending(db, scan_id)
    if scan.status not in ENDED:
        _end(db, scan, ScanStatus.FAILED, reason, detail)


def retry_failed(db: Connection, scan_id: int) -> int:
    """Open a completed scan's failed units again and return the job that resumes it.

    Raises NotFound, Conflict where nothing failed, the scan did not complete or a newer one saw
    what this one did not, ScanRunning while it or another scan of the library runs.
    """
    scan = _ending(db, scan_id)
    if scan.status not in ENDED:
        raise ScanRunning(scan_id)
    if scan.status != ScanStatus.COMPLETED:
        raise Conflict(f"Scan {scan_id} did not complete: {scan.status}. Ask for a new one.")
    failed = dict(
        db.execute(
            select(ScanUnit.phase, func.count())
            .where(ScanUnit.scan_id == scan_id, ScanUnit.state == UnitState.FAILED)
            .group_by(ScanUnit.phase)
        ).all()
    )
    if not failed:
        raise Conflict(f"Nothing failed in scan {scan_id}.")
    running = _unfinished(db, scan.library_id)
    if running is not None:
        raise ScanRunning(running)
    newest = db.scalar(select(func.max(ScanJob.id)).where(ScanJob.library_id == scan.library_id))
    if newest != scan_id:
        raise Conflict(f"Scan {newest} of this library is newer than {scan_id}. Ask for a new one.")
    try:
        with db.begin_nested():
            return _reopen(db, scan, failed)
    except IntegrityError as error:
        raise ScanRunning(_unfinished(db, scan.library_id)) from error


def shared_lock(db: Connection, scan_id: int) -> None:
    """Hold off whoever ends the scan until this transaction's units are settled."""
    db.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _lock_key(scan_id)})


def unfinished(db: Connection) -> Sequence[Any]:
    """Return (id, status, worker_group) of every scan that is in a phase."""
    return db.execute(
        select(ScanJob.id, ScanJob.status, Library.worker_group)
        .join(Library)
        .where(ScanJob.status.in_(PHASES))
        .order_by(ScanJob.id)
    ).all()


def get(db: Connection, scan_id: int) -> Row[Any]:
    """Return a scan's row; raises NotFound."""
    scan = db.execute(select(*ScanJob.__table__.c).where(ScanJob.id == scan_id)).one_or_none()
    if scan is None:
        raise NotFound(f"There is no scan {scan_id}.")
    return scan


def _locked(db: Connection, scan_id: int, *, skip: bool = False) -> Any:  # noqa: ANN401 - a row, or None
    return db.execute(
        select(*ScanJob.__table__.c, Library.worker_group)
        .join(Library)
        .where(ScanJob.id == scan_id)
        .with_for_update(of=ScanJob, skip_locked=skip)
    ).one_or_none()


def _ending(db: Connection, scan_id: int) -> Any:  # noqa: ANN401 - the scan's row
    """Lock out the workers' settling of units, then the row; in that order everywhere."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(scan_id)})
    scan = _locked(db, scan_id)
    if scan is None:
        raise NotFound(f"There is no scan {scan_id}.")
    return scan


def _lock_key(scan_id: int) -> int:
    return (5765 << 40) + scan_id


def _unfinished(db: Connection, library_id: int) -> Any:  # noqa: ANN401 - an id or None
    return db.scalar(
        select(ScanJob.id).where(ScanJob.library_id == library_id, ScanJob.status.not_in(ENDED))
    )


def _fill(db: Connection, scan: Row[Any], in_flight: int, waiting: int, *, dry: bool) -> list[Wave]:
    """Top the window up; a phase starts with several waves, so that none waits for another."""
    window = min(scan.window * 2, WIDEST_WINDOW) if dry and in_flight else scan.window
    chunk = _chunk(scan, in_flight + waiting, window)
    room = window * chunk - in_flight
    if not waiting or room <= 0:
        return []
    if window != scan.window:
        db.execute(update(ScanJob).where(ScanJob.id == scan.id).values(window=window))
    phase = ScanStatus(scan.status)
    parts = units.queue(db, scan.id, phase, min(room, waiting), chunk)
    lanes = LANES if not in_flight and len(parts) > LANES else 1
    waves = [tuple(parts[lane::lanes]) for lane in range(lanes)]
    return [Wave(scan.id, phase, wave, scan.worker_group) for wave in waves if wave]


def _chunk(scan: Row[Any], left: int, window: int) -> int:
    """Choose how many units travel together: half a second of work, less near the end."""
    small = left <= SMALL_SCAN and scan.unit_seconds is None
    if small or scan.status == ScanStatus.DISCOVERING:
        return 1
    by_time = int(PART_SECONDS / scan.unit_seconds) if scan.unit_seconds else FIRST_CHUNK
    fair_share = -(-left // window)
    return max(1, min(by_time, fair_share, MOST_IN_A_PART))


def _leave(db: Connection, scan: Row[Any]) -> Any:  # noqa: ANN401 - the scan's row, or None
    """Move a scan out of a phase in which nothing is open, and into the next."""
    phase = ScanStatus(scan.status)
    try:
        changes = ON_LEAVING[phase](db, scan) if phase in ON_LEAVING else {}
    except MountLost as lost:
        _end(db, scan, ScanStatus.FAILED, lost.reason, lost.detail)
        return None
    if phase == PHASES[-1]:
        _end(db, scan, ScanStatus.COMPLETED, None, None)
        return None
    following = PHASES[PHASES.index(phase) + 1]
    stamp = {COMPLETED_AT[phase]: func.now()} if phase in COMPLETED_AT else {}
    added = {name: getattr(ScanJob, name) + n for name, n in changes.items()}
    return _move(
        db, scan, following, unit_seconds=None, phase_started_at=func.now(), **stamp, **added
    )


def _move(db: Connection, scan: Row[Any], status: ScanStatus, **changes: Any) -> Any:  # noqa: ANN401 - column values; the row
    """Compare and set: nothing moves a scan that somebody else has moved; returns it as it is."""
    return db.execute(
        update(ScanJob)
        .where(
            ScanJob.id == scan.id, ScanJob.status == scan.status, Library.id == ScanJob.library_id
        )
        .values(status=status, updated_at=func.now(), **changes)
        .returning(*ScanJob.__table__.c, Library.worker_group)
    ).one_or_none()


def _end(
    db: Connection, scan: Row[Any], status: ScanStatus, reason: str | None, detail: str | None
) -> None:
    changes: dict[str, Any] = {"completed_at": func.now(), "current_operation": None}
    if status is ScanStatus.COMPLETED:
        _note_completed(db, scan)
    else:
        units.cancel_open(db, scan.id)
        changes |= {"reason": reason, "last_error": detail or scan.last_error}
    _move(db, scan, status, **changes)
    jobs.finish(db, scan.job_id, JobState(status), reason)


def _note_completed(db: Connection, scan: Row[Any]) -> None:
    """Count towards the library's next full scan."""
    full = scan.kind == ScanKind.FULL
    db.execute(
        update(Library)
        .where(Library.id == scan.library_id)
        .values(
            scans_since_full=0 if full else Library.scans_since_full + 1, last_scan_at=func.now()
        )
    )


def _uncount(db: Connection, scan: Row[Any]) -> None:
    """Take back what the completion of an incremental scan counted; it will be counted again."""
    if scan.kind == ScanKind.INCREMENTAL:
        db.execute(
            update(Library)
            .where(Library.id == scan.library_id)
            .values(scans_since_full=func.greatest(Library.scans_since_full - 1, 0))
        )


def _reopen(db: Connection, scan: Row[Any], failed: Mapping[str, int]) -> int:
    units.reopen_failed(db, scan.id)
    _uncount(db, scan)
    first = next(phase for phase in PHASES if phase in failed)
    job_id = jobs.add(db, "scan.advance", {"scan_id": scan.id}, Trigger.API)
    jobs.start(db, job_id)  # no resend: from here on the sweep moves it, message or not
    counters = {
        FAILED_COUNTER[ScanStatus(phase)]: getattr(ScanJob, FAILED_COUNTER[ScanStatus(phase)]) - n
        for phase, n in failed.items()
    }
    _move(
        db,
        scan,
        first,
        job_id=job_id,
        reason=None,
        last_error=None,
        completed_at=None,
        root=null(),
        phase_started_at=func.now(),
        errors_count=ScanJob.errors_count - sum(failed.values()),
        **counters,
    )
    return job_id
