"""TMDB's answers, version 3, as far as we listen; what is new to us is passed over.

TMDB writes an empty text where it knows nothing, and 0 for money and running time.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sublarr_tasks.clients.answers import Told


def _some(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return None if value in ("", 0) else value


def _day(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Take a date that is one; a year with month 0 has been seen."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


Text = Annotated[str | None, BeforeValidator(_some)]
Number = Annotated[int | None, BeforeValidator(_some)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Named(Told):
    """Something with a name: a genre, a company, a keyword, a country."""

    id: int | None = None
    name: Text = None


class Person(Named):
    """A person of cast or crew."""

    character: Text = None
    job: Text = None
    order: int | None = None
    profile_path: Text = None


class Credits(Told):
    """Who plays and who makes."""

    cast: list[Person] = Field(default_factory=list)
    crew: list[Person] = Field(default_factory=list)


class ExternalIds(Told):
    """Ids elsewhere."""

    imdb_id: Text = None
    tvdb_id: Number = None
    wikidata_id: Text = None


class Release(Told):
    """A release in one country: 2 is limited, 3 in cinemas."""

    certification: Text = None
    type: int = 0


class Releases(Told):
    """The releases in one country."""

    iso_3166_1: str
    release_dates: list[Release] = Field(default_factory=list)


class ReleaseDates(Told):
    """The releases everywhere."""

    results: list[Releases] = Field(default_factory=list)


class ContentRating(Told):
    """A series' rating in one country."""

    iso_3166_1: str
    rating: Text = None


class ContentRatings(Told):
    """A series' ratings everywhere."""

    results: list[ContentRating] = Field(default_factory=list)


class Image(Told):
    """A picture."""

    file_path: str
    width: Number = None
    height: Number = None
    iso_639_1: Text = None
    vote_average: float | None = None
    vote_count: int = 0


class Images(Told):
    """The pictures of a title."""

    posters: list[Image] = Field(default_factory=list)
    backdrops: list[Image] = Field(default_factory=list)
    logos: list[Image] = Field(default_factory=list)
    stills: list[Image] = Field(default_factory=list)


class Keywords(Told):
    """Of a film they are `keywords`, of a series `results`."""

    keywords: list[Named] = Field(default_factory=list)
    results: list[Named] = Field(default_factory=list)


class Video(Told):
    """A video about a title, on another site."""

    site: Text = None
    key: Text = None
    name: Text = None
    iso_639_1: Text = None
    size: Number = None
    type: Text = None
    official: bool = False


class Videos(Told):
    """The videos about a title."""

    results: list[Video] = Field(default_factory=list)


class Title(Told):
    """What films and series have in common, with what was asked for beside."""

    id: int
    overview: Text = None
    tagline: Text = None
    homepage: Text = None
    status: Text = None
    original_language: Text = None
    popularity: float | None = None
    vote_average: float | None = None
    vote_count: Number = None
    genres: list[Named] = Field(default_factory=list)
    production_companies: list[Named] = Field(default_factory=list)
    production_countries: list[Named] = Field(default_factory=list)
    credits: Credits = Credits()
    external_ids: ExternalIds = ExternalIds()
    images: Images = Images()
    keywords: Keywords = Keywords()
    videos: Videos = Videos()


class Movie(Title):
    """A film."""

    title: Text = None
    original_title: Text = None
    release_date: Day = None
    runtime: Number = None
    budget: Number = None
    revenue: Number = None
    imdb_id: Text = None
    belongs_to_collection: Named | None = None
    release_dates: ReleaseDates = ReleaseDates()


class SeasonNumber(Told):
    """A season, as its series lists it; 0 are the specials."""

    season_number: int


class Series(Title):
    """A series, without its seasons."""

    name: Text = None
    original_name: Text = None
    first_air_date: Day = None
    episode_run_time: list[int] = Field(default_factory=list)
    networks: list[Named] = Field(default_factory=list)
    seasons: list[SeasonNumber] = Field(default_factory=list)
    content_ratings: ContentRatings = ContentRatings()


class Episode(Told):
    """An episode, as its season has it."""

    id: int
    name: Text = None
    overview: Text = None
    air_date: Day = None
    runtime: Number = None
    season_number: int
    episode_number: int
    still_path: Text = None
    vote_average: float | None = None
    vote_count: Number = None
    crew: list[Person] = Field(default_factory=list)
    guest_stars: list[Person] = Field(default_factory=list)


class Season(Told):
    """A season with its episodes."""

    id: int
    name: Text = None
    overview: Text = None
    air_date: Day = None
    season_number: int
    poster_path: Text = None
    episodes: list[Episode] = Field(default_factory=list)


class Result(Told):
    """A film or a series that a search came up with."""

    id: int
    title: Text = None
    name: Text = None
    original_title: Text = None
    original_name: Text = None
    release_date: Day = None
    first_air_date: Day = None
    popularity: float = 0.0


class Results(Told):
    """What a search came up with, the likeliest first."""

    results: list[Result] = Field(default_factory=list)


class Found(Told):
    """What has an id of another service."""

    movie_results: list[Result] = Field(default_factory=list)
    tv_results: list[Result] = Field(default_factory=list)


class Changed(Told):
    """A page of what has changed."""

    results: list[Named] = Field(default_factory=list)
    total_pages: int = 1


class ImageConfiguration(Told):
    """Where pictures are."""

    secure_base_url: str


class Configuration(Told):
    """How the API is to be used."""

    images: ImageConfiguration
