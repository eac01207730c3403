"""Which subtitles are wanted, and the searches for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, Id, Trigger, words

SET_NULL = "SET NULL"


class WantedStatus(StrEnum):
    """Where a wanted subtitle stands."""

    WANTED = "wanted"
    SEARCHING = "searching"
    FOUND = "found"
    FAILED = "failed"
    IGNORED = "ignored"
    TRANSLATING = "translating"
    TRANSCRIBING = "transcribing"


class SearchKind(StrEnum):
    """What a search was begun for."""

    WEBHOOK = "webhook"
    PERSON = "person"
    UPGRADE = "upgrade"
    CLOCK = "clock"


class SearchStatus(StrEnum):
    """Where a search stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class LanguageProfile(Base):
    """Which languages are wanted; `wishes` are objects, one for each language.

    `equal_languages` are pairs of tags of which one serves for the other.
    """

    __tablename__ = "language_profiles"
    __table_args__ = (
        Index("uq_language_profiles_name", text("lower(name)"), unique=True),
        Index(
            "uq_language_profiles_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str]
    wishes: Mapped[list[Any]]
    cutoff: Mapped[str | None]
    undetermined: Mapped[str | None]
    equal_languages: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class ProfileAssignment(Base):
    """Whose profile is which: an item's with its parts, a tag's, a service's or a library's.

    Without a profile nothing is wanted there.
    """

    __tablename__ = "profile_assignments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(item_id, tag, integration_id, library_id) = 1", "one_target"),
        Index("uq_profile_assignments_item_id", "item_id", unique=True),
        Index("uq_profile_assignments_tag", text("lower(tag)"), unique=True),
        Index("uq_profile_assignments_integration_id", "integration_id", unique=True),
        Index("uq_profile_assignments_library_id", "library_id", unique=True),
        Index("ix_profile_assignments_profile_id", "profile_id"),
    )

    id: Mapped[Id]
    profile_id: Mapped[int | None] = mapped_column(
        ForeignKey("language_profiles.id", ondelete=CASCADE)
    )
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    tag: Mapped[str | None]
    integration_id: Mapped[int | None] = mapped_column(
        ForeignKey("integrations.id", ondelete=CASCADE)
    )
    library_id: Mapped[int | None] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))


class Search(Base):
    """A search for some wanted subtitles and what came of it; the counters move with the items."""

    __tablename__ = "searches"
    __table_args__ = (
        CheckConstraint(f"kind IN ({words(tuple(SearchKind))})", "kind"),
        CheckConstraint(f"status IN ({words(tuple(SearchStatus))})", "status"),
        Index("ix_searches_running", "id", postgresql_where=text("status = 'running'")),
        Index(
            "uq_searches_one_of_the_clock",
            "kind",
            unique=True,
            postgresql_where=text("status = 'running' AND kind IN ('clock', 'upgrade')"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    trigger: Mapped[str] = mapped_column(server_default=Trigger.API)
    status: Mapped[str] = mapped_column(server_default=SearchStatus.RUNNING)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete=SET_NULL))
    total: Mapped[BigInt] = mapped_column(server_default="0")
    processed: Mapped[BigInt] = mapped_column(server_default="0")
    found: Mapped[BigInt] = mapped_column(server_default="0")
    failed: Mapped[BigInt] = mapped_column(server_default="0")
    skipped: Mapped[BigInt] = mapped_column(server_default="0")
    current_item: Mapped[str | None]
    started_at: Mapped[Created]
    updated_at: Mapped[Created]
    completed_at: Mapped[datetime | None]


class WantedItem(Base):
    """A subtitle that a video lacks, or has one of that could be better: an `upgrade`.

    `existing` is what is there, "" for nothing. Nobody counts the lack of what is `optional`.
    `title_id` is the film or series that the video is of. `size` and `mtime_ns` are those of the
    version of the file that was searched for. `reason` says why it is wanted, `outcome` how the
    last search ended. An item of a search is to be worked on by it, in the
    order of `priority` and `turn`; one with a lease is being worked on. `chosen` is the candidate
    that a person picked.
    """

    __tablename__ = "wanted_items"
    __table_args__ = (
        CheckConstraint(f"status IN ({words(tuple(WantedStatus))})", "status"),
        Index(
            "uq_wanted_items_media_file_id_language_forced",
            "media_file_id",
            "language",
            "forced",
            unique=True,
        ),
        Index("ix_wanted_items_status_id", "status", "id"),
        Index("ix_wanted_items_library_id_status", "library_id", "status", "id"),
        Index("ix_wanted_items_title_id", "title_id", "status", "id"),
        Index("ix_wanted_items_item_id", "item_id"),
        Index(
            "ix_wanted_items_queue",
            "priority",
            "turn",
            "id",
            postgresql_where=text("search_id IS NOT NULL"),
        ),
        Index("ix_wanted_items_search_id", "search_id"),
        Index(
            "ix_wanted_items_due",
            "next_attempt_at",
            "id",
            postgresql_where=text(
                "search_id IS NULL AND (status IN ('wanted', 'failed') OR upgrade)"
            ),
        ),
    )

    id: Mapped[Id]
    media_file_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete=CASCADE))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    title_id: Mapped[BigInt]  # no foreign keys: the item brings and takes them
    library_id: Mapped[BigInt]
    profile_id: Mapped[int | None] = mapped_column(
        ForeignKey("language_profiles.id", ondelete=SET_NULL)
    )
    language: Mapped[str]
    forced: Mapped[bool]
    optional: Mapped[bool] = mapped_column(server_default=text("false"))
    upgrade: Mapped[bool] = mapped_column(server_default=text("false"))
    existing: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(server_default=WantedStatus.WANTED)
    reason: Mapped[str]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    first_searched_at: Mapped[datetime | None]
    last_searched_at: Mapped[datetime | None]
    next_attempt_at: Mapped[Created]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    turn: Mapped[int] = mapped_column(server_default="0")
    search_id: Mapped[int | None] = mapped_column(ForeignKey("searches.id", ondelete=SET_NULL))
    chosen: Mapped[dict[str, Any] | None]
    claim: Mapped[str | None]
    crashes: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    size: Mapped[BigInt]
    mtime_ns: Mapped[BigInt]
    added_at: Mapped[Created]
    updated_at: Mapped[Created]
