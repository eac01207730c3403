"""What a metadata service says of a title, whichever it is.

Texts are in the language that was asked for where the service has them; what it does not say is
None or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sublarr_tasks.models import ItemKind


class PictureType(StrEnum):
    """What a picture is for, by Kodi's words."""

    POSTER = "poster"
    FANART = "fanart"
    CLEARLOGO = "clearlogo"
    CLEARART = "clearart"
    BANNER = "banner"
    LANDSCAPE = "landscape"
    DISCART = "discart"
    CHARACTERART = "characterart"
    THUMB = "thumb"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a service offers; `language` None: without text, `votes` from 0 to 10.

    `season` is the number of the one that it is of; without it, it is of the whole.
    """

    type: PictureType
    url: str
    width: int | None = None
    height: int | None = None
    language: str | None = None
    votes: float | None = None
    vote_count: int = 0
    season: int | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """A person's part in a title; `role` is an actor's, `job` anybody else's."""

    name: str
    ids: Mapping[str, str]
    role: str | None = None
    job: str | None = None
    order: int | None = None
    picture_url: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """Films that belong together."""

    name: str
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trailer:
    """A video about a title on a site for videos; `height` in lines."""

    site: str
    key: str
    name: str | None
    language: str | None
    height: int | None
    official: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A film, series, season or episode; `rating` from 0 to 10, money in US dollars.

    A series has the numbers of its seasons, a season its episodes.
    """

    kind: ItemKind
    ids: Mapping[str, str]
    title: str | None = None
    original_title: str | None = None
    plot: str | None = None
    tagline: str | None = None
    premiered: date | None = None
    runtime_minutes: int | None = None
    content_rating: str | None = None
    status: str | None = None
    homepage: str | None = None
    original_language: str | None = None
    popularity: float | None = None
    rating: float | None = None
    votes: int | None = None
    budget: int | None = None
    revenue: int | None = None
    season_number: int | None = None
    episode_number: int | None = None
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    directors: tuple[Credit, ...] = ()
    writers: tuple[Credit, ...] = ()
    actors: tuple[Credit, ...] = ()
    collection: Collection | None = None
    pictures: tuple[Picture, ...] = ()
    trailers: tuple[Trailer, ...] = ()
    season_numbers: tuple[int, ...] = ()
    episodes: tuple["Facts", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Match:
    """A title that a search came up with."""

    kind: ItemKind
    ids: Mapping[str, str]
    title: str
    original_title: str | None
    premiered: date | None
    popularity: float
