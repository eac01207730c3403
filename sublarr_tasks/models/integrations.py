"""Outside services, as people set them up."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import Base, Created, Id


class Integration(Base):
    """One instance of an outside service; `secrets` is an encrypted JSON object.

    `version` counts its changes, so that whoever keeps a client knows when it is old.
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
    version: Mapped[int] = mapped_column(server_default="1")
    tested_at: Mapped[datetime | None]
    test_outcome: Mapped[str | None]
    test_detail: Mapped[str | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
