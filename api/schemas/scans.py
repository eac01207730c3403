"""A scan as it stands: its counters, its phases, its rate and the time it has left."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import Field

from api.fields import Answer
from api.paging import PageAnswer
from sublarr_tasks import profiles, waits
from sublarr_tasks.models import JobState, ScanKind, ScanStatus, Step, Trigger, UnitState
from sublarr_tasks.profiles import EnrichmentMode, Profile, Publishing
from sublarr_tasks.progress import Progress


class PhaseCount(Answer):
    """The units of one phase."""

    total: int = Field(description="known so far; it grows while the scan is discovering")
    done: int
    skipped: int
    failed: int
    left: int


class Phases(Answer):
    """The counts of each phase."""

    discovering: PhaseCount
    scanning: PhaseCount
    caching: PhaseCount
    enriching: PhaseCount


class ScanOptions(Answer):
    """What the scan was told to do."""

    enable_caching: bool
    enable_enrichment: bool
    skip_asset_discovery: bool
    skip_ffprobe: bool
    max_directories: int | None
    enrichment_mode: EnrichmentMode
    accept_losses: bool
    paths: list[str]
    only_paths: bool
    only_enrichment: bool
    refresh: bool
    publishing: Publishing
    items: list[int]


class Wait(Answer):
    """Why a step of the present phase is held up, and until when."""

    step: Step
    reason: str
    detail: str
    since: datetime
    until: datetime


class Scan(Answer):
    """One scan of one library."""

    id: int
    library_id: int
    library_name: str
    job_id: int | None
    status: ScanStatus
    kind: ScanKind
    profile: Profile
    trigger: Trigger
    options: ScanOptions
    phases: Phases
    rate: float | None = Field(description="units of the present phase per second")
    remaining_seconds: float | None = Field(description="of the present phase, at this rate")
    elapsed_seconds: float
    directories_total: int
    directories_queued: int
    directories_scanned: int
    directories_skipped: int
    movies_found: int
    movies_new: int
    movies_updated: int
    movies_removed: int
    series_found: int
    series_new: int
    series_updated: int
    series_removed: int
    episodes_found: int
    episodes_new: int
    episodes_updated: int
    episodes_removed: int
    albums_found: int
    albums_new: int
    albums_updated: int
    albums_removed: int
    tracks_found: int
    tracks_new: int
    tracks_updated: int
    tracks_removed: int
    assets_queued: int
    assets_cached: int
    enrichment_queued: int
    enrichment_completed: int
    enrichment_skipped: int
    artwork_queued: int = Field(description="pieces of work on artwork, pictures among them")
    artwork_completed: int
    publish_queued: int = Field(description="films and series whose files are to be written")
    publish_completed: int
    waits: list[Wait] = Field(description="what an outside service holds up")
    errors_count: int
    last_error: str | None
    reason: str | None = Field(description="why the scan failed or was cancelled")
    current_operation: str | None
    created_at: datetime
    started_at: datetime | None
    discovery_completed_at: datetime | None
    scanning_completed_at: datetime | None
    caching_completed_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, progress: Progress) -> "Scan":
        return cls.model_validate(
            progress.scan._asdict()
            | {
                "library_name": progress.library_name,
                # A scan of an older version has no word about newer options.
                "options": profiles.ScanOptions.from_json(progress.scan.options),
                "phases": progress.phases,
                "waits": [
                    Wait(step=step, **asdict(wait))
                    for step, wait in waits.of(progress.scan).items()
                    if not progress.ended
                ],
                "rate": progress.rate,
                "remaining_seconds": progress.remaining_seconds,
                "elapsed_seconds": progress.elapsed_seconds,
            }
        )


class ScanPage(PageAnswer[Scan]):
    """A page of scans."""


class Unit(Answer):
    """One piece of a scan's work; `subject` is a directory or a file, "" the library's root."""

    id: int
    scan_id: int
    phase: ScanStatus
    step: Step
    subject: str
    subject_id: int | None = Field(description="of the directory, asset or item")
    state: UnitState
    attempts: int
    reason: str | None
    detail: str | None
    finished_at: datetime | None


class UnitPage(PageAnswer[Unit]):
    """A page of units."""


class Job(Answer):
    """Something that was asked for; a scan's job starts it."""

    id: int
    task: str
    args: dict[str, Any]
    state: JobState
    trigger: Trigger
    reason: str | None
    created_at: datetime
    sent_at: datetime | None = Field(description="when the broker took its message")
    finished_at: datetime | None


class JobPage(PageAnswer[Job]):
    """A page of jobs."""


class Accepted(Answer):
    """What will be done, and the job that stands for it."""

    scan: Scan
    job: Job
