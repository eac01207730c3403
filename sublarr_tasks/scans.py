"""A scan as a state machine in one row: requested, begun, counted, ended, retried.

`conductor` moves it from phase to phase in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from sublarr_tasks import filenames, jobs, profiles, units
from sublarr_tasks.errors import Conflict, InputError, NotFound, ScanRunning
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import (
    ENDED,
    OF_FILES,
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
from sublarr_tasks.profiles import Profile, ScanOptions

FAILED_COUNTER = {phase: f"{phase}_failed" for phase in PHASES}
# A scan as whoever moves it needs it.
_ROW = (
    *ScanJob.__table__.c,
    Library.__table__.c.worker_group,
    func.clock_timestamp().label("now"),
)

MOST_PATHS = 1000


@dataclass(frozen=True, slots=True)
class Requested:
    """A scan that has been asked for, and the job that will start it."""

    scan_id: int
    job_id: int


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

    Raises NotFound, InputError for options, and ScanRunning while another scan is unfinished. One
    that has come to its enriching makes way: what it leaves is due for the new one.
    """
    chosen = profiles.resolve(profile, options or {})
    library = db.execute(select(*Library.__table__.c).where(Library.id == library_id)).one_or_none()
    if library is None:
        raise NotFound(f"There is no library {library_id}.")
    chosen = replace(chosen, paths=_subtrees(library.path, chosen.paths))
    due = chosen.whole and (
        library.last_scan_at is None or library.scans_since_full >= library.full_every - 1
    )
    wanted = (
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
    scan_id = db.scalar(wanted)
    if scan_id is None and not chosen.only_enrichment and _made_way(db, library_id):
        scan_id = db.scalar(wanted)
    if scan_id is None:
        raise ScanRunning(_unfinished(db, library_id))
    job_id = jobs.add(db, "scan.start", {"scan_id": scan_id}, trigger)
    db.execute(update(ScanJob).where(ScanJob.id == scan_id).values(job_id=job_id))
    return Requested(scan_id, job_id)


def only(paths: Collection[str]) -> dict[str, Any]:
    """Return the options of a scan of some directories; of the whole library if they are many."""
    return {} if len(paths) > MOST_PATHS else {"paths": tuple(paths), "only_paths": True}


def begin(db: Connection, scan_id: int) -> ScanKind | None:
    """Start a queued scan: its first unit is the library's root; None where it had begun before."""
    queued = db.execute(
        select(ScanJob.job_id, ScanJob.kind, ScanJob.options)
        .where(ScanJob.id == scan_id, ScanJob.status == ScanStatus.QUEUED)
        .with_for_update()
    ).one_or_none()
    if queued is None:
        return None
    options = ScanOptions.from_json(queued.options)
    first = ScanStatus.ENRICHING if options.only_enrichment else ScanStatus.DISCOVERING
    looks = first is ScanStatus.DISCOVERING
    db.execute(
        update(ScanJob)
        .where(ScanJob.id == scan_id)
        .values(
            status=first,
            started_at=func.now(),
            phase_started_at=func.now(),
            updated_at=func.now(),
            current_operation="Looking for directories" if looks else None,
        )
    )
    jobs.start(db, queued.job_id)
    if looks:
        units.add(db, scan_id, first, [_first(options)])
    return ScanKind(queued.kind)


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
    # Not now(), the transaction's beginning: what is written later must look later too.
    db.execute(
        update(ScanJob)
        .where(ScanJob.id == scan_id)
        .values(updated_at=func.clock_timestamp(), **added)
    )


def cancel(db: Connection, scan_id: int) -> None:
    """End a scan at a person's word; raises NotFound, and Conflict once it has ended."""
    scan = _ending(db, scan_id)
    if scan.status in ENDED:
        raise Conflict(f"Scan {scan_id} has ended already: {scan.status}.")
    end(db, scan, ScanStatus.CANCELLED, "cancelled_by_request")


def fail(db: Connection, scan_id: int, reason: str, detail: str) -> None:
    """End a scan that cannot go on; does nothing once it has ended."""
    scan = _ending(db, scan_id)
    if scan.status not in ENDED:
        end(db, scan, ScanStatus.FAILED, reason, detail)


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
    newest = db.scalar(
        select(func.max(ScanJob.id)).where(
            ScanJob.library_id == scan.library_id, or_(OF_FILES, ScanJob.id == scan_id)
        )
    )
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


def locked(db: Connection, scan_id: int, *, skip: bool = False) -> Row[Any] | None:
    """Lock a scan's row, which has its library's worker group too; none where it is skipped."""
    return db.execute(
        select(*_ROW)
        .join(Library)
        .where(ScanJob.id == scan_id)
        .with_for_update(of=ScanJob, skip_locked=skip)
    ).one_or_none()


def move(db: Connection, scan: Row[Any], status: ScanStatus, **changes: Any) -> Row[Any] | None:  # noqa: ANN401 - column values
    """Compare and set: nothing moves a scan that somebody else has moved; returns it as it is."""
    return db.execute(
        update(ScanJob)
        .where(
            ScanJob.id == scan.id, ScanJob.status == scan.status, Library.id == ScanJob.library_id
        )
        .values(status=status, updated_at=func.clock_timestamp(), **changes)
        .returning(*_ROW)
    ).one_or_none()


def end(
    db: Connection,
    scan: Row[Any],
    status: ScanStatus,
    reason: str | None = None,
    detail: str | None = None,
) -> None:
    """End a scan, its open units and its job; the caller holds its row."""
    changes: dict[str, Any] = {"completed_at": func.now(), "current_operation": None}
    if status is ScanStatus.COMPLETED:
        _note_completed(db, scan)
    else:
        units.end_open(db, scan.id, UnitState.CANCELLED, "scan_cancelled")
        changes |= {"reason": reason, "last_error": detail or scan.last_error}
    move(db, scan, status, **changes)
    jobs.finish(db, scan.job_id, JobState(status), reason)


def _first(options: ScanOptions) -> units.Draft:
    """Draft the unit that discovery begins with; those that go first lead to the rest."""
    whole = {"starts": [""]}
    if not options.paths:
        return units.Draft("", payload=whole)
    paths = list(options.paths)
    rest = {} if options.only_paths else {"then": whole | {"besides": paths}}
    return units.Draft(paths[0], payload={"starts": paths} | rest)


def _subtrees(root: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return the directories that were asked for, as walks name them; raises InputError."""
    if len(given) > MOST_PATHS:
        raise InputError({"options.paths": f"Give at most {MOST_PATHS}."})
    chosen, wrong = [], {}
    for number, path in enumerate(given):
        try:
            chosen.append(subtrees.relative(root, path))
        except ValueError as error:
            wrong[f"options.paths.{number}"] = str(error)
    if wrong:
        raise InputError(wrong)
    return tuple(filenames.to_text(path) for path in subtrees.apart(chosen))


def _ending(db: Connection, scan_id: int) -> Row[Any]:
    """Lock out the workers' settling of units, then the row; in that order everywhere."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(scan_id)})
    scan = locked(db, scan_id)
    if scan is None:
        raise NotFound(f"There is no scan {scan_id}.")
    return scan


def _lock_key(scan_id: int) -> int:
    return (5765 << 40) + scan_id


def _unfinished(db: Connection, library_id: int) -> Any:  # noqa: ANN401 - an id or None
    return db.scalar(
        select(ScanJob.id).where(ScanJob.library_id == library_id, ScanJob.status.not_in(ENDED))
    )


def _made_way(db: Connection, library_id: int) -> bool:
    """End the library's scan where all that is left of it is to enrich."""
    running = _unfinished(db, library_id)
    scan = None if running is None else _ending(db, running)
    if scan is None or scan.status != ScanStatus.ENRICHING:
        return False
    skipped = units.end_open(db, scan.id, UnitState.SKIPPED, "newer_scan")
    count(db, scan.id, {"enrichment_skipped": skipped})
    end(db, scan, ScanStatus.COMPLETED)
    return True


def _note_completed(db: Connection, scan: Row[Any]) -> None:
    """Count towards the library's next full scan; a part of the library does not."""
    if not ScanOptions.from_json(scan.options).whole:
        return
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
    whole = ScanOptions.from_json(scan.options).whole
    if scan.kind == ScanKind.INCREMENTAL and whole:
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
    move(
        db,
        scan,
        first,
        job_id=job_id,
        reason=None,
        last_error=None,
        completed_at=None,
        root=null(),
        waits={},
        phase_started_at=func.now(),
        errors_count=ScanJob.errors_count - sum(failed.values()),
        **counters,
    )
    return job_id
