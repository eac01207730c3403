"""What the name of a release says of the copy it is: where it was taken from, and by whom.

A subtitle fits the copy it was made for; names are compared, not files. (guessit knows more words,
and takes 13 ms a name; a search compares hundreds.)
"""

import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from sublarr_tasks.library import release

_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"
# Copies of one kind are cut alike, whatever was done to them after.
_SOURCES = {
    "BluRay": "bluray",
    "WEB-DL": "web",
    "WEBRip": "web",
    "HDTV": "tv",
    "HDRip": "web",
    "HD-DVD": "dvd",
    "DVD": "dvd",
    "Screener": "screener",
}
_VIDEO = {"H.264", "H.265", "AV1", "XviD", "DivX"}
_AUDIO = (
    ("truehd", r"true-?hd"),
    ("dts-hd", r"dts-?hd(?:[ ._-]?ma)?|dts-?x"),
    ("dts", r"dts(?:-?es)?"),
    ("ddp", r"ddp\d?|dd\+\d?|e-?ac-?3|ddpa\d?"),
    ("dd", r"dd\d?|ac-?3"),
    ("flac", r"flac\d?"),
    ("opus", r"opus"),
    ("aac", r"(?:he-?)?aac\d?"),
    ("mp3", r"mp3"),
)
_AUDIO_PATTERNS = tuple(
    (name, re.compile(rf"{_BEFORE}(?:{pattern})(?![^\W\d_])", re.IGNORECASE))
    for name, pattern in _AUDIO
)
_SERVICES = re.compile(
    rf"{_BEFORE}(amzn|nf|dsnp|hmax|max|hulu|atvp|pcok|pmtp|stan|cr|ip|it|red|sho|starz|crav|viap)"
    r"(?=[ ._-]+web)",
    re.IGNORECASE,
)
_GROUP_BEHIND = re.compile(r"-([A-Za-z0-9]{2,20})(?:\[[^\]]*\])?$")
_GROUP_BEFORE = re.compile(r"^\[([^\]]{2,30})\]")
_EXTENSION = re.compile(r"\.(?:mkv|mp4|avi|m4v|ts|srt|ass|ssa|vtt|sub|zip)$", re.IGNORECASE)
# "-HI", "-forced": what follows the last dash is not always who made it.
_NO_GROUP = frozenset("dl hd ma hi sdh cc forced en eng web rip 264 265 es part".split())


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a name says, None where it does not; all in lower case but for the resolution."""

    source: str | None = None
    resolution: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    streaming_service: str | None = None
    release_group: str | None = None
    edition: str | None = None


@lru_cache(maxsize=4096)
def read(name: str) -> Attributes:
    """Read the name of a release or a file."""
    stem = _EXTENSION.sub("", name.strip())
    parsed = release.parse(stem)
    video = next((tag for tag in parsed.tags if tag in _VIDEO), None)
    service = _SERVICES.search(stem)
    return Attributes(
        source=_SOURCES.get(parsed.source or ""),
        resolution=parsed.resolution,
        video_codec=None if video is None else video.lower(),
        audio_codec=next((kind for kind, form in _AUDIO_PATTERNS if form.search(stem)), None),
        streaming_service=service[1].lower() if service else None,
        release_group=_group(stem),
        edition=None if parsed.edition is None else parsed.edition.lower(),
    )


def merged(first: Attributes, then: Attributes) -> Attributes:
    """Return what the first says, and where it says nothing what the other does."""
    said = {name: value for name, value in asdict(first).items() if value is not None}
    return replace(then, **said)


def _group(stem: str) -> str | None:
    before = _GROUP_BEFORE.match(stem)
    if before:
        return before[1].lower()
    behind = _GROUP_BEHIND.search(stem)
    if behind is None or behind[1].lower() in _NO_GROUP or behind[1].isdigit():
        return None
    return behind[1].lower()
