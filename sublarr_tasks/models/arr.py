"""What Sonarr and Radarr hold, as far as we have asked, and the asking."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, FileName, Id, ScanKind, words

SET_NULL = "SET NULL"


class SyncStatus(StrEnum):
    """Where the asking stands."""

    LISTING = "listing"
    READING = "reading"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


SYNC_ENDED = (SyncStatus.COMPLETED, SyncStatus.FAILED, SyncStatus.CANCELLED)


class ArrSync(Base):
    """One look at a Sonarr or Radarr, and what came of it; one at a time for each.

    Of its titles those that changed are read anew, in a full one all. `linked` files are ones of
    our libraries; for the folders of others `libraries_added` were made. What the look made of
    wanted subtitles is counted as scans count it.
    """

    __tablename__ = "arr_syncs"
    __table_args__ = (
        CheckConstraint(f"status IN ({words(tuple(SyncStatus))})", "status"),
        CheckConstraint(f"scan_type IN ({words(tuple(ScanKind))})", "scan_type"),
        Index(
            "uq_arr_syncs_one_unfinished",
            "integration_id",
            unique=True,
            postgresql_where=text(f"status NOT IN ({words(SYNC_ENDED)})"),
        ),
        Index("ix_arr_syncs_integration_id_id", "integration_id", "id"),
    )

    id: Mapped[Id]
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id", ondelete=CASCADE))
    scan_type: Mapped[str]
    trigger: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=SyncStatus.LISTING)
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    titles_total: Mapped[BigInt] = mapped_column(server_default="0")
    titles_due: Mapped[BigInt] = mapped_column(server_default="0")
    titles_read: Mapped[BigInt] = mapped_column(server_default="0")
    titles_failed: Mapped[BigInt] = mapped_column(server_default="0")
    files_found: Mapped[BigInt] = mapped_column(server_default="0")
    files_linked: Mapped[BigInt] = mapped_column(server_default="0")
    files_removed: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_added: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_updated: Mapped[BigInt] = mapped_column(server_default="0")
    wanted_removed: Mapped[BigInt] = mapped_column(server_default="0")
    libraries_added: Mapped[BigInt] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    started_at: Mapped[Created]
    completed_at: Mapped[datetime | None]


class ArrTitle(Base):
    """A series or a film of a Sonarr or Radarr; ids are qualified by the integration.

    `path` and the `root` folder above it are as the service names them. The signature tells whether
    its files may have changed since they were read. One of a sync is due to be read by it; one with
    a lease is being read.
    """

    __tablename__ = "arr_titles"
    __table_args__ = (
        UniqueConstraint("integration_id", "arr_id"),
        Index(
            "ix_arr_titles_sync_id", "sync_id", "id", postgresql_where=text("sync_id IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id", ondelete=CASCADE))
    arr_id: Mapped[BigInt]
    title: Mapped[str]
    path: Mapped[str]
    root: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[Any]]
    signature: Mapped[str]
    read_signature: Mapped[str | None]
    sync_id: Mapped[int | None] = mapped_column(ForeignKey("arr_syncs.id", ondelete=SET_NULL))
    claim: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    reason: Mapped[str | None]
    read_at: Mapped[datetime | None]
    seen_at: Mapped[Created]
    missing_since: Mapped[datetime | None]


class ArrFile(Base):
    """A file of such a title; the media file is the same one in a library of ours, if it is there.

    `path` is as the service names it, `local_path` as it is mounted here.
    """

    __tablename__ = "arr_files"
    __table_args__ = (
        UniqueConstraint("arr_title_id", "arr_id"),
        Index("ix_arr_files_media_file_id", "media_file_id"),
        Index(
            "ix_arr_files_unlinked",
            text("md5(local_path)"),
            postgresql_where=text("media_file_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    arr_title_id: Mapped[int] = mapped_column(ForeignKey("arr_titles.id", ondelete=CASCADE))
    arr_id: Mapped[BigInt]
    path: Mapped[str]
    local_path: Mapped[str] = mapped_column(FileName)
    size: Mapped[BigInt]
    date_added: Mapped[datetime | None]
    scene_name: Mapped[str | None]
    release_group: Mapped[str | None]
    media_file_id: Mapped[int | None] = mapped_column(
        ForeignKey("media_files.id", ondelete=SET_NULL)
    )
    missing_since: Mapped[datetime | None]
