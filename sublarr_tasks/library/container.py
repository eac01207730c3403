"""Opening a file of unknown origin with FFmpeg's demuxers: bounded, one file, never a network.

FFmpeg reads through a `Source` of ours and gets no name, so what it recognises is the content.
It may open nothing else: playlists (HLS, concat, DASH, SDP ...) are not on the list of formats,
and a demuxer that refers to another file finds no protocol to open it with.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import av
from av.container import InputContainer

from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import kinds

FORMATS = (
    "aac ac3 aiff ape asf avi dts dv eac3 flac flic flv gxf h264 hevc ivf kux live_flv m4v matroska"
    " mov mp3 mpeg mpegts mpegvideo mxf nsv nut nuv obu ogg pva rm truehd ty vc1 vivo wav webm wtv"
    " wv xmv".split()
)
"""FFmpeg's demuxers of films and sound: each reads one file and follows no reference."""

UNSUPPORTED_EXTENSIONS = frozenset("ifo img iso nrg strm".split())
"""Disc images, disc menus and links: videos by name in which FFmpeg can find no stream."""

READ_LIMIT = 256 * 2**20
"""Bytes that opening may cost; a header with a hundred megabytes of fonts is a real one."""

PROBE_SIZE, HEADED_PROBE_SIZE = 5_000_000, 2_000_000
"""Bytes of packets FFmpeg may look at; Matroska and MP4 say nearly all in their header.

FFmpeg spends all of them on each film with subtitles whose size it looks for in vain (PGS).
"""

_RECORD_NAME = 8  # bytes of a record's name with what is before it

_OPTIONS = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "none"}
_RECOGNISE = {"format_whitelist": "none", "protocol_whitelist": "none"}

# What PyAV raises over hostile bytes. Not `Exception`: a task's soft time limit is one too.
_FAILURES = (
    av.FFmpegError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    ValueError,
)


class ProbeReason(StrEnum):
    """Why a file could not be read as media."""

    VANISHED = "vanished"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    EMPTY_FILE = "empty_file"
    NOT_MEDIA = "not_media"
    CORRUPT = "corrupt"
    NO_STREAMS = "no_streams"
    CRASHED_READER = "crashed_reader"


class Source:
    """The bytes of one file, at most `left` of them; an error is kept and reads as the end."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self.left = limit
        self.error: OSError | None = None
        self.dolby_vision = False
        self._descriptor = descriptor
        self._tail = b""

    def read(self, size: int) -> bytes:
        if self.error or self.left <= 0:
            return b""
        try:
            data = os.read(self._descriptor, min(size, self.left))
        except OSError as error:
            self.error = error
            return b""
        self.left -= len(data)
        self.dolby_vision = self.dolby_vision or _declares_dolby_vision(self._tail + data)
        self._tail = data[-_RECORD_NAME:]
        return data

    def seek(self, offset: int, whence: int) -> int:
        try:
            return os.lseek(self._descriptor, offset, whence)
        except OSError as error:
            return -(error.errno or errno.EIO)  # FFmpeg's own way to say that a seek failed

    def tell(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def check(self) -> None:
        """Raise ProbeError where the disk failed: what was read until then is not the file."""
        if self.error:
            raise ProbeError(ProbeReason.UNREADABLE, _sentence(self.error))


def _declares_dolby_vision(data: bytes) -> bool:
    """Find the name of a configuration record: PyAV keeps a stream's side data to itself.

    In Matroska it is the value of BlockAddIDType (0x41E7, four bytes), in MP4 a box of 32 bytes.
    """
    for name in (b"dvcC", b"dvvC"):
        at = data.find(name)
        if at >= 0 and data[:at].endswith((b"\x41\xe7\x84", b"\x00\x00\x00\x20")):
            return True
    return False


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[InputContainer, Source]]:
    """Open a file's container; whatever goes wrong, inside the block too, is a ProbeError."""
    descriptor = _descriptor(Path(path))
    source = Source(descriptor, READ_LIMIT)
    options = {**_OPTIONS, "probesize": str(_probe_size(source))}
    try:
        with av.open(source, "r", container_options=options, metadata_errors="replace") as found:
            yield found, source
    except _FAILURES as error:
        raise _explain(error, source) from error
    finally:
        os.close(descriptor)


def _probe_size(source: Source) -> int:
    head = source.read(8)
    source.seek(0, os.SEEK_SET)
    headed = head.startswith(b"\x1a\x45\xdf\xa3") or head.endswith(b"ftyp")
    return HEADED_PROBE_SIZE if headed else PROBE_SIZE


def _descriptor(path: Path) -> int:
    try:
        _refuse(path.name, path.stat())
        # A name may come to be a FIFO between the two calls: opening one must not wait.
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ProbeError(ProbeReason.VANISHED, str(error.strerror)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ProbeError(ProbeReason.UNREADABLE, _sentence(error)) from error


def _refuse(name: str, status: os.stat_result) -> None:
    extension = kinds.extension(name)
    if not stat.S_ISREG(status.st_mode):
        raise ProbeError(ProbeReason.NOT_MEDIA, "not a regular file")
    if extension in UNSUPPORTED_EXTENSIONS:
        raise ProbeError(ProbeReason.UNSUPPORTED, f".{extension} files are not opened")
    if status.st_size == 0:
        raise ProbeError(ProbeReason.EMPTY_FILE)


def _sentence(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _explain(error: Exception, source: Source) -> ProbeError:
    if source.error:
        return ProbeError(ProbeReason.UNREADABLE, _sentence(source.error))
    if source.left <= 0:
        return ProbeError(ProbeReason.CORRUPT, "no streams within the bytes that may be read")
    if isinstance(error, av.PatchWelcomeError):
        return ProbeError(ProbeReason.UNSUPPORTED, str(error.strerror))
    # An invalid argument is a format that is not on the list.
    known = not isinstance(error, av.ArgumentError)
    if not known or (isinstance(error, av.InvalidDataError) and not _recognised(source)):
        return ProbeError(ProbeReason.NOT_MEDIA, "no film or sound in a format that is known")
    return ProbeError(ProbeReason.CORRUPT, "the header is incomplete or broken")


def _recognised(source: Source) -> bool:
    """Tell whether any demuxer claims the content: only then FFmpeg asks the list of formats."""
    source.seek(0, os.SEEK_SET)
    try:
        with av.open(source, "r", container_options=_RECOGNISE):
            return True
    except av.ArgumentError:
        return True
    except _FAILURES:
        return False
