"""What people schedule, and every run that came of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, Created, Id, words


class Misfire(StrEnum):
    """What becomes of a run whose time passed while no clock ran."""

    RUN_ONCE = "run_once"
    SKIP = "skip"


class RunOutcome(StrEnum):
    """What came of a run."""

    STARTED = "started"
    SCAN_RUNNING = "scan_running"
    MISFIRED = "misfired"


class Schedule(Base):
    """When a library is scanned; `next_run_at` is the one moment that counts, None while paused.

    `cron` is read in `timezone`; quiet hours are local times as "HH:MM".
    """

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_next_run_at", "next_run_at", postgresql_where=text("enabled")),
        Index("ix_schedules_library_id", "library_id", "id"),
        CheckConstraint(f"misfire IN ({words(tuple(Misfire))})", "misfire"),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    name: Mapped[str]
    cron: Mapped[str]
    timezone: Mapped[str]
    profile: Mapped[str]
    full_every: Mapped[int | None]
    quiet_from: Mapped[str | None]
    quiet_until: Mapped[str | None]
    jitter_seconds: Mapped[int] = mapped_column(server_default="0")
    misfire: Mapped[str]
    misfire_grace_seconds: Mapped[int] = mapped_column(server_default="300")
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    paused_until: Mapped[datetime | None]
    runs: Mapped[int] = mapped_column(server_default="0")
    next_run_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class ScheduleRun(Base):
    """One slot of a schedule; that it can be written once is what makes it run once."""

    __tablename__ = "schedule_runs"
    __table_args__ = (UniqueConstraint("schedule_id", "slot"),)

    id: Mapped[Id]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete=CASCADE))
    slot: Mapped[datetime]
    ran_at: Mapped[Created]
    outcome: Mapped[str]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan_jobs.id", ondelete="SET NULL"))
