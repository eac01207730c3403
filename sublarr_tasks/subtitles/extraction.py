"""A stream of text inside a video, written out as a file: every line of it, or nothing.

The container has to be read to its end, for its streams are interleaved.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import av
from av.error import FFmpegError

from sublarr_tasks.errors import UnitError

if TYPE_CHECKING:
    from av.packet import Packet

# By the codec's name: what players read beside a video.
FORMATS = {
    "subrip": "srt",
    "srt": "srt",
    "text": "srt",
    "mov_text": "srt",
    "ass": "ass",
    "ssa": "ass",
}
# A worker has no more time than this for one task.
MOST_SECONDS = 200.0
_SCRIPT = "utf-8"
_FIELDS = 8


def extract(path: str, index: int) -> bytes:
    """Return a stream of text as a file's content; raises UnitError."""
    ends = time.monotonic() + MOST_SECONDS
    try:
        with av.open(path) as container:
            stream = container.streams[index]
            codec = stream.codec_context.name
            if stream.type != "subtitle" or codec not in FORMATS:
                raise UnitError("not_text", f"stream {index} is no text: {codec}")
            packets = []
            for packet in container.demux(stream):
                if time.monotonic() > ends:
                    raise UnitError("too_slow", "the video could not be read to its end in time")
                if packet.size and packet.pts is not None:
                    packets.append(packet)
            header = bytes(stream.codec_context.extradata or b"")
            lines = (
                [*_styled(header, packets)]
                if FORMATS[codec] == "ass"
                else [*_plain(codec, packets)]
            )
    except (FFmpegError, IndexError, OSError, ValueError) as error:
        raise UnitError("not_readable", str(error)) from error
    if not packets:
        raise UnitError("no_lines", "the stream is empty")
    return "\n".join(lines).encode(_SCRIPT)


def _plain(codec: str, packets: "list[Packet[Any]]") -> Iterator[str]:
    for number, packet in enumerate(packets, 1):
        content = bytes(packet)
        if codec == "mov_text":  # two bytes say how long the text is; boxes of style follow it
            content = content[2 : 2 + int.from_bytes(content[:2], "big")]
        begins, ends = _times(packet)
        yield str(number)
        yield f"{_clock(begins, ',', 3)} --> {_clock(ends, ',', 3)}"
        yield content.decode(_SCRIPT, "strict").strip()
        yield ""


def _styled(header: bytes, packets: "list[Packet[Any]]") -> Iterator[str]:
    """Put the lines back under the script's own header, in the order that they had in it."""
    yield header.decode(_SCRIPT).replace("\r\n", "\n").rstrip("\0\n")
    read = []
    for packet in packets:
        order, layer, *rest = bytes(packet).decode(_SCRIPT).split(",", _FIELDS)
        begins, ends = _times(packet)
        times = f"{_clock(begins, '.', 2)},{_clock(ends, '.', 2)}"
        read.append((int(order), f"Dialogue: {layer},{times},{','.join(rest)}"))
    yield from (line for _, line in sorted(read))
    yield ""


def _times(packet: "Packet[Any]") -> tuple[float, float]:
    assert packet.time_base is not None
    begins = float((packet.pts or 0) * packet.time_base)
    return begins, begins + float((packet.duration or 0) * packet.time_base)


def _clock(seconds: float, point: str, digits: int) -> str:
    """Write a time as "0:00:01.50" or "00:00:01,500"."""
    ticks = round(seconds * 10**digits)
    whole, part = divmod(ticks, 10**digits)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    width = 2 if point == "," else 1
    return f"{hour:0{width}}:{minute:02}:{second:02}{point}{part:0{digits}}"
