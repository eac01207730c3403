"""An item with its files, their streams, and its assets."""

from datetime import date, datetime
from typing import Annotated, Any

from flask import url_for
from pydantic import Field, StringConstraints

from api.fields import Answer, Body, PathText, Text, Whole, absent
from api.paging import PageAnswer
from api.schemas.artwork import Artwork
from sublarr_tasks.catalog import ItemDetail
from sublarr_tasks.models import CacheState, EnrichmentState, ItemKind, ProbeState

ShortText = Annotated[Text, StringConstraints(max_length=1000)]
LongText = Annotated[Text, StringConstraints(max_length=100_000)]
Names = Annotated[list[ShortText], Field(max_length=100)]
NumericId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,9}$")]


class Item(Answer):
    """A film, or a part of a series or of an artist's work; `path` is where it was found."""

    id: int
    library_id: int
    parent_id: int | None = Field(
        description="what it is part of: a series, a season, an artist, an album"
    )
    kind: ItemKind
    state: str
    season_number: int | None
    episode_number: int | None
    absolute_number: int | None
    disc_number: int | None
    track_number: int | None
    artist: str | None = Field(description="of a track or an album")
    title: str
    original_title: str | None
    sort_title: str
    year: int | None
    edition: str | None
    runtime_minutes: int | None
    content_rating: str | None
    premiered: date | None
    set_name: str | None
    genres: list[str]
    studios: list[str]
    countries: list[str]
    tags: list[str]
    imdb_id: str | None
    tmdb_id: str | None
    tvdb_id: str | None
    path: PathText
    enrichment: EnrichmentState = Field(description="whether a metadata service answered")
    enrichment_reason: str | None = Field(description="why none did")
    enrich_due_at: datetime | None = Field(description="when a film or series is to be asked for")
    enriched_at: datetime | None
    match_confidence: float | None = Field(
        description="how sure it is, from 0 to 1, where the title alone told what this is"
    )
    match_reason: str | None
    nfo_reason: str | None = Field(description="why the NFO could not be read in full")
    missing_since: datetime | None
    added_at: datetime
    updated_at: datetime


class PersonInput(Body):
    """Somebody who makes it."""

    name: Annotated[Text, StringConstraints(min_length=1, max_length=1000)]


class ActorInput(PersonInput):
    """Somebody who plays in it."""

    role: ShortText | None = Field(default_factory=absent)


People = Annotated[list[PersonInput], Field(max_length=1000)]


class ItemChanges(Body):
    """What is to be said of an item, whatever is found; each field that is given is locked.

    `locked_fields`, where given, are all fields that are locked afterwards.
    """

    title: ShortText = Field(default_factory=absent)
    original_title: ShortText | None = Field(default_factory=absent)
    sort_title: ShortText = Field(default_factory=absent)
    year: Annotated[Whole, Field(ge=1, le=9999)] | None = Field(default_factory=absent)
    edition: ShortText | None = Field(default_factory=absent)
    plot: LongText | None = Field(default_factory=absent)
    tagline: ShortText | None = Field(default_factory=absent)
    runtime_minutes: Annotated[Whole, Field(ge=0, le=100_000)] | None = Field(
        default_factory=absent
    )
    content_rating: ShortText | None = Field(default_factory=absent)
    premiered: date | None = Field(default_factory=absent)
    set_name: ShortText | None = Field(default_factory=absent)
    genres: Names = Field(default_factory=absent)
    studios: Names = Field(default_factory=absent)
    countries: Names = Field(default_factory=absent)
    tags: Names = Field(default_factory=absent)
    actors: Annotated[list[ActorInput], Field(max_length=1000)] = Field(default_factory=absent)
    directors: People = Field(default_factory=absent)
    writers: People = Field(default_factory=absent)
    imdb_id: Annotated[str, StringConstraints(pattern=r"^tt[0-9]{7,10}$")] | None = Field(
        default_factory=absent
    )
    tmdb_id: NumericId | None = Field(default_factory=absent)
    tvdb_id: NumericId | None = Field(default_factory=absent)
    locked_fields: Annotated[list[ShortText], Field(max_length=50)] = Field(default_factory=absent)
    locked_artwork: Annotated[list[ShortText], Field(max_length=50)] = Field(
        default_factory=absent, description="types of picture that are to stay as they are"
    )


