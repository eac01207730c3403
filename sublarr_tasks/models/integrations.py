"""Outside services, as people set them up."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, Created, Id, words


class Integration(Base):
    """One instance of an outside service; `secrets` is an encrypted JSON object.

    `version` counts its changes, so that whoever keeps a client knows when it is old. What it did
    or changed up to `history_cursor` has been heard of. Without `calls_per_second` its kind says.
    With `add_libraries` its root folders become libraries, where none of ours has them; each once,
    as `added_roots` remembers.
    """

    __tablename__ = "integrations"
    __table_args__ = (
        Index("uq_integrations_kind_name", "kind", text("lower(name)"), unique=True),
        Index("ix_integrations_owner_id", "owner_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    url: Mapped[str]
    verify_tls: Mapped[bool] = mapped_column(server_default=text("true"))
    secrets: Mapped[str | None]
    path_mappings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    calls_per_second: Mapped[float | None]
    version: Mapped[int] = mapped_column(server_default="1")
    tested_at: Mapped[datetime | None]
    test_outcome: Mapped[str | None]
    test_detail: Mapped[str | None]
    history_cursor: Mapped[datetime | None]
    add_libraries: Mapped[bool] = mapped_column(server_default=text("true"))
    added_roots: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class EventState(StrEnum):
    """Where an event of the inbox stands."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"


class InboxEvent(Base):
    """Something that a Sonarr or Radarr told of, by webhook or by its history.

    `paths` are folders as the service names them. The digest tells an event that came before.
    """

    __tablename__ = "inbox_events"
    __table_args__ = (
        UniqueConstraint("integration_id", "digest"),
        Index("ix_inbox_events_due_at", "due_at", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_inbox_events_integration_id_id", "integration_id", "id"),
        CheckConstraint(f"state IN ({words(tuple(EventState))})", "state"),
    )

    id: Mapped[Id]
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id", ondelete=CASCADE))
    event_type: Mapped[str]
    subject: Mapped[str]
    title: Mapped[str | None]
    paths: Mapped[list[Any]]
    gone: Mapped[bool] = mapped_column(server_default=text("false"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default=EventState.PENDING)
    reason: Mapped[str | None]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan_jobs.id", ondelete="SET NULL"))
    received_at: Mapped[Created]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
