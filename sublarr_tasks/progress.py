"""How far a scan is: counts for each phase, the rate of the present one, the time it has left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from sublarr_tasks.errors import NotFound
from sublarr_tasks.models import COMPLETED_AT, ENDED, PHASES, Library, ScanJob, ScanStatus
from sublarr_tasks.viewers import Viewer

# A rate over less than this says nothing.
LEAST_SECONDS = 0.5
# One unfinished scan a library; who was away for long need not hear of everything.
MOST_LIVE = 500


@dataclass(frozen=True, slots=True)
class PhaseCount:
    """Units of one phase; `total` is what is known so far and grows while discovering."""

    total: int
    done: int
    skipped: int
    failed: int

    @property
    def left(self) -> int:
        return max(0, self.total - self.done - self.skipped - self.failed)


@dataclass(frozen=True, slots=True)
class Progress:
    """A scan at one moment; `rate` is in units of the present phase per second."""

    scan: Row[Any]
    library_name: str
    phases: Mapping[ScanStatus, PhaseCount]
    rate: float | None
    remaining_seconds: float | None
    elapsed_seconds: float
    owner_id: int | None = None

    @property
    def ended(self) -> bool:
        return self.scan.status in ENDED


def of(db: Connection, viewer: Viewer, scan_id: int) -> Progress:
    """Measure a scan; raises NotFound."""
    row = db.execute(
        select(*ScanJob.__table__.c, Library.name.label("library_name"), func.now().label("now"))
        .join(Library)
        .where(ScanJob.id == scan_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no scan {scan_id}.")
    return measure(row, row.library_name, row.now)


def live(db: Connection, *, scan_id: int | None = None, since: int | None = None) -> list[Progress]:
    """Measure a scan, or else all that go on and those that ended after a microsecond of 1970.

    For whoever tells viewers apart itself, by `owner_id`.
    """
    going_on = ScanJob.status.not_in(ENDED)
    if scan_id is not None:
        wanted: ColumnElement[bool] = ScanJob.id == scan_id
    elif since is not None:
        wanted = or_(going_on, ScanJob.completed_at > func.to_timestamp(since / 1_000_000))
    else:
        wanted = going_on
    rows = db.execute(
        select(
            *ScanJob.__table__.c,
            Library.name.label("library_name"),
            Library.owner_id,
            func.now().label("now"),
        )
        .join(Library)
        .where(wanted)
        .order_by(ScanJob.id.desc())
        .limit(MOST_LIVE)
    ).all()
    return [
        replace(measure(row, row.library_name, row.now), owner_id=row.owner_id)
        for row in reversed(rows)
    ]


def unfinished(db: Connection) -> Sequence[int]:
    """Return the ids of the scans that go on."""
    return db.scalars(select(ScanJob.id).where(ScanJob.status.not_in(ENDED))).all()


def measure(scan: Any, library_name: str, now: datetime) -> Progress:  # noqa: ANN401 - a ScanJob row
    """Derive the progress from a scan's row."""
    phases = _phases(scan)
    rate = remaining = None
    if scan.status in PHASES and scan.phase_started_at is not None:
        present = phases[ScanStatus(scan.status)]
        seconds = (now - scan.phase_started_at).total_seconds()
        worked = present.done + present.failed
        if worked and not _is_retried(scan) and seconds >= LEAST_SECONDS:
            rate = worked / seconds
            if scan.status != ScanStatus.DISCOVERING:  # its total is not known before its end
                remaining = present.left / rate
    began = scan.started_at or scan.created_at
    elapsed = ((scan.completed_at or now) - began).total_seconds()
    return Progress(scan, library_name, phases, rate, remaining, elapsed)


def _is_retried(scan: Any) -> bool:  # noqa: ANN401 - a ScanJob row
    """Tell whether the present phase ended before: it counts what it did then, at another pace."""
    column = COMPLETED_AT.get(scan.status)
    return column is not None and getattr(scan, column) is not None


def _phases(scan: Any) -> dict[ScanStatus, PhaseCount]:  # noqa: ANN401 - a ScanJob row
    return {
        ScanStatus.DISCOVERING: PhaseCount(
            total=scan.directories_total + scan.discovering_failed,
            done=scan.directories_total,
            skipped=0,
            failed=scan.discovering_failed,
        ),
        ScanStatus.SCANNING: PhaseCount(
            total=scan.directories_total,
            done=scan.directories_scanned,
            skipped=scan.directories_skipped,
            failed=scan.scanning_failed,
        ),
        ScanStatus.CACHING: PhaseCount(
            total=scan.assets_queued,
            done=scan.assets_cached,
            skipped=scan.assets_skipped,
            failed=scan.caching_failed,
        ),
        ScanStatus.ENRICHING: PhaseCount(
            total=scan.enrichment_queued + scan.artwork_queued + scan.publish_queued,
            done=scan.enrichment_completed + scan.artwork_completed + scan.publish_completed,
            skipped=scan.enrichment_skipped,
            failed=scan.enriching_failed,
        ),
    }
