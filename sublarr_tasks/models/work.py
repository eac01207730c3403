"""The work and its record: jobs that somebody asked for, scans, and their units."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import (
    CASCADE,
    ENDED,
    OPEN,
    Base,
    BigInt,
    Created,
    Id,
    JobState,
    ScanStatus,
    UnitState,
    words,
)


class Job(Base):
    """A task that a person or the clock asked for; it stands here before any message does."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_id", "state", "id"),
        CheckConstraint(f"state IN ({words(tuple(JobState))})", "state"),
    )

    id: Mapped[Id]
    task: Mapped[str]
    args: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=JobState.QUEUED)
    trigger: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ScanJob(Base):
    """One scan of one library, its phase and its exact counters.

    `waits` holds the steps of its phase that are held up, each with why, since and until when.
    """

    __tablename__ = "scan_jobs"
    __table_args__ = (
        CheckConstraint(f"status IN ({words(tuple(ScanStatus))})", "status"),
        Index(
            "uq_scan_jobs_one_unfinished",
            "library_id",
            unique=True,
            postgresql_where=text(f"status NOT IN ({words(ENDED)})"),
        ),
        Index("ix_scan_jobs_library_id_id", "library_id", "id"),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    status: Mapped[str]
    kind: Mapped[str]
    profile: Mapped[str]
    trigger: Mapped[str]
    directories_total: Mapped[BigInt] = mapped_column(server_default="0")
    directories_queued: Mapped[BigInt] = mapped_column(server_default="0")
    directories_scanned: Mapped[BigInt] = mapped_column(server_default="0")
    directories_skipped: Mapped[BigInt] = mapped_column(server_default="0")
    movies_found: Mapped[BigInt] = mapped_column(server_default="0")
    movies_new: Mapped[BigInt] = mapped_column(server_default="0")
    movies_updated: Mapped[BigInt] = mapped_column(server_default="0")
    movies_removed: Mapped[BigInt] = mapped_column(server_default="0")
    series_found: Mapped[BigInt] = mapped_column(server_default="0")
    series_new: Mapped[BigInt] = mapped_column(server_default="0")
    series_updated: Mapped[BigInt] = mapped_column(server_default="0")
    series_removed: Mapped[BigInt] = mapped_column(server_default="0")
    episodes_found: Mapped[BigInt] = mapped_column(server_default="0")
    episodes_new: Mapped[BigInt] = mapped_column(server_default="0")
    episodes_updated: Mapped[BigInt] = mapped_column(server_default="0")
    episodes_removed: Mapped[BigInt] = mapped_column(server_default="0")
    albums_found: Mapped[BigInt] = mapped_column(server_default="0")
    albums_new: Mapped[BigInt] = mapped_column(server_default="0")
    albums_updated: Mapped[BigInt] = mapped_column(server_default="0")
    albums_removed: Mapped[BigInt] = mapped_column(server_default="0")
    tracks_found: Mapped[BigInt] = mapped_column(server_default="0")
    tracks_new: Mapped[BigInt] = mapped_column(server_default="0")
    tracks_updated: Mapped[BigInt] = mapped_column(server_default="0")
    tracks_removed: Mapped[BigInt] = mapped_column(server_default="0")
    assets_queued: Mapped[BigInt] = mapped_column(server_default="0")
    assets_cached: Mapped[BigInt] = mapped_column(server_default="0")
    enrichment_queued: Mapped[BigInt] = mapped_column(server_default="0")
    enrichment_completed: Mapped[BigInt] = mapped_column(server_default="0")
    artwork_queued: Mapped[BigInt] = mapped_column(server_default="0")
    artwork_completed: Mapped[BigInt] = mapped_column(server_default="0")
    publish_queued: Mapped[BigInt] = mapped_column(server_default="0")
    publish_completed: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_added: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_updated: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_removed: Mapped[BigInt] = mapped_column(server_default="0")
    enrichment_skipped: Mapped[BigInt] = mapped_column(server_default="0")
    assets_skipped: Mapped[BigInt] = mapped_column(server_default="0")
    discovering_failed: Mapped[BigInt] = mapped_column(server_default="0")
    scanning_failed: Mapped[BigInt] = mapped_column(server_default="0")
    caching_failed: Mapped[BigInt] = mapped_column(server_default="0")
    enriching_failed: Mapped[BigInt] = mapped_column(server_default="0")
    errors_count: Mapped[BigInt] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    reason: Mapped[str | None]
    current_operation: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    root: Mapped[dict[str, Any] | None]
    waits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    unit_seconds: Mapped[float | None]
    window: Mapped[int] = mapped_column(server_default="16")
    phase_started_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    started_at: Mapped[datetime | None]
    discovery_completed_at: Mapped[datetime | None]
    scanning_completed_at: Mapped[datetime | None]
    caching_completed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    updated_at: Mapped[Created]


OF_FILES = func.coalesce(ScanJob.options["only_enrichment"].astext, "false") == "false"
"""Match the scans that look at a library's files, and do not only ask services again."""


class ScanUnit(Base):
    """One piece of a scan's work.

    Pending with a lease: a message is on its way. Running with a lease: a worker has it. A lease
    that has passed may be taken by anybody. `deferrals` are attempts that an outside service
    thwarted.
    """

    __tablename__ = "scan_units"
    __table_args__ = (
        CheckConstraint(f"state IN ({words(tuple(UnitState))})", "state"),
        UniqueConstraint("scan_id", "phase", "subject_id", "step"),
        Index(
            "ix_scan_units_open",
            "scan_id",
            "phase",
            "lease_until",
            "deferrals",
            "id",
            postgresql_where=text(f"state IN ({words(OPEN)})"),
        ),
        Index(
            "ix_scan_units_ended",
            "scan_id",
            "state",
            "id",
            postgresql_where=text(f"state NOT IN ({words(OPEN)})"),
        ),
        Index("ix_scan_units_scan_id_id", "scan_id", "id"),
    )

    id: Mapped[Id]
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan_jobs.id", ondelete=CASCADE))
    phase: Mapped[str]
    step: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[BigInt | None]
    payload: Mapped[dict[str, Any] | None]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    crashes: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    deferrals: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    claim: Mapped[str | None]
    alone: Mapped[bool] = mapped_column(server_default=text("false"))
    lease_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    finished_at: Mapped[datetime | None]
