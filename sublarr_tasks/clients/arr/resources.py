"""What Sonarr and Radarr say, as far as we listen; what is new to us is passed over.

Field names are theirs. Times are UTC. A path is the service's own and may mean nothing here.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Resource(BaseModel):
    """An object of theirs; fields that we do not know are dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True
    )


class Record(Resource):
    """A row of theirs."""

    id: int


class SystemStatus(Resource):
    """Which program answers."""

    app_name: str
    instance_name: str | None = None
    version: str
    database_type: str | None = None
    url_base: str | None = None


class HealthIssue(Resource):
    """Something that the service complains of."""

    source: str | None = None
    type: str
    message: str | None = None


class Language(Record):
    """A language by the name that they give it."""

    name: str | None = None


class MediaInfo(Resource):
    """What they know of a file's streams; languages joined with "/"."""

    audio_languages: str | None = None
    subtitles: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    resolution: str | None = None


class MediaFile(Record):
    """A file on their disk, in bytes."""

    path: str | None = None
    relative_path: str | None = None
    size: int = 0
    date_added: datetime | None = None
    scene_name: str | None = None
    release_group: str | None = None
    languages: list[Language] = Field(default_factory=list)
    media_info: MediaInfo | None = None
    custom_format_score: int | None = None
    quality_cutoff_not_met: bool = False


class EpisodeFile(MediaFile):
    """A file with one episode or several."""

    series_id: int
    season_number: int


class MovieFile(MediaFile):
    """A film's file."""

    movie_id: int
    edition: str | None = None


class Statistics(Resource):
    """How much of something there is."""

    episode_file_count: int = 0
    episode_count: int = 0
    total_episode_count: int = 0
    size_on_disk: int = 0


class Season(Resource):
    """A season of a series."""

    season_number: int
    monitored: bool = False
    statistics: Statistics | None = None


class Series(Record):
    """A series."""

    title: str
    sort_title: str | None = None
    status: str | None = None
    ended: bool = False
    path: str | None = None
    root_folder_path: str | None = None
    quality_profile_id: int = 0
    monitored: bool = False
    series_type: str = "standard"
    tvdb_id: int = 0
    tmdb_id: int = 0
    imdb_id: str | None = None
    year: int = 0
    tags: list[int] = Field(default_factory=list)
    genres: list[str] = Field(default_factory=list)
    original_language: Language | None = None
    added: datetime | None = None
    seasons: list[Season] = Field(default_factory=list)
    statistics: Statistics | None = None


class Episode(Record):
    """An episode; several may share one file."""

    series_id: int
    tvdb_id: int = 0
    episode_file_id: int = 0
    season_number: int
    episode_number: int
    absolute_episode_number: int | None = None
    scene_season_number: int | None = None
    scene_episode_number: int | None = None
    scene_absolute_episode_number: int | None = None
    title: str | None = None
    air_date: date | None = None
    air_date_utc: datetime | None = None
    has_file: bool = False
    monitored: bool = False
    last_search_time: datetime | None = None
    episode_file: EpisodeFile | None = None


class Movie(Record):
    """A film."""

    title: str
    original_title: str | None = None
    original_language: Language | None = None
    sort_title: str | None = None
    year: int = 0
    path: str | None = None
    root_folder_path: str | None = None
    has_file: bool = False
    movie_file_id: int = 0
    movie_file: MovieFile | None = None
    monitored: bool = False
    minimum_availability: str | None = None
    is_available: bool = False
    tmdb_id: int = 0
    imdb_id: str | None = None
    quality_profile_id: int = 0
    tags: list[int] = Field(default_factory=list)
    genres: list[str] = Field(default_factory=list)
    added: datetime | None = None
    last_search_time: datetime | None = None


class HistoryRecord(Record):
    """Something that happened there; `data` has only strings, and its keys differ by event."""

    date: datetime
    event_type: str
    source_title: str | None = None
    download_id: str | None = None
    series_id: int | None = None
    episode_id: int | None = None
    movie_id: int | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class Command(Record):
    """Something that it was told to do."""

    name: str | None = None
    status: str
    result: str | None = None
    queued: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    message: str | None = None


class QueueRecord(Record):
    """A download that it follows."""

    series_id: int | None = None
    episode_id: int | None = None
    season_number: int | None = None
    movie_id: int | None = None
    title: str | None = None
    status: str | None = None
    tracked_download_state: str | None = None
    download_id: str | None = None


class RootFolder(Record):
    """A folder that holds its series or films."""

    path: str
    accessible: bool = True
    free_space: int | None = None


class Tag(Record):
    """A label."""

    label: str


class QualityProfile(Record):
    """How good its files shall be."""

    name: str
    upgrade_allowed: bool = False
    cutoff: int = 0
    cutoff_format_score: int = 0


class Indexer(Record):
    """A source that it searches."""

    name: str
    enable_rss: bool = False
    enable_automatic_search: bool = False
    enable_interactive_search: bool = False
    priority: int = 25
