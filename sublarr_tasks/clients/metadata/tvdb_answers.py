"""TheTVDB's answers, version 4, as far as we listen; what is new to us is passed over."""

from typing import Any

from pydantic import Field

from sublarr_tasks.clients.answers import Told
from sublarr_tasks.clients.metadata.tmdb_answers import Day, Named, Number, Text


class Login(Told):
    """What a login gives."""

    token: str


class Remote(Told):
    """An id elsewhere."""

    id: str
    sourceName: Text = None  # noqa: N815 - theirs


class Character(Told):
    """A person's part; of a guest or somebody who makes it, `peopleType` says so."""

    name: Text = None
    personName: Text = None  # noqa: N815 - theirs
    peopleType: Text = None  # noqa: N815 - theirs
    personImgURL: Text = None  # noqa: N815 - theirs
    sort: int | None = None


class Rating(Told):
    """A rating in one country, of three letters."""

    name: Text = None
    country: Text = None


class Artwork(Told):
    """A picture; what its type is, a table of theirs says."""

    image: Text = None
    type: int
    language: Text = None
    score: float | None = None
    width: Number = None
    height: Number = None
    includesText: bool | None = None  # noqa: N815 - theirs
    seasonId: int | None = None  # noqa: N815 - theirs


class SeasonKind(Told):
    """In what order its episodes are: "official", "dvd", "absolute" and others."""

    type: Text = None


class Season(Told):
    """A season, as its series lists it."""

    id: int
    number: int
    type: SeasonKind = SeasonKind()
    name: Text = None
    image: Text = None


class Translation(Told):
    """A text in one language, of three letters."""

    language: Text = None
    name: Text = None
    overview: Text = None


class Translations(Told):
    """The texts in every language."""

    nameTranslations: list[Translation] | None = None  # noqa: N815 - theirs
    overviewTranslations: list[Translation] | None = None  # noqa: N815 - theirs


class Status(Told):
    """Whether a series goes on."""

    name: Text = None


class Series(Told):
    """A series with all but its episodes."""

    id: int
    name: Text = None
    overview: Text = None
    firstAired: Day = None  # noqa: N815 - theirs
    averageRuntime: Number = None  # noqa: N815 - theirs
    originalLanguage: Text = None  # noqa: N815 - theirs
    status: Status = Status()
    genres: list[Named] | None = None
    companies: list[Named] | None = None
    remoteIds: list[Remote] | None = None  # noqa: N815 - theirs
    characters: list[Character] | None = None
    contentRatings: list[Rating] | None = None  # noqa: N815 - theirs
    artworks: list[Artwork] | None = None
    seasons: list[Season] | None = None
    translations: Translations | None = None


class Episode(Told):
    """An episode in a list."""

    id: int
    name: Text = None
    overview: Text = None
    aired: Day = None
    runtime: Number = None
    image: Text = None
    number: int
    seasonNumber: int  # noqa: N815 - theirs
    absoluteNumber: Number = None  # noqa: N815 - theirs


class Episodes(Told):
    """A page of episodes."""

    episodes: list[Episode] | None = None


class Update(Told):
    """Something that changed: a series, or a part of one."""

    recordId: int  # noqa: N815 - theirs
    entityType: Text = None  # noqa: N815 - theirs
    seriesId: Number = None  # noqa: N815 - theirs


class Envelope(Told):
    """What all their answers come in."""

    data: Any = None
    links: dict[str, Any] | None = Field(default=None)
