"""What is in the libraries: directories, items, their files, streams and assets."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import (
    CASCADE,
    Base,
    BigInt,
    Created,
    EnrichmentState,
    FileName,
    Id,
)

PRESENT = text("missing_since IS NULL")
ENRICHABLE = "kind IN ('movie', 'series')"
TITLE_ORDER = 'lower("left"(sort_title, 200))'
TITLE_WORDS = (
    "to_tsvector('simple'::regconfig, regexp_replace(title, '[^[:alnum:]]+'::text, ' '::text,"
    " 'g'::text))"
)


class Library(Base):
    """A folder that a person named; without an owner it is everybody's.

    With `watch` its file events are scans of their directories. `mounts` are the mount points that
    were seen inside it. Of its videos those beyond the id `judged_to` are to be judged anew by
    their language profiles; None where all have been.
    """

    __tablename__ = "libraries"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str] = mapped_column(FileName, unique=True)
    kind: Mapped[str]
    symlinks: Mapped[str] = mapped_column(server_default="follow")
    full_every: Mapped[int] = mapped_column(server_default="6")
    scans_since_full: Mapped[int] = mapped_column(server_default="0")
    worker_group: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    watch: Mapped[bool] = mapped_column(server_default=text("false"))
    mounts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    enrich: Mapped[bool] = mapped_column(server_default=text("true"))
    publish_nfo: Mapped[bool] = mapped_column(server_default=text("false"))
    publish_artwork: Mapped[bool] = mapped_column(server_default=text("false"))
    judged_to: Mapped[int | None] = mapped_column(BigInteger)
    last_scan_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class IgnorePattern(Base):
    """A file or directory name that scans leave out; without a library it holds for all."""

    __tablename__ = "ignore_patterns"
    __table_args__ = (
        UniqueConstraint("library_id", "target", "pattern", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    target: Mapped[str]
    pattern: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class Directory(Base):
    """A directory that holds, or held, films; `depth` says how much of it was read.

    `path_key` stands for the path, which may be longer than an index entry can be. Without a
    signature the directory was never read to its end.
    """

    __tablename__ = "directories"
    __table_args__ = (UniqueConstraint("library_id", "path_key"),)

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    path: Mapped[str] = mapped_column(FileName)
    path_key: Mapped[bytes] = mapped_column(LargeBinary)
    inode: Mapped[int | None] = mapped_column(BigInteger)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    depth: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    scanned_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]


class Item(Base):
    """A film, or a part of a series or of an artist's work, as its kind says.

    Actors, directors and writers are objects with a `name`; an actor may have a `role`.
    `key` tells the items of one directory apart, `parent_id` is what it is part of; `details` is
    the NFO as JSON. Of its fields, `edits` are those that people wrote and `remote` what a metadata
    service says, by name; `local_fields` names those that the NFO or a folder's name gives. A film
    or series whose `enrich_due_at` has passed is to be asked for, one whose `artwork_due_at` has is
    to be given artwork.

    Here and below, `digest` stands for a row's other values, so that an unchanged row is seen
    without reading it.
    """

    __tablename__ = "items"
    __table_args__ = (
        Index("uq_items_directory_id_key", "directory_id", text("md5(key)"), unique=True),
        Index("ix_items_missing", "library_id", postgresql_where=text("missing_since IS NOT NULL")),
        # One for each order and filter of the list of items; catalog.py spells them the same.
        Index("ix_items_title", text(TITLE_ORDER), "id", postgresql_where=PRESENT),
        Index(
            "ix_items_library_id_title",
            "library_id",
            text(TITLE_ORDER),
            "id",
            postgresql_where=PRESENT,
        ),
        Index("ix_items_added_at", "added_at", "id", postgresql_where=PRESENT),
        Index("ix_items_year", text("coalesce(year, 0)"), "id", postgresql_where=PRESENT),
        Index("ix_items_state", "state", text(TITLE_ORDER), "id", postgresql_where=PRESENT),
        Index("ix_items_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_items_kind", "kind", text(TITLE_ORDER), "id", postgresql_where=PRESENT),
        Index("ix_items_title_words", text(TITLE_WORDS), postgresql_using="gin"),
        Index(
            "ix_items_enrich_due",
            "library_id",
            "id",
            postgresql_where=text(
                f"enrich_due_at IS NOT NULL AND {ENRICHABLE} AND missing_since IS NULL"
            ),
        ),
        Index(
            "ix_items_artwork_due",
            "library_id",
            "id",
            postgresql_where=text(
                f"artwork_due_at IS NOT NULL AND {ENRICHABLE} AND missing_since IS NULL"
            ),
        ),
        Index(
            "ix_items_enrichment_failed",
            text(TITLE_ORDER),
            "id",
            postgresql_where=text("enrichment = 'enrichment_failed' AND missing_since IS NULL"),
        ),
        Index("ix_items_tmdb_id", "tmdb_id", postgresql_where=text(ENRICHABLE)),
        Index("ix_items_tvdb_id", "tvdb_id", postgresql_where=text(ENRICHABLE)),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id", ondelete=CASCADE))
    directory_id: Mapped[int] = mapped_column(ForeignKey("directories.id", ondelete=CASCADE))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    kind: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    season_number: Mapped[int | None]
    episode_number: Mapped[int | None]
    absolute_number: Mapped[int | None]
    disc_number: Mapped[int | None]
    track_number: Mapped[int | None]
    artist: Mapped[str | None]
    title: Mapped[str]
    original_title: Mapped[str | None]
    sort_title: Mapped[str]
    year: Mapped[int | None]
    edition: Mapped[str | None]
    plot: Mapped[str | None]
    tagline: Mapped[str | None]
    runtime_minutes: Mapped[int | None]
    content_rating: Mapped[str | None]
    premiered: Mapped[date | None]
    set_name: Mapped[str | None]
    genres: Mapped[list[Any]]
    studios: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    countries: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    tags: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    actors: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    directors: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    writers: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    imdb_id: Mapped[str | None]
    tmdb_id: Mapped[str | None]
    tvdb_id: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    nfo_reason: Mapped[str | None]
    local_fields: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    edits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    remote: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    enrichment: Mapped[str] = mapped_column(server_default=EnrichmentState.PENDING)
    enrichment_reason: Mapped[str | None]
    enrich_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    enrich_due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    enriched_at: Mapped[datetime | None]
    locked_artwork: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    artwork_at: Mapped[datetime | None]
    artwork_due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    published_at: Mapped[datetime | None]
    match_confidence: Mapped[float | None]
    match_reason: Mapped[str | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    missing_since: Mapped[datetime | None]
    added_at: Mapped[Created]
    updated_at: Mapped[Created]


class MediaFile(Base):
    """A file of an item, to be seen or heard; `name` is relative to its directory.

    `tags` are what a file of music says of itself, None of any other.
    """

    __tablename__ = "media_files"
    __table_args__ = (
        Index("uq_media_files_directory_id_name", "directory_id", text("md5(name)"), unique=True),
        Index("ix_media_files_item_id", "item_id"),
        Index("ix_media_files_inode", "inode"),
        Index(
            "ix_media_files_missing",
            "directory_id",
            postgresql_where=text("missing_since IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    directory_id: Mapped[int] = mapped_column(ForeignKey("directories.id", ondelete=CASCADE))
    name: Mapped[str] = mapped_column(FileName)
    role: Mapped[str]
    extra_kind: Mapped[str | None]
    part: Mapped[int | None]
    version: Mapped[str | None]
    disc: Mapped[str | None]
    size: Mapped[BigInt]
    mtime_ns: Mapped[BigInt]
    inode: Mapped[BigInt]
    container: Mapped[str | None]
    duration: Mapped[float | None]
    bit_rate: Mapped[int | None] = mapped_column(BigInteger)
    chapters: Mapped[list[Any]]
    attached_pictures: Mapped[int]
    tags: Mapped[dict[str, Any] | None]
    probe_state: Mapped[str]
    probe_reason: Mapped[str | None]
    probe_detail: Mapped[str | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    missing_since: Mapped[datetime | None]


class SharedFile(Base):
    """A media file that holds another item too: the second episode of a file of two."""

    __tablename__ = "shared_files"
    __table_args__ = (Index("ix_shared_files_media_file_id", "media_file_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE), primary_key=True)
    media_file_id: Mapped[int] = mapped_column(
        ForeignKey("media_files.id", ondelete=CASCADE), primary_key=True
    )


class Stream(Base):
    """A video, audio or subtitle stream inside a media file."""

    __tablename__ = "streams"
    __table_args__ = (UniqueConstraint("media_file_id", "index"),)

    id: Mapped[Id]
    media_file_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete=CASCADE))
    index: Mapped[int]
    kind: Mapped[str]
    codec: Mapped[str | None]
    profile: Mapped[str | None]
    language: Mapped[str | None]
    title: Mapped[str | None]
    default: Mapped[bool]
    forced: Mapped[bool]
    hearing_impaired: Mapped[bool]
    visual_impaired: Mapped[bool]
    commentary: Mapped[bool]
    original: Mapped[bool]
    bit_rate: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    bit_depth: Mapped[int | None]
    hdr: Mapped[str | None]
    interlaced: Mapped[bool | None]
    channels: Mapped[int | None]
    layout: Mapped[str | None]
    sample_rate: Mapped[int | None]
    text: Mapped[bool | None]


class CacheFile(Base):
    """Bytes in the cache, stored once however many assets have them."""

    __tablename__ = "cache_files"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    extension: Mapped[str]
    size: Mapped[BigInt]
    content_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[Created]


class Asset(Base):
    """A file that belongs to an item: artwork, subtitle, trailer, theme, NFO."""

    __tablename__ = "assets"
    __table_args__ = (
        Index("uq_assets_directory_id_name", "directory_id", text("md5(name)"), unique=True),
        Index("ix_assets_item_id", "item_id"),
        Index("ix_assets_cache_sha256", "cache_sha256"),
        Index(
            "ix_assets_missing", "library_id", postgresql_where=text("missing_since IS NOT NULL")
        ),
        Index(
            "ix_assets_uncached",
            "library_id",
            "id",
            postgresql_where=text("cache_state = 'pending' AND missing_since IS NULL"),
        ),
    )

    id: Mapped[Id]
    library_id: Mapped[BigInt]  # no foreign key: the item brings and takes it
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE))
    directory_id: Mapped[int] = mapped_column(ForeignKey("directories.id", ondelete=CASCADE))
    name: Mapped[str] = mapped_column(FileName)
    companion: Mapped[str | None] = mapped_column(FileName)
    type: Mapped[str]
    ordinal: Mapped[int]
    format: Mapped[str]
    title: Mapped[str | None]
    person: Mapped[str | None]
    language: Mapped[str | None]
    forced: Mapped[bool]
    hearing_impaired: Mapped[bool]
    default: Mapped[bool]
    size: Mapped[BigInt]
    mtime_ns: Mapped[BigInt]
    inode: Mapped[BigInt]
    cache_state: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    cache_reason: Mapped[str | None]
    cache_sha256: Mapped[bytes | None] = mapped_column(ForeignKey("cache_files.sha256"))
    missing_since: Mapped[datetime | None]
