"""What is asked about a video: its rows as a query."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from sublarr_tasks.clients.providers import Media, Query
from sublarr_tasks.models import ArrFile, Directory, Item, ItemKind, Library, MediaFile, Stream
from sublarr_tasks.subtitles import attributes, moviehash
from sublarr_tasks.subtitles.attributes import Attributes

_season, _series = aliased(Item), aliased(Item)
# How a container calls a picture of so many lines or more.
_HEIGHTS = ((2000, "2160p"), (1000, "1080p"), (700, "720p"), (560, "576p"), (470, "480p"))
_CODECS = {"h264": "h.264", "hevc": "h.265", "av1": "av1", "mpeg4": "xvid"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """A video that subtitles are looked for; `name` is relative to its directory.

    `own` is what its name and its streams say of the copy that it is.
    """

    file_id: int
    item_id: int
    library_id: int
    directory_id: int
    root: str
    folder: str
    name: str
    label: str
    query: Query
    own: Attributes
    frame_rate: float | None

    @property
    def path(self) -> str:
        return self.beside(self.name)

    def beside(self, name: str) -> str:
        """Return where a file is whose name is relative to the video's directory."""
        return str(PurePath(self.root, self.folder, name))

    @property
    def stem(self) -> str:
        """The name without its extension, relative to the directory."""
        path = PurePath(self.name)
        return str(path.with_name(path.stem))


def subject(db: Connection, file_id: int) -> Subject | None:
    """Return a video as it is asked about, None where it is gone."""
    row = db.execute(
        select(
            MediaFile.id,
            MediaFile.item_id,
            MediaFile.directory_id,
            MediaFile.name,
            MediaFile.size,
            Directory.path.label("folder"),
            Library.id.label("library_id"),
            Library.path.label("root"),
            Item.kind,
            Item.title,
            Item.season_number,
            Item.episode_number,
            Item.absolute_number,
            func.coalesce(_series.title, Item.title).label("title_of"),
            func.coalesce(_series.year, Item.year).label("year"),
            func.coalesce(_series.imdb_id, Item.imdb_id).label("imdb_id"),
            func.coalesce(_series.tmdb_id, Item.tmdb_id).label("tmdb_id"),
            func.coalesce(_series.tvdb_id, Item.tvdb_id).label("tvdb_id"),
            _series.id.label("series_id"),
        )
        .join(Item, Item.id == MediaFile.item_id)
        .join(Directory, Directory.id == MediaFile.directory_id)
        .join(Library, Library.id == Item.library_id)
        .outerjoin(_season, _season.id == Item.parent_id)
        .outerjoin(_series, _series.id == _season.parent_id)
        .where(MediaFile.id == file_id, MediaFile.missing_since.is_(None))
    ).one_or_none()
    if row is None:
        return None
    picture = db.execute(
        select(Stream.height, Stream.codec, Stream.frame_rate)
        .where(Stream.media_file_id == file_id, Stream.kind == "video")
        .order_by(Stream.index)
        .limit(1)
    ).one_or_none()
    scene = db.scalars(
        select(ArrFile.scene_name)
        .where(ArrFile.media_file_id == file_id, ArrFile.scene_name.is_not(None))
        .limit(1)
    ).one_or_none()
    return _subject(row, picture, scene)


def subtitle_streams(db: Connection, file_id: int) -> Sequence[Any]:
    """Return the subtitles inside a video, those for everybody first."""
    return db.execute(
        select(
            Stream.index,
            Stream.language,
            Stream.codec,
            Stream.text,
            Stream.forced,
            Stream.hearing_impaired,
        )
        .where(Stream.media_file_id == file_id, Stream.kind == "subtitle")
        .order_by(Stream.hearing_impaired, Stream.index)
    ).all()


def with_hash(subject: Subject) -> Subject:
    """Add what the file's bytes tell; without them it can be asked about all the same."""
    try:
        found = moviehash.compute(subject.path)
    except OSError as error:
        log.warning("not_hashed", file_id=subject.file_id, error=error.strerror)
        return subject
    return replace(subject, query=replace(subject.query, moviehash=found))


def _subject(row: Any, picture: Any, scene: str | None) -> Subject:  # noqa: ANN401 - rows
    episode = row.kind == ItemKind.EPISODE
    own = attributes.read(PurePath(row.name).name)
    if scene is not None:  # what it was called before it was renamed
        own = attributes.merged(own, attributes.read(scene))
    return Subject(
        row.id,
        row.item_id,
        row.library_id,
        row.directory_id,
        row.root,
        row.folder,
        row.name,
        _label(row),
        Query(
            Media.EPISODE if episode else Media.MOVIE,
            row.title_of,
            (),
            row.year,
            row.season_number if episode else None,
            row.episode_number if episode else None,
            row.absolute_number if episode else None,
            row.imdb_id,
            row.tmdb_id,
            row.tvdb_id,
            size=row.size,
        ),
        own if picture is None else _completed(own, picture),
        None if picture is None else picture.frame_rate,
    )


def _completed(own: Attributes, picture: Any) -> Attributes:  # noqa: ANN401 - a row
    height = picture.height or 0
    return replace(
        own,
        resolution=own.resolution
        or next((said for least, said in _HEIGHTS if height >= least), None),
        video_codec=own.video_codec or _CODECS.get(picture.codec or ""),
    )


def _label(row: Any) -> str:  # noqa: ANN401 - a row
    """Name a video as people do: "Show - S01E02", "Film (2001)"."""
    if row.kind != ItemKind.EPISODE:
        return f"{row.title_of} ({row.year})" if row.year else str(row.title_of)
    if row.season_number is None or row.episode_number is None:
        return f"{row.title_of} - {row.title}"
    return f"{row.title_of} - S{row.season_number:02}E{row.episode_number:02}"
