"""What a directory holds: works, each with its files, as their names alone tell."""

from dataclasses import dataclass
from datetime import date

from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.sidecars import Asset
from sublarr_tasks.library.videos import Video
from sublarr_tasks.models import ItemKind


@dataclass(frozen=True, slots=True)
class Extra:
    """A video about a work; `kind` is one of `kinds.EXTRAS_FOLDERS`' values."""

    entry: Entry
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its series or album something is; `position` counts a file's episodes from 0."""

    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    aired: date | None = None
    position: int = 0
    disc: int | None = None
    track: int | None = None

    @property
    def is_known(self) -> bool:
        """Tell whether an episode's name says which it is."""
        return any(each is not None for each in (self.episode, self.absolute, self.aired))


@dataclass(frozen=True, slots=True)
class Work:
    """A film, or a part of a series or of an artist's work, and all files that belong to it.

    `key` tells it from the directory's others and stays when files come and go. Title, edition and
    key are text that a database takes; `ids` are those in the names, as (site, id). `parent` is the
    key of the series or season that it is part of, `shared` names the videos that it has in common
    with the work that they are listed under.
    """

    key: str
    title: str
    year: int | None
    edition: str | None
    videos: tuple[Video, ...]
    extras: tuple[Extra, ...]
    nfo: tuple[Entry, ...]
    assets: tuple[Asset, ...]
    ids: tuple[tuple[str, str], ...]
    kind: ItemKind = ItemKind.MOVIE
    parent: str | None = None
    place: Place = Place()
    shared: tuple[str, ...] = ()
    artist: str | None = None
    genres: tuple[str, ...] = ()
