"""What a file of music says of itself, in one spelling for all containers.

FFmpeg gives ID3, MP4 and APE tags common names, Vorbis comments and free-form ones their own.
"""

from collections.abc import Iterable, Mapping

from sublarr_tasks.library.names import squeeze

LONGEST = 1000
# Ours, and how others spell it without case and separators.
NAMES = {
    "title": ("title",),
    "artist": ("artist",),
    "album": ("album",),
    "album_artist": ("albumartist", "ensemble"),
    "track": ("track", "tracknumber"),
    "disc": ("disc", "discnumber", "disk"),
    "date": ("originaldate", "originalyear", "date", "year"),
    "genre": ("genre",),
    "composer": ("composer",),
    "compilation": ("compilation", "itunescompilation"),
    "musicbrainz_artist": ("musicbrainzalbumartistid", "musicbrainzartistid"),
    "musicbrainz_album": ("musicbrainzalbumid",),
    "musicbrainz_recording": ("musicbrainztrackid", "musicbrainzrecordingid"),
}


def read(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Collect the tags that have a name here; what comes first counts."""
    found: dict[str, str] = {}
    for metadata in given:
        for name, value in metadata.items():
            text = value.replace("\0", "").strip()[:LONGEST]
            if text:
                found.setdefault(squeeze(name), text)
    return {
        name: next(found[spelling] for spelling in spellings if spelling in found)
        for name, spellings in NAMES.items()
        if any(spelling in found for spelling in spellings)
    }


def number(text: str | None) -> int | None:
    """Read "3" or "3/12"; None for what is no number."""
    first = (text or "").partition("/")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and len(first) < 6 else None  # noqa: PLR2004 - no number of a track has more digits


def year(text: str | None) -> int | None:
    """Read the year of a date, which comes first in it."""
    first = (text or "")[:4]
    return int(first) if first.isascii() and first.isdigit() and int(first) else None
