"""Encodes a second of moving picture with a tone and lines of text into a real container."""

import io
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av import AudioFrame, AudioStream, Packet, VideoFrame, VideoStream
from av.container import OutputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from PIL import Image

from sublarr_tasks.library.hdr import HdrKind

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the type stubs alone

NO_MARK = Disposition(0)

_RATE = 24
_SAMPLE_RATE = 48_000
_MILLISECOND = Fraction(1, 1000)
_ENCODER_OPTIONS = {
    "h264": {"preset": "ultrafast", "crf": "30", "threads": "1"},
    "hevc": {"preset": "ultrafast", "x265-params": "log-level=none:pools=none:frame-threads=1"},
    "mjpeg": {"strict": "unofficial"},
    "vp9": {"deadline": "realtime", "cpu-used": "8"},
}
_PQ, _HLG = 16, 18  # transfer characteristics of ITU-T H.273
_BT_2020 = 9
_TRANSFERS = {
    HdrKind.HDR10: _PQ,
    HdrKind.HDR10_PLUS: _PQ,
    HdrKind.HLG: _HLG,
    HdrKind.DOLBY_VISION_HDR10: _PQ,
    HdrKind.DOLBY_VISION_HDR10_PLUS: _PQ,
    HdrKind.DOLBY_VISION_HLG: _HLG,
}
_HDR10_PLUS = frozenset({HdrKind.HDR10_PLUS, HdrKind.DOLBY_VISION_HDR10_PLUS})
_DOLBY_VISION = frozenset(kind for kind in HdrKind if kind.startswith(HdrKind.DOLBY_VISION))

# An HEVC prefix SEI with a user_data_registered_itu_t_t35 message of SMPTE ST 2094-40.
_HDR10_PLUS_SEI = b"\x00\x00\x00\x01\x4e\x01\x04\x08\xb5\x00\x3c\x00\x01\x04\x01\x40\x80"

# Matroska: a track's Name of 34 bytes gives way to a BlockAdditionMapping of the same size that
# holds a Dolby Vision configuration of profile 8, level 1, with a reference to the base layer.
_NAME = b"a name to be a configuration recor"
_NAME_ELEMENT = b"\x53\x6e\xa2" + _NAME
_MAPPING_ELEMENT = b"\x41\xe4\xa2\x41\xe7\x84dvcC\x41\xed\x98" + b"\x01\x00\x10\x0d\x10" + bytes(19)

_ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """A tone; MP4 takes languages of three letters only, Matroska any tag."""

    language: str = "eng"
    title: str = ""
    codec: str = "aac"
    layout: str = "stereo"
    marks: Disposition = Disposition.default


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One line of text, or of nothing where the codec is one of bitmaps; "" is the container's."""

    language: str = "eng"
    title: str = ""
    codec: str = ""
    marks: Disposition = NO_MARK
    line: str = "A line of text."


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A named stretch of the film, in seconds."""

    start: float
    end: float
    title: str


def film(
    path: Path,
    *,
    seconds: float = 1.0,
    width: int = 320,
    height: int = 180,
    codec: str = "h264",
    audio: Sequence[AudioTrack] = (AudioTrack(),),
    subtitles: Sequence[SubtitleTrack] = (SubtitleTrack(),),
    chapters: Sequence[ChapterMark] = (),
    attached_picture: bool = False,
    hdr: HdrKind | None = None,
    seed: int = 0,
) -> None:
    """Write a video; the suffix names the container, `hdr` needs the codec hevc."""
    matroska = path.suffix in {".mkv", ".webm"}
    options = {"fflags": "+bitexact"} if matroska else {}
    with av.open(str(path), "w", container_options=options) as file:
        video = _add_video(file, codec, width, height, hdr)
        if matroska and hdr in _DOLBY_VISION:
            video.metadata["title"] = _NAME.decode()
        tones = [(_add_audio(file, track), track) for track in audio]
        texts = [(_add_subtitle(file, track, matroska=matroska), track) for track in subtitles]
        cover = _add_cover(file, matroska=matroska) if attached_picture else None
        file.set_chapters([_chapter(number, mark) for number, mark in enumerate(chapters, 1)])
        for packet in _pictures(video, seconds, hdr, seed):
            file.mux(packet)
        for stream, _ in tones:
            _mux_tone(file, stream, seconds)
        for text, track in texts:
            file.mux(_line(text, track, seconds))
        if cover is not None:
            file.mux(_packet(cover, _cover_bytes(), 0, 0))
    if matroska and hdr in _DOLBY_VISION:
        path.write_bytes(path.read_bytes().replace(_NAME_ELEMENT, _MAPPING_ELEMENT, 1))


def sound(
    path: Path,
    *,
    seconds: float = 1.0,
    codec: str = "libmp3lame",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a tone, such as a film's theme or a song with its tags."""
    with av.open(str(path), "w") as file:
        file.metadata.update(tags or {})
        _mux_tone(file, _add_audio(file, AudioTrack(codec=codec)), seconds)


