"""The declarative base, the column types that recur, and the states as the rows spell them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Text, TypeDecorator, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from sublarr_tasks import filenames

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class FileName(TypeDecorator[str]):
    """A file name or path of any bytes, as `filenames` writes it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else filenames.to_text(value)

    def process_result_value(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else filenames.from_text(value)


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
BigInt = Annotated[int, mapped_column(BigInteger)]
Created = Annotated[datetime, mapped_column(server_default=func.now())]


CASCADE = "CASCADE"


def words(states: tuple[str, ...]) -> str:
    """Spell states as a list of SQL strings."""
    return ", ".join(f"'{state}'" for state in states)


class LibraryKind(StrEnum):
    """What a library holds."""

    MOVIES = "movies"
    SERIES = "series"
    MUSIC = "music"


class ItemKind(StrEnum):
    """What an item is: a film, or a part of a series or of an artist's work."""

    MOVIE = "movie"
    SERIES = "series"
    SEASON = "season"
    EPISODE = "episode"
    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"


class ScanStatus(StrEnum):
    """Where a scan stands; the four in the middle are its phases."""

    QUEUED = "queued"
    DISCOVERING = "discovering"
    SCANNING = "scanning"
    CACHING = "caching"
    ENRICHING = "enriching"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


PHASES = (
    ScanStatus.DISCOVERING,
    ScanStatus.SCANNING,
    ScanStatus.CACHING,
    ScanStatus.ENRICHING,
)
ENDED = (ScanStatus.COMPLETED, ScanStatus.FAILED, ScanStatus.CANCELLED)


class Step(StrEnum):
    """What is done to a unit; a phase has one step, or several that follow each other."""

    DISCOVER = "discover"
    READ = "read"
    STORE = "store"
    COMPLETE = "complete"
    COLLECT = "collect"
    CHOOSE = "choose"
    FETCH = "fetch"
    PUBLISH = "publish"


STEPS = {
    ScanStatus.DISCOVERING: (Step.DISCOVER,),
    ScanStatus.SCANNING: (Step.READ,),
    ScanStatus.CACHING: (Step.STORE,),
    ScanStatus.ENRICHING: (
        Step.COMPLETE,
        Step.COLLECT,
        Step.CHOOSE,
        Step.FETCH,
        Step.PUBLISH,
    ),
}
# The columns of a scan that say when its phases ended.
COMPLETED_AT = {
    ScanStatus.DISCOVERING: "discovery_completed_at",
    ScanStatus.SCANNING: "scanning_completed_at",
    ScanStatus.CACHING: "caching_completed_at",
}


class ScanKind(StrEnum):
    """How much a scan reads."""

    INCREMENTAL = "incremental"
    FULL = "full"


class Trigger(StrEnum):
    """Who or what asked for the work."""

    API = "api"
    CLOCK = "clock"
    WEBHOOK = "webhook"
    WATCH = "watch"
    CLI = "cli"


class UnitState(StrEnum):
    """Where a unit of work stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


OPEN = (UnitState.PENDING, UnitState.RUNNING)


class JobState(StrEnum):
    """Where a requested job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EnrichmentState(StrEnum):
    """Whether a metadata service has said what it knows of an item."""

    PENDING = "pending"
    ENRICHED = "enriched"
    FAILED = "enrichment_failed"


class CacheState(StrEnum):
    """Whether an asset's bytes are in the cache."""

    PENDING = "pending"
    CACHED = "cached"
    FAILED = "failed"
    SKIPPED = "skipped"


class ProbeState(StrEnum):
    """Whether a media file's streams are known."""

    PROBED = "probed"
    FAILED = "failed"
    SKIPPED = "skipped"


INT64 = 1 << 64


def signed(number: int) -> int:
    """Fold an unsigned 64-bit number, such as an inode, into PostgreSQL's bigint."""
    return number - INT64 if number >= INT64 >> 1 else number
