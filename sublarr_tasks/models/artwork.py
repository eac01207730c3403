"""Pictures that services offer for an item, or that people give it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, Id, words


class ArtworkState(StrEnum):
    """Whether a picture is one of its item's."""

    OFFERED = "offered"
    CHOSEN = "chosen"
    REJECTED = "rejected"


class Artwork(Base):
    """A picture on offer; `score` from 0 to 100 is the weighted sum of its `factors`.

    `url` is where it is, or stands for the content of one that somebody uploaded. `votes` are from
    0 to 10. Whoever is `by_person` is left as it is. `likeness` is a hash that similar pictures
    share most bits of, known once its bytes are in the cache.
    """

    __tablename__ = "artwork"
    __table_args__ = (
        Index("uq_artwork_item_id_type_url", "item_id", "type", text("md5(url)"), unique=True),
        Index("ix_artwork_cache_sha256", "cache_sha256"),
        CheckConstraint(f"state IN ({words(tuple(ArtworkState))})", "state"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    type: Mapped[str]
    provider: Mapped[str]
    url: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    language: Mapped[str | None]
    votes: Mapped[float | None]
    vote_count: Mapped[int] = mapped_column(server_default="0")
    score: Mapped[float]
    factors: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=ArtworkState.OFFERED)
    reason: Mapped[str | None]
    by_person: Mapped[bool] = mapped_column(server_default=text("false"))
    cache_sha256: Mapped[bytes | None] = mapped_column(
        LargeBinary, ForeignKey("cache_files.sha256")
    )
    likeness: Mapped[BigInt | None]
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
