"""Which high dynamic range a video stream has, as far as it can be told without decoding.

The transfer function and the Dolby Vision configuration stand in the header. HDR10+ stands in
each picture: it is looked for in the stream's first packet, as ITU-T T.35 metadata.
"""

from enum import StrEnum

from av import VideoStream
from av.container import InputContainer

from sublarr_tasks.library.container import Source

_PQ, _HLG = 16, 18  # transfer characteristics of ITU-T H.273
_DOLBY_VISION_TAGS = frozenset("dav1 dva1 dvav dvh1 dvhe".split())
_HDR10_PLUS = (
    b"\xb5\x00\x3c\x00\x01\x04"  # country, provider, purpose and application of ST 2094-40
)
_FIRST_PACKET_LIMIT = 8 * 2**20


class HdrKind(StrEnum):
    """Dolby Vision is followed by what its base layer is to other displays."""

    HDR10 = "HDR10"
    HDR10_PLUS = "HDR10+"
    HLG = "HLG"
    DOLBY_VISION = "Dolby Vision"
    DOLBY_VISION_HDR10 = "Dolby Vision/HDR10"
    DOLBY_VISION_HDR10_PLUS = "Dolby Vision/HDR10+"
    DOLBY_VISION_HLG = "Dolby Vision/HLG"


_ON_DOLBY_VISION = {
    None: HdrKind.DOLBY_VISION,
    HdrKind.HDR10: HdrKind.DOLBY_VISION_HDR10,
    HdrKind.HDR10_PLUS: HdrKind.DOLBY_VISION_HDR10_PLUS,
    HdrKind.HLG: HdrKind.DOLBY_VISION_HLG,
}


def kind(stream: VideoStream, file: InputContainer, source: Source) -> HdrKind | None:
    """Tell a stream's range; None is the standard one. Reads the first packet of a PQ stream."""
    base = _base(stream, file, source)
    if source.dolby_vision or _tag(stream) in _DOLBY_VISION_TAGS:
        return _ON_DOLBY_VISION[base]
    return base


def _tag(stream: VideoStream) -> str:
    try:
        return stream.codec_context.codec_tag
    except UnicodeDecodeError:  # PyAV takes every tag for ASCII
        return ""


def _base(stream: VideoStream, file: InputContainer, source: Source) -> HdrKind | None:
    transfer = stream.codec_context.color_trc
    if transfer == _HLG:
        return HdrKind.HLG
    if transfer != _PQ:
        return None
    return HdrKind.HDR10_PLUS if _is_hdr10_plus(stream, file, source) else HdrKind.HDR10


def _is_hdr10_plus(stream: VideoStream, file: InputContainer, source: Source) -> bool:
    source.left = min(source.left, _FIRST_PACKET_LIMIT)
    packet = next(file.demux(stream), None)
    return packet is not None and (
        packet.has_sidedata("dynamic_hdr10_plus") or _HDR10_PLUS in bytes(packet)
    )