def _add_video(
    file: OutputContainer, codec: str, width: int, height: int, hdr: HdrKind | None
) -> VideoStream:
    stream = file.add_stream(
        codec, rate=_RATE, options=_ENCODER_OPTIONS.get(codec, {}), width=width, height=height
    )
    assert isinstance(stream, VideoStream)
    if hdr:
        stream.codec_context.pix_fmt = "yuv420p10le"
        stream.codec_context.color_primaries = _BT_2020
        stream.codec_context.colorspace = _BT_2020
        stream.codec_context.color_trc = _TRANSFERS.get(hdr, 2)
        if hdr in _DOLBY_VISION and file.format.name == "mp4":
            stream.codec_context.codec_tag = "dvh1"
    return stream


def _add_audio(file: OutputContainer, track: AudioTrack) -> AudioStream:
    stream = file.add_stream(track.codec, rate=_SAMPLE_RATE, bit_rate=48_000, layout=track.layout)
    assert isinstance(stream, AudioStream)
    _label(stream, track)
    return stream


def _add_subtitle(file: OutputContainer, track: SubtitleTrack, *, matroska: bool) -> Stream:
    codec = track.codec or ("subrip" if matroska else "mov_text")
    stream: Stream
    if codec == "ass":
        stream = file.add_stream("ass")
        assert isinstance(stream, SubtitleStream)
        stream.codec_context.subtitle_header = _ASS_HEADER
    else:
        stream = file.add_mux_stream(codec)
    stream.time_base = _MILLISECOND
    _label(stream, track)
    return stream


def _label(stream: Stream, track: AudioTrack | SubtitleTrack) -> None:
    stream.metadata["language"] = track.language
    if track.title:
        stream.metadata["title"] = track.title
    stream.disposition = track.marks


def _add_cover(file: OutputContainer, *, matroska: bool) -> Stream | None:
    """Attach a cover; MP4 keeps it as a stream that still needs its packet."""
    if matroska:
        file.add_attachment("cover.jpg", "image/jpeg", _cover_bytes())
        return None
    stream = file.add_mux_stream("mjpeg", width=32, height=48)
    stream.time_base = _MILLISECOND
    stream.disposition = Disposition.attached_pic
    return stream


def _cover_bytes() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 48), "navy").save(file, "JPEG")
    return file.getvalue()


def _chapter(number: int, mark: ChapterMark) -> "Chapter":
    return {
        "id": number,
        "start": round(mark.start * 1000),
        "end": round(mark.end * 1000),
        "time_base": _MILLISECOND,
        "metadata": {"title": mark.title},
    }


def _pictures(
    stream: VideoStream, seconds: float, hdr: HdrKind | None, seed: int
) -> "Iterator[Packet[Stream]]":
    codec = stream.codec_context
    frame = VideoFrame(codec.width, codec.height, codec.pix_fmt or "yuv420p")
    frame.time_base = Fraction(1, _RATE)
    packets: list[Packet[Stream]] = []
    for number in range(max(1, round(seconds * _RATE))):
        _paint(frame, number + seed)
        frame.pts = number
        packets += stream.encode(frame)
    packets += stream.encode(None)
    if hdr in _HDR10_PLUS:
        packets[0] = _with_prefix(packets[0], _HDR10_PLUS_SEI)
    yield from packets


def _paint(frame: VideoFrame, number: int) -> None:
    """Fill the frame with a slope of grey that moves with its number."""
    deep = frame.format.components[0].bits > 8  # noqa: PLR2004 - two bytes a sample
    slope = array("H", [level << 2 for level in range(256)]) if deep else bytes(range(256))
    ramp = bytes(slope) * (2 + frame.width // 256)
    size = 2 if deep else 1
    luma, *chroma = frame.planes
    starts = ((row // 4 + number * 3) % 256 * size for row in range(luma.height))
    luma.update(b"".join(ramp[at : at + luma.line_size] for at in starts))
    grey = array("H", [512]) if deep else b"\x80"
    for plane in chroma:
        plane.update(bytes(grey) * (plane.buffer_size // size))


def _with_prefix(packet: "Packet[Stream]", prefix: bytes) -> "Packet[Stream]":
    changed = _packet(packet.stream, prefix + bytes(packet), packet.pts or 0, 0)
    changed.dts, changed.duration = packet.dts, packet.duration
    changed.time_base, changed.is_keyframe = packet.time_base, packet.is_keyframe
    return changed


def _mux_tone(file: OutputContainer, stream: AudioStream, seconds: float) -> None:
    frame = AudioFrame("s16", "mono", samples=round(seconds * _SAMPLE_RATE))
    frame.sample_rate = _SAMPLE_RATE
    frame.time_base, frame.pts = Fraction(1, _SAMPLE_RATE), 0
    period = array("h", [round(8000 * math.sin(math.tau * at / 120)) for at in range(120)])
    frame.planes[0].update((bytes(period) * (frame.samples // 120 + 1))[: frame.samples * 2])
    file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _line(stream: Stream, track: SubtitleTrack, seconds: float) -> "Packet[Stream]":
    text = track.line.encode()
    if track.codec == "ass":
        text = b"0,0,Default,,0,0,0,," + text
    if stream.container.format.name == "mp4":
        text = len(text).to_bytes(2, "big") + text
    return _packet(stream, text, 0, round(seconds * 1000))


def _packet(stream: Stream, data: bytes, start: int, duration: int) -> "Packet[Stream]":
    packet = Packet(data)
    packet.stream, packet.time_base = stream, _MILLISECOND
    packet.pts = packet.dts = start
    packet.duration, packet.is_keyframe = duration, True
    return packet