class Candidate(Answer):
    """What an item may be."""

    provider: str
    ids: dict[str, str]
    title: str
    original_title: str | None
    year: int | None
    confidence: float = Field(ge=0, le=1)
    reason: str


class Candidates(Answer):
    """What an item may be, the likeliest first."""

    results: list[Candidate]


class ItemPage(PageAnswer[Item]):
    """A page of items."""


class Stream(Answer):
    """A video, audio or subtitle stream; codecs as FFmpeg names them, languages as BCP 47."""

    index: int
    kind: str
    codec: str | None
    profile: str | None
    language: str | None
    title: str | None
    default: bool
    forced: bool
    hearing_impaired: bool
    visual_impaired: bool
    commentary: bool
    original: bool
    bit_rate: int | None
    width: int | None
    height: int | None
    frame_rate: float | None
    bit_depth: int | None
    hdr: str | None
    interlaced: bool | None
    channels: int | None
    layout: str | None
    sample_rate: int | None
    text: bool | None = Field(description="of a subtitle: text, or bitmaps")


class Chapter(Answer):
    """A named stretch of a film, in seconds."""

    start: float
    end: float
    title: str | None


class MediaFile(Answer):
    """A file to be seen or heard; `role` is main, part, version or extra."""

    id: int
    name: PathText
    path: PathText
    role: str
    extra_kind: str | None
    part: int | None
    version: str | None
    disc: str | None
    size: int
    container: str | None
    duration: float | None
    bit_rate: int | None
    attached_pictures: int
    tags: dict[str, str] | None = Field(description="what a file of music says of itself")
    probe_state: ProbeState
    probe_reason: str | None
    probe_detail: str | None
    missing_since: datetime | None
    chapters: list[Chapter]
    streams: list[Stream]


class Asset(Answer):
    """A file that belongs to an item; `file_url` gives its bytes while it is cached."""

    id: int
    library_id: int
    item_id: int
    type: str
    name: PathText
    path: PathText
    companion: PathText | None
    format: str
    ordinal: int
    title: str | None
    person: str | None
    language: str | None
    forced: bool
    hearing_impaired: bool
    default: bool
    size: int
    cache_state: CacheState
    cache_reason: str | None
    sha256: str | None
    content_type: str | None
    width: int | None
    height: int | None
    missing_since: datetime | None
    file_url: str | None

    @classmethod
    def of(cls, row: Any) -> "Asset":  # noqa: ANN401 - a row of catalog.asset
        cached = row.cache_state == CacheState.CACHED and row.cache_sha256 is not None
        sha256 = row.cache_sha256.hex() if cached else None
        url = url_for("assets.file", asset_id=row.id, v=sha256) if cached else None
        return cls.model_validate(row._asdict() | {"sha256": sha256, "file_url": url})


class Credit(Answer):
    """Somebody's part in an item."""

    name: str
    role: str | None = None
    job: str | None = None
    picture_url: str | None = None


class ItemDetails(Item):
    """An item with all that belongs to it; `details` is the rest of its NFO."""

    plot: str | None
    tagline: str | None
    locked_fields: list[str] = Field(description="what was changed by hand, or locked as it was")
    actors: list[Credit]
    directors: list[Credit]
    writers: list[Credit]
    locked_artwork: list[str] = Field(description="types of picture that stay as they are")
    details: dict[str, Any]
    remote: dict[str, Any] = Field(description="what the metadata service says, by field")
    files: list[MediaFile]
    extras: list[MediaFile]
    assets: list[Asset]
    artwork: list[Artwork] = Field(description="pictures that were chosen for it")

    @classmethod
    def of(cls, detail: ItemDetail) -> "ItemDetails":
        files = [
            MediaFile.model_validate(
                file._asdict()
                | {"streams": [Stream.model_validate(s) for s in detail.streams.get(file.id, ())]}
            )
            for file in detail.files
        ]
        return cls.model_validate(
            detail.item._asdict()
            | {
                "locked_fields": sorted(detail.item.edits),
                "files": [file for file in files if file.role != "extra"],
                "extras": [file for file in files if file.role == "extra"],
                "assets": [Asset.of(row) for row in detail.assets],
                "artwork": [Artwork.of(row) for row in detail.artwork],
            }
        )
