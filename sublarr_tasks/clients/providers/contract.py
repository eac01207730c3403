"""What every provider of subtitles is asked, and how it answers; the same for all of them.

"It has none" is an empty list. That it could not be asked is always an error, whose class says why:
throttled, quota, credentials, unavailable, refused, malformed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol


class Media(StrEnum):
    """What a video is of."""

    MOVIE = "movie"
    EPISODE = "episode"


@dataclass(frozen=True, slots=True)
class Query:
    """A video, and the languages that are wanted for it, as BCP 47 writes them.

    Of an episode `title`, `year` and the ids are the series'. `absolute` counts through all
    seasons. `moviehash` is that of OpenSubtitles, for a file of `size` bytes.
    """

    media: Media
    title: str
    languages: tuple[str, ...]
    year: int | None = None
    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    imdb_id: str | None = None
    tmdb_id: str | None = None
    tvdb_id: str | None = None
    file_name: str | None = None
    size: int | None = None
    moviehash: str | None = None
    forced: bool = False
    hearing_impaired: bool | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subtitle that a provider offers; `id` is the provider's, and with its name unique.

    `releases` are the names of what it was made for. `by_id` tells that the provider found it by
    an id of the title, `by_hash` by the file's hash. A `provisional` one was made by a machine.
    `packed` ones come with others in one archive. `download` is what fetching it takes.
    """

    provider: str
    id: str
    language: str
    releases: tuple[str, ...] = ()
    forced: bool = False
    hearing_impaired: bool = False
    provisional: bool = False
    title: str | None = None
    year: int | None = None
    season: int | None = None
    episode: int | None = None
    by_id: bool = False
    by_hash: bool = False
    packed: bool = False
    format: str | None = None
    uploader: str | None = None
    trusted: bool = False
    downloads: int | None = None
    frame_rate: float | None = None
    url: str | None = None
    download: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Candidate":
        return cls(**{**kept, "releases": tuple(kept["releases"])})


@dataclass(frozen=True, slots=True)
class Download:
    """The bytes that a provider gave, perhaps packed; `name` is what it calls them.

    `left` is what the account may still fetch, until `reset_at` (ISO 8601), where it says so.
    """

    content: bytes
    name: str
    left: int | None = None
    reset_at: str | None = None


class Partial(list[Candidate]):
    """What a provider has as far as it could be asked; no answer to be kept."""


class Provider(Protocol):
    """A client of one provider; `search` and `download` raise ServiceError."""

    name: ClassVar[str]
    media: ClassVar[frozenset[Media]]

    def search(self, query: Query) -> Sequence[Candidate]:
        """Return what it has, [] where it has nothing."""
        ...

    def download(self, candidate: Candidate) -> Download:
        """Fetch a subtitle that it offered."""
        ...
