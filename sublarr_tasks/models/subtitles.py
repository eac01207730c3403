"""Subtitles that we wrote, where they came from, and what is known of those who have them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, FileName, Id, words

SET_NULL = "SET NULL"


class LandedState(StrEnum):
    """What became of a subtitle that we wrote; one that is `landing` may be there or not."""

    LANDING = "landing"
    LANDED = "landed"
    REPLACED = "replaced"
    DELETED = "deleted"
    LOST = "lost"


class Amendment(StrEnum):
    """What a person asks to be done with a subtitle that we wrote.

    What was deleted is looked for again, unless it shall be ignored too.
    """

    DELETE = "delete"
    DELETE_AND_IGNORE = "delete_and_ignore"
    RESTORE = "restore"


class LandedSubtitle(Base):
    """A subtitle file that we wrote: what it is, where it came from and why it was chosen.

    `name` is relative to the directory. A `provisional` one was made by a machine. One that went
    to the recycle folder is there under `recycled`. What is `asked` for a worker does, or says why
    it `refused`.
    """

    __tablename__ = "landed_subtitles"
    __table_args__ = (
        CheckConstraint(f"state IN ({words(tuple(LandedState))})", "state"),
        CheckConstraint(f"asked IN ({words(tuple(Amendment))})", "asked"),
        Index(
            "uq_landed_subtitles_directory_id_name",
            "directory_id",
            text("md5(name)"),
            unique=True,
            postgresql_where=text("state IN ('landing', 'landed')"),
        ),
        Index("ix_landed_subtitles_media_file_id", "media_file_id"),
        Index("ix_landed_subtitles_item_id", "item_id"),
        Index("ix_landed_subtitles_integration_id", "integration_id"),
        Index("ix_landed_subtitles_library_id_id", "library_id", "id"),
        Index("ix_landed_subtitles_asked", "id", postgresql_where=text("asked IS NOT NULL")),
    )

    id: Mapped[Id]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("libraries.id", ondelete=SET_NULL))
    directory_id: Mapped[int | None] = mapped_column(
        ForeignKey("directories.id", ondelete=SET_NULL)
    )
    media_file_id: Mapped[int | None] = mapped_column(
        ForeignKey("media_files.id", ondelete=SET_NULL)
    )
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete=SET_NULL))
    integration_id: Mapped[int | None] = mapped_column(
        ForeignKey("integrations.id", ondelete=SET_NULL)
    )
    title: Mapped[str]
    name: Mapped[str] = mapped_column(FileName)
    language: Mapped[str]
    forced: Mapped[bool]
    hearing_impaired: Mapped[bool]
    format: Mapped[str]
    provisional: Mapped[bool] = mapped_column(server_default=text("false"))
    provider: Mapped[str]
    subtitle_id: Mapped[str]
    release: Mapped[str | None]
    score: Mapped[int] = mapped_column(SmallInteger)
    breakdown: Mapped[dict[str, Any]]
    charset: Mapped[str]
    size: Mapped[BigInt]
    mtime_ns: Mapped[BigInt]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default=LandedState.LANDED)
    reason: Mapped[str | None]
    recycled: Mapped[str | None] = mapped_column(FileName)
    asked: Mapped[str | None]
    refused: Mapped[str | None]
    landed_at: Mapped[Created]
    ended_at: Mapped[datetime | None]


class Notice(Base):
    """Something that others are to be told of: media servers, people."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_waiting", "id", postgresql_where=text("delivered_at IS NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete=SET_NULL))
    path: Mapped[str] = mapped_column(FileName)
    about: Mapped[dict[str, Any]]
    created_at: Mapped[Created]
    delivered_at: Mapped[datetime | None]


class BlacklistEntry(Base):
    """A provider's subtitle that is never taken again."""

    __tablename__ = "blacklist_entries"
    __table_args__ = (
        Index("uq_blacklist_entries_provider_subtitle_id", "provider", "subtitle_id", unique=True),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    subtitle_id: Mapped[str]
    language: Mapped[str | None]
    title: Mapped[str | None]
    reason: Mapped[str | None]
    added_at: Mapped[Created]


class ProviderAnswer(Base):
    """What a provider said to a query, for as long as it holds; `key` stands for the query."""

    __tablename__ = "provider_cache"
    __table_args__ = (
        Index("ix_provider_cache_integration_id", "integration_id"),
        Index("ix_provider_cache_expires_at", "expires_at"),
    )

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id", ondelete=CASCADE))
    query: Mapped[dict[str, Any]]
    candidates: Mapped[list[Any]]
    cached_at: Mapped[Created]
    expires_at: Mapped[datetime]


class ProviderRecord(Base):
    """How a provider has done so far, and what stands in its way now."""

    __tablename__ = "provider_records"

    integration_id: Mapped[int] = mapped_column(
        ForeignKey("integrations.id", ondelete=CASCADE), primary_key=True
    )
    searches: Mapped[BigInt] = mapped_column(server_default="0")
    searches_failed: Mapped[BigInt] = mapped_column(server_default="0")
    candidates: Mapped[BigInt] = mapped_column(server_default="0")
    downloads: Mapped[BigInt] = mapped_column(server_default="0")
    downloads_failed: Mapped[BigInt] = mapped_column(server_default="0")
    landed: Mapped[BigInt] = mapped_column(server_default="0")
    score_sum: Mapped[BigInt] = mapped_column(server_default="0")
    seconds_sum: Mapped[float] = mapped_column(server_default="0")
    failures_in_a_row: Mapped[int] = mapped_column(server_default="0")
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    last_failure: Mapped[str | None]
    blocked_until: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]
    quota_left: Mapped[int | None]
    quota_reset_at: Mapped[datetime | None]
