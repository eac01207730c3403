"""NFO files: what Kodi, Jellyfin and their companions write about a title beside its video."""

from sublarr_tasks.library.nfo.document import (
    Actor,
    Artwork,
    AudioStream,
    FileInfo,
    Nfo,
    Rating,
    SubtitleStream,
    VideoStream,
    merge,
    to_json,
)
from sublarr_tasks.library.nfo.reading import MAX_BYTES, NfoError, parse, parse_all

__all__ = [
    "MAX_BYTES",
    "Actor",
    "Artwork",
    "AudioStream",
    "FileInfo",
    "Nfo",
    "NfoError",
    "Rating",
    "SubtitleStream",
    "VideoStream",
    "merge",
    "parse",
    "parse_all",
    "to_json",
]
