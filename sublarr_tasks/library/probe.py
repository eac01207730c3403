"""The streams of a media file, read in this process with PyAV; nothing is decoded by us.

Two facts FFmpeg knows are out of PyAV's reach: a Dolby Vision configuration in an MPEG transport
stream, and the profile of the Dolby Vision configuration.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from av import AudioStream, VideoStream
from av.container import InputContainer
from av.stream import Disposition
from av.stream import Stream as FFmpegStream
from av.subtitles.stream import SubtitleStream

from sublarr_tasks import languages
from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import container, hdr, tags
from sublarr_tasks.library.container import ProbeReason, Source
from sublarr_tasks.library.hdr import HdrKind

__all__ = ["Chapter", "HdrKind", "Kind", "Probe", "ProbeReason", "Stream", "probe"]

CHAPTERS_LIMIT = 1000
TITLE_LIMIT = 500

_PICTURE_CODECS = frozenset("bmp gif mjpeg png tiff webp".split())
_PROGRESSIVE = 1  # AVFieldOrder: 0 is unknown, 2 and more are interlaced
_MICROSECONDS = 1_000_000

_BPS = re.compile(r"BPS(?:-\w+)?")
_BPS_DIGITS = 12
_COMMENTARY = re.compile(r"\bcommentary\b", re.IGNORECASE)
_HEARING_IMPAIRED = re.compile(r"\b(?:sdh|cc|hearing[ -]impaired)\b", re.IGNORECASE)
_FORCED = re.compile(r"(?<!non[ -])(?<!not )\bforced\b", re.IGNORECASE)


class Kind(StrEnum):
    """What a stream carries."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLE = "subtitle"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream; codecs have FFmpeg's names, languages are BCP-47, `text` is False for bitmaps."""

    index: int
    kind: Kind
    codec: str
    profile: str | None = None
    language: str | None = None
    title: str | None = None
    bit_rate: int | None = None
    default: bool = False
    forced: bool = False
    hearing_impaired: bool = False
    visual_impaired: bool = False
    commentary: bool = False
    original: bool = False
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    bit_depth: int | None = None
    hdr: HdrKind | None = None
    interlaced: bool | None = None
    channels: int | None = None
    layout: str | None = None
    sample_rate: int | None = None
    text: bool | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named stretch of the film, in seconds."""

    start: float
    end: float
    title: str | None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file's header says; `duration` in seconds, `bit_rate` in bits per second.

    `tags` are of a file without moving pictures, by the names of `tags.NAMES`.
    """

    container: str | None
    duration: float | None
    bit_rate: int | None
    streams: tuple[Stream, ...]
    chapters: tuple[Chapter, ...]
    attached_pictures: int
    tags: Mapping[str, str] = field(default_factory=dict)


def probe(path: str | os.PathLike[str]) -> Probe:
    """Read a file's streams; raises ProbeError whose reason is a `ProbeReason`."""
    with container.opened(path) as (file, source):
        pictures = _pictures(file)
        found = [_stream(s, file, source) for s in file.streams if s.index not in pictures]
        streams = tuple(s for s in found if s is not None)
        source.check()
        if not streams:
            raise ProbeError(ProbeReason.NO_STREAMS)
        return Probe(
            container=_container_name(file),
            duration=_seconds(file.duration or 0),
            bit_rate=file.bit_rate if file.bit_rate > 0 else None,
            streams=streams,
            chapters=tuple(_chapters(file)),
            attached_pictures=len(pictures),
            tags=_tags(file, streams),
        )


def _tags(file: InputContainer, streams: Iterable[Stream]) -> dict[str, str]:
    """Read what a file of music says of itself; Ogg says it of the stream."""
    if any(stream.kind is not Kind.AUDIO for stream in streams):
        return {}
    return tags.read([file.metadata, *(stream.metadata for stream in file.streams.audio)])


def _pictures(file: InputContainer) -> frozenset[int]:
    """Find the cover pictures: marked as such, or a still picture's codec beside a real video."""
    videos = [(s, _codec(s)) for s in file.streams.video]
    moving = any(codec not in _PICTURE_CODECS for _, codec in videos)
    return frozenset(
        s.index
        for s, codec in videos
        if s.disposition & Disposition.attached_pic or (moving and codec in _PICTURE_CODECS)
    )


