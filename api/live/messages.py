"""The messages that are told, field by field as clients know them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from sublarr_tasks.models import ScanStatus, SearchKind, SearchStatus
from sublarr_tasks.progress import PhaseCount, Progress


class Message(BaseModel):
    """A part of a message; its names are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Discovering(Message):
    """What was found so far."""

    directories_found: int
    in_progress: bool


class Scanning(Message):
    """Directories that were dealt with, of those that were found; the percentage from 0 to 100."""

    scanned: int
    total: int
    percentage: float


class Caching(Message):
    """Assets that were dealt with, of those that are to be cached."""

    cached: int
    queued: int
    percentage: float


class Enriching(Message):
    """Items that were dealt with, of those that are to be enriched."""

    completed: int
    queued: int
    percentage: float


class Phases(Message):
    """How far each phase is."""

    discovering: Discovering
    scanning: Scanning
    caching: Caching
    enriching: Enriching


class Stats(Message):
    """What came of it so far."""

    movies_found: int
    movies_new: int
    movies_updated: int
    assets_cached: int
    errors_count: int


class ScanProgress(Message):
    """A scan as its row says at one moment; the time remaining is the present phase's, in s."""

    type: Literal["scan:progress"] = "scan:progress"
    scan_job_id: int
    library_id: int
    library_name: str
    phase: ScanStatus
    progress: Phases
    stats: Stats
    current_operation: str | None
    estimated_time_remaining: float | None
    started_at: datetime | None
    last_updated_at: datetime

    @classmethod
    def of(cls, measured: Progress) -> "ScanProgress":
        scan, phases = measured.scan, measured.phases
        reading, storing = phases[ScanStatus.SCANNING], phases[ScanStatus.CACHING]
        enriching = phases[ScanStatus.ENRICHING]
        remaining = measured.remaining_seconds
        return cls(
            scan_job_id=scan.id,
            library_id=scan.library_id,
            library_name=measured.library_name,
            phase=scan.status,
            progress=Phases(
                discovering=Discovering(
                    directories_found=scan.directories_total,
                    in_progress=scan.status == ScanStatus.DISCOVERING,
                ),
                scanning=Scanning(
                    scanned=_dealt_with(reading),
                    total=reading.total,
                    percentage=_percentage(reading),
                ),
                caching=Caching(
                    cached=_dealt_with(storing),
                    queued=storing.total,
                    percentage=_percentage(storing),
                ),
                enriching=Enriching(
                    completed=_dealt_with(enriching),
                    queued=enriching.total,
                    percentage=_percentage(enriching),
                ),
            ),
            stats=Stats(
                movies_found=scan.movies_found,
                movies_new=scan.movies_new,
                movies_updated=scan.movies_updated,
                assets_cached=scan.assets_cached,
                errors_count=scan.errors_count,
            ),
            current_operation=scan.current_operation,
            estimated_time_remaining=None if remaining is None else round(remaining, 1),
            started_at=scan.started_at,
            last_updated_at=scan.updated_at,
        )


class LibraryReady(Message):
    """All that is in a library was read; its assets and what services know may still come."""

    type: Literal["library:ready"] = "library:ready"
    scan_job_id: int
    library_id: int
    library_name: str
    last_updated_at: datetime

    @classmethod
    def of(cls, measured: Progress) -> "LibraryReady":
        return cls(
            scan_job_id=measured.scan.id,
            library_id=measured.scan.library_id,
            library_name=measured.library_name,
            last_updated_at=measured.scan.scanning_completed_at,
        )


class SearchProgress(Message):
    """A search as its row says at one moment."""

    type: Literal["search:progress"] = "search:progress"
    search_id: int
    kind: SearchKind
    status: SearchStatus
    total: int
    processed: int
    found: int
    failed: int
    skipped: int
    percentage: float
    current_item: str | None
    started_at: datetime
    last_updated_at: datetime

    @classmethod
    def of(cls, row: Any) -> "SearchProgress":  # noqa: ANN401 - a search's row
        return cls(
            search_id=row.id,
            kind=row.kind,
            status=row.status,
            total=row.total,
            processed=row.processed,
            found=row.found,
            failed=row.failed,
            skipped=row.skipped,
            percentage=_share(row.processed, row.total),
            current_item=row.current_item,
            started_at=row.started_at,
            last_updated_at=row.updated_at,
        )


def _dealt_with(phase: PhaseCount) -> int:
    return phase.total - phase.left


def _percentage(phase: PhaseCount) -> float:
    return _share(_dealt_with(phase), phase.total)


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
