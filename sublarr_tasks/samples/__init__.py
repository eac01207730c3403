"""Real, small sample media: single films and pictures, whole libraries, and a demo library."""

from sublarr_tasks.samples.artwork import fanart, picture, poster
from sublarr_tasks.samples.films import AudioTrack, ChapterMark, SubtitleTrack, film, sound
from sublarr_tasks.samples.libraries import library
from sublarr_tasks.samples.showcase import demo
from sublarr_tasks.samples.texts import nfo_text, subtitle_text

__all__ = [
    "AudioTrack",
    "ChapterMark",
    "SubtitleTrack",
    "demo",
    "fanart",
    "film",
    "library",
    "nfo_text",
    "picture",
    "poster",
    "sound",
    "subtitle_text",
]