def _stream(stream: FFmpegStream, file: InputContainer, source: Source) -> Stream | None:
    match stream:
        case VideoStream():
            return _video(stream, file, source)
        case AudioStream():
            return _audio(stream)
        case SubtitleStream():
            return _subtitle(stream)
        case _:  # data and attachments
            return None


def _video(stream: VideoStream, file: InputContainer, source: Source) -> Stream:
    facts = _facts(stream, Kind.VIDEO)
    if not _has_decoder(stream):
        return facts
    codec = stream.codec_context
    rate = stream.guessed_rate or stream.average_rate
    order = codec.field_order
    return replace(
        facts,
        width=codec.width or None,
        height=codec.height or None,
        frame_rate=float(rate) if rate else None,
        bit_depth=codec.format.components[0].bits if codec.format else None,
        hdr=hdr.kind(stream, file, source),
        interlaced=order > _PROGRESSIVE if order else None,
    )


def _audio(stream: AudioStream) -> Stream:
    facts = _facts(stream, Kind.AUDIO)
    if not _has_decoder(stream):
        return facts
    codec = stream.codec_context
    return replace(
        facts,
        channels=codec.channels or None,
        layout=codec.layout.name if codec.channels else None,
        sample_rate=codec.sample_rate or None,
    )


def _subtitle(stream: SubtitleStream) -> Stream:
    facts = _facts(stream, Kind.SUBTITLE)
    title = facts.title or ""
    return replace(
        facts,
        forced=facts.forced or bool(_FORCED.search(title)),
        hearing_impaired=facts.hearing_impaired or bool(_HEARING_IMPAIRED.search(title)),
        text=stream.codec_context.codec.text_sub if _has_decoder(stream) else None,
    )


def _facts(stream: FFmpegStream, kind: Kind) -> Stream:
    title = _text(stream.metadata.get("title") or stream.metadata.get("name"))  # MP4: name
    marks = stream.disposition
    return Stream(
        index=stream.index,
        kind=kind,
        codec=_codec(stream),
        profile=stream.profile,
        language=languages.tag(stream.metadata.get("language", "")),
        title=title,
        bit_rate=_bit_rate(stream),
        default=bool(marks & Disposition.default),
        forced=bool(marks & Disposition.forced),
        hearing_impaired=bool(marks & (Disposition.hearing_impaired | Disposition.captions)),
        visual_impaired=bool(marks & (Disposition.visual_impaired | Disposition.descriptions)),
        commentary=bool(marks & Disposition.comment or _COMMENTARY.search(title or "")),
        original=bool(marks & Disposition.original),
    )


def _codec(stream: FFmpegStream) -> str:
    """Name the codec as ffprobe does: PyAV's own names are those of the decoders."""
    return stream.codec_context.codec.canonical_name if _has_decoder(stream) else "unknown"


def _has_decoder(stream: FFmpegStream) -> bool:
    """Tell whether PyAV knows the codec; the type says it always does, teletext says otherwise."""
    return stream.codec_context is not None


def _bit_rate(stream: FFmpegStream) -> int | None:
    """Take the header's bit rate, else the statistics that mkvmerge leaves as tags."""
    if _has_decoder(stream) and (stream.codec_context.bit_rate or 0) > 0:
        return stream.codec_context.bit_rate
    tag = next((value for name, value in stream.metadata.items() if _BPS.fullmatch(name)), "")
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) <= _BPS_DIGITS else None


def _seconds(microseconds: int) -> float | None:
    return microseconds / _MICROSECONDS if microseconds > 0 else None


def _chapters(file: InputContainer) -> Iterator[Chapter]:
    for mark in file.chapters()[:CHAPTERS_LIMIT]:
        unit = float(mark["time_base"] or 0)
        title = _text(mark["metadata"].get("title"))
        yield Chapter(mark["start"] * unit, mark["end"] * unit, title)


def _container_name(file: InputContainer) -> str:
    """Name the container in one word: FFmpeg gives one name to all of a family."""
    family = file.format.name
    if family.startswith("mov,"):
        return "mov" if file.metadata.get("major_brand", "").strip() == "qt" else "mp4"
    return family.partition(",")[0]


def _text(value: str | None) -> str | None:
    return (value or "").strip()[:TITLE_LIMIT] or None
