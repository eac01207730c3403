"""A picture on offer for an item."""

from datetime import datetime
from typing import Any

from flask import url_for
from pydantic import Field

from api.fields import Answer
from sublarr_tasks.models import ArtworkState


class Artwork(Answer):
    """A picture that a service offers, or that somebody uploaded."""

    id: int
    item_id: int
    type: str
    provider: str
    url: str | None = Field(description="where its service has it; null of one that was uploaded")
    width: int | None
    height: int | None
    language: str | None = Field(description="of the words on it; null: there are none")
    votes: float | None = Field(description="from 0 to 10")
    vote_count: int
    score: float = Field(description="from 0 to 100")
    factors: dict[str, float] = Field(description="what the score is made of, each from 0 to 1")
    state: ArtworkState
    reason: str | None = Field(description="why it is in this state")
    by_person: bool = Field(description="somebody said so, and it stays")
    sha256: str | None
    file_url: str | None = Field(description="its bytes, once they are in the cache")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Any) -> "Artwork":  # noqa: ANN401 - a row of artwork
        sha256 = row.cache_sha256.hex() if row.cache_sha256 is not None else None
        url = url_for("artwork.file", artwork_id=row.id, v=sha256) if sha256 else None
        more = {"sha256": sha256, "file_url": url, "url": row.url if "://" in row.url else None}
        return cls.model_validate(row._asdict() | more)
