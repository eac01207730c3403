"""Files that we wrote into a library, and what was there before."""

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, FileName, Id


class Publication(Base):
    """A file of ours in a library, as we wrote it; `before` is what it took the place of.

    It is written down before the file is, so that whoever comes after a crash knows. `fields` are
    those of an NFO that it did not say itself: they are not the NFO's word when it is read again.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index("uq_publications_directory_id_name", "directory_id", text("md5(name)"), unique=True),
        Index("ix_publications_item_id", "item_id"),
        Index("ix_publications_before_sha256", "before_sha256"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    directory_id: Mapped[int] = mapped_column(ForeignKey("directories.id", ondelete=CASCADE))
    name: Mapped[str] = mapped_column(FileName)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[BigInt | None]
    mtime_ns: Mapped[BigInt | None]
    before_sha256: Mapped[bytes | None] = mapped_column(
        LargeBinary, ForeignKey("cache_files.sha256")
    )
    fields: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    written_at: Mapped[Created]
